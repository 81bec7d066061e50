"""Numbers that people type as something else: minor units as money, minutes of the day as a clock."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from dangol.web.condition_form.parts import Part
from dangol.web.formats import format_money_in_words
from dangol.web.program_fields import read_money, write_money

CLOCK, MONEY = "clock", "money"
_TYPED = ("value", "high")


class Unit(NamedTuple):
    """How a number is typed and told: as a clock, or as money of a currency."""

    kind: str
    currency: str = ""

    def write(self, number: Any) -> str:
        """Return a number as it is typed; one that no clock shows, and no amount is, as it stands."""
        whole = Decimal(str(number))
        if whole != whole.to_integral_value() or whole < 0:
            return str(number)
        if self.kind == MONEY:
            return write_money(int(whole), self.currency)
        return f"{int(whole) // 60:02d}:{int(whole) % 60:02d}" if whole < 24 * 60 else str(number)

    def read(self, text: str) -> int | None:
        """Return the number of what was typed; None for what is none."""
        if self.kind == MONEY:
            return read_money(text.removesuffix("원"), self.currency)
        try:
            clock = time.fromisoformat(text)
        except ValueError:
            return None
        return clock.hour * 60 + clock.minute

    @property
    def hint(self) -> str:
        """What to type."""
        return (
            _("금액을 적어 주세요. 예: 12,000") if self.kind == MONEY else _("시각을 골라 주세요. 예: 18:30")
        )

    def tell(self, number: Any) -> str:
        """Return a number as a sentence says it."""
        whole = Decimal(str(number))
        if self.kind == CLOCK or whole != whole.to_integral_value():
            return self.write(number)
        return format_money_in_words(int(whole), self.currency)


class Told(dict[Any, str]):
    """The words for each value of a trait with a unit, whichever it is."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self._unit = unit

    def get(self, key: Any, default: Any = None) -> Any:
        """Return a value as a sentence says it."""
        return self._unit.tell(key)


def as_typed(root: Part, units: Mapping[str, Unit]) -> Part:
    """Let the numbers of a condition that was opened stand in its form as they are typed."""
    for part in root.walk():
        unit = units.get(part.said("trait")) if part.kind == "trait" else None
        for name in _TYPED if unit else ():
            if unit and part.said(name):
                part.given[name] = [unit.write(part.said(name))]
        if unit and part.said("values"):
            part.given["values"] = ["\n".join(unit.write(one) for one in part.said("values").split("\n"))]
    return root
