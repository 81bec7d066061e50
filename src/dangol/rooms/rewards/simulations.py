"""Simulations: a draft, or the published program, tried on the past; each has a row, and so an address."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db.models import Count, Exists, OuterRef, Q

from dangol.core.commerce.models import Order
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.params import id_param
from dangol.core.storage.walks import walk
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards import models, replaying, trials
from dangol.rooms.rewards.checking import InvalidRule
from dangol.rooms.rewards.contents import ProgramContent, find_problems, load_content, pack, unpack
from dangol.rooms.rewards.drafts import DraftInvalid
from dangol.rooms.rewards.programs import Running, find_program
from dangol.rooms.rewards.replaying import Replay, Side, Tally, Window

TASK = "rewards.simulate"
# How many members are in memory at a time, and how many simulations of a program are kept.
AT_ONCE, MOST_KEPT = 100, 50


class UnknownSimulation(NotFound):
    """There is no such simulation; each program keeps its last fifty."""

    code = "rewards.unknown_simulation"


class SimulationOver(DomainError):
    """The simulation has ended (`state`): there is nothing to cancel."""

    code = "rewards.simulation_over"


class Worth(NamedTuple):
    """What the shop says its points are worth: `minor` minor units of money for `points`."""

    points: int
    minor: int

    def of(self, points: int) -> int:
        """Return what so many points are worth, rounded half up, away from zero for points taken."""
        sign = -1 if points < 0 else 1
        return sign * ((2 * abs(points) * self.minor + self.points) // (2 * self.points))


class Ask(msgspec.Struct, frozen=True):
    """The payload of the task: which simulation to do."""

    simulation: str


class RuleFigure(msgspec.Struct, frozen=True):
    """What a rule paid, and would have paid, for how many orders. A rule yet to be published has no id."""

    key: str
    name: str
    points_before: int
    points_after: int
    orders_before: int
    orders_after: int


class TierFigure(msgspec.Struct, frozen=True):
    """How many members stood on a tier at the end of the window, and would have stood."""

    key: str
    name: str
    members_before: int
    members_after: int


class ExampleFigure(msgspec.Struct, frozen=True):
    """A member for whom it comes out most otherwise."""

    customer: str
    points_before: int
    points_after: int
    tier_before: str
    tier_after: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation found: `before` stands in the ledger, `after` is what would have stood there.

    `left_out` counts the window's orders that earn nothing, by reason. `unlike_ledger` counts orders for
    which the published program, replayed, does not come to what the ledger has: 0 in a sound instance.
    """

    members: int
    orders: int
    points_before: int
    points_after: int
    gain_members: int
    gain_points: int
    lose_members: int
    lose_points: int
    moved_up: int
    moved_down: int
    unlike_ledger: int
    rules: tuple[RuleFigure, ...]
    tiers: tuple[TierFigure, ...]
    left_out_before: dict[str, int]
    left_out: dict[str, int]
    examples: tuple[ExampleFigure, ...]


class SimulationView(NamedTuple):
    """A simulation as it stands, its `result` once it is done; no `content`: of the published program."""

    id: Id
    program_id: Id
    state: str
    content: ProgramContent | None
    since: datetime
    until: datetime
    worth: Worth | None
    asked_by: str
    asked_at: datetime
    done: int
    total: int | None
    ran_at: datetime | None
    result: Result | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return trials.is_over(self.state)


_TRIALS = trials.Trials(
    models.Simulation, "program_id", TASK, Ask, MOST_KEPT, lambda one: UnknownSimulation(simulation=one),
    lambda state: SimulationOver(state=state),
)  # fmt: skip


def simulate(
    program_id: Id,
    content: ProgramContent | None,
    *,
    since: datetime,
    until: datetime,
    asked_by: str,
    at: datetime,
    worth: Worth | None = None,
) -> SimulationView:
    """Leave a simulation for the worker: of `content`, or of the program as published, over a window.

    Raises UnknownProgram, InvalidRule for a window that is none or lies ahead, and DraftInvalid.
    """
    running = find_program(program_id)
    if not since < until:
        raise InvalidRule(field="since", problem="not_before_until")
    if until > at:
        raise InvalidRule(field="until", problem="in_the_future")
    if worth is not None and (worth.points < 1 or worth.minor < 0):
        raise InvalidRule(field="worth", problem="not_positive")
    if content is not None and (problems := find_problems(content, load_content(running, at=at), at=at)):
        raise DraftInvalid(problems=[one._asdict() for one in problems])
    simulation_id = _TRIALS.ask(
        program_id, content=None if content is None else pack(content), since=since, until=until,
        worth_points=worth.points if worth else None, worth_minor=worth.minor if worth else None,
        asked_by=asked_by, at=at,
    )  # fmt: skip
    return find_simulation(simulation_id)


def find_simulation(simulation_id: Id) -> SimulationView:
    """Return a simulation; raises UnknownSimulation."""
    return _view(_TRIALS.find(simulation_id))


def list_simulations(program_id: Id, *, limit: int = MOST_KEPT) -> list[SimulationView]:
    """Return a program's simulations, the latest first."""
    return [_view(row) for row in _TRIALS.latest(program_id, limit)]


def _view(row: models.Simulation) -> SimulationView:
    worth = Worth(row.worth_points, row.worth_minor or 0) if row.worth_points else None
    return SimulationView(
        row.id, row.program_id, trials.state_of(row), None if row.content is None else unpack(row.content),
        row.since, row.until, worth, row.asked_by, row.asked_at, row.done_count, row.total_count, row.ran_at,
        None if row.result is None else msgspec.convert(row.result, Result),
    )  # fmt: skip


def cancel_simulation(simulation_id: Id) -> SimulationView:
    """Stop a simulation at the next hundred members; raises UnknownSimulation or SimulationOver."""
    _TRIALS.cancel(simulation_id)
    return find_simulation(simulation_id)


def run_simulation(simulation_id: Id, *, at: datetime, report: Callable[[int, int], None]) -> None:
    """Do a simulation, a hundred members at a time, and keep its result; canceled or let go of it ends early.

    Done again after a crash it begins anew: all it writes is its own row.
    """
    row = _TRIALS.find_open(simulation_id)
    if row is None:
        return
    view = _view(row)
    running = find_program(view.program_id)
    total = models.Membership.objects.filter(program_id=view.program_id).count()
    published = load_content(running, at=view.asked_at)
    replay = make_replay(running, published, view.content, Window(view.since, view.until))
    steps = _replayed(replay, view.program_id)
    if _TRIALS.run(simulation_id, steps, total=total, report=report) is None:
        return
    result = _result(running, published, view.content or published, replay.tally)
    left_out = _orders_of_nobody(running, view.since, view.until)
    result = msgspec.structs.replace(
        result, left_out_before=result.left_out_before | left_out, left_out=result.left_out | left_out
    )
    _TRIALS.keep(simulation_id, result, ran_at=at)


def _replayed(replay: Replay, program_id: Id) -> Iterator[int]:
    """Replay a program's members, a hundred at a time, and yield how many they were."""
    for rows in walk(
        models.Membership, ("customer_id", "program_id"), ("customer_id", "program_id"), size=AT_ONCE,
        where="program_id = %s", params=[id_param(program_id)],
    ):  # fmt: skip
        replay.add([customer_id for customer_id, _ in rows])
        yield len(rows)


def make_replay(
    running: Running, published: ProgramContent, content: ProgramContent | None, window: Window
) -> Replay:
    """Return what replays members by a draft, or, without one, by the program as published."""
    as_published = replaying.as_published(running, published)
    tried = as_published
    if content is not None:
        tried = replaying.as_drafted(running, published, content, window.since)
    return Replay(running, as_published, tried, window)


def _orders_of_nobody(running: Running, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many orders of the window no program counts: a guest's, or in another currency."""
    judged = models.Accrual.objects.filter(
        program_id=running.id, customer_id=OuterRef("customer_id"), order_id=OuterRef("id")
    )
    orders = Order.objects.filter(~Exists(judged), placed_at__gte=since, placed_at__lt=until)
    own = Q(currency=running.row.money_currency)
    counts = orders.aggregate(guest=Count("id", filter=own), other_currency=Count("id", filter=~own))
    return {reason: count for reason, count in counts.items() if count}


def _result(running: Running, published: ProgramContent, tried: ProgramContent, tally: Tally) -> Result:
    levels = tried.tiers.levels
    return Result(
        members=tally.members, orders=tally.orders, points_before=tally.before.points,
        points_after=tally.after.points, gain_members=tally.gain_members, gain_points=tally.gain_points,
        lose_members=tally.lose_members, lose_points=tally.lose_points, moved_up=tally.moved_up,
        moved_down=tally.moved_down, unlike_ledger=tally.unlike_ledger,
        rules=_rule_figures(running, published, tried, tally.before, tally.after),
        tiers=tuple(
            TierFigure(level.key, level.name, tally.before.levels[place], tally.after.levels[place])
            for place, level in enumerate(levels)
        ),
        left_out_before=dict(sorted(tally.before.zeros.items())),
        left_out=dict(sorted(tally.after.zeros.items())),
        examples=tuple(
            ExampleFigure(
                show_id(one.customer_id), one.points_before, one.points_after,
                levels[one.level_before].key, levels[one.level_after].key,
            )
            for one in tally.examples
        ),
    )  # fmt: skip


def _rule_figures(
    running: Running, published: ProgramContent, tried: ProgramContent, before: Side, after: Side
) -> tuple[RuleFigure, ...]:
    """Return each rule's figures, also those of one that has been ended since it paid."""
    rows = models.EarningRule.objects.filter(program_id=running.id).order_by("version")
    names = {show_id(rule_id): name for rule_id, name in rows.values_list("id", "name")}
    names |= {rule.key: rule.name for content in (published, tried) for rule in content.rules}
    current = {rule.key for content in (published, tried) for rule in content.rules}
    paid = Counter(before.rule_orders) + Counter(after.rule_orders)
    return tuple(
        RuleFigure(
            key, name, before.rule_points[key], after.rule_points[key],
            before.rule_orders[key], after.rule_orders[key],
        )
        for key, name in names.items()
        if key in current or paid[key]
    )  # fmt: skip


def show_result(result: Result) -> dict[str, Any]:
    """Return a result as plain values."""
    shown: dict[str, Any] = msgspec.to_builtins(result)
    return shown
