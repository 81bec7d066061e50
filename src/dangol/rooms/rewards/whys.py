"""The whys: each judgement of an order as data, so that any points line can be computed again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from dangol.core.ledger.models import Lot, LotOpening, Transfer
from dangol.core.storage.columns import Row, columns, table
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, all_of, matching, read_together, select_matching
from dangol.core.storage.values import input_params, input_sql
from dangol.domain.accrual import Cut, Part, cut_of
from dangol.rooms.rewards.models import Accrual, AccrualPart, AccrualPortion, EarningRule, Program

_ACCRUAL = (
    "customer_id", "order_id", "program_id", "number", "about_id", "is_return", "at", "recorded_at",
    "tier", "net_minor", "points", "zero", "transfer_id", "lot_id", "is_split", "not_given", "most_held",
)  # fmt: skip
_OWN = ("customer_id", "order_id")
_PART = ("order_id", "program_id", "accrual_number", "number", *Part._fields)
_PORTION = (
    "order_id",
    "program_id",
    "accrual_number",
    "number",
    "rule_id",
    "rule_version",
    "points",
    "lot_id",
)
_RULE = ("id", "version", "name", "category")
_PROGRAM = ("id", "points_currency", "money_currency")
_LOT = ("id", "points", "left", "earned_at", "release_at", "expires_at", "is_pending", "awaits")


class PartView(NamedTuple):
    """What one rule pays, as the judgement kept it (domain.accrual.Part), and the rule's name."""

    part: Part
    rule_name: str
    category: str


class LotView(NamedTuple):
    """The points as they lie in the ledger: when they open and, exclusive, lapse (None: never).

    What they await of their order opens them before the last day; None: time alone does.
    """

    id: Id
    points: int
    left: int
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None
    is_pending: bool
    awaits: str | None


class PortionView(NamedTuple):
    """Points moved under the same terms, and the lot they are of.

    The rule (id, version, name) is the one whose own terms hold; None: the program's do.
    """

    rule: tuple[Id, int, str] | None
    points: int
    lot: LotView


class WhyView(NamedTuple):
    """A judgement of an order, by one program.

    `points` is what it added, or took back: what `parts` come to less what `parts_before`, those of the
    judgement before it, came to. Where that is nothing, `zero` says why (domain.membership.Zero).
    `portions` are the lots it made, or took from: they come to the same. `not_given` of the points was not
    moved: earned, it would have lifted the member above `most_held`; to be taken back, it was not there.
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
    portions: tuple[PortionView, ...]
    not_given: int
    most_held: int | None

    @property
    def moved(self) -> int:
        """What the ledger has moved for it."""
        return self.points - self.not_given

    @property
    def cut(self) -> Cut | None:
        """What the purchase would have earned, and the most that one earns; None: nothing was cut."""
        return cut_of([one.part for one in self.parts])

    @property
    def is_correction(self) -> bool:
        """Whether it corrects an earlier judgement, after something late has come to light."""
        return self.number > 1 and not self.is_return


class Judged(NamedTuple):
    """Which accrual it is, of those of the order's customer."""

    order_id: Id
    program_id: Id
    number: int


class NotJudged(StrEnum):
    """Why no program has looked at an order: there is none, or all count another currency."""

    NO_PROGRAM = "no_program"
    OTHER_CURRENCY = "other_currency"


def why_not_judged(currency: str, counted: Collection[str]) -> NotJudged | None:
    """Return why no program judges orders in a currency, `counted` being those they count; None: one does."""
    if currency in counted:
        return None
    return NotJudged.OTHER_CURRENCY if counted else NotJudged.NO_PROGRAM


def counted_currencies() -> list[str]:
    """Return the currencies in which the programs count what was bought."""
    return sorted(set(Program.objects.values_list("money_currency", flat=True)))


class Judgements:
    """What reads all judgements of these (customer, order) pairs, in one statement or with something else."""

    def __init__(self, keys: Iterable[tuple[Id, Id]]) -> None:
        wanted = sorted(set(keys))
        self.selects: tuple[Select, ...] = (
            matching(Accrual, _ACCRUAL, _OWN, wanted),
            matching(AccrualPart, _PART, _OWN, wanted),
            _lots_of(wanted),
            all_of(EarningRule, _RULE),
            all_of(Program, _PROGRAM),
        )

    def found(self, *read: Sequence[Row]) -> list[WhyView]:
        """Return the judgements of the rows that the selects have read, order by order, first to last."""
        accruals, parts, lots, rules, programs = read
        names = {(rule_id, version): (name, category) for rule_id, version, name, category in rules}
        sums: dict[tuple[Id, Id, int], tuple[PartView, ...]] = defaultdict(tuple)
        for order_id, program_id, number, _, *values in sorted(parts, key=lambda row: row[:4]):
            part = Part(*values)
            sums[order_id, program_id, number] += (PartView(part, *names[part.rule_id, part.rule_version]),)
        kept = {row[0]: LotView(*row) for row in lots}
        moved = _portions_of(accruals, {rule: name for rule, (name, _) in names.items()})
        currencies: dict[Id, str] = {program_id: points for program_id, points, _ in programs}
        return [_why(row, sums, moved, kept, currencies) for row in sorted(accruals, key=lambda row: row[:4])]

    @staticmethod
    def not_judged(currency: str, *read: Sequence[Row]) -> NotJudged | None:
        """Return why no program judges an order in this currency, by the rows that the selects have read."""
        return why_not_judged(currency, {money for _, _, money in read[-1]})


def accruals_of(keys: Iterable[tuple[Id, Id]]) -> list[WhyView]:
    """Return all judgements of these (customer, order) pairs, order by order, first to last."""
    judgements = Judgements(keys)
    return judgements.found(*read_together(*judgements.selects))


def _portions_of(
    accruals: Sequence[Row], names: Mapping[tuple[Id, int], str]
) -> dict[tuple[Id, Id, int], tuple[PortionView, ...]]:
    """Return the portions of those judgements that have some; nothing is read where none has."""
    split = sorted({(row[0], row[1]) for row in accruals if row[14]})
    moved: dict[tuple[Id, Id, int], tuple[PortionView, ...]] = defaultdict(tuple)
    if not split:
        return moved
    rows = select_matching(AccrualPortion, ("customer_id", *_PORTION), _OWN, split)
    lots = {
        row[0]: LotView(*row)
        for row in select_matching(Lot, _LOT, ("customer_id", "id"), [(row[0], row[-1]) for row in rows])
    }
    # What a merge has taken elsewhere has opened there: the lot it began in tells of its last day still.
    awaiting = [(lot.id,) for lot in lots.values() if lot.awaits]
    for root_id, release_at in select_matching(LotOpening, ("root_id", "release_at"), ("root_id",), awaiting):
        lots[root_id] = lots[root_id]._replace(release_at=release_at)
    for _, order_id, program_id, number, _, rule_id, version, points, lot_id in sorted(
        rows, key=lambda row: row[1:5]
    ):
        rule = (rule_id, version, names[rule_id, version]) if rule_id else None
        moved[order_id, program_id, number] += (PortionView(rule, points, lots[lot_id]),)
    return moved


def _lots_of(keys: Sequence[tuple[Id, Id]]) -> Select:
    """Return what reads the lots that these orders' judgements have made."""
    sql = (
        f"SELECT {columns(Lot, _LOT, 't.')} FROM {input_sql(Accrual, _OWN, 'input')}"  # noqa: S608
        f" JOIN {table(Accrual)} AS a ON a.customer_id = input.customer_id AND a.order_id = input.order_id"
        f" JOIN {table(Lot)} AS t ON t.customer_id = a.customer_id AND t.id = a.lot_id"
    )
    return Select(Lot, _LOT, sql, input_params(Accrual, _OWN, keys) if keys else (), len(keys))


def _why(
    row: Sequence[Any],
    parts: dict[tuple[Id, Id, int], tuple[PartView, ...]],
    moved: dict[tuple[Id, Id, int], tuple[PortionView, ...]],
    lots: dict[Id, LotView],
    currencies: dict[Id, str],
) -> WhyView:
    (_, order_id, program_id, number, about_id, is_return, at, recorded_at,
     tier, net_minor, points, zero, transfer_id, lot_id, _, not_given, most_held) = row  # fmt: skip
    portions = moved[order_id, program_id, number]
    if not portions and lot_id in lots:
        portions = (PortionView(None, points, lots[lot_id]),)
    return WhyView(
        program_id, currencies[program_id], order_id, number, about_id, is_return, at, recorded_at,
        tier, net_minor, points, parts[order_id, program_id, number], parts[order_id, program_id, number - 1],
        zero, transfer_id, portions, not_given, most_held,
    )  # fmt: skip


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


def _load_judged(customer_id: Id, transfer_ids: Iterable[Id]) -> dict[Id, Judged]:
    """Return which accrual each transfer belongs to; those of another origin are left out."""
    wanted = [(customer_id, one) for one in sorted(transfer_ids)]
    rows = select_matching(Transfer, ("id", "key"), ("customer_id", "id"), wanted)
    return {transfer_id: judged for transfer_id, key in rows if (judged := find_judged(key))}


def find_judged(key: str) -> Judged | None:
    """Return which accrual a transfer belongs to: its key tells. None where it is of another origin."""
    kind, *rest = key.split(":")
    if kind != "accrual":
        return None
    program_id, order_id, number = rest[:3]
    return Judged(bytes.fromhex(order_id), bytes.fromhex(program_id), int(number))
