"""Posting: what was judged moves points in the ledger and is written down with its why."""

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dangol.core.ledger.models import Lot
from dangol.core.ledger.services import Order, Result, apply, require_currency
from dangol.core.ledger.store import Purses
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.domain.accrual import Part
from dangol.domain.membership import Accrual
from dangol.domain.points import ClawBack, Earn, Shortfall
from dangol.rooms.rewards import models
from dangol.rooms.rewards.programs import Running

_ACCRUAL = (
    "customer_id", "order_id", "program_id", "number", "about_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id", "is_undone",
)  # fmt: skip
_PART = ("customer_id", "order_id", "program_id", "accrual_number", "number", *Part._fields)


@dataclass(slots=True)
class _Known:
    """What a program has decided about an order so far: how often, and which lots hold its points."""

    number: int = 0
    lots: list[tuple[Id, int]] = field(default_factory=list)

    def take(self, points: int) -> list[tuple[Id, int]]:
        """Return from which of the order's lots `points` are to be taken back, oldest first."""
        taken, lots = [], self.lots
        self.lots = []
        for lot_id, left in lots:
            part = min(left, points)
            points -= part
            if part:
                taken.append((lot_id, part))
            if left > part:
                self.lots.append((lot_id, left - part))
        return taken


class _Line(NamedTuple):
    """An accrual about to be written: its number, the place of its first command, and its first lot."""

    customer_id: Id
    number: int
    accrual: Accrual
    place: int | None
    lot_id: Id | None


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
        own, lot_id = _plan(running.id, customer_id, accrual, order, shortfall)
        lines.append(_Line(customer_id, order.number, accrual, len(commands) if own else None, lot_id))
        commands.extend(own)
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
    _write(running.id, lines, results, undone, recorded_at)


def _find_shortfall(running: Running, accruals: Sequence[tuple[Id, Accrual]]) -> Shortfall:
    """Return what happens where points to take back are spent; asked only where some are to be."""
    if all(accrual.points >= 0 for _, accrual in accruals):
        return Shortfall.DEBT
    return Shortfall(require_currency(running.row.points_currency).shortfall)


def _plan(
    program_id: Id, customer_id: Id, accrual: Accrual, order: _Known, shortfall: Shortfall
) -> tuple[list[Order], Id | None]:
    """Return what the ledger is told, and the lot it is about; nothing where no points move."""
    key = f"accrual:{program_id.hex()}:{accrual.key.hex()}:{order.number}"
    reason = "return" if accrual.is_return else "order"
    if accrual.points > 0:
        lot_id = new_id()
        order.lots.append((lot_id, accrual.points))
        earn = Earn(
            key, accrual.at, accrual.points, accrual.release_at, accrual.expires_at,
            reason, accrual.about_id, lot_id,
        )  # fmt: skip
        return [Order(customer_id, earn)], lot_id
    taken = order.take(-accrual.points)
    commands = [
        ClawBack(
            key if place == 0 else f"{key}:{place}", accrual.at, points, lot_id,
            shortfall, reason, accrual.about_id,
        )
        for place, (lot_id, points) in enumerate(taken)
    ]  # fmt: skip
    return [Order(customer_id, command) for command in commands], taken[0][0] if taken else None


def _load_orders(program_id: Id, keys: Sequence[tuple[Id, Id]]) -> dict[Id, _Known]:
    """Return what is recorded about these (customer, order) pairs, by order."""
    orders: dict[Id, _Known] = defaultdict(_Known)
    lots: list[tuple[Id, Id, Id]] = []
    for customer_id, order_id, number, points, lot_id in select_matching(
        models.Accrual,
        ("customer_id", "order_id", "number", "points", "lot_id"),
        ("customer_id", "order_id", "program_id"),
        [(customer_id, order_id, program_id) for customer_id, order_id in set(keys)],
        order_by=("customer_id", "order_id", "number"),
    ):
        orders[order_id].number = number
        if points > 0:
            lots.append((order_id, customer_id, lot_id))
    left = {
        lot_id: points - taken
        for lot_id, points, taken in select_matching(
            Lot, ("id", "points", "reversed"), ("customer_id", "id"), [lot[1:] for lot in lots]
        )
    }
    for order_id, _, lot_id in lots:
        orders[order_id].lots.append((lot_id, left[lot_id]))
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
                None if place is None else results[place].transfer_id, lot_id,
                (customer_id, accrual.key) in undone,
            )
            for customer_id, number, accrual, place, lot_id in lines
        ],
    )  # fmt: skip
    insert_rows(
        models.AccrualPart,
        _PART,
        [
            (customer_id, accrual.key, program_id, accrual_number, number, *part)
            for customer_id, accrual_number, accrual, _, _ in lines
            for number, part in enumerate(accrual.parts, start=1)
        ],
    )
