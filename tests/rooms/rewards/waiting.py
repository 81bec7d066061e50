"""A shop whose points wait for their orders: for their delivery, or for a buyer to keep what was bought."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dangol.core.commerce.milestones import Reached, note_reached
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.ledger import invariants
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.selectors import Balance, balances_of
from dangol.core.ledger.verify import verify
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry
from dangol.domain.milestones import Milestone
from dangol.rooms.rewards import verify as rewards
from dangol.rooms.rewards.programs import RuleDraft, TermsDraft, TiersDraft
from tests.rooms.rewards.shop import BREAD, ICE, LEVELS, Bought, Telling, open_program

ZONE = ZoneInfo("America/New_York")
MARCH = datetime(2025, 3, 1, 17, tzinfo=UTC)
DAY = timedelta(days=1)
LATEST = datetime(2025, 3, 31, tzinfo=ZONE).astimezone(UTC)
KEPT = RuleDraft("Kept", 1, 100, pending_days=30, awaits="confirmed")
HAD = RuleDraft("Had", 1, 50, category=ICE, pending_days=30, awaits="delivered")
TIERS = TiersDraft(LEVELS, window_size=365)


@dataclass
class Shop:
    """A shop whose points wait for their orders, with members who have bought."""

    telling: Telling

    def buy(
        self, number: str, at: datetime = MARCH, amount: int = 10_000, who: int = 0, ice: int = 0
    ) -> None:
        amounts = {category: minor for category, minor in ((BREAD, amount), (ICE, ice)) if minor}
        self.telling.ring_up([Bought(who, number, at, amounts)])

    def order(self, number: str) -> OrderFacts:
        return find_order(f"{self.telling.source}:{number}")

    def come(
        self,
        number: str,
        at: datetime,
        milestone: Milestone = Milestone.CONFIRMED,
        *,
        told_at: datetime | None = None,
    ) -> bool:
        order = self.order(number)
        told = Reached(order.customer_id, order.id, order.source, order.number, milestone, at)
        with write_transaction():
            return note_reached([told], recorded_at=told_at or at)[0].is_new

    def balance(self, who: int = 0) -> Balance:
        one = self.telling.customer_ids[who]
        return balances_of([one], "P")[one]


def open_shop(*rules: RuleDraft, terms: TermsDraft | None = None, customers: int = 2) -> Shop:
    set_shop(name="Shop", zone=ZONE.key, currency="USD", region="US")
    open_program(
        TIERS, rules=rules or (KEPT,), terms=terms or TermsDraft(0, Expiry.ROLLING_MONTHS, 6), zone=ZONE.key
    )
    telling = Telling("t", customers=0)
    names = [f"m{number}" for number in range(customers)]
    with write_transaction():
        made = resolve_customers("external", names, recorded_at=MARCH, joined_at=dict.fromkeys(names, MARCH))
    telling.customer_ids = [made[name] for name in names]
    return Shop(telling)


def broken() -> set[str]:
    checks = [*invariants.checks(), *rewards.checks()]
    return {one.check.name for one in verify(checks) if not one.is_kept}


def opened() -> list[tuple[datetime, int]]:
    """Return when points have opened, and how many."""
    posts = Transfer.objects.filter(kind="post").order_by("occurred_at", "id")
    return list(posts.values_list("occurred_at", "points"))
