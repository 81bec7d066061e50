"""The form as a template draws it: each part with its inputs, its words, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from django.utils.translation import gettext as _

from dangol.domain.conditions import Kind
from dangol.domain.conditions.kinds import LISTED, SPANS, VALUELESS
from dangol.web.condition_form.asking import Asked, asked_of
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.option_words import (
    JOINS,
    KINDS,
    MEASURES,
    MEMBERS,
    TIMES,
    VALUE_KINDS,
    WINDOWS,
    Words,
    operator_words,
    unit_words,
)
from dangol.web.condition_form.parts import GROUP, INSIDE, STEP, TEST, Part
from dangol.web.condition_form.units import CLOCK, MONEY
from dangol.web.condition_form.writing import Fault

Options: TypeAlias = Sequence[tuple[str, str]]
CATEGORIES = "categories"


class Control(NamedTuple):
    """An input, and what stands behind it. `redraws`: what is chosen changes what other inputs there are."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: Options = ()
    chosen: Sequence[str] = ()
    redraws: bool = False
    listed: str = ""
    is_wrong: bool = False
    suffix: str = ""
    id: str = ""


class PartView(NamedTuple):
    """A part as it is drawn. `hidden` is what the form keeps of it; `place` its number, `title` its words."""

    number: str
    kind: str
    hidden: str
    place: str
    title: str
    controls: list[Control]
    parts: "list[PartView]"
    faults: list[Fault]
    can_rise: bool
    can_sink: bool
    has_focus: bool
    is_bare: bool
    is_outermost: bool

    @property
    def tests(self) -> "list[PartView]":
        """The tests in it."""
        return [one for one in self.parts if one.kind == TEST]

    @property
    def steps(self) -> "list[PartView]":
        """The steps in it."""
        return [one for one in self.parts if one.kind == STEP]

    @property
    def takes_tests(self) -> bool:
        """Whether a test can be added."""
        return TEST in INSIDE.get(self.kind, ())


def draw(root: Part, offers: Offers, faults: Mapping[int, list[Fault]], focus: int | None = None) -> PartView:
    """Return the form's parts as they are drawn; `focus` is the part to be looked at next."""
    return _Drawer(offers, faults, focus).part(root, None, "")


class _Drawer:
    def __init__(self, offers: Offers, faults: Mapping[int, list[Fault]], focus: int | None) -> None:
        self.offers, self.faults, self.focus = offers, faults, focus

    def part(self, part: Part, parent: Part | None, place: str, event: str = "") -> PartView:
        """Return a part with all in it; `event` is what its tests are about."""
        wrong = self.faults.get(part.number, [])
        names = {one.name for one in wrong}
        controls = [
            one._replace(is_wrong=one.name in names, id=f"{part.number}.{one.name}")
            for one in self._controls(part, parent, event)
        ]
        own = part.said("event") or event
        here = parent.parts.index(part) if parent else 0
        last = len(parent.parts) - 1 if parent else 0
        in_group = part.kind in INSIDE[GROUP]
        leads_out = in_group and place.count("-") > 0
        return PartView(
            number=str(part.number),
            kind=part.kind,
            hidden=f"{part.number}:{parent.number if parent else ''}:{part.kind}",
            place=place,
            title=str(KINDS[part.kind]),
            controls=controls,
            parts=[
                self.part(one, part, _below(part, place, n), own) for n, one in enumerate(part.parts, start=1)
            ],
            faults=wrong,
            can_rise=parent is not None and (here > 0 or leads_out),
            can_sink=parent is not None and (here < last or leads_out),
            has_focus=part.number == self.focus,
            is_bare=bool(part.said("bare")),
            is_outermost=parent is None,
        )

    def _controls(self, part: Part, parent: Part | None, event: str) -> Iterator[Control]:
        match part.kind:
            case "group":
                yield self._select(part, "join", _("어떻게 묶을까요"), JOINS)
            case "trait":
                yield from self._trait(part)
            case "did":
                yield from self._did(part)
            case "sequence":
                yield from self._window(part)
            case "step":
                yield from self._step(part, parent)
            case "test":
                yield from self._test(part, event)
            case "aggregate":
                yield from self._aggregate(part)
            case "member":
                yield from self._member(part)

    def _trait(self, part: Part) -> Iterator[Control]:
        names = self._known(part, "trait", self.offers.labels.traits)
        yield self._select(part, "trait", _("속성"), names, redraws=True)
        if part.said("trait"):
            yield from self._comparison(part, "")

    def _step(self, part: Part, parent: Part | None) -> Iterator[Control]:
        yield self._event(part)
        if parent and parent.of_kind(STEP)[0] is not part:
            yield Control("within", _("앞의 일에서 이 안에"), "number", part.said("within"))
            yield self._select(part, "within_unit", _("단위"), unit_words("hours", "days"))

    def _test(self, part: Part, event: str) -> Iterator[Control]:
        yield from self._property(part, event)
        if part.said("property"):
            yield from self._comparison(part, event)

    def _member(self, part: Part) -> Iterator[Control]:
        names = self._known(part, "segment", self.offers.segments)
        yield self._select(part, "segment", _("세그먼트"), names)
        yield self._select(part, "is", _("들어 있나요"), MEMBERS)

    def _select(self, part: Part, name: str, label: str, options: Words, *, redraws: bool = False) -> Control:
        shown = [(key, str(words)) for key, words in options]
        return Control(name, label, "select", part.said(name), shown, redraws=redraws)

    def _known(self, part: Part, name: str, names: Mapping[str, str]) -> Options:
        """Return what there is, and what the condition asks about although it is no more there."""
        kept = part.said(name)
        gone = [(kept, kept)] if kept and kept not in names else []
        return [("", _("고르세요")), *names.items(), *gone]

    def _event(self, part: Part) -> Control:
        return self._select(
            part, "event", _("활동"), self._known(part, "event", self.offers.events), redraws=True
        )

    def _did(self, part: Part) -> Iterator[Control]:
        yield self._event(part)
        if part.said("times") != "never":
            yield Control("n", _("몇 번"), "number", part.said("n"))
        yield self._select(part, "times", _("이상인가요, 이하인가요"), TIMES, redraws=True)
        yield from self._window(part)

    def _window(self, part: Part) -> Iterator[Control]:
        yield self._select(part, "window", _("언제"), WINDOWS, redraws=True)
        match part.said("window"):
            case "last":
                yield Control("last", _("지난 얼마"), "number", part.said("last"))
                yield self._select(part, "unit", _("단위"), unit_words())
            case "between":
                yield self._day(part, "from", _("시작한 날"))
                yield self._day(part, "to", _("끝난 날"))

    def _day(self, part: Part, name: str, label: str) -> Control:
        value = part.said(name)
        # What is more exact than a day stays as it was written.
        return Control(name, label, "text" if len(value) > len("2026-02-28") else "date", value)

    def _property(self, part: Part, event: str) -> Iterator[Control]:
        kinds = self.offers.kinds_of(event)
        names = {name: self.offers.labels.properties.get(name, name) for name in kinds}
        if kinds:
            yield self._select(
                part, "property", _("무엇의"), self._known(part, "property", names), redraws=True
            )
        else:
            yield Control("property", _("항목 이름"), "text", part.said("property"))
        if part.said("property") not in kinds and (part.said("property") or not kinds):
            yield self._select(part, "as", _("값의 종류"), VALUE_KINDS, redraws=True)

    def _aggregate(self, part: Part) -> Iterator[Control]:
        yield self._event(part)
        yield self._select(part, "measure", _("무엇을 셀까요"), MEASURES, redraws=True)
        if part.said("measure") != "count":
            yield from self._property(part, part.said("event"))
        yield from self._comparison(part, part.said("event"))
        yield from self._window(part)

    def _comparison(self, part: Part, event: str) -> Iterator[Control]:
        asked = asked_of(part, event, self.offers)
        ops = [(op, operator_words(op, ordered=bool(asked.order))) for op in asked.ops]
        yield self._select(part, "op", _("비교"), ops)._replace(value=asked.op, redraws=True)
        others = self._others(part, asked)
        if others:
            choices = [("value", _("값과")), ("other", _("다른 속성과"))]
            yield self._select(part, "with", _("무엇과"), choices, redraws=True)
            if part.said("with") == "other":
                yield self._select(part, "other", _("견줄 속성"), self._known(part, "other", others))
                return
        yield from self._value(part, asked)

    def _others(self, part: Part, asked: Asked) -> Mapping[str, str]:
        if not asked.has_other:
            return {}
        labels = self.offers.labels.traits
        return {
            name: labels[name]
            for name, spec in self.offers.traits.items()
            if spec.type.kind is asked.kind and spec.type.order == asked.order and name != part.said("trait")
        }

    def _value(self, part: Part, asked: Asked) -> Iterator[Control]:
        if asked.op in VALUELESS:
            return
        if asked.op in SPANS:
            suffix = _("일") if asked.op == "anniversary_within" else ""
            yield Control("span", _("얼마 동안"), "number", part.said("span"), suffix=suffix)
            if not suffix:
                units = (
                    unit_words("days", "weeks", "months", "years")
                    if asked.kind is Kind.DATE
                    else unit_words()
                )
                yield self._select(part, "span_unit", _("단위"), units)
            return
        if asked.op in LISTED and asked.order:
            options = self._order(part, asked)
            yield Control(
                "chosen", _("이 가운데"), "checks", options=options, chosen=part.given.get("chosen", [])
            )
        elif asked.op in LISTED:
            yield Control("values", _("한 줄에 하나씩"), "lines", part.said("values"))
        else:
            yield self._one(part, asked, "value", _("값"))
            if asked.op == "between":
                yield self._one(part, asked, "high", _("이 값까지"))

    def _order(self, part: Part, asked: Asked) -> Options:
        words = self.offers.labels.values.get(part.said("trait"), {})
        return [(key, words.get(key, key)) for key in asked.order]

    def _one(self, part: Part, asked: Asked, name: str, label: str) -> Control:
        if asked.order:
            return self._select(part, name, label, [("", _("고르세요")), *self._order(part, asked)])
        match asked.kind:
            case Kind.FLAG:
                return self._select(part, name, label, [("true", _("예")), ("false", _("아니요"))])
            case Kind.NUMBER:
                unit = self.offers.units.get(part.said("trait")) if part.kind == "trait" else None
                kind = "time" if unit and unit.kind == CLOCK else "number"
                money = unit.currency if unit and unit.kind == MONEY else ""
                return Control(name, label, kind, part.said(name), suffix=money)
            case Kind.DATE | Kind.INSTANT:
                return self._day(part, name, label)
        listed = CATEGORIES if part.said("property") == CATEGORIES else ""
        return Control(name, label, "text", part.said(name), listed=listed)


def _below(part: Part, place: str, number: int) -> str:
    """Return the number of a part's part: `2-1` of a group's, none of a test's."""
    if part.kind != GROUP:
        return ""
    return f"{place}-{number}" if place else str(number)
