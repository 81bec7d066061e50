"""A rule tried on past events: left for the worker, kept with its result, found by its own address."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import trait_types
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.snapshots import read_snapshot
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State as JobState
from dangol.core.tasks.services import enqueue
from dangol.domain.event_rules import Deed, Doer
from dangol.domain.event_trials import Tally, Trial
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, pack, unpack
from dangol.rooms.rewards.event_rules.editing import check_content
from dangol.rooms.rewards.event_rules.errors import EventRuleInvalid, RuleTrialOver, UnknownRuleTrial
from dangol.rooms.rewards.event_rules.models import EventRuleTrial
from dangol.rooms.rewards.event_rules.past import Past
from dangol.rooms.rewards.models import SimulationState

TASK = "event_rules.try"
# How many trials of a rule are kept, and how many of those who would have got most.
MOST_KEPT, MOST_NAMED = 20, 50
FAILED = "failed"


class Try(msgspec.Struct, frozen=True):
    """The payload of the task: which trial to do."""

    trial: str


class Day(msgspec.Struct, frozen=True):
    """A day on which something would have been given: how often, and how many points."""

    day: str
    times: int
    points: int


class Member(msgspec.Struct, frozen=True):
    """Somebody who would have got something: how often, and how many points."""

    member: str
    times: int
    points: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a trial found. `members` are those who would have got most; `whys`: why others would have none.

    `as_now`: the condition was asked of members as they stand now.
    """

    deeds: int
    times: int
    points: int
    people: int
    ran_out_on: str | None
    days: tuple[Day, ...]
    whys: dict[str, int]
    members: tuple[Member, ...]
    as_now: bool


class TrialView(NamedTuple):
    """A trial as it stands, its `result` once it is done."""

    id: Id
    rule_id: Id
    content: EventRuleContent
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
        return self.state not in {SimulationState.WAITING.value, SimulationState.RUNNING.value}


def start_trial(
    rule_id: Id,
    content: EventRuleContent,
    *,
    is_draft: bool,
    since: datetime,
    until: datetime,
    asked_by: str,
    at: datetime,
) -> Id:
    """Leave a trial for the worker; returns its id. Raises what `check_content` does, or EventRuleInvalid."""
    check_content(content)
    if since >= until:
        raise EventRuleInvalid(field="until", problem="before_start")
    trial_id = new_id()
    with write_transaction():
        job_id = enqueue(TASK, Try(show_id(trial_id)), run_at=at)
        EventRuleTrial.objects.create(
            id=trial_id, rule_id=rule_id, job_id=job_id, content=pack(content), is_draft=is_draft,
            since=since, until=until, asked_by=asked_by, asked_at=at,
        )  # fmt: skip
        own = EventRuleTrial.objects.filter(rule_id=rule_id)
        kept = list(own.order_by("-asked_at", "-id").values_list("id", flat=True)[:MOST_KEPT])
        own.exclude(id__in=kept).delete()
    return trial_id


def find_trial(trial_id: Id) -> TrialView:
    """Return a trial; raises UnknownRuleTrial."""
    row = EventRuleTrial.objects.filter(id=trial_id).first()
    if row is None:
        raise UnknownRuleTrial(trial=show_id(trial_id))
    return _view(row)


def list_trials(rule_id: Id, *, limit: int = MOST_KEPT) -> list[TrialView]:
    """Return a rule's trials, the latest first."""
    rows = EventRuleTrial.objects.filter(rule_id=rule_id).order_by("-asked_at", "-id")
    return [_view(row) for row in rows[:limit]]


def _view(row: EventRuleTrial) -> TrialView:
    state = str(row.state)
    is_open = state in {SimulationState.WAITING.value, SimulationState.RUNNING.value}
    if is_open and Job.objects.filter(id=row.job_id, state=JobState.DEAD).exists():
        state = FAILED
    return TrialView(
        row.id, row.rule_id, unpack(row.content), row.is_draft, state, row.since, row.until, row.asked_by,
        row.asked_at, row.done_count, row.total_count,
        None if row.result is None else msgspec.convert(row.result, Result),
    )  # fmt: skip


def cancel_trial(trial_id: Id) -> None:
    """Stop a trial at its next events; raises UnknownRuleTrial or RuleTrialOver."""
    if not _mark(trial_id, state=SimulationState.CANCELED.value):
        raise RuleTrialOver(state=find_trial(trial_id).state)


def _mark(trial_id: Id, **values: Any) -> bool:
    """Write to a trial that is not over; returns whether it was not."""
    with write_transaction():
        states = [SimulationState.WAITING.value, SimulationState.RUNNING.value]
        own = EventRuleTrial.objects.filter(id=trial_id, state__in=states)
        return bool(own.update(**values))


def run_trial(trial_id: Id, *, report: Callable[[int, int | None], None]) -> None:
    """Do a trial, some hundred events at a time, and keep its result; one that was stopped ends early.

    Done again after a crash it begins anew: all it writes is its own row.
    """
    view, zone = find_trial(trial_id), shop().tz
    content = view.content
    condition = content.member_condition(trait_types())
    trial = Trial(content.as_rule(since=view.since, zone=zone), content.room(used_times=0, used_points=0))
    past = Past(content, condition, view.since, view.until, zone)
    if not _mark(trial_id, state=SimulationState.RUNNING.value, done_count=0):
        return
    done, batches = 0, past.batches()
    while (batch := _next(batches)) is not None:
        for member, deed, doer in batch:
            trial.ask(member, deed, doer)
        done += len(batch)
        if not _mark(trial_id, done_count=done):
            return
        report(done, None)
    result = msgspec.to_builtins(_result(trial.tally, as_now=condition is not None))
    _mark(trial_id, state=SimulationState.DONE.value, done_count=done, total_count=done, result=result)


def _next(batches: Iterator[Sequence[tuple[Id, Deed, Doer]]]) -> Sequence[tuple[Id, Deed, Doer]] | None:
    with read_snapshot():
        return next(batches, None)


def _result(tally: Tally, *, as_now: bool) -> Result:
    most = sorted(tally.members.items(), key=lambda one: (-one[1][1], -one[1][0], one[0]))[:MOST_NAMED]
    return Result(
        deeds=tally.deeds, times=tally.times, points=tally.points, people=len(tally.members),
        ran_out_on=tally.ran_out_on.isoformat() if tally.ran_out_on else None,
        days=tuple(Day(day.isoformat(), *found) for day, found in sorted(tally.days.items())),
        whys={why.value: count for why, count in tally.whys.most_common()},
        members=tuple(Member(show_id(one), *found) for one, found in most),
        as_now=as_now,
    )  # fmt: skip
