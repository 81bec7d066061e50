"""Posting: what was judged moves points in the ledger and is written down with its why."""

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dangol.core.ledger.idling import undo
from dangol.core.ledger.models import Lot
from dangol.core.ledger.services import Order, Result, apply, require_currency
from dangol.core.ledger.store import Purses
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.domain.accrual import Part
from dangol.domain.idling import Activity
from dangol.domain.membership import Accrual
from dangol.domain.points import ClawBack, Earn, Shortfall, Touch, Trim
from dangol.domain.portions import Portion
from dangol.rooms.rewards import models
from dangol.rooms.rewards.openings import open_of_orders
from dangol.rooms.rewards.programs import Running

_ACCRUAL = (
    "customer_id", "order_id", "program_id", "number", "about_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id", "is_undone",
    "is_split", "not_given", "most_held",
)  # fmt: skip
_PORTION = (
    "customer_id", "order_id", "program_id", "accrual_number", "number", "rule_id", "rule_version",
    "points", "transfer_id", "lot_id",
)  # fmt: skip
# Of what is taken back at once, since the member would have more than the program lets one have.
OVER = "over_limit"
_PART = ("customer_id", "order_id", "program_id", "accrual_number", "number", *Part._fields)


@dataclass(slots=True)
class _Known:
    """What a program has decided about an order so far: how often, and which lots hold its points.

    The lots, and what was earned and not taken back (`stands`), are by the rule whose own terms they are
    under (None: the program's).
    """

    number: int = 0
    lots: dict[Id | None, list[tuple[Id, int]]] = field(default_factory=lambda: defaultdict(list))
    stands: dict[Id | None, int] = field(default_factory=lambda: defaultdict(int))

    def give(self, rule_id: Id | None, points: int) -> list[tuple[Id, int]]:
        """Return the lot that `points` are to be given in; none where there are none to give."""
        if points <= 0:
            return []
        lots = [(new_id(), points)]
        self.stands[rule_id] += points
        self.lots[rule_id].extend(lots)
        return lots

    def less(self, rule_id: Id | None, lot_id: Id, points: int) -> None:
        """Note that a lot has `points` less than it was planned with."""
        self.lots[rule_id] = [
            (one, left - points if one == lot_id else left) for one, left in self.lots[rule_id]
        ]

    def take(self, rule_id: Id | None, points: int) -> list[tuple[Id, int]]:
        """Return from which of the order's lots `points` are to be taken back, oldest first.

        Where less was given than earned, what is left to the member is what the rest earns, as far as it was
        given: the first goods to come back are those that gave nothing.
        """
        self.stands[rule_id] -= points
        taken, lots = [], self.lots[rule_id]
        points = min(points, sum([left for _, left in lots]) - self.stands[rule_id])
        self.lots[rule_id] = []
        for lot_id, left in lots:
            part = max(min(left, points), 0)
            points -= part
            if part:
                taken.append((lot_id, part))
            if left > part:
                self.lots[rule_id].append((lot_id, left - part))
        return taken


class _Moved(NamedTuple):
    """A portion about to be moved: the place of its first command, and its first lot."""

    portion: Portion
    place: int
    lot_id: Id


class _Trim(NamedTuple):
    """The place of what takes back of a lot what its member would have too much of."""

    rule_id: Id | None
    place: int
    lot_id: Id


@dataclass(slots=True)
class _Line:
    """An accrual about to be written: its number, and what it moves. `missing` is what it could not take."""

    customer_id: Id
    number: int
    accrual: Accrual
    most_held: int | None
    moved: list[_Moved] = field(default_factory=list)
    trims: list[_Trim] = field(default_factory=list)
    missing: int = 0
    transfers: list[Id | None] = field(default_factory=list)
    trimmed: int = 0

    @property
    def not_given(self) -> int:
        """What of the points was not moved: given, above the most; taken, no longer there."""
        return self.trimmed - self.missing

    @property
    def is_split(self) -> bool:
        """Whether what it moves is more than one lot under the program's terms."""
        return len(self.moved) > 1 or any(one.portion.source for one in self.moved)

    @property
    def names_lot(self) -> bool:
        """Whether a lot is named on the accrual itself; not where its points have come to nothing."""
        return bool(self.moved and self.accrual.points)

    def note(self, results: Sequence[Result], order: _Known) -> None:
        """Note what the ledger has done."""
        self.transfers = [results[one.place].transfer_id for one in self.moved]
        for rule_id, place, lot_id in self.trims:
            if points := results[place].points:
                self.trimmed += points
                order.less(rule_id, lot_id, points)


def post_accruals(
    running: Running,
    accruals: Sequence[tuple[Id, Accrual]],
    *,
    judged_before: Container[Id],
    recorded_at: datetime,
    undone: Container[tuple[Id, Id]] = (),
    purses: Purses | None = None,
) -> None:
    """Move the points and write down the whys, numbered on from what each order already has.

    `judged_before` are the customers whose purchases may have been judged already: for all others only
    returns have something to look up. `undone` are the (customer, order) pairs that count towards no tier.
    `purses` are the customers', where they have been read already.
    """
    judged = [
        (customer_id, accrual.key)
        for customer_id, accrual in accruals
        if accrual.is_return or customer_id in judged_before
    ]
    orders = _load_orders(running.id, judged)
    shortfall = _find_shortfall(running, accruals)
    lines: list[_Line] = []
    for run in _runs(running, accruals):
        commands: list[Order] = []
        own = [_plan(running, *one, orders[one[1].key], shortfall, commands) for one in run]
        results = apply(
            commands,
            running.row.points_currency,
            recorded_at=recorded_at,
            purses=None if lines else purses,
            are_new=not judged,  # a key names the order, and nothing was decided about these
        )
        _raise_refusals(commands, results)
        for line in own:
            line.note(results, orders[line.accrual.key])
        lines += own
    if running.rules.slides:
        _undo_activities(running, accruals, undone, recorded_at)
    _write(running.id, lines, undone, recorded_at)
    again = {
        (customer_id, accrual.key)
        for customer_id, accrual in accruals
        if orders[accrual.key].number > 1 and any(one.awaits and one.points > 0 for one in accrual.portions)
    }
    if again:  # what they wait for may have come before they were corrected
        open_of_orders(again, recorded_at=recorded_at)


def _runs(running: Running, accruals: Sequence[tuple[Id, Accrual]]) -> Sequence[Sequence[tuple[Id, Accrual]]]:
    """Return the accruals in runs, each customer's in their order: one run, if all that is earned is given.

    Where there is a most that one may have, the ledger says how much of an order was given, and only then
    it is known what a return takes: it comes in a run after its order's.
    """
    if all(terms.most_held is None for _, terms in running.rules.terms):
        return [accruals]
    runs: list[list[tuple[Id, Accrual]]] = []
    places: dict[Id, int] = defaultdict(int)
    given: dict[tuple[Id, Id], int] = {}
    for customer_id, accrual in accruals:
        key = customer_id, accrual.key
        if any(one.points < 0 for one in accrual.portions) and given.get(key) == places[customer_id]:
            places[customer_id] += 1
        if any(one.points > 0 for one in accrual.portions):
            given[key] = places[customer_id]
        runs += [[]] if places[customer_id] == len(runs) else []
        runs[places[customer_id]].append((customer_id, accrual))
    return runs


def _raise_refusals(commands: Sequence[Order], results: Sequence[Result]) -> None:
    for order, result in zip(commands, results, strict=True):
        if result.refusal and not isinstance(order.command, Trim):  # all fits: there is nothing to take
            raise result.refusal


def _undo_activities(
    running: Running,
    accruals: Sequence[tuple[Id, Accrual]],
    undone: Container[tuple[Id, Id]],
    recorded_at: datetime,
) -> None:
    """Let what was bought by mistake keep no points from the instant on at which it was undone."""
    undoings = {
        (customer_id, accrual.key): accrual.at
        for customer_id, accrual in reversed(accruals)
        if accrual.is_return and (customer_id, accrual.key) in undone
    }
    if undoings:
        undo(undoings, running.row.points_currency, recorded_at=recorded_at)


def _find_shortfall(running: Running, accruals: Sequence[tuple[Id, Accrual]]) -> Shortfall:
    """Return what happens where points to take back are spent; asked only where some are to be."""
    if all(one.points > 0 for _, accrual in accruals for one in accrual.portions):
        return Shortfall.DEBT
    return Shortfall(require_currency(running.row.points_currency).shortfall)


def _plan(
    running: Running,
    customer_id: Id,
    accrual: Accrual,
    order: _Known,
    shortfall: Shortfall,
    commands: list[Order],
) -> _Line:
    """Add what the ledger is told to `commands`; returns the line with the places of its commands there.

    The first command's key names the order and the judgement; the others' are numbered on.
    """
    order.number += 1
    if running.rules.slides and order.number == 1 and not accrual.is_return:
        commands.append(Order(customer_id, Touch(Activity.PURCHASE.value, accrual.at, accrual.key)))
    line = _Line(customer_id, order.number, accrual, running.rules.terms_at(accrual.at).most_held)
    begins, key = len(commands), f"accrual:{running.id.hex()}:{accrual.key.hex()}:{order.number}"
    for portion in accrual.portions:
        rule_id = portion.source[0] if portion.source else None
        lots = order.give(rule_id, portion.points) or order.take(rule_id, -portion.points)
        if portion.points < 0:
            line.missing += -portion.points - sum([points for _, points in lots])
        elif line.most_held is not None:
            line.trims += [_Trim(rule_id, 0, lot_id) for lot_id, _ in lots]
        line.moved += [_Moved(portion, len(commands), lots[0][0])] if lots else []
        for lot_id, points in lots:
            own_key = _numbered(key, len(commands) - begins)
            commands.append(
                Order(customer_id, _command(accrual, portion, own_key, lot_id, points, shortfall))
            )
    _plan_trims(line, key, begins, commands)
    return line


def _plan_trims(line: _Line, key: str, begins: int, commands: list[Order]) -> None:
    """Add what takes back, of the lots just made and the last first, what there would be too much of."""
    if line.most_held is None:
        return
    trims, line.trims = reversed(line.trims), []
    for rule_id, _, lot_id in trims:
        line.trims.append(_Trim(rule_id, len(commands), lot_id))
        command = Trim(
            _numbered(key, len(commands) - begins), line.accrual.at, lot_id, line.most_held, OVER,
            line.accrual.about_id,
        )  # fmt: skip
        commands.append(Order(line.customer_id, command))


def _numbered(key: str, place: int) -> str:
    return f"{key}:{place}" if place else key


def _command(
    accrual: Accrual, portion: Portion, key: str, lot_id: Id, points: int, shortfall: Shortfall
) -> Earn | ClawBack:
    reason = "return" if accrual.is_return else "order"
    if portion.points > 0:
        return Earn(
            key, accrual.at, points, portion.release_at, portion.expires_at, reason, accrual.about_id, lot_id,
            portion.idle, portion.awaits,
        )  # fmt: skip
    policy = Shortfall.DEBT if portion.is_moved else shortfall
    return ClawBack(key, accrual.at, points, lot_id, policy, reason, accrual.about_id)


def _load_orders(program_id: Id, keys: Sequence[tuple[Id, Id]]) -> dict[Id, _Known]:
    """Return what is recorded about these (customer, order) pairs, by order."""
    orders: dict[Id, _Known] = defaultdict(_Known)
    own = ("customer_id", "order_id", "program_id")
    wanted = [(customer_id, order_id, program_id) for customer_id, order_id in set(keys)]
    accruals = select_matching(
        models.Accrual, (*own[:2], "number", "points", "lot_id", "is_split"), own, wanted
    )
    split = sorted({(*row[:2], program_id) for row in accruals if row[5]})
    portion = (*own[:2], "accrual_number", "points", "lot_id", "rule_id")
    portions = select_matching(models.AccrualPortion, portion, own, split) if split else []
    whole = [(*row[:5], None) for row in accruals if not row[5]]
    lots = [row for row in (*whole, *portions) if row[3] > 0]
    left = {
        lot_id: points - taken
        for lot_id, points, taken in select_matching(
            Lot, ("id", "points", "reversed"), ("customer_id", "id"), [(row[0], row[4]) for row in lots]
        )
    }
    for _, order_id, number, *_rest in accruals:
        orders[order_id].number = max(orders[order_id].number, number)
    for _, order_id, _, points, _, rule_id in (*whole, *portions):
        orders[order_id].stands[rule_id] += points
    for _, order_id, _, _, lot_id, rule_id in sorted(lots, key=lambda row: row[:3]):
        orders[order_id].lots[rule_id].append((lot_id, left[lot_id]))
    return orders


def _write(
    program_id: Id, lines: Sequence[_Line], undone: Container[tuple[Id, Id]], recorded_at: datetime
) -> None:
    insert_rows(
        models.Accrual,
        _ACCRUAL,
        [
            (
                line.customer_id, accrual.key, program_id, line.number, accrual.about_id, accrual.is_return,
                accrual.at, recorded_at, accrual.tier, accrual.net_minor, accrual.points,
                accrual.zero.value if accrual.zero else "",
                line.transfers[0] if line.names_lot else None,
                line.moved[0].lot_id if line.names_lot else None,
                (line.customer_id, accrual.key) in undone, line.is_split, line.not_given,
                line.most_held if line.trimmed or line.missing else None,
            )
            for line in lines
            for accrual in (line.accrual,)
        ],
    )  # fmt: skip
    insert_rows(
        models.AccrualPortion,
        _PORTION,
        [
            (
                line.customer_id, line.accrual.key, program_id, line.number, number,
                *(moved.portion.source or (None, None)), moved.portion.points, transfer_id, moved.lot_id,
            )
            for line in lines
            if line.is_split
            for number, (moved, transfer_id) in enumerate(zip(line.moved, line.transfers, strict=True), 1)
        ],
    )  # fmt: skip
    insert_rows(
        models.AccrualPart,
        _PART,
        [
            (line.customer_id, line.accrual.key, program_id, line.number, number, *part)
            for line in lines
            for number, part in enumerate(line.accrual.parts, start=1)
        ],
    )
