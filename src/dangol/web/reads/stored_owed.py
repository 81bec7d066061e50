"""What the shop owes on gift cards and in store credit, as pages show it: paid for and given apart."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.stored_value import Holding
from dangol.rooms.rewards.stored_value.owed import owed_on

HOLDINGS: Mapping[Holding, Promise] = {Holding.CARD: _("상품권"), Holding.CREDIT: _("예치금")}


class OwedRow(NamedTuple):
    """What is on cards or on credit of a currency, in minor units: paid for (`sold`), given, and both.

    `claimable_minor` has lapsed and may still be claimed: it is in none of the others.
    """

    words: Promise
    currency: str
    sold_minor: int
    given_minor: int
    claimable_minor: int

    @property
    def minor(self) -> int:
        """All that may be spent."""
        return self.sold_minor + self.given_minor


def read_owed(at: datetime) -> list[OwedRow]:
    """Return what was owed at an instant, cards first; empty where there was nothing. Two statements."""
    found: dict[tuple[str, Holding], list[int]] = {}
    for one in owed_on(at):
        sums = found.setdefault((one.currency, one.holding), [0, 0, 0])
        sums[0 if one.is_bought else 1] += one.minor
        sums[2] += one.claimable_minor
    return [
        OwedRow(HOLDINGS[holding], currency, *sums)
        for (currency, holding), sums in sorted(found.items())
        if any(sums)
    ]
