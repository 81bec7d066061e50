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
from dangol.domain.points import ClawBack, Earn, Shortfall, Touch
from dangol.domain.portions import Portion
from dangol.rooms.rewards import models
from dangol.rooms.rewards.openings import open_of_orders
from dangol.rooms.rewards.programs import Running

_ACCRUAL = (
    "customer_id", "order_id", "program_id", "number", "about_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id", "is_undone",
    "is_split",
)  # fmt: skip
_PORTION = (
    "customer_id", "order_id", "program_id", "accrual_number", "number", "rule_id", "rule_version",
    "points", "transfer_id", "lot_id",
)  # fmt: skip
_PART = ("customer_id", "order_id", "program_id", "accrual_number", "number", *Part._fields)


@dataclass(slots=True)
class _Known:
    """What a program has decided about an order so far: how often, and which lots hold its points.

    The lots are by the rule whose own terms they are under (None: the program's).
    """

    number: int = 0
    lots: dict[Id | None, list[tuple[Id, int]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, rule_id: Id | None, points: int) -> list[tuple[Id, int]]:
        """Return from which of the order's lots `points` are to be taken back, oldest first."""
        taken, lots = [], self.lots[rule_id]
        self.lots[rule_id] = []
        for lot_id, left in lots:
            part = min(left, points)
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


class _Line(NamedTuple):
    """An accrual about to be written: its number, and what it moves."""

    customer_id: Id
    number: int
    accrual: Accrual
    moved: list[_Moved]

    @property
    def is_split(self) -> bool:
        """Whether what it moves is more than one lot under the program's terms."""
        return len(self.moved) > 1 or any(one.portion.source for one in self.moved)

    @property
    def first(self) -> _Moved | None:
        """What is named on the accrual itself; nothing where its points have come to nothing."""
        return self.moved[0] if self.moved and self.accrual.points else None


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
    commands: list[Order] = []
    lines = []
    for customer_id, accrual in accruals:
        order = orders[accrual.key]
        order.number += 1
        if running.rules.slides and order.number == 1 and not accrual.is_return:
            commands.append(Order(customer_id, Touch(Activity.PURCHASE.value, accrual.at, accrual.key)))
        moved = _plan(running.id, customer_id, accrual, order, shortfall, commands)
        lines.append(_Line(customer_id, order.number, accrual, moved))
    results = apply(
        commands,
        running.row.points_currency,
        recorded_at=recorded_at,
        purses=purses,
        are_new=not judged,  # a key names the order, and nothing was decided about these
    )
    for result in results:
        if result.refusal:
            raise result.refusal
    if running.rules.slides:
        _undo_activities(running, accruals, undone, recorded_at)
    _write(running.id, lines, results, undone, recorded_at)
    again = {
        (customer_id, accrual.key)
        for customer_id, accrual in accruals
        if orders[accrual.key].number > 1 and any(one.awaits and one.points > 0 for one in accrual.portions)
    }
    if again:  # what they wait for may have come before they were corrected
        open_of_orders(again, recorded_at=recorded_at)


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
    program_id: Id,
    customer_id: Id,
    accrual: Accrual,
    order: _Known,
    shortfall: Shortfall,
    commands: list[Order],
) -> list[_Moved]:
    """Add what the ledger is told to `commands`; returns the portions, each with its first command's place.

    The first command's key names the order and the judgement; the others' are numbered on.
    """
    begins, moved = len(commands), []
    key = f"accrual:{program_id.hex()}:{accrual.key.hex()}:{order.number}"
    reason = "return" if accrual.is_return else "order"
    for portion in accrual.portions:
        rule_id = portion.source[0] if portion.source else None
        if portion.points > 0:
            lots = [(new_id(), portion.points)]
            order.lots[rule_id].extend(lots)
        else:
            lots = order.take(rule_id, -portion.points)
        policy = Shortfall.DEBT if portion.is_moved else shortfall
        moved.extend([_Moved(portion, len(commands), lots[0][0])] if lots else [])
        for lot_id, points in lots:
            place = len(commands) - begins
            own_key = f"{key}:{place}" if place else key
            command = (
                Earn(
                    own_key, accrual.at, points, portion.release_at, portion.expires_at, reason,
                    accrual.about_id, lot_id, portion.idle, portion.awaits,
                )
                if portion.points > 0
                else ClawBack(own_key, accrual.at, points, lot_id, policy, reason, accrual.about_id)
            )  # fmt: skip
            commands.append(Order(customer_id, command))
    return moved


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
    for _, order_id, _, _, lot_id, rule_id in sorted(lots, key=lambda row: row[:3]):
        orders[order_id].lots[rule_id].append((lot_id, left[lot_id]))
    return orders


def _write(
    program_id: Id,
    lines: Sequence[_Line],
    results: Sequence[Result],
    undone: Container[tuple[Id, Id]],
    recorded_at: datetime,
) -> None:
    insert_rows(
        models.Accrual,
        _ACCRUAL,
        [
            (
                customer_id, accrual.key, program_id, number, accrual.about_id, accrual.is_return,
                accrual.at, recorded_at, accrual.tier, accrual.net_minor, accrual.points,
                accrual.zero.value if accrual.zero else "",
                results[line.first.place].transfer_id if line.first else None,
                line.first.lot_id if line.first else None,
                (customer_id, accrual.key) in undone, line.is_split,
            )
            for line in lines
            for customer_id, number, accrual in (line[:3],)
        ],
    )  # fmt: skip
    insert_rows(
        models.AccrualPortion,
        _PORTION,
        [
            (
                line.customer_id, line.accrual.key, program_id, line.number, number,
                *(moved.portion.source or (None, None)), moved.portion.points,
                results[moved.place].transfer_id, moved.lot_id,
            )
            for line in lines
            if line.is_split
            for number, moved in enumerate(line.moved, start=1)
        ],
    )  # fmt: skip
    insert_rows(
        models.AccrualPart,
        _PART,
        [
            (customer_id, accrual.key, program_id, accrual_number, number, *part)
            for customer_id, accrual_number, accrual, _ in lines
            for number, part in enumerate(accrual.parts, start=1)
        ],
    )
