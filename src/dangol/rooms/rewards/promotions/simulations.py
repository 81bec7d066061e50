"""A promotion tried on past orders: left for the worker, kept with its result, found by its own address."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import trait_types
from dangol.core.storage.ids import Id, show_id
from dangol.domain.calendars import start_of_period
from dangol.domain.conditions import needs
from dangol.domain.errors import DomainError, NotFound
from dangol.domain.promotions.past import Tally, Trial
from dangol.domain.promotions.rules import Remaining
from dangol.rooms.rewards import trials
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.contents import PromotionContent, pack, read_promotion, unpack
from dangol.rooms.rewards.promotions.editing import check_content
from dangol.rooms.rewards.promotions.history import AS_THEN, History
from dangol.rooms.rewards.promotions.models import PromotionSimulation

TASK = "promotions.simulate"
# How many runs of a promotion are kept, and how many of those who would have got most.
MOST_KEPT, MOST_NAMED = 20, 50


class UnknownTrial(NotFound):
    """There is no such run; of each promotion the last twenty are kept."""

    code = "promotions.unknown_simulation"


class TrialOver(DomainError):
    """The run has ended (`state`): there is nothing to stop."""

    code = "promotions.simulation_over"


class Try(msgspec.Struct, frozen=True):
    """The payload of the task: which run to do."""

    simulation: str


class Day(msgspec.Struct, frozen=True):
    """A day's orders, those that would have got something, and what would have come off."""

    day: str
    orders: int
    used: int
    minor: int


class Customer(msgspec.Struct, frozen=True):
    """Somebody who would have got it: how often, and how much would have come off.

    `largest_minor` is what would have come off the order that got most, which was placed at `largest_at` and
    cost `largest_list_minor` on the shelf. Runs from before that was kept have none.
    """

    customer: str
    uses: int
    minor: int
    largest_at: datetime | None = None
    largest_list_minor: int = 0
    largest_minor: int = 0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found; money in minor units. `customers` are those who would have got most.

    `as_now`: traits the condition asks that are known only as they stand now.
    """

    orders: int
    list_minor: int
    used: int
    minor: int
    points: int
    people: int
    guests_used: int
    ran_out_on: str | None
    days: tuple[Day, ...]
    whys: dict[str, int]
    customers: tuple[Customer, ...]
    as_now: tuple[str, ...]


class TrialView(NamedTuple):
    """A run as it stands, its `result` once it is done."""

    id: Id
    promotion_id: Id
    content: PromotionContent
    is_draft: bool
    state: str
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime
    done: int
    total: int | None
    result: Result | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return trials.is_over(self.state)


_TRIALS = trials.Trials(
    PromotionSimulation, "promotion_id", TASK, Try, MOST_KEPT, lambda one: UnknownTrial(simulation=one),
    lambda state: TrialOver(state=state),
)  # fmt: skip


def start_trial(
    promotion_id: Id,
    content: PromotionContent,
    *,
    is_draft: bool,
    since: datetime,
    until: datetime,
    asked_by: str,
    at: datetime,
) -> Id:
    """Leave a run for the worker; returns its id. Raises PromotionInvalid or a BrokenCondition."""
    check_content(content)
    return _TRIALS.ask(
        promotion_id, content=pack(content), is_draft=is_draft, since=since, until=until, asked_by=asked_by,
        at=at,
    )  # fmt: skip


def find_trial(simulation_id: Id) -> TrialView:
    """Return a run; raises UnknownTrial."""
    return _view(_TRIALS.find(simulation_id))


def list_trials(promotion_id: Id, *, limit: int = MOST_KEPT) -> list[TrialView]:
    """Return a promotion's runs, the latest first."""
    return [_view(row) for row in _TRIALS.latest(promotion_id, limit)]


def _view(row: PromotionSimulation) -> TrialView:
    return TrialView(
        row.id, row.promotion_id, unpack(row.content), row.is_draft, trials.state_of(row), row.since,
        row.until, row.asked_by, row.asked_at, row.done_count, row.total_count,
        None if row.result is None else msgspec.convert(row.result, Result),
    )  # fmt: skip


def cancel_trial(simulation_id: Id) -> None:
    """Stop a run at its next orders; raises UnknownTrial or TrialOver."""
    _TRIALS.cancel(simulation_id)


def run_trial(simulation_id: Id, *, report: Callable[[int, int | None], None]) -> None:
    """Do a run, some hundred orders at a time, and keep its result; one stopped or let go of ends early.

    Done again after a crash it begins anew: all it writes is its own row.
    """
    row = _TRIALS.find_open(simulation_id)
    if row is None:
        return
    view, own = _view(row), shop()
    trial, history = _prepared(view, own.currency)
    steps = _tried(trial, history)
    if _TRIALS.run(simulation_id, steps, total=history.count(), report=report) is None:
        return
    asked = history.needs.traits if history.needs else frozenset()
    as_now = tuple(sorted(one for one in asked if one not in AS_THEN))
    _TRIALS.keep(simulation_id, _result(trial.tally, as_now))


def _tried(trial: Trial, history: History) -> Iterator[int]:
    """Try past orders, some hundred at a time, and yield how many they were."""
    for batch in history.batches():
        trial.ask(batch)
        yield len(batch)


def _prepared(view: TrialView, currency: str) -> tuple[Trial, History]:
    """Return the promotion under trial, and the orders in its money; without one, in the shop's."""
    zone, limits = shop().tz, view.content.limits
    promotion = read_promotion(view.promotion_id, 0, view.content, trait_types()).promotion
    trial = Trial(
        promotion,
        Remaining(limits.uses, limits.customer_uses, limits.period_uses, limits.units, limits.budget_minor),
        read_checkout().as_settings(),
        zone=zone,
        period_start=lambda at: start_of_period(limits.period, at, zone),
    )
    asked = needs(promotion.condition) if promotion.condition else None
    return trial, History(view.since, view.until, promotion.currency or currency, zone, asked)


def _result(tally: Tally, as_now: tuple[str, ...]) -> Result:
    most = sorted(tally.by_customer.items(), key=lambda one: (-one[1][1], -one[1][0], one[0]))[:MOST_NAMED]
    return Result(
        orders=tally.orders, list_minor=tally.list_minor, used=tally.used, minor=tally.minor,
        points=tally.points, people=len(tally.by_customer), guests_used=tally.guests_used,
        ran_out_on=tally.ran_out_on.isoformat() if tally.ran_out_on else None,
        days=tuple(
            Day(day.isoformat(), one.orders, one.used, one.minor) for day, one in sorted(tally.days.items())
        ),
        whys={why.value: count for why, count in tally.whys.most_common()},
        customers=tuple(
            Customer(show_id(one), uses, minor, *tally.largest[one]) for one, (uses, minor) in most
        ),
        as_now=as_now,
    )  # fmt: skip
