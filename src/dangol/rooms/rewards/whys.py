"""The whys: each judgement of an order as data, so that any points line can be computed again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.ledger.models import Lot, Transfer
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import Part
from dangol.rooms.rewards.models import Accrual, AccrualPart, EarningRule, Program

_ACCRUAL = (
    "customer_id", "order_id", "program_id", "number", "about_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id",
)  # fmt: skip
_LOT = ("id", "points", "left", "earned_at", "release_at", "expires_at", "is_pending")


class PartView(NamedTuple):
    """What one rule pays, as the judgement kept it (domain.accrual.Part), and the rule's name."""

    part: Part
    rule_name: str
    category: str


class LotView(NamedTuple):
    """The points as they lie in the ledger: when they open and, exclusive, lapse (None: never)."""

    id: Id
    points: int
    left: int
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None
    is_pending: bool


class WhyView(NamedTuple):
    """A judgement of an order, by one program.

    `points` is what it added, or took back: what `parts` come to less what `parts_before`, those of the
    judgement before it, came to. Where that is nothing, `zero` says why (domain.membership.Zero).
    """

    program_id: Id
    currency: str
    order_id: Id
    number: int
    about_id: Id
    is_return: bool
    at: datetime
    recorded_at: datetime
    tier: str
    net_minor: int
    points: int
    parts: tuple[PartView, ...]
    parts_before: tuple[PartView, ...]
    zero: str
    transfer_id: Id | None
    lot: LotView | None

    @property
    def is_correction(self) -> bool:
        """Whether it corrects an earlier judgement, after something late has come to light."""
        return self.number > 1 and not self.is_return


def accruals_of(keys: Iterable[tuple[Id, Id]]) -> list[WhyView]:
    """Return all judgements of these (customer, order) pairs, order by order, first to last."""
    wanted = sorted(set(keys))
    rows = select_matching(
        Accrual, _ACCRUAL, ("customer_id", "order_id"), wanted,
        order_by=("customer_id", "order_id", "program_id", "number"),
    )  # fmt: skip
    parts = _load_parts(wanted)
    lots = _load_lots({(row[0], row[-1]) for row in rows if row[-1]})
    currencies = dict(Program.objects.values_list("id", "points_currency"))
    return [_why(row, parts, lots, currencies) for row in rows]


def _why(
    row: Sequence[Any],
    parts: dict[tuple[Id, Id, int], tuple[PartView, ...]],
    lots: dict[Id, LotView],
    currencies: dict[Id, str],
) -> WhyView:
    (_, order_id, program_id, number, about_id, is_return, at, recorded_at,
     tier, net_minor, points, zero, transfer_id, lot_id) = row  # fmt: skip
    return WhyView(
        program_id, currencies[program_id], order_id, number, about_id, is_return, at, recorded_at,
        tier, net_minor, points, parts[order_id, program_id, number], parts[order_id, program_id, number - 1],
        zero, transfer_id, lots.get(lot_id),
    )  # fmt: skip


def _load_parts(keys: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id, int], tuple[PartView, ...]]:
    rules = {
        (rule_id, version): (name, category)
        for rule_id, version, name, category in EarningRule.objects.values_list(
            "id", "version", "name", "category"
        )
    }
    found: dict[tuple[Id, Id, int], tuple[PartView, ...]] = defaultdict(tuple)
    for order_id, program_id, accrual_number, *values in select_matching(
        AccrualPart,
        ("order_id", "program_id", "accrual_number", *Part._fields),
        ("customer_id", "order_id"),
        keys,
        order_by=("customer_id", "order_id", "program_id", "accrual_number", "number"),
    ):
        part = Part(*values)
        found[order_id, program_id, accrual_number] += (
            PartView(part, *rules[part.rule_id, part.rule_version]),
        )
    return found


def _load_lots(keys: Iterable[tuple[Id, Id]]) -> dict[Id, LotView]:
    return {row[0]: LotView(*row) for row in select_matching(Lot, _LOT, ("customer_id", "id"), sorted(keys))}


def whys_of(customer_id: Id, transfer_ids: Iterable[Id]) -> dict[Id, WhyView]:
    """Return the why of each of a customer's transfers that this room decided.

    An opening, a lapse or a settlement has the why of the points in its lot. A transfer of another
    origin (a spend, a gift, points given by hand) is left out.
    """
    origins = _load_origins(customer_id, sorted(set(transfer_ids)))
    judged = _load_judged(customer_id, set(origins.values()))
    whys = {
        (why.order_id, why.program_id, why.number): why
        for why in accruals_of((customer_id, order_id) for order_id, _, _ in judged.values())
    }
    return {one: whys[judged[origin]] for one, origin in origins.items() if origin in judged}


def _load_origins(customer_id: Id, transfer_ids: Sequence[Id]) -> dict[Id, Id]:
    """Return, for each transfer, the one that made the lot it is about; itself where it is about none."""
    subjects: dict[Id, Id | None] = dict(
        select_matching(
            Transfer,
            ("id", "subject_id"),
            ("customer_id", "id"),
            [(customer_id, one) for one in transfer_ids],
        )
    )
    lots = [(customer_id, subject_id) for subject_id in sorted(filter(None, subjects.values()))]
    made_by: dict[Id | None, Id] = dict(
        select_matching(Lot, ("id", "transfer_id"), ("customer_id", "id"), lots)
    )
    return {one: made_by.get(subject_id, one) for one, subject_id in subjects.items()}


def _load_judged(customer_id: Id, transfer_ids: Iterable[Id]) -> dict[Id, tuple[Id, Id, int]]:
    """Return which accrual (order, program, number) each transfer belongs to: its key tells."""
    found = {}
    for transfer_id, key in select_matching(
        Transfer, ("id", "key"), ("customer_id", "id"), [(customer_id, one) for one in sorted(transfer_ids)]
    ):
        kind, *rest = key.split(":")
        if kind == "accrual":
            program_id, order_id, number = rest[:3]
            found[transfer_id] = bytes.fromhex(order_id), bytes.fromhex(program_id), int(number)
    return found
