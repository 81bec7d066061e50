"""A small shop for these tests: a program, drafts of orders and returns, and what has become of them.

What is compared between two ways of telling the same story is free of ids and of the instants at which
it was told: orders and returns are known by their numbers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_OID, uuid5

from django.db.models import Q

from dangol.core.commerce.drafts import LineDraft, OrderDraft, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.models import OrderNumber, ReturnNumber
from dangol.core.commerce.returns import record_returns, record_sales
from dangol.core.commerce.services import place_orders
from dangol.core.ledger.models import Account, Entry, Lot, Transfer
from dangol.core.storage.gathering import gathered
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.accrual import Expiry, Part
from dangol.domain.tiers import Join, Measure, Window
from dangol.rooms.rewards.models import Accrual, AccrualPart, AccrualPortion, Membership, Program, TierChange
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program

OPENED = datetime(2024, 1, 1, tzinfo=UTC)
ICE = "GROCERY > FRZN ICE"
BREAD = "BAKERY > BREAD"

LEVELS = (
    LevelDraft("member", "Member", 0),
    LevelDraft("silver", "Silver", 20_000),
    LevelDraft("gold", "Gold", 50_000),
)
RULES = (
    RuleDraft("Base", 1, 100, multipliers={"silver": (5, 4), "gold": (3, 2)}),
    RuleDraft("Grocery", 1, 50, category="GROCERY"),
)
TERMS = TermsDraft(pending_days=14, expiry=Expiry.ROLLING_MONTHS, expiry_count=3)
ROLLING = TiersDraft(LEVELS, window=Window.ROLLING, window_size=60, grace_days=20)
CALENDAR = TiersDraft(LEVELS, window=Window.CALENDAR, window_size=3, grace_days=15)
BY_POINTS = TiersDraft(
    (LevelDraft("member", "Member", 0), LevelDraft("silver", "Silver", 400), LevelDraft("gold", "Gold", 900)),
    measure=Measure.POINTS, window=Window.ROLLING, window_size=60, grace_days=20,
)  # fmt: skip
BY_ORDERS = TiersDraft(
    (LevelDraft("member", "Member", 0), LevelDraft("silver", "Silver", 3), LevelDraft("gold", "Gold", 6)),
    measure=Measure.ORDERS, window=Window.CALENDAR, window_size=1, grace_days=0,
)  # fmt: skip

BY_VISITS = TiersDraft(
    (LevelDraft("member", "Member", 0), LevelDraft("silver", "Silver", 3), LevelDraft("gold", "Gold", 5)),
    measure=Measure.VISITS, window=Window.ROLLING, window_size=90, grace_days=10,
)  # fmt: skip
# What takes both in two months, and what either gives in a quarter.
BOTH = TiersDraft(
    (LEVELS[0], LEVELS[1]._replace(also_threshold=4), LEVELS[2]._replace(also_threshold=4)),
    window=Window.ROLLING, window_size=60, grace_days=20, also=Measure.ORDERS, join=Join.ALL,
)  # fmt: skip
EITHER = TiersDraft(
    (LEVELS[0], LEVELS[1]._replace(also_threshold=4), LEVELS[2]._replace(also_threshold=7)),
    window=Window.CALENDAR, window_size=3, grace_days=15, also=Measure.VISITS, join=Join.ANY,
)  # fmt: skip
# Gone a month after the last purchase: some of a year's customers come back in time, and some do not.
IDLE_TERMS = TermsDraft(3, Expiry.INACTIVITY, 1, ("purchase", "redemption"))
# Groceries' points open at once and lapse with the next month; silver's and gold's last longer.
OWN_RULES = (RULES[0], RULES[1]._replace(pending_days=0, expiry=Expiry.END_OF_MONTH, expiry_count=1))
OWN_TERMS = ROLLING._replace(
    levels=[LEVELS[0], LEVELS[1]._replace(extra_months=1), LEVELS[2]._replace(extra_months=4)]
)


def open_program(
    tiers: TiersDraft = ROLLING,
    *,
    rules: Sequence[RuleDraft] = RULES,
    terms: TermsDraft = TERMS,
    points_currency: str = "P",
    zone: str = "America/New_York",
) -> Id:
    """Make a program in dollars."""
    return create_program(
        name="Regulars", points_currency=points_currency, money_currency="USD", zone=zone,
        rules=rules, terms=terms, tiers_draft=tiers, recorded_at=OPENED,
    )  # fmt: skip


class Bought(NamedTuple):
    """A purchase of a story: who, the shop's number for it, when, and what was paid by category."""

    who: int
    number: str
    at: datetime
    amounts: Mapping[str, int]
    discount: int = 0
    earns: bool = True


class Brought(NamedTuple):
    """Goods brought back: what was given back by category, and the number of the order (None: unknown).

    `is_undo`: the order was a mistake.
    """

    who: int
    number: str
    at: datetime
    amounts: Mapping[str, int]
    order: str | None
    is_undo: bool = False


Told = Bought | Brought


class Telling:
    """One way of telling a story: to customers of its own, under a source of its own."""

    def __init__(self, source: str, *, customers: int) -> None:
        self.source = source
        self.customer_ids = sorted(new_id() for _ in range(customers))

    def tell(self, story: Sequence[Told], *, recorded_at: datetime) -> None:
        """Hand over a file, in one transaction."""
        with write_transaction():
            record_sales(
                [self.order(one) for one in story if isinstance(one, Bought)],
                [self.give_back(one) for one in story if isinstance(one, Brought)],
                recorded_at=recorded_at,
            )

    def ring_up(self, story: Sequence[Told]) -> None:
        """Tell of each thing alone, as a till does, its writes sent together, at its own instant."""
        for one in story:
            with write_transaction(), gathered():
                if isinstance(one, Bought):
                    place_orders([self.order(one)], recorded_at=one.at)
                else:
                    record_returns([self.give_back(one)], recorded_at=one.at)

    def place(self, drafts: Sequence[OrderDraft], *, recorded_at: datetime) -> None:
        """Place orders that are not of a story."""
        with write_transaction():
            place_orders(drafts, recorded_at=recorded_at)

    def order(self, told: Bought) -> OrderDraft:
        lines = [
            LineDraft(product_id(category), category[:60], category, 1_000, net, 0, net)
            for category, net in told.amounts.items()
        ]
        discounts = (("order", told.discount),) if told.discount else ()
        return OrderDraft(
            self.customer_ids[told.who], self.source, told.number, told.at, "USD", lines,
            discounts=discounts, earns=told.earns,
        )  # fmt: skip

    def give_back(self, told: Brought) -> ReturnDraft:
        lines = [
            ReturnLineDraft(product_id(category), category[:60], category, 1_000, net)
            for category, net in told.amounts.items()
        ]
        return ReturnDraft(
            self.customer_ids[told.who], self.source, told.number, told.at, "USD", lines, told.order,
            is_undo=told.is_undo,
        )  # fmt: skip

    @property
    def outcome(self) -> "Outcome":
        """What all tables say of the telling's customers."""
        return Outcome(self.customer_ids)


def product_id(category: str) -> Id:
    """Return the id of the category's one product: orders do not look it up."""
    return uuid5(NAMESPACE_OID, category).bytes


class Outcome:
    """What all tables say of some customers, with ids told as the shop's own numbers."""

    def __init__(self, customer_ids: Iterable[Id]) -> None:
        programs = Program.objects.order_by("id").values_list("id", "points_currency")
        self._program = dict(programs)
        self._place = {customer_id: place for place, customer_id in enumerate(customer_ids)}
        mine = Q(customer_id__in=list(self._place))
        orders = OrderNumber.objects.filter(mine).values_list("order_id", "number")
        returns = ReturnNumber.objects.filter(mine).values_list("return_id", "number")
        self._named = {one: f"order {number}" for one, number in orders}
        self._named.update({one: f"return {number}" for one, number in returns})
        self._mine = mine
        self._transfers = list(Transfer.objects.filter(mine))
        earned = {one.id: self._named.get(one.subject_id or b"", one.reason) for one in self._transfers}
        self._all_lots = list(Lot.objects.filter(mine))
        self._lots = {lot.id: earned[lot.transfer_id] for lot in self._all_lots}
        self._entries: dict[Id, list[tuple[Any, ...]]] = defaultdict(list)
        for one in Entry.objects.filter(mine):
            self._entries[one.transfer_id].append(
                (one.account, one.points, self._lots.get(one.lot_id or b"", ""))
            )
        self._parts: dict[tuple[Id, Id, int], tuple[Any, ...]] = defaultdict(tuple)
        for order_id, program_id, accrual_number, *part in (
            AccrualPart.objects.filter(mine)
            .order_by("number")
            .values_list("order_id", "program_id", "accrual_number", *Part._fields)
        ):
            self._parts[order_id, program_id, accrual_number] += (tuple(part),)

        self._portions: dict[tuple[Id, Id, int], tuple[Any, ...]] = defaultdict(tuple)
        for order_id, program_id, accrual_number, *portion in (
            AccrualPortion.objects.filter(mine)
            .order_by("number")
            .values_list("order_id", "program_id", "accrual_number", "rule_id", "rule_version", "points")
        ):
            self._portions[order_id, program_id, accrual_number] += (tuple(portion),)

    def _about(self, subject_id: Id | None) -> str:
        return self._named.get(subject_id or b"") or self._lots.get(subject_id or b"") or "nothing"

    def transfers(self) -> list[tuple[Any, ...]]:
        """Return every movement of points: whose, what, when, how many and about which order."""
        return sorted(
            (
                self._place[one.customer_id], one.occurred_at, one.kind, self._about(one.subject_id),
                one.points, one.currency, tuple(sorted(self._entries[one.id])),
            )
            for one in self._transfers
        )  # fmt: skip

    def lots(self) -> list[tuple[Any, ...]]:
        """Return every lot: whose, of which order, and all its figures and dates."""
        return sorted(
            (
                self._place[lot.customer_id], self._lots[lot.id], lot.earned_at, lot.points, lot.left,
                lot.expired, lot.reversed, lot.is_pending, lot.release_at,
                str(lot.expires_at), str(lot.due_at),
            )
            for lot in self._all_lots
        )  # fmt: skip

    def balances(self) -> list[tuple[Any, ...]]:
        """Return the balance of every account that is not empty."""
        return sorted(
            (self._place[one.customer_id], one.currency, one.kind, one.balance)
            for one in Account.objects.filter(self._mine)
            if one.balance
        )

    def accruals(self) -> list[tuple[Any, ...]]:
        """Return every judgement with its arithmetic, and what it moved."""
        return sorted(
            (
                self._place[one.customer_id], self._program[one.program_id],
                self._named[one.order_id], one.number,
                self._named[one.about_id], one.is_return, one.at, one.tier, one.net_minor,
                one.points, one.zero, one.transfer_id is None,
                self._parts[one.order_id, one.program_id, one.number],
                self._portions[one.order_id, one.program_id, one.number],
            )
            for one in Accrual.objects.filter(self._mine)
        )  # fmt: skip

    def whys(self) -> list[tuple[Any, ...]]:
        """Return how each order's points stand now: the tier they were earned in, and why."""
        latest: dict[tuple[int, str, str], Accrual] = {}
        points: dict[tuple[int, str, str], int] = {}
        for one in Accrual.objects.filter(self._mine).order_by("number"):
            key = (
                self._place[one.customer_id], self._program[one.program_id], self._named[one.order_id],
            )  # fmt: skip
            latest[key] = one
            points[key] = points.get(key, 0) + one.points
        return sorted(
            (*key, one.tier, points[key], self._parts[one.order_id, one.program_id, one.number])
            for key, one in latest.items()
        )

    def tiers(self) -> list[tuple[Any, ...]]:
        """Return every move and review that holds."""
        return sorted(
            (
                self._place[one.customer_id], self._program[one.program_id], one.at,
                one.from_level, one.to_level, one.cause, one.value,
                one.threshold, str(one.window_from), str(one.held_until),
            )
            for one in TierChange.objects.filter(self._mine, superseded_at=None)
        )  # fmt: skip

    def standings(self) -> list[tuple[Any, ...]]:
        """Return where each member stands, and what they have bought in all."""
        return sorted(
            (
                self._place[one.customer_id], self._program[one.program_id], one.level,
                one.since, one.held_until, one.in_grace,
                one.next_review_at, one.order_count, one.spend_minor, one.first_order_at, one.last_order_at,
            )
            for one in Membership.objects.filter(self._mine)
        )  # fmt: skip

    def in_full(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all of it: two tellings of one story in which nothing came late have the same."""
        return {
            **self.as_it_stands(),
            "transfers": self.transfers(),
            "lots": self.lots(),
            "accruals": self.accruals(),
        }

    def as_it_stands(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return what is the same however late some of it was told: figures after all corrections."""
        return {
            "balances": self.balances(),
            "whys": self.whys(),
            "tiers": self.tiers(),
            "standings": self.standings(),
        }
