"""The inputs of the form, and what was typed in them: read one by one, each refusal at its own input."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.domain.promotions.benefits import WHOLE
from dangol.web.program_fields import read_money, write_money
from dangol.web.program_words import times_in_words

Words: TypeAlias = Mapping[str, Promise]
MOST_COUNT, MOST_NAMES, LONGEST_TEXT, LONGEST_LINES = 10**9, 500, 300, 20_000
ITEM_KINDS = ("categories", "products", "skus", "tags")
_WHOLE, _SIGNED = re.compile(r"[0-9]{1,12}"), re.compile(r"[-−]?[0-9]{1,6}")
_RATIO = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3}|/[0-9]{1,6})?")


class Spec(NamedTuple):
    """An input of a benefit: the JSON's field it is, what kind of value it takes, and whether it must."""

    key: str
    label: Promise
    kind: str
    is_needed: bool = True
    hint: Promise | str = ""
    words: Words = MappingProxyType({})
    usual: str = ""


class Reader:
    """Reads what was typed. What cannot be read is None, with what to do in `faults` by the input's name."""

    def __init__(self, typed: Mapping[str, str], currency: str) -> None:
        self.typed, self.currency = typed, currency
        self.faults: dict[str, str] = {}

    def said(self, name: str) -> str:
        """Return what stands in an input, without space around it."""
        return self.typed.get(name, "").replace("\0", "").strip()

    def fault(self, name: str, words: str) -> None:
        """Note what is wrong with an input; of several things the first."""
        self.faults.setdefault(name, words)

    def read(self, name: str, kind: str, *, is_needed: bool = False) -> Any:
        """Return what an input of a kind says; None where it is empty, or wrong."""
        text = self.said(name)
        if kind == "flag":
            return bool(text)
        if not text:
            if is_needed:
                self.fault(name, _("이 칸을 적어 주세요."))
            return None
        found, words = _READ[kind](text, self.currency)
        if found is None:
            self.fault(name, words)
        return found

    def items(self, prefix: str) -> dict[str, list[str]]:
        """Return the lines that some inputs name, by kind of name; nothing where they are empty."""
        found = {}
        for kind in ITEM_KINDS:
            names = [one.strip() for one in self.said(f"{prefix}.{kind}").split("\n")]
            kept = sorted({one for one in names if one})
            if len(kept) > MOST_NAMES:
                self.fault(f"{prefix}.{kind}", _("한 번에 500가지까지 적을 수 있어요."))
            if kept:
                found[kind] = kept[:MOST_NAMES]
        return found


def _share(text: str, currency: str) -> tuple[int | None, str]:
    words = _("0보다 크고 100 이하인 수로, 소수점 아래 두 자리까지 적어 주세요. 예: 12.5")
    try:
        found = Decimal(text.removesuffix("%").replace(",", "").strip()) * 100
    except ArithmeticError:
        return None, words
    is_fine = found.is_finite() and found == found.to_integral_value() and 0 < found <= WHOLE
    return (int(found) if is_fine else None), words


def _money(text: str, currency: str) -> tuple[int | None, str]:
    minor = read_money(text.removesuffix("원"), currency)
    return (minor if minor else None), _("0보다 큰 금액으로 적어 주세요. 예: 3,000")


def _price(text: str, currency: str) -> tuple[int | None, str]:
    return read_money(text.removesuffix("원"), currency), _("금액으로 적어 주세요. 예: 9,900")


def _whole(text: str, currency: str) -> tuple[int | None, str]:
    bare = text.replace(",", "")
    found = int(bare) if _WHOLE.fullmatch(bare) else 0
    return (found if 0 < found <= MOST_COUNT else None), _("1 이상의 정수로 적어 주세요.")


def _signed(text: str, currency: str) -> tuple[int | None, str]:
    found = _SIGNED.fullmatch(text)
    return (int(text.replace("−", "-")) if found else None), _("정수로 적어 주세요. 예: 10")


def _times(text: str, currency: str) -> tuple[Fraction | None, str]:
    is_ratio = _RATIO.fullmatch(text) and not re.search(r"/0+$", text)
    found = Fraction(text) if is_ratio else Fraction(0)
    return (found if found > 0 else None), _("0보다 큰 수로 적어 주세요. 예: 2, 1.5")


def _text(text: str, currency: str) -> tuple[str | None, str]:
    return text, ""


_READ = {
    "share": _share, "money": _money, "price": _price, "whole": _whole, "signed": _signed, "times": _times,
    "text": _text, "choice": _text,
}  # fmt: skip


def write_value(value: Any, kind: str, currency: str) -> str:
    """Return a value as it is typed; one that is not of its kind as it stands."""
    if value is None or value is False:
        return ""
    if kind == "flag":
        return "1"
    if not isinstance(value, int) or value < 0:
        return str(value)
    match kind:
        case "share":
            whole, part = divmod(value, 100)
            return f"{whole}.{part:02d}".rstrip("0").rstrip(".") if part else str(whole)
        case "money" | "price":
            return write_money(value, currency)
    return str(value)


def write_times(num: Any, den: Any) -> str:
    """Return a multiplier as it is typed."""
    if not (isinstance(num, int) and isinstance(den, int) and num > 0 and den > 0):
        return ""
    ratio = Fraction(num, den)
    return times_in_words((ratio.numerator, ratio.denominator))


def write_items(items: Any, prefix: str) -> dict[str, str]:
    """Return what stands in the inputs that name lines; `items` is JSON, or None."""
    found = items if isinstance(items, dict) else {}
    return {f"{prefix}.{kind}": "\n".join(sorted(map(str, found.get(kind) or ()))) for kind in ITEM_KINDS}
