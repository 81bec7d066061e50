"""A rule tried on past events: left for the worker, kept with its result, found by its own address."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import trait_types
from dangol.core.storage.ids import Id, show_id
from dangol.domain.event_trials import Tally, Trial
from dangol.rooms.rewards import trials
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, pack, unpack
from dangol.rooms.rewards.event_rules.editing import check_content
from dangol.rooms.rewards.event_rules.errors import EventRuleInvalid, RuleTrialOver, UnknownRuleTrial
from dangol.rooms.rewards.event_rules.models import EventRuleTrial
from dangol.rooms.rewards.event_rules.past import Past

TASK = "event_rules.try"
# How many trials of a rule are kept, and how many of those who would have got most.
MOST_KEPT, MOST_NAMED = 20, 50


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
        return trials.is_over(self.state)


_TRIALS = trials.Trials(
    EventRuleTrial, "rule_id", TASK, Try, MOST_KEPT, lambda one: UnknownRuleTrial(trial=one),
    lambda state: RuleTrialOver(state=state),
)  # fmt: skip


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
    return _TRIALS.ask(
        rule_id, content=pack(content), is_draft=is_draft, since=since, until=until, asked_by=asked_by, at=at
    )


def find_trial(trial_id: Id) -> TrialView:
    """Return a trial; raises UnknownRuleTrial."""
    return _view(_TRIALS.find(trial_id))


def list_trials(rule_id: Id, *, limit: int = MOST_KEPT) -> list[TrialView]:
    """Return a rule's trials, the latest first."""
    return [_view(row) for row in _TRIALS.latest(rule_id, limit)]


def _view(row: EventRuleTrial) -> TrialView:
    return TrialView(
        row.id, row.rule_id, unpack(row.content), row.is_draft, trials.state_of(row), row.since, row.until,
        row.asked_by, row.asked_at, row.done_count, row.total_count,
        None if row.result is None else msgspec.convert(row.result, Result),
    )  # fmt: skip


def cancel_trial(trial_id: Id) -> None:
    """Stop a trial at its next events; raises UnknownRuleTrial or RuleTrialOver."""
    _TRIALS.cancel(trial_id)


def run_trial(trial_id: Id, *, report: Callable[[int, int | None], None]) -> None:
    """Do a trial, some hundred events at a time, and keep its result; one stopped or let go of ends early.

    Done again after a crash it begins anew: all it writes is its own row.
    """
    row = _TRIALS.find_open(trial_id)
    if row is None:
        return
    view, zone = _view(row), shop().tz
    content = view.content
    condition = content.member_condition(trait_types())
    trial = Trial(content.as_rule(since=view.since, zone=zone), content.room(used_times=0, used_points=0))
    past = Past(content, condition, view.since, view.until, zone)
    done = _TRIALS.run(trial_id, _tried(trial, past), total=None, report=report)
    if done is not None:
        _TRIALS.keep(trial_id, _result(trial.tally, as_now=condition is not None), total_count=done)


def _tried(trial: Trial, past: Past) -> Iterator[int]:
    """Ask a rule of what has happened, some hundred events at a time, and yield how many they were."""
    for batch in past.batches():
        for member, deed, doer in batch:
            trial.ask(member, deed, doer)
        yield len(batch)


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
