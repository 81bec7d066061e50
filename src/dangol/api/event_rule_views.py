"""What the API takes and shows of event rules."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import Field

from dangol.api.replies import Given, GivenInstant, Instant, Shown
from dangol.core.storage.ids import show_id
from dangol.domain.event_rules import Why
from dangol.rooms.rewards.event_rules import editing, selectors, trials
from dangol.rooms.rewards.event_rules.contents import pack

ContentIn = Annotated[
    dict[str, Any],
    Field(
        description="name, trigger, event, where, condition, points, rate, most_points, caps, budget,"
        " pending_days, expiry, expiry_count, active_from, active_to, about, about_en, is_shown, name_en.",
        examples=[
            {
                "name": "Review", "event": "Review Posted", "points": 100, "caps": {"day": 1},
                "where": [{"property": "rating", "op": "at_least", "value": 4}],
            }
        ],
    ),
]  # fmt: skip
Revision = Annotated[int, Field(ge=1, strict=True)]


class EventRuleIn(Given):
    """A new rule; it is a draft until it is published."""

    content: ContentIn


class EventRuleDraftIn(Given):
    """What the draft is to say. `revision` is the one you have seen; null where there was none."""

    content: ContentIn
    revision: Revision | None = None


class EventRulePublishIn(Given):
    """The revision of the draft that is to hold from now on; `reason`: for whoever has to let it happen."""

    revision: Revision
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class EventRuleTrialIn(Given):
    """The window of what has happened, its end exclusive; of the draft, or (`published`) of what holds."""

    since: GivenInstant
    until: GivenInstant
    published: bool = False


class EventRuleDraftView(Shown):
    """The next version as it is being written."""

    content: dict[str, Any]
    revision: int
    changed_by: str
    changed_at: Instant


class EventRuleVersionView(Shown):
    """A published version."""

    number: int
    content: dict[str, Any]
    drafted_by: str
    published_by: str
    published_at: Instant


class EventRuleView(Shown):
    """A rule: draft, scheduled, live, paused, ended or archived; with what is used of its budget.

    `refused`: its version gives nothing, as its event earns nothing since. Archive it, or publish another.
    """

    id: str
    name: str
    state: str
    refused: bool
    version: EventRuleVersionView | None
    draft: EventRuleDraftView | None
    used_times: int
    used_points: int
    made_at: Instant
    paused_at: Instant | None
    archived_at: Instant | None


class EventRuleList(Shown):
    """All rules that are not archived, or those that are, the newest first."""

    data: list[EventRuleView]


class EventRuleVersionList(Shown):
    """A rule's published versions, the latest first."""

    data: list[EventRuleVersionView]


class EventRuleFiguresView(Shown):
    """What a rule has given: times, points, members, times taken back; `whys`: why others got nothing."""

    times: int
    points: int
    people: int
    taken_back: int
    whys: dict[str, int]


class EventRuleAwardView(Shown):
    """Points for a deed: fixed ones, those by `number` (`rated`), and what was given of both.

    `deed` is the event's id; of a day of the year it is the same for everybody in that year.
    """

    rule_id: str
    rule: str
    version: int
    member: str
    trigger: str
    deed: str
    at: Instant
    given_at: Instant
    fixed: int
    number: float | None
    rated: int
    points: int
    transfer: str
    taken_back_at: Instant | None


class EventRuleAwardPage(Shown):
    """Awards, the latest first."""

    data: list[EventRuleAwardView]
    next_cursor: str | None


class EventRuleRefusalView(Shown):
    """That a rule gave nothing: why, how often, the last time, and from when it may again."""

    why: Why
    times: int
    version: int
    last_at: Instant
    again_at: Instant | None


class EventRuleStandingView(Shown):
    """How a member stands to a rule in force. `left`: how many times more now (null: any number).

    `left_by` is the cap that leaves least, `again_at` when it has room again; `now`: why a deed would earn
    nothing at present, whatever it is.
    """

    rule_id: str
    rule: str
    version: int
    about: str
    about_en: str
    times: int
    points: int
    last_at: Instant | None
    left: int | None
    left_by: Why | None
    again_at: Instant | None
    now: Why | None
    refusals: list[EventRuleRefusalView]


class EventRuleStandingList(Shown):
    """A member's standing to every rule in force, the newest rule first."""

    data: list[EventRuleStandingView]


class EventRuleTrialView(Shown):
    """A trial on what has happened; `result` is there once `state` is done."""

    id: str
    rule_id: str
    state: str
    is_draft: bool
    since: Instant
    until: Instant
    asked_by: str
    asked_at: Instant
    done: int
    result: dict[str, Any] | None


class EventRuleTrialList(Shown):
    """A rule's trials, the latest first."""

    data: list[EventRuleTrialView]


def rule_view(one: editing.EventRuleView, at: datetime) -> EventRuleView:
    """Return a rule as it is shown."""
    draft = one.draft
    return EventRuleView(
        id=show_id(one.id), name=one.name, state=one.state(at), refused=one.is_refused,
        version=version_view(one.version) if one.version else None,
        draft=EventRuleDraftView(
            content=pack(draft.content), revision=draft.revision, changed_by=draft.changed_by,
            changed_at=draft.changed_at,
        ) if draft else None,
        used_times=one.used_times, used_points=one.used_points, made_at=one.made_at,
        paused_at=one.paused_at, archived_at=one.archived_at,
    )  # fmt: skip


def version_view(one: editing.VersionView) -> EventRuleVersionView:
    """Return a version as it is shown."""
    return EventRuleVersionView(
        number=one.number, content=pack(one.content), drafted_by=one.drafted_by,
        published_by=one.published_by, published_at=one.published_at,
    )  # fmt: skip


def award_view(one: selectors.AwardView) -> EventRuleAwardView:
    """Return an award as it is shown."""
    return EventRuleAwardView(
        rule_id=show_id(one.rule_id), rule=one.rule, version=one.version, member=show_id(one.owner_id),
        trigger=one.trigger, deed=show_id(one.deed_id), at=one.at, given_at=one.given_at, fixed=one.fixed,
        number=None if one.number is None else float(one.number), rated=one.rated, points=one.points,
        transfer=show_id(one.transfer_id), taken_back_at=one.taken_back_at,
    )  # fmt: skip


def standing_view(one: selectors.RuleStanding) -> EventRuleStandingView:
    """Return how a member stands to a rule."""
    version = one.rule.version
    assert version is not None, "only rules in force are asked about"
    return EventRuleStandingView(
        rule_id=show_id(one.rule.id), rule=version.content.name, version=version.number,
        about=version.content.about, about_en=version.content.about_en, times=one.times, points=one.points,
        last_at=one.last_at, left=one.left.times, left_by=one.left.by, again_at=one.left.again_at,
        now=one.now,
        refusals=[
            EventRuleRefusalView(
                why=each.why, times=each.times, version=each.version, last_at=each.last_at,
                again_at=each.again_at,
            )
            for each in one.refusals
        ],
    )  # fmt: skip


def trial_view(one: trials.TrialView) -> EventRuleTrialView:
    """Return a trial as it is shown."""
    return EventRuleTrialView(
        id=show_id(one.id), rule_id=show_id(one.rule_id), state=one.state, is_draft=one.is_draft,
        since=one.since, until=one.until, asked_by=one.asked_by, asked_at=one.asked_at, done=one.done,
        result=msgspec.to_builtins(one.result) if one.result else None,
    )  # fmt: skip
