"""Loading what judging needs and saving standings: a constant number of statements a batch."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from dangol.core.events.heads import passing_locked
from dangol.core.ledger.store import Purses, select_purses
from dangol.core.people.absences import found_absences, select_absences
from dangol.core.people.merged import absorbed_by
from dangol.core.people.models import Customer
from dangol.core.storage.ids import Id
from dangol.core.storage.params import id_param, instant_param
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import Row, insert_rows, read_rows, select_matching, table, update_rows
from dangol.domain.absences import Absence
from dangol.domain.accrual import Part
from dangol.domain.calendars import day_of
from dangol.domain.corrections import Recorded
from dangol.domain.histories import Amounts, History
from dangol.domain.membership import Earned, Program
from dangol.domain.tiers import NOWHERE, Cause, Measure, Standing, TierMove, TierRules, Window
from dangol.rooms.rewards.models import Accrual, AccrualPart, Membership, TierChange
from dangol.rooms.rewards.programs import Running

STANDING = (
    "level", "since", "held_until", "in_grace", "judged_to", "next_review_at", "is_rejudged",
    "merged_into", "has_merged",
)  # fmt: skip
TOTALS = ("order_count", "spend_minor", "first_order_at", "last_order_at")
# So many customers at most are read about ahead; of more, most need not be.
_FEW = 50
# What an accrual counts for; of orders and visits the first judgement of each, whose number is one.
_COUNTED = {Measure.SPEND: "net_minor", Measure.POINTS: "points"}
_FIRST_ONLY = {Measure.ORDERS, Measure.VISITS}
MOVE = (
    "at", "from_level", "to_level", "cause", "value", "threshold", "window_from", "held_until",
    "also_value", "also_threshold",
)  # fmt: skip


Histories = Mapping[Measure, History]


class Totals(NamedTuple):
    """What a member has bought in all; returns lessen the spend."""

    order_count: int = 0
    spend_minor: int = 0
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None


NOTHING = Totals()


@dataclass(slots=True)
class Known:
    """A member as recorded."""

    standing: Standing = NOWHERE
    judged_to: datetime | None = None
    is_rejudged: bool = False
    totals: Totals = NOTHING
    is_new: bool = True
    merged_into: Id | None = None
    has_merged: bool = False
    next_review_at: datetime | None = None


class Change(NamedTuple):
    """A move that holds, under its id."""

    id: Id
    move: TierMove


def load_known(program_id: Id, customer_ids: Iterable[Id]) -> dict[Id, Known]:
    """Return the memberships of these customers; one who has none yet gets a blank one."""
    wanted = list(customer_ids)
    return _known(wanted, read_together(_select_known(program_id, wanted))[0])


def _select_known(program_id: Id, customer_ids: Sequence[Id]) -> Select:
    return matching(
        Membership,
        ("customer_id", *STANDING, *TOTALS),
        ("customer_id", "program_id"),
        [(customer_id, program_id) for customer_id in customer_ids],
    )


def _known(customer_ids: Iterable[Id], rows: Sequence[Row]) -> dict[Id, Known]:
    known = {customer_id: Known() for customer_id in customer_ids}
    for customer_id, *values in rows:
        (level, since, held_until, in_grace, judged_to, next_review_at, is_rejudged, merged_into, has_merged,
         *totals) = values  # fmt: skip
        standing = Standing(level, since, held_until, in_grace)
        known[customer_id] = Known(
            standing,
            judged_to,
            is_rejudged,
            Totals(*totals),
            False,
            merged_into,
            has_merged,
            next_review_at,
        )
    return known


def earliest_counted(
    versions: Sequence[TierRules], known: Iterable[Known], first: datetime
) -> datetime | None:
    """Return from when amounts can still count for reviews and purchases from `first` on; None: ever."""
    if any(rules.is_unlimited for rules in versions):
        return None
    due = [at for one in known for at in (one.standing.held_until, one.next_review_at) if at]
    return min([first, *due]) - timedelta(days=max(_reach(rules) for rules in versions))


def _reach(rules: TierRules) -> int:
    """Return how many days back, at most, something can count; in a grace, the period before counts on."""
    days = rules.window_size if rules.window is Window.ROLLING else 2 * 31 * rules.window_size
    return days + rules.grace_days + 2


def load_histories(
    running: Running, known: Mapping[Id, Known], customer_ids: Sequence[Id], since: datetime | None
) -> dict[Id, Histories]:
    """Return what counts towards the tiers of these customers, from `since` on.

    What counted for those who have become part of one counts for that one.
    """
    families = absorbed_by([one for one in customer_ids if known[one].has_merged])
    everybody = [*customer_ids, *(one for family in families.values() for one in family)]
    amounts = load_amounts(running, everybody, since)
    for owner, family in families.items():
        amounts[owner] = joined([amounts.get(one, {}) for one in (owner, *family)])
    return {one: _histories(amounts[one]) for one in customer_ids if one in amounts}


def joined(several: Iterable[Amounts]) -> dict[Measure, list[tuple[datetime, int]]]:
    """Return what counted of all of these together."""
    together: dict[Measure, list[tuple[datetime, int]]] = defaultdict(list)
    for amounts in several:
        for measure, own in amounts.items():
            together[measure].extend(own)
    return dict(together)


def _histories(amounts: Amounts) -> Histories:
    return {measure: History(own) for measure, own in amounts.items()}


def load_amounts(running: Running, customer_ids: Sequence[Id], since: datetime | None) -> dict[Id, Amounts]:
    """Return what each of these customers did that counts, from `since` on, with its instant."""
    return _amounts(running, read_together(_select_histories(running, customer_ids, since))[0])


def _select_histories(running: Running, customer_ids: Sequence[Id], since: datetime | None) -> Select:
    where, params = "t.program_id = %s AND NOT t.is_undone", [id_param(running.id)]
    if since is not None:
        where += ' AND t."at" >= %s'
        params.append(instant_param(since))
    measures = _told_by_orders(running)
    if _FIRST_ONLY.issuperset(measures):
        where += " AND t.number = 1 AND NOT t.is_return"
    return matching(
        Accrual,
        ("customer_id", "at", "is_return", "number", *(_COUNTED[one] for one in measures if one in _COUNTED)),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids if measures],
        where=where,
        params=params,
    )


def _told_by_orders(running: Running) -> list[Measure]:
    """Return what counts of that which is read from the judgements: days since joining are not."""
    return [one for one in running.rules.measures if one is not Measure.TENURE]


def _amounts(running: Running, rows: Sequence[Row]) -> dict[Id, Amounts]:
    measures = _told_by_orders(running)
    summed = [one for one in measures if one in _COUNTED]
    counted = [one for one in measures if one in _FIRST_ONLY]
    amounts: dict[Id, dict[Measure, list[tuple[datetime, int]]]] = {}
    for customer_id, at, is_return, number, *figures in rows:
        own = amounts.get(customer_id)
        if own is None:
            own = amounts[customer_id] = {one: [] for one in measures}
        for measure, amount in zip(summed, figures, strict=True):
            own[measure].append((at, amount))
        if counted and number == 1 and not is_return:
            for measure in counted:
                own[measure].append((at, 1))
    return dict(amounts)


class Ahead(NamedTuple):
    """What was read before it was known who would need it: of few customers only, else just who they are.

    Histories begin at `since` (None: at the beginning).
    """

    known: dict[Id, Known]
    absences: dict[Id, tuple[Absence, ...]]
    histories: dict[Id, Histories] | None
    since: datetime | None
    purses: Purses | None

    def histories_since(self, since: datetime | None) -> dict[Id, Histories] | None:
        """Return the histories where they reach back to `since`."""
        reaches = self.since is None or (since is not None and self.since <= since)
        return self.histories if reaches else None


class Look:
    """What is read of a batch of customers before their acts from `first` to `last` are judged."""

    def __init__(
        self,
        running: Running,
        customer_ids: Sequence[Id],
        first: datetime,
        last: datetime,
        *,
        with_purses: bool,
    ) -> None:
        self._running, self._customer_ids, self._last = running, customer_ids, last
        self._since = earliest_counted(running.rules.tier_versions, (), first)
        self._is_whole = len(customer_ids) <= _FEW
        self._has_purses = self._is_whole and with_purses
        self.selects = [_select_known(running.id, customer_ids), select_absences(customer_ids)]
        if self._is_whole:
            self.selects.append(_select_histories(running, customer_ids, self._since))
        if self._has_purses:
            # Who brings something back may draw on any lot: those are read when that is known.
            self.selects.extend(select_purses(customer_ids, running.row.points_currency, due_by=last))

    def read(self, rows: Sequence[list[Row]]) -> Ahead:
        """Return what the selects have found."""
        return Ahead(
            _known(self._customer_ids, rows[0]),
            found_absences(rows[1]),
            {one: _histories(found) for one, found in _amounts(self._running, rows[2]).items()}
            if self._is_whole
            else None,
            self._since,
            Purses(rows[3], rows[4], self._last) if self._has_purses else None,
        )


def load_earned(program_id: Id, keys: Sequence[tuple[Id, Id]]) -> dict[Id, Earned]:
    """Return how the points of these (customer, order) pairs stand: what the latest judgement says."""
    latest: dict[Id, tuple[int, str]] = {}
    for order_id, number, tier in _accruals_of_orders(program_id, keys, ("order_id", "number", "tier")):
        latest[order_id] = max(latest.get(order_id, (0, "")), (number, tier))
    parts = load_parts(program_id, keys)
    return {order_id: Earned(tier, parts[order_id, number]) for order_id, (number, tier) in latest.items()}


def _accruals_of_orders(program_id: Id, keys: Sequence[tuple[Id, Id]], names: Sequence[str]) -> list[Any]:
    rows = [(customer_id, order_id, program_id) for customer_id, order_id in keys]
    return select_matching(Accrual, names, ("customer_id", "order_id", "program_id"), rows)


def load_parts(program_id: Id, keys: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, int], tuple[Part, ...]]:
    """Return the parts of all judgements of these (customer, order) pairs, by order and number."""
    found: dict[tuple[Id, int], tuple[Part, ...]] = defaultdict(tuple)
    for order_id, number, *values in select_matching(
        AccrualPart,
        ("order_id", "accrual_number", *Part._fields),
        ("customer_id", "order_id", "program_id"),
        [(customer_id, order_id, program_id) for customer_id, order_id in keys],
        order_by=("customer_id", "order_id", "accrual_number", "number"),
    ):
        found[order_id, number] += (Part(*values),)
    return found


def load_recorded(program_id: Id, customer_ids: Sequence[Id]) -> dict[Id, dict[Id, Recorded]]:
    """Return, for each customer, what is on record about each order."""
    about: dict[tuple[Id, Id], set[Id]] = defaultdict(set)
    for customer_id, order_id, about_id in select_matching(
        Accrual,
        ("customer_id", "order_id", "about_id"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.program_id = %s",
        params=[id_param(program_id)],
    ):
        about[customer_id, order_id].add(about_id)
    earned = load_earned(program_id, list(about))
    found: dict[Id, dict[Id, Recorded]] = defaultdict(dict)
    for (customer_id, order_id), about_ids in about.items():
        found[customer_id][order_id] = Recorded(frozenset(about_ids), earned[order_id])
    return found


def load_changes(program_id: Id, customer_ids: Sequence[Id]) -> dict[Id, list[Change]]:
    """Return each customer's moves that hold, in time order."""
    found: dict[Id, list[Change]] = defaultdict(list)
    for customer_id, change_id, *values in select_matching(
        TierChange,
        ("customer_id", "id", *MOVE),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.program_id = %s AND t.superseded_at IS NULL",
        params=[id_param(program_id)],
        order_by=("customer_id", "at", "id"),
    ):
        move = TierMove(*values)
        found[customer_id].append(Change(change_id, move._replace(cause=Cause(move.cause))))
    return found


def mark_undone(program_id: Id, keys: Sequence[tuple[Id, Id]]) -> None:
    """Note that what has been judged of these (customer, order) pairs counts towards no tier any more."""
    found = select_matching(
        Accrual,
        ("customer_id", "order_id", "program_id", "number"),
        ("customer_id", "order_id", "program_id"),
        [(*key, program_id) for key in keys],
        where="NOT t.is_undone",
    )
    update_rows(
        Accrual,
        ("customer_id", "order_id", "program_id", "number"),
        ("is_undone",),
        [(*row, True) for row in found],
    )


def load_joined_on(program: Program, customer_ids: Iterable[Id]) -> dict[Id, date]:
    """Return the shop's day each of these customers joined on; empty where it makes no difference."""
    if not program.counts_from_joining:
        return {}
    rows = select_matching(
        Customer,
        ("customer_id", "joined_at"),
        ("customer_id",),
        [(customer_id,) for customer_id in customer_ids],
        where="t.joined_at IS NOT NULL",
    )
    zone = program.tiers.zone
    return {customer_id: day_of(joined_at, zone) for customer_id, joined_at in rows}


def save_memberships(program_id: Id, rows: Mapping[Id, tuple[Any, ...]], known: Mapping[Id, Known]) -> None:
    """Write the standings and totals; each row is in the order of STANDING and TOTALS."""
    names = (*STANDING, *TOTALS)
    fresh = [(key, program_id, *row) for key, row in rows.items() if known[key].is_new]
    changed = [(key, program_id, *row) for key, row in rows.items() if not known[key].is_new]
    insert_rows(Membership, ("customer_id", "program_id", *names), fresh)
    update_rows(Membership, ("customer_id", "program_id"), names, changed)


def due_members(program_id: Id, *, as_of: datetime, limit: int, sharing: bool = False) -> list[Id]:
    """Return members whose standing is due for a review by `as_of`, soonest first.

    `sharing`: they are locked as they are found, but for those that others have locked, who are passed over.
    """
    join, end = passing_locked("own.customer_id") if sharing else ("", "")
    rows = read_rows(
        Membership,
        ("customer_id",),
        f"SELECT own.customer_id FROM {table(Membership)} AS own{join}"  # noqa: S608 - our own table
        " WHERE own.program_id = %s AND own.next_review_at IS NOT NULL AND own.next_review_at <= %s"
        f" ORDER BY own.next_review_at LIMIT %s{end}",
        [id_param(program_id), instant_param(as_of), limit],
    )
    return [customer_id for (customer_id,) in rows]
