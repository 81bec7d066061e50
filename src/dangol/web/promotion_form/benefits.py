"""What a promotion gives, as inputs: each kind of benefit has its own small form."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.domain.promotions.benefits import By, Which
from dangol.domain.promotions.checking import MOST_PARTS
from dangol.web.benefit_words import BY, ICONS, KINDS, WHICH
from dangol.web.inputs import Input, Options
from dangol.web.promotion_form.fields import (
    ITEM_KINDS,
    Reader,
    Spec,
    write_items,
    write_times,
    write_value,
)

MOST_STEPS = 10
# A benefit that was written elsewhere and that no form knows: it is kept as it is.
FOREIGN = "foreign"
_STEPS: Mapping[str, Promise] = {
    "percent": lazy("% 할인"), "amount": lazy("금액 할인"), "new_price": lazy("하나에 얼마"),
}  # fmt: skip
_STEP_KEYS = {
    "percent": ("basis_points", "share"),
    "amount": ("minor", "money"),
    "new_price": ("minor", "price"),
}
_HALF = lazy("100이면 무료예요.")
_EMPTY_IS_NONE = lazy("비우면 한도가 없어요.")
SPECS: Mapping[str, Sequence[Spec]] = {
    "percent": (Spec("basis_points", lazy("할인율(%)"), "share"),),
    "amount": (
        Spec("minor", lazy("할인 금액"), "money"),
        Spec("is_each", lazy("상품 하나마다 깎아요"), "flag"),
    ),
    "new_price": (Spec("minor", lazy("하나의 가격"), "price"),),
    "tiered": (Spec("by", lazy("무엇으로 세나요"), "choice", words=BY, usual=By.AMOUNT),),
    "nth_free": (
        Spec("nth", lazy("몇 개마다 하나"), "whole"),
        Spec("basis_points", lazy("그 하나의 할인율(%)"), "share", hint=_HALF, usual="100"),
        Spec("which", lazy("어느 것을"), "choice", words=WHICH, usual=Which.CHEAPEST),
        Spec("most_units", lazy("주문마다 최대 몇 개"), "whole", is_needed=False, hint=_EMPTY_IS_NONE),
    ),
    "buy_get": (
        Spec("buy_count", lazy("사는 개수"), "whole"),
        Spec("get_count", lazy("할인받는 개수"), "whole"),
        Spec("basis_points", lazy("그 할인율(%)"), "share", hint=_HALF, usual="100"),
        Spec("most_rounds", lazy("주문마다 최대 몇 번"), "whole", is_needed=False, hint=_EMPTY_IS_NONE),
    ),
    "bundle": (
        Spec("price_minor", lazy("묶음 가격"), "price"),
        Spec("most", lazy("주문마다 최대 몇 묶음"), "whole", is_needed=False, hint=_EMPTY_IS_NONE),
    ),
    "free_shipping": (
        Spec("basis_points", lazy("배송비 할인율(%)"), "share", hint=_HALF, usual="100"),
        Spec("most_minor", lazy("최대 금액"), "money", is_needed=False, hint=_EMPTY_IS_NONE),
    ),
    "gift": (
        Spec("product", lazy("사은품의 상품 번호"), "text"),
        Spec("count", lazy("개수"), "whole", usual="1"),
    ),
    "points": (Spec("points", lazy("포인트"), "whole"),),
    "points_rate": (
        Spec("per_minor", lazy("얼마마다"), "money"), Spec("points", lazy("몇 포인트"), "whole"),
    ),
    "multiplier": (Spec("times", lazy("적립 몇 배"), "times", hint=lazy("2나 1.5처럼 적어요.")),),
    "stamps": (
        Spec("card", lazy("도장 카드"), "card"), Spec("count", lazy("도장 개수"), "whole", usual="1"),
    ),
    "coupon": (Spec("coupon", lazy("나눠 줄 쿠폰"), "batch"),),
}  # fmt: skip
# Kinds of values that are chosen from what the shop has, by its name.
_CHOSEN = ("batch", "card")
assert SPECS.keys() == KINDS.keys(), "each kind of benefit has its form"


class ItemsView(NamedTuple):
    """The inputs that name lines: a heading, and an input for each kind of name."""

    legend: str
    fields: list[Input]

    @property
    def is_open(self) -> bool:
        """Whether something stands in the inputs that are seldom needed."""
        return any(one.value or one.error for one in self.fields[2:])

    @property
    def has_any(self) -> bool:
        """Whether something stands in any of them."""
        return any(one.value or one.error for one in self.fields)


class Row(NamedTuple):
    """A step, or a part of a bundle."""

    legend: str
    fields: list[Input]
    items: ItemsView | None = None


class BenefitView(NamedTuple):
    """A benefit as it is drawn. `faults` are those of it as a whole; `foreign` its JSON, kept as it is."""

    number: int
    kind: str
    title: str
    icon: str
    fields: list[Input]
    items: ItemsView | None
    rows: list[Row]
    faults: list[str]
    can_rise: bool
    can_sink: bool
    has_focus: bool
    foreign: str = ""


def open_benefit(raw: Mapping[str, Any], prefix: str, currency: str) -> tuple[str, dict[str, str]]:
    """Return the kind of a benefit, and what stands in its inputs, which are named from `prefix` on."""
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in SPECS:
        return FOREIGN, {f"{prefix}.json": json.dumps(raw, ensure_ascii=False)}
    typed = {
        f"{prefix}.{one.key}": write_value(raw[one.key], one.kind, currency) if one.key in raw else one.usual
        for one in SPECS[kind]
    }
    match kind:
        case "multiplier":
            typed[f"{prefix}.times"] = write_times(raw.get("num"), raw.get("den", 1))
        case "buy_get":
            typed |= write_items(raw.get("buy"), f"{prefix}.buy")
        case "tiered":
            typed |= _open_steps(raw, prefix, currency)
        case "bundle":
            for place, one in enumerate(_dicts(raw.get("parts"))[:MOST_PARTS]):
                typed[f"{prefix}.{place}.count"] = str(one.get("count", 1))
                typed |= write_items(one.get("items"), f"{prefix}.{place}")
    return kind, typed


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list | tuple) else []


def _open_steps(raw: Mapping[str, Any], prefix: str, currency: str) -> dict[str, str]:
    typed, least = {}, "whole" if raw.get("by") == By.UNITS else "price"
    for place, one in enumerate(_dicts(raw.get("steps"))[:MOST_STEPS]):
        benefit, at = one.get("benefit") or {}, f"{prefix}.{place}"
        key, value_kind = _STEP_KEYS.get(str(benefit.get("kind")), ("", "text"))
        typed[f"{at}.kind"] = str(benefit.get("kind", "percent"))
        typed[f"{at}.value"] = write_value(benefit.get(key), value_kind, currency)
        typed[f"{at}.at_least"] = write_value(one.get("at_least"), least, currency)
    return typed


def usual_values(kind: str, prefix: str) -> dict[str, str]:
    """Return what stands in the inputs of a benefit that was just added."""
    return {f"{prefix}.{one.key}": one.usual for one in SPECS[kind]}


def read_benefit(kind: str, prefix: str, reader: Reader) -> dict[str, Any]:
    """Return a benefit as JSON; what cannot be read of it is a fault."""
    if kind == FOREIGN:
        try:
            found = json.loads(reader.said(f"{prefix}.json"))
        except ValueError:
            found = None
        return found if isinstance(found, dict) else {}
    raw: dict[str, Any] = {"kind": kind}
    for one in SPECS[kind]:
        typed_as = "text" if one.kind in _CHOSEN else one.kind
        value = reader.read(f"{prefix}.{one.key}", typed_as, is_needed=one.is_needed)
        if one.words and value not in one.words:
            value = one.usual
        if value is None or value is False:
            continue
        if one.kind == "times":
            raw |= {"num": value.numerator, "den": value.denominator}
        else:
            raw[one.key] = value
    match kind:
        case "buy_get":
            raw["buy"] = reader.items(f"{prefix}.buy") or None
        case "tiered":
            raw["steps"] = _read_steps(prefix, raw.get("by") == By.UNITS, reader)
        case "bundle":
            raw["parts"] = _read_parts(prefix, reader)
    return raw


def _read_steps(prefix: str, is_by_units: bool, reader: Reader) -> list[dict[str, Any]]:
    steps = []
    for place in range(MOST_STEPS):
        at = f"{prefix}.{place}"
        if not (reader.said(f"{at}.at_least") or reader.said(f"{at}.value")):
            continue
        least = reader.read(f"{at}.at_least", "whole" if is_by_units else "price", is_needed=True)
        kind = reader.said(f"{at}.kind")
        kind = kind if kind in _STEP_KEYS else "percent"
        key, value_kind = _STEP_KEYS[kind]
        value = reader.read(f"{at}.value", value_kind, is_needed=True)
        if least is not None and value is not None:
            steps.append({"at_least": least, "benefit": {"kind": kind, key: value}})
    if not steps:
        reader.fault(f"{prefix}.0.at_least", _("단계를 하나는 적어 주세요."))
    return steps


def _read_parts(prefix: str, reader: Reader) -> list[dict[str, Any]]:
    parts = []
    for place in range(MOST_PARTS):
        at = f"{prefix}.{place}"
        items = reader.items(at)
        if not items:
            continue
        count = reader.read(f"{at}.count", "whole", is_needed=True)
        if count is not None:
            parts.append({"items": items, "count": count})
    if not parts:
        reader.fault(f"{prefix}.0.categories", _("묶을 상품을 하나는 적어 주세요."))
    return parts


class Drawer:
    """Draws benefits with what was typed, and each fault at its input."""

    def __init__(
        self,
        typed: Mapping[str, str],
        faults: Mapping[str, str],
        currency: str,
        named: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Take what was typed; `named`: the batches (`batch`) and stamp cards (`card`) to choose from."""
        self.typed, self.faults, self.currency, self.named = typed, faults, currency, named

    def field(
        self, name: str, label: object, kind: str, hint: object = "", options: Options = (), listed: str = ""
    ) -> Input:
        """Return an input."""
        shown = f"{label} ({self.currency})" if kind in ("money", "price") and self.currency else str(label)
        return Input(
            name, shown, kind, self.typed.get(name, ""), self.faults.get(name, ""), str(hint), options, listed
        )

    def items(self, prefix: str, legend: object) -> ItemsView:
        """Return the inputs that name lines."""
        words = (_("분류"), _("상품 번호"), "SKU", _("태그"))
        fields = [
            self.field(f"{prefix}.{kind}", label, "lines")
            for kind, label in zip(ITEM_KINDS, words, strict=True)
        ]
        return ItemsView(str(legend), fields)

    def benefit(self, kind: str, prefix: str) -> tuple[list[Input], ItemsView | None, list[Row]]:
        """Return the inputs of a benefit, those that name what is to be bought, and its steps or parts."""
        fields = [self._spec(one, prefix) for one in SPECS.get(kind, ())]
        match kind:
            case "buy_get":
                return fields, self.items(f"{prefix}.buy", _("사야 하는 상품(비우면 할인하는 상품)")), []
            case "tiered":
                return fields, None, [self._step(prefix, place) for place in range(self._steps(prefix))]
            case "bundle":
                return fields, None, [self._part(prefix, place) for place in range(self._parts(prefix))]
        return fields, None, []

    def _spec(self, spec: Spec, prefix: str) -> Input:
        options: Options = [(key, str(words)) for key, words in spec.words.items()]
        kind, name = spec.kind, f"{prefix}.{spec.key}"
        if kind in _CHOSEN:
            known, own = self.named.get(kind, {}), self.typed.get(name, "")
            gone = [(own, own)] if own and own not in known else []
            kind, options = "choice", [("", _("고르세요")), *known.items(), *gone]
        return self.field(name, spec.label, kind, spec.hint, options)

    def _steps(self, prefix: str) -> int:
        filled = [n for n in range(MOST_STEPS) if self._is_filled(f"{prefix}.{n}", ("at_least", "value"))]
        return min(max([1, *(n + 1 for n in filled)]) + 1, MOST_STEPS)

    def _parts(self, prefix: str) -> int:
        filled = [n for n in range(MOST_PARTS) if self._is_filled(f"{prefix}.{n}", ITEM_KINDS)]
        return min(max([1, *(n + 1 for n in filled)]) + 1, MOST_PARTS)

    def _is_filled(self, at: str, keys: Sequence[str]) -> bool:
        return any(self.typed.get(f"{at}.{key}", "").strip() for key in keys)

    def _step(self, prefix: str, place: int) -> Row:
        at, by = f"{prefix}.{place}", self.typed.get(f"{prefix}.by") or By.AMOUNT
        options = [(key, str(words)) for key, words in _STEPS.items()]
        least = self.field(
            f"{at}.at_least", _("몇 개부터") if by == By.UNITS else _("얼마부터"),
            "whole" if by == By.UNITS else "price",
        )  # fmt: skip
        kind = self.field(f"{at}.kind", _("어떻게"), "choice", options=options)
        value = self.field(f"{at}.value", _("얼마나"), "number")
        return Row(_("{n}단계").format(n=place + 1), [least, kind, value])

    def _part(self, prefix: str, place: int) -> Row:
        at, legend = f"{prefix}.{place}", _("{n}번째 상품").format(n=place + 1)
        count = self.field(f"{at}.count", _("개수"), "whole")
        count = count._replace(value=self.typed.get(count.name, "1"))
        return Row(legend, [count], self.items(at, legend))


def title_of(kind: str) -> str:
    """Return what a kind of benefit is called."""
    return str(KINDS[kind]) if kind in KINDS else _("화면이 모르는 혜택")


def icon_of(kind: str) -> str:
    """Return a benefit's icon."""
    return ICONS.get(kind, "circle-question-mark")
