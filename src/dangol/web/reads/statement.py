"""A member's points, line by line, each with its why: read as data, a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, Sum

from dangol.core.ledger.models import Entry, Lot, Transfer
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import Part
from dangol.domain.points import Account as Place, Kind
from dangol.rooms.rewards.event_rules.judging import REASON as DEED
from dangol.rooms.rewards.event_rules.selectors import AwardView, awards_by_transfer
from dangol.rooms.rewards.models import Accrual, AccrualPart, AccrualPortion, EarningRule
from dangol.rooms.rewards.wallets import list_wallets
from dangol.web.places import read_instant

PAGE = 20
_ACCRUAL = (
    "about_id", "transfer_id", "tier", "net_minor", "points", "zero", "is_return", "order_id", "number",
    "program_id",
)  # fmt: skip
_PORTION = ("accrual_number", "transfer_id", "points", "rule_id", "rule_version")
USABLE = frozenset({Place.AVAILABLE.value, Place.DEBT.value})
# What a member's own history leaves out: bookkeeping that moves nothing to or from the member.
QUIET = (Kind.POST.value, Kind.SETTLE.value)
# What staff may take back by itself.
UNDONE = (Kind.ADJUST.value, Kind.SPEND.value)
_LOT = ("id", "transfer_id", "points", "left", "is_pending", "earned_at", "release_at", "expires_at")


class LotView(NamedTuple):
    """Points earned together. The end is exclusive; None: they never lapse."""

    id: Id
    transfer_id: Id
    points: int
    left: int
    is_pending: bool
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None


class RuleSum(NamedTuple):
    """One rule's arithmetic: the part as the judgement kept it, and the rule's name."""

    rule: str
    category: str
    part: Part

    @property
    def exact(self) -> str:
        """The points before rounding, as a decimal of at most three places, cut off."""
        part = self.part
        thousandths = part.base_minor * part.rate_points * part.multiplier_num * 1000
        thousandths //= part.rate_minor * part.multiplier_den
        whole, rest = divmod(thousandths, 1000)
        return f"{whole:,}" if not rest else f"{whole:,}.{rest:03d}".rstrip("0")

    @property
    def is_rounded(self) -> bool:
        """Whether a fraction was lost or gained."""
        part = self.part
        return bool(
            part.base_minor * part.rate_points * part.multiplier_num % (part.rate_minor * part.multiplier_den)
        )

    @property
    def multiplier(self) -> str:
        """The tier's multiplier, empty where it is one."""
        num, den = self.part.multiplier_num, self.part.multiplier_den
        if num == den:
            return ""
        hundredths, rest = divmod(num * 100, den)
        if rest:
            return f"{num}/{den}"
        return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


class _Source(NamedTuple):
    """Of which rules a portion is: of these, or (`is_rest`) of all but these."""

    rules: set[tuple[Id, int]]
    is_rest: bool


@dataclass(slots=True)
class Why:
    """Why an order earned what it did: the tier held then, each rule's sum, what it was before a return.

    It is of one program; what an order has earned in others is in `others`, with what those points are
    called (`wallet`).
    """

    tier: str
    net_minor: int
    points: int
    zero: str
    is_return: bool
    order_id: Id
    number: int
    program_id: Id
    sums: list[RuleSum] = field(default_factory=list)
    before: list[RuleSum] = field(default_factory=list)
    others: list["Why"] = field(default_factory=list)
    wallet: str = ""

    @property
    def stands(self) -> int:
        """What the order's points come to after this judgement."""
        return sum(one.part.points for one in self.sums)

    @property
    def stood(self) -> int:
        """What they came to before it."""
        return sum(one.part.points for one in self.before)


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
    return {row[0]: LotView(*row) for row in rows}


def read_whys(
    customer_id: Id, *, transfer_ids: Sequence[Id] = (), order_ids: Sequence[Id] = ()
) -> dict[Id, Why]:
    """Return the whys by transfer, or by what they are about: the orders and returns in `order_ids`.

    A judgement that moved points under several terms has a transfer for each: by transfer, its why has the
    sums of those rules alone. By what they are about, it is the first program's, and has those of others.
    """
    by_transfer = bool(transfer_ids)
    wanted = transfer_ids or order_ids
    rows = select_matching(
        Accrual, _ACCRUAL, ("customer_id", "transfer_id" if by_transfer else "about_id"),
        [(customer_id, one) for one in wanted], order_by=("order_id", "program_id", "number"),
    )  # fmt: skip
    whys: dict[Id, Why] = {}
    for about_id, transfer_id, *values in rows:
        why = Why(*values)
        first = whys.setdefault(transfer_id if by_transfer else about_id, why)
        if all(why.program_id != one.program_id for one in (first, *first.others)):
            first.others.append(why)
    sources = _add_portions(customer_id, transfer_ids, whys) if by_transfer else {}
    sums = _sums(customer_id, {why.order_id for why in whys.values()})
    for transfer_id, first in whys.items():
        for why in (first, *first.others):
            own = sources.get(transfer_id)
            why.sums = _only(sums.get((why.order_id, why.program_id, why.number), []), own)
            if why.is_return:
                why.before = _only(sums.get((why.order_id, why.program_id, why.number - 1), []), own)
    _name_others(whys)
    return whys


def _name_others(whys: Mapping[Id, Why]) -> None:
    others = [one for why in whys.values() for one in why.others]
    names = {one.program_id: one.name for one in list_wallets()} if others else {}
    for why in others:
        why.wallet = names[why.program_id]


def _only(sums: list[RuleSum], own: _Source | None) -> list[RuleSum]:
    """Return the sums of the rules that are under the terms of one portion; all, where there is none."""
    if own is None:
        return sums
    return [one for one in sums if (one.part[:2] in own.rules) is not own.is_rest]


def _add_portions(customer_id: Id, transfer_ids: Sequence[Id], whys: dict[Id, Why]) -> dict[Id, _Source]:
    """Add the whys of transfers that moved one portion of a judgement; returns of which rules each is."""
    own = ("customer_id", "order_id", "program_id")
    found = select_matching(
        AccrualPortion, own, ("customer_id", "transfer_id"), [(customer_id, one) for one in transfer_ids]
    )
    if not found:
        return {}
    orders = sorted(set(found))
    judged = {
        (order_id, program_id, number): values
        for order_id, program_id, number, *values in select_matching(
            Accrual, (*own[1:], "number", *_ACCRUAL[2:]), own, orders
        )
    }
    portions = select_matching(AccrualPortion, (*own[1:], *_PORTION), own, orders)
    rules: dict[tuple[Id, Id], set[tuple[Id, int]]] = defaultdict(set)
    for order_id, program_id, _, _, _, *rule in portions:
        rules[order_id, program_id] |= {tuple(rule)} if rule[0] else set()
    sources = {}
    for order_id, program_id, number, transfer_id, points, *rule in portions:
        if transfer_id in transfer_ids:
            whys[transfer_id] = replace(Why(*judged[order_id, program_id, number]), points=points)
            is_own = rule[0] is not None
            sources[transfer_id] = _Source(
                {tuple(rule)} if is_own else rules[order_id, program_id], is_rest=not is_own
            )
    return sources


def _sums(customer_id: Id, order_ids: set[Id]) -> dict[tuple[Id, Id, int], list[RuleSum]]:
    rows = select_matching(
        AccrualPart,
        ("order_id", "program_id", "accrual_number", *Part._fields),
        ("customer_id", "order_id"),
        [(customer_id, one) for one in sorted(order_ids)],
        order_by=("order_id", "program_id", "accrual_number", "number"),
    )
    rules = {
        (rule_id, version): (name, category)
        for rule_id, version, name, category in select_matching(
            EarningRule,
            ("id", "version", "name", "category"),
            ("id", "version"),
            sorted({(row[3], row[4]) for row in rows}),
        )
    }
    found: dict[tuple[Id, Id, int], list[RuleSum]] = defaultdict(list)
    for order_id, program_id, number, *values in rows:
        part = Part(*values)
        found[order_id, program_id, number].append(RuleSum(*rules[part.rule_id, part.rule_version], part))
    return found
