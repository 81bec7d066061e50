"""What a form's parts say, as a condition; and what is still wrong, each at its part and input."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from dangol.core.refusals import explain
from dangol.core.segments.services import UnknownSegment, check_condition
from dangol.domain.conditions import BrokenCondition, Condition, Kind
from dangol.domain.conditions.given import MOST_DIGITS
from dangol.domain.conditions.kinds import LISTED, SPANS, VALUELESS
from dangol.web.condition_form.asking import Asked, asked_of
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.parts import STEP, TEST, Part
from dangol.web.condition_form.units import Unit

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.ASCII)


class Fault(NamedTuple):
    """What is wrong at an input of a part. `is_blank`: it is only not filled in yet."""

    number: int
    name: str
    words: str
    is_blank: bool = False


class Written(NamedTuple):
    """The condition the parts say; None where something is wrong, which `faults` tell."""

    condition: Condition | None
    faults: list[Fault]


def write_parts(root: Part, offers: Offers) -> Written:
    """Return what the parts say; the condition has passed all that saving it asks."""
    writer = _Writer(offers)
    node = writer.root(root)
    if writer.faults:
        return Written(None, writer.faults)
    try:
        return Written(check_condition(node, offers.catalog), [])
    except BrokenCondition as broken:
        return Written(None, [writer.place(broken, root)])
    except UnknownSegment as unknown:
        return Written(None, [Fault(root.number, "", " ".join(explain(unknown)))])


def number_of(text: str) -> Decimal | None:
    """Return the number somebody typed, with or without commas; None for what is none."""
    try:
        found = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    fits = found.is_finite() and len(found.as_tuple().digits) <= MOST_DIGITS
    return found if fits else None


class _Writer:
    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.faults: list[Fault] = []
        self.places: dict[str, Part] = {}

    def root(self, root: Part) -> dict[str, Any]:
        """Return the whole; a group that was only put around one condition is left out again."""
        if root.said("bare") and root.said("join") == "all" and len(root.parts) == 1:
            return self.node(root.parts[0], "$")
        return self.node(root, "$")

    def place(self, broken: BrokenCondition, root: Part) -> Fault:
        """Return a refusal at the part that stands at its path, and as the form's reader says it."""
        path = broken.path
        found = max((one for one in self.places if path.startswith(one)), key=len, default="$")
        part = self.places.get(found, root)
        name = path[len(found) :].strip(".").partition("[")[0].rpartition(".")[2]
        shown = self.offers.place_of(root, part) or _("전체")
        sentence, remedy = explain(type(broken)(**{**broken.data, "path": shown}))
        return Fault(part.number, name, f"{sentence} {remedy}")

    def node(self, part: Part, path: str) -> dict[str, Any]:
        """Return a part as a node of the condition."""
        self.places[path] = part
        match part.kind:
            case "group":
                return self._group(part, path)
            case "trait":
                return {"type": "trait", **self._named(part, "trait"), **self._comparison(part, "")}
            case "did":
                return {
                    "type": "did", **self._event(part), **self._times(part), **self._tests(part, path),
                    **self._window(part),
                }  # fmt: skip
            case "sequence":
                steps = [self._step(one, f"{path}.steps[{n}]", n) for n, one in enumerate(part.of_kind(STEP))]
                return {"type": "sequence", "steps": steps, **self._window(part)}
            case "aggregate":
                return self._aggregate(part, path)
        member = {"type": "member", **self._named(part, "segment")}
        if part.said("is") != "out":
            return member
        self.places[f"{path}.of"] = part
        return {"type": "not", "of": member}

    def _fault(self, part: Part, name: str, words: str = "") -> None:
        blank = not words
        self.faults.append(Fault(part.number, name, words or _("채워 주세요."), is_blank=blank))

    def _named(self, part: Part, name: str) -> dict[str, str]:
        if not part.said(name):
            self._fault(part, name)
        return {name: part.said(name)}

    def _event(self, part: Part) -> dict[str, str]:
        return self._named(part, "event")

    def _group(self, part: Part, path: str) -> dict[str, Any]:
        if not part.parts:
            self._fault(part, "")
        join = part.said("join")
        if join != "none":
            return {"type": "any" if join == "any" else "all", "of": self._nodes(part, f"{path}.of")}
        if len(part.parts) == 1:
            return {"type": "not", "of": self.node(part.parts[0], f"{path}.of")}
        self.places[f"{path}.of"] = part
        return {"type": "not", "of": {"type": "any", "of": self._nodes(part, f"{path}.of.of")}}

    def _nodes(self, part: Part, path: str) -> list[dict[str, Any]]:
        return [self.node(one, f"{path}[{place}]") for place, one in enumerate(part.parts)]

    def _times(self, part: Part) -> dict[str, Any]:
        op = part.said("times")
        if op == "never":
            return {"times": {"op": "exactly", "n": 0}}
        n = self._whole(part, "n")
        return {} if (op, n) == ("at_least", 1) else {"times": {"op": op, "n": n}}

    def _whole(self, part: Part, name: str) -> int:
        text = part.said(name).replace(",", "").strip()
        if not _WHOLE.fullmatch(text):
            self._fault(part, name, _("자연수를 적어 주세요.") if text else "")
            return 1
        return int(text)

    def _window(self, part: Part) -> dict[str, Any]:
        match part.said("window"):
            case "last":
                n = self._whole(part, "last")
                return {"window": {"type": "last", "n": n, "unit": part.said("unit")}}
            case "between":
                ends = {name: part.said(name).strip() for name in ("from", "to")}
                if not any(ends.values()):
                    self._fault(part, "from")
                return {"window": {"type": "between"} | {name: one for name, one in ends.items() if one}}
        return {}

    def _tests(self, part: Part, path: str) -> dict[str, Any]:
        tests = []
        for place, one in enumerate(part.of_kind(TEST)):
            self.places[f"{path}.where[{place}]"] = one
            tests.append({**self._named(one, "property"), **self._comparison(one, part.said("event"))})
        return {"where": tests} if tests else {}

    def _step(self, part: Part, path: str, place: int) -> dict[str, Any]:
        self.places[path] = part
        step = {**self._event(part), **self._tests(part, path)}
        if place and part.said("within").strip():
            n = self._whole(part, "within")
            step["within"] = {"n": n, "unit": part.said("within_unit")}
        return step

    def _aggregate(self, part: Part, path: str) -> dict[str, Any]:
        measure = part.said("measure")
        property_ = {} if measure == "count" else self._named(part, "property")
        return {
            "type": "aggregate", **self._event(part), "measure": measure, **property_,
            **self._comparison(part, part.said("event")), **self._tests(part, path), **self._window(part),
        }  # fmt: skip

    def _comparison(self, part: Part, event: str) -> dict[str, Any]:
        asked = asked_of(part, event, self.offers)
        if asked.op in VALUELESS:
            return {"op": asked.op}
        if asked.has_other and part.said("with") == "other":
            return {"op": asked.op, **self._named(part, "other")}
        return {"op": asked.op, "value": self._value(part, asked)}

    def _value(self, part: Part, asked: Asked) -> Any:
        if asked.op in SPANS:
            unit = "days" if asked.op == "anniversary_within" else part.said("span_unit")
            return {"n": self._whole(part, "span"), "unit": unit}
        if asked.op in LISTED:
            return self._values(part, asked)
        if asked.op == "between":
            return [self._one(part, name, part.said(name), asked) for name in ("value", "high")]
        return self._one(part, "value", part.said("value"), asked)

    def _values(self, part: Part, asked: Asked) -> list[Any]:
        if asked.order:
            texts, name = part.given.get("chosen", []), "chosen"
        else:
            texts, name = [one.strip() for one in part.said("values").split("\n")], "values"
        filled = [one for one in texts if one]
        if not filled:
            self._fault(part, name)
        return [self._one(part, name, one, asked) for one in filled]

    def _one(self, part: Part, name: str, text: str, asked: Asked) -> Any:
        """Return one value as JSON has it."""
        stripped, kind = text.strip(), asked.kind
        if kind is Kind.FLAG:
            return stripped != "false"
        if not stripped or (asked.order and stripped not in asked.order):
            self._fault(part, name)
            return None
        if kind is Kind.NUMBER:
            unit = self.offers.units.get(part.said("trait")) if part.kind == "trait" else None
            return self._in_unit(part, name, stripped, unit) if unit else self._number(part, name, stripped)
        if kind in (Kind.DATE, Kind.INSTANT) and not _INSTANT.fullmatch(stripped):
            self._fault(part, name, _("2026-02-28처럼 날짜를 적어 주세요."))
        return stripped

    def _in_unit(self, part: Part, name: str, text: str, unit: Unit) -> int | None:
        found = unit.read(text)
        if found is None:
            self._fault(part, name, unit.hint)
        return found

    def _number(self, part: Part, name: str, text: str) -> int | float | None:
        found = number_of(text)
        if found is None:
            self._fault(part, name, _("숫자를 적어 주세요."))
            return None
        return int(found) if found == found.to_integral_value() else float(found)


def faults_of(faults: Sequence[Fault], *, with_blanks: bool) -> Mapping[int, list[Fault]]:
    """Return the faults of each part; `with_blanks`: also those of what is not filled in yet."""
    found: dict[int, list[Fault]] = {}
    for one in faults:
        if with_blanks or not one.is_blank:
            found.setdefault(one.number, []).append(one)
    return found
