"""A member's points, line by line, each with its why: read as data, a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, Sum

from dangol.core.ledger.models import Entry, Lot, LotOpening, Transfer
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.points import Account as Place, Kind
from dangol.rooms.rewards.event_rules.judging import REASON as DEED
from dangol.rooms.rewards.event_rules.selectors import AwardView, awards_by_transfer
from dangol.web.places import read_instant
from dangol.web.reads.order_whys import Why, read_whys

PAGE = 20
USABLE = frozenset({Place.AVAILABLE.value, Place.DEBT.value})
# What a member's own history leaves out: bookkeeping that moves nothing to or from the member.
QUIET = (Kind.POST.value, Kind.SETTLE.value)
# What staff may take back by itself.
UNDONE = (Kind.ADJUST.value, Kind.SPEND.value)
_LOT = (
    "id",
    "transfer_id",
    "points",
    "left",
    "is_pending",
    "earned_at",
    "release_at",
    "expires_at",
    "awaits",
)


class LotView(NamedTuple):
    """Points earned together. The end is exclusive; None: they never lapse.

    What they await of their order opens them before the last day; None: time alone does.
    """

    id: Id
    transfer_id: Id
    points: int
    left: int
    is_pending: bool
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None
    awaits: str | None
    # What they awaited has come: they have opened sooner, or have the day on which they will.
    opened_early: bool = False


@dataclass(slots=True)
class StatementLine:
    """A transfer as its owner sees it: `change` of the usable points, and the `balance` after it."""

    id: Id
    kind: str
    at: datetime
    points: int
    reason: str
    change: int
    balance: int
    lots: list[tuple[int, LotView]]
    why: Why | None
    # What a rule for what members do gave.
    award: AwardView | None = None

    @property
    def lot(self) -> LotView | None:
        """The lot of a line that is about one."""
        return self.lots[0][1] if self.lots else None

    @property
    def adds(self) -> bool:
        """Whether points are new here: what opens was shown as earned before."""
        return self.signed > 0 and self.kind != Kind.POST

    @property
    def signed(self) -> int:
        """The points with the sign that a history shows: what is pending counts when it is earned."""
        if self.kind == Kind.EARN:
            return self.points
        if self.kind == Kind.VOID:
            return -self.points
        return self.change


class StatementPage(NamedTuple):
    """A page of lines, latest first; `next_after` is empty on the last one."""

    lines: list[StatementLine]
    next_after: str


def read_statement(
    customer_id: Id,
    currency: str,
    *,
    after: str = "",
    limit: int = PAGE,
    quiet: bool = False,
    kinds: Collection[str] = (),
) -> StatementPage:
    """Return a page of a customer's points history, of these kinds or of all.

    `quiet` leaves out openings and settlements. Where anything is left out, balances mean nothing.
    """
    transfers = Transfer.objects.filter(customer_id=customer_id, currency=currency)
    older_than = _older_than(after)
    if older_than is not None:
        transfers = transfers.filter(older_than)
    if kinds:
        transfers = transfers.filter(kind__in=kinds)
    if quiet:
        transfers = transfers.exclude(kind__in=QUIET)
    rows = list(
        transfers.order_by("-occurred_at", "-id").values_list(
            "id", "kind", "occurred_at", "points", "reason", "subject_id"
        )[: limit + 1]
    )
    shown = rows[:limit]
    if not shown:
        return StatementPage([], "")
    entries = _entries(customer_id, [row[0] for row in shown])
    lots = read_lots(customer_id, {lot_id for own in entries.values() for _, _, lot_id in own if lot_id})
    whys = read_whys(customer_id, transfer_ids=[row[0] for row in shown])
    awards = awards_by_transfer(customer_id, [row[0] for row in shown if row[4] == DEED])
    balance = _balance_at(customer_id, currency, shown[0][2], shown[0][0])
    lines = []
    for transfer_id, kind, at, points, reason, _ in shown:
        own = entries[transfer_id]
        change = sum(moved for account, moved, _ in own if account in USABLE)
        lines.append(
            StatementLine(
                transfer_id, kind, at, points, reason, change, balance,
                [(moved, lots[lot_id]) for _, moved, lot_id in own if lot_id and lot_id in lots],
                whys.get(transfer_id), awards.get(transfer_id),
            )
        )  # fmt: skip
        balance -= change
    last = shown[-1]
    next_after = f"{last[2].isoformat()}~{show_id(last[0])}" if len(rows) > limit else ""
    return StatementPage(lines, next_after)


def merge_expired(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """Return the lines with those that lapsed at the same instant made one: to their owner they are one."""
    merged: list[StatementLine] = []
    for line in lines:
        last = merged[-1] if merged else None
        if last and line.kind == last.kind == Kind.EXPIRE and line.at == last.at:
            merged[-1] = replace(
                last, points=last.points + line.points, change=last.change + line.change,
                lots=[*last.lots, *line.lots],
            )  # fmt: skip
        else:
            merged.append(line)
    return merged


def _older_than(after: str) -> Q | None:
    """Return the condition for what comes after a place; a place that makes no sense is the beginning."""
    instant, _, transfer_id = after.partition("~")
    try:
        at, last = read_instant(instant), parse_id(transfer_id)
    except ValueError:
        return None
    return Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=last)


def _entries(customer_id: Id, transfer_ids: Sequence[Id]) -> Mapping[Id, list[tuple[str, int, Id | None]]]:
    found: dict[Id, list[tuple[str, int, Id | None]]] = defaultdict(list)
    for transfer_id, account, points, lot_id in select_matching(
        Entry,
        ("transfer_id", "account", "points", "lot_id"),
        ("customer_id", "transfer_id"),
        [(customer_id, one) for one in transfer_ids],
        order_by=("transfer_id", "number"),
    ):
        found[transfer_id].append((account, points, lot_id))
    return found


def _balance_at(customer_id: Id, currency: str, at: datetime, transfer_id: Id) -> int:
    """Return the usable points right after a transfer, summed from the entries themselves."""
    upto = Transfer.objects.filter(
        Q(occurred_at__lt=at) | Q(occurred_at=at, id__lte=transfer_id),
        customer_id=customer_id,
        currency=currency,
    )
    total = Entry.objects.filter(
        customer_id=customer_id, account__in=USABLE, transfer_id__in=upto.values("id")
    ).aggregate(total=Sum("points"))["total"]
    return total or 0


def undoable(customer_id: Id, lines: Sequence[StatementLine]) -> set[Id]:
    """Return which of these lines can be undone by hand: adjustments and spends, unless they wholly were.

    What an order has earned is undone with the order.
    """
    wanted = {line.id: line.points for line in lines if line.kind in UNDONE}
    rows = Transfer.objects.filter(customer_id=customer_id, reverses_id__in=list(wanted))
    taken = dict(rows.values_list("reverses_id").annotate(taken=Sum("points")))
    return {one for one, points in wanted.items() if taken.get(one, 0) < points}


class Undone(NamedTuple):
    """A movement of points that is about to be undone; `change` has its sign."""

    id: Id
    kind: str
    at: datetime
    reason: str
    change: int


def find_line(customer_id: Id, currency: str, transfer_id: Id) -> Undone | None:
    """Return a movement that can be undone by hand, or could before it was; None for any other."""
    rows = Transfer.objects.filter(
        customer_id=customer_id, id=transfer_id, currency=currency, kind__in=UNDONE
    )
    row = rows.values_list("id", "kind", "occurred_at", "reason", "points").first()
    if row is None:
        return None
    adds = Lot.objects.filter(customer_id=customer_id, transfer_id=transfer_id).exists()
    return Undone(*row[:4], row[4] if adds else -row[4])


def read_lots(customer_id: Id, lot_ids: set[Id]) -> dict[Id, LotView]:
    """Return these lots of a customer."""
    rows = select_matching(Lot, _LOT, ("customer_id", "id"), [(customer_id, one) for one in sorted(lot_ids)])
    lots = {row[0]: LotView(*row) for row in rows}
    awaiting = [(customer_id, lot.id) for lot in lots.values() if lot.awaits]
    if awaiting:
        for (lot_id,) in select_matching(LotOpening, ("lot_id",), ("customer_id", "lot_id"), awaiting):
            lots[lot_id] = lots[lot_id]._replace(opened_early=True)
    return lots
