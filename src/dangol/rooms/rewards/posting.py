"""Posting: what was judged moves points in the ledger and is written down with its why."""

from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from dangol.core.ledger.idling import undo
from dangol.core.ledger.services import Order, Result, apply, require_currency
from dangol.core.ledger.store import Purses
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.domain.accrual import OwnTerms, Part
from dangol.domain.idling import Activity
from dangol.domain.membership import Accrual
from dangol.domain.points import (
    Above,
    ClawBack,
    Command,
    Earn,
    NothingToMove,
    Shortfall,
    Touch,
    Trim,
)
from dangol.domain.portions import Portion, own_terms
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
    """What a program has decided about an order so far: how often, and which lots it made.

    The lots are by the rule whose own terms they are under (None: the program's), oldest first.
    """

    number: int = 0
    lots: dict[Id | None, list[Id]] = field(default_factory=lambda: defaultdict(list))


class _Step(NamedTuple):
    """A portion about to be moved: by which commands, each with the lot it is of."""

    portion: Portion
    commands: Sequence[tuple[int, Id]]


class _Moved(NamedTuple):
    """A portion of which points have moved: the first transfer and its lot."""

    portion: Portion
    transfer_id: Id | None
    lot_id: Id


@dataclass(slots=True)
class _Line:
    """An accrual about to be written: its number, and what it moves.

    `not_given` of its points the ledger has not moved: earned, they were above `most_held`; to be taken back,
    they were not there. `has_met`: it came to that.
    """

    customer_id: Id
    number: int
    accrual: Accrual
    most_held: int | None
    steps: list[_Step] = field(default_factory=list)
    trims: list[int] = field(default_factory=list)
    moved: list[_Moved] = field(default_factory=list)
    not_given: int = 0
    has_met: bool = False

    @property
    def is_split(self) -> bool:
        """Whether what it moves is more than one lot under the program's terms."""
        own = any(one.portion.source for one in self.steps)
        return bool(self.moved) and (len(self.steps) > 1 or own)

    @property
    def first(self) -> tuple[Id | None, Id | None]:
        """The transfer and the lot named on the accrual itself; none where its points come to nothing."""
        return self.moved[0][1:] if self.moved and self.accrual.points else (None, None)

    def note(self, results: Sequence[Result]) -> None:
        """Note what the ledger has done."""
        trimmed, missing = sum([results[place].points for place in self.trims]), 0
        for portion, commands in self.steps:
            done = [(results[place], lot_id) for place, lot_id in commands if results[place].transfer_id]
            missing += abs(portion.points) - sum([one.points for one, _ in done])
            for one, lot_id in done[:1]:
                self.moved.append(_Moved(portion, one.transfer_id, lot_id))
        self.not_given, self.has_met = trimmed - missing, bool(trimmed or missing)


class _Taking(NamedTuple):
    """How points are taken back: what becomes of those that are spent, and which rules have own terms."""

    shortfall: Shortfall
    own: Mapping[tuple[Id, int], OwnTerms]

    def policy(self, portion: Portion) -> Shortfall:
        """Return what becomes of points that are spent; those that are given again are owed until then."""
        return Shortfall.DEBT if portion.is_moved else self.shortfall

    def kept(self, accrual: Accrual, portion: Portion) -> int:
        """Return how many points the lots of a portion keep after an accrual: what the order's points come to
        then, less what this accrual gives of it in lots of their own.
        """
        kept = sum(
            part.points
            for part in accrual.parts
            if (part.rule_id if part[:2] in self.own else None) == portion.rule_id
        )
        return kept - sum(
            one.points for one in accrual.portions if one.points > 0 and one.rule_id == portion.rule_id
        )


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
    taking = _Taking(_find_shortfall(running, accruals), own_terms(running.rules.rules))
    commands: list[Order] = []
    lines = [
        _plan(running, customer_id, accrual, orders[accrual.key], taking, commands)
        for customer_id, accrual in accruals
    ]
    results = apply(
        commands,
        running.row.points_currency,
        recorded_at=recorded_at,
        purses=purses,
        are_new=not judged,  # a key names the order, and nothing was decided about these
    )
    for result in results:
        if result.refusal and not isinstance(result.refusal, NothingToMove):
            raise result.refusal
    for line in lines:
        line.note(results)
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
    taking: _Taking,
    commands: list[Order],
) -> _Line:
    """Add what the ledger is told to `commands`; returns the line with the places of its commands there.

    The first command's key names the order and the judgement; the others' are numbered on.
    """
    order.number += 1
    if running.rules.slides and order.number == 1 and not accrual.is_return:
        commands.append(Order(customer_id, Touch(Activity.PURCHASE.value, accrual.at, accrual.key)))
    line = _Line(customer_id, order.number, accrual, running.rules.terms_at(accrual.at).most_held)
    key, begins = f"accrual:{running.id.hex()}:{accrual.key.hex()}:{order.number}", len(commands)

    def tell(make: Callable[[str], Command]) -> int:
        place = len(commands)
        commands.append(Order(customer_id, make(f"{key}:{place - begins}" if place > begins else key)))
        return place

    for portion in accrual.portions:
        lots = order.lots[portion.rule_id]
        if portion.points > 0:
            lot_id = new_id()
            lots.append(lot_id)
            moves = [(tell(partial(_earn, accrual, portion, lot_id)), lot_id)]
        else:
            above = Above(tuple(lots), taking.kept(accrual, portion))
            policy = taking.policy(portion)
            moves = [(tell(partial(_take, accrual, portion, one, above, policy)), one) for one in lots]
        line.steps.append(_Step(portion, moves))
    if line.most_held is not None:
        made = [lot_id for portion, moves in line.steps if portion.points > 0 for _, lot_id in moves]
        line.trims = [tell(partial(_trim, accrual, one, line.most_held)) for one in reversed(made)]
    return line


def _earn(accrual: Accrual, portion: Portion, lot_id: Id, key: str) -> Earn:
    return Earn(
        key, accrual.at, portion.points, portion.release_at, portion.expires_at, _reason(accrual),
        accrual.about_id, lot_id, portion.idle, portion.awaits,
    )  # fmt: skip


def _take(
    accrual: Accrual, portion: Portion, lot_id: Id, above: Above, policy: Shortfall, key: str
) -> ClawBack:
    return ClawBack(
        key, accrual.at, -portion.points, lot_id, policy, _reason(accrual), accrual.about_id, above=above
    )


def _trim(accrual: Accrual, lot_id: Id, most_held: int, key: str) -> Trim:
    return Trim(key, accrual.at, lot_id, most_held, OVER, accrual.about_id)


def _reason(accrual: Accrual) -> str:
    return "return" if accrual.is_return else "order"


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
    for _, order_id, number, *_rest in accruals:
        orders[order_id].number = max(orders[order_id].number, number)
    for _, order_id, _, _, lot_id, rule_id in sorted(lots, key=lambda row: row[:3]):
        orders[order_id].lots[rule_id].append(lot_id)
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
                *line.first,
                (line.customer_id, accrual.key) in undone, line.is_split, line.not_given,
                line.most_held if line.has_met else None,
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
                *(moved.portion.source or (None, None)), moved.portion.points, moved.transfer_id,
                moved.lot_id,
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
            (line.customer_id, line.accrual.key, program_id, line.number, number, *part)
            for line in lines
            for number, part in enumerate(line.accrual.parts, start=1)
        ],
    )
