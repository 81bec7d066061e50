"""What the API answers about event rules."""

from datetime import datetime
from typing import Any

from dangol_client.answers import Answer


class EventRuleDraft(Answer, frozen=True):
    """The next version as it is being written."""

    content: dict[str, Any]
    revision: int
    changed_by: str
    changed_at: datetime


class EventRuleVersion(Answer, frozen=True):
    """A published version."""

    number: int
    content: dict[str, Any]
    drafted_by: str
    published_by: str
    published_at: datetime


class EventRule(Answer, frozen=True):
    """A rule: what is in force, what is being written, and what is used of its budget.

    `refused`: it gives nothing, as its event earns nothing since.
    """

    id: str
    name: str
    state: str
    refused: bool
    version: EventRuleVersion | None
    draft: EventRuleDraft | None
    used_times: int
    used_points: int
    made_at: datetime
    paused_at: datetime | None
    archived_at: datetime | None


class EventRuleFigures(Answer, frozen=True):
    """What a rule has given, and why it gave nothing."""

    times: int
    points: int
    people: int
    taken_back: int
    whys: dict[str, int]


class EventRuleRefusal(Answer, frozen=True):
    """That a rule gave nothing: why, how often, the last time, and from when it may again."""

    why: str
    times: int
    version: int
    last_at: datetime
    again_at: datetime | None


class EventRuleStanding(Answer, frozen=True):
    """How a member stands to a rule: what they got, how often more now, and why they got nothing."""

    rule_id: str
    rule: str
    version: int
    about: str
    about_en: str
    times: int
    points: int
    last_at: datetime | None
    left: int | None
    left_by: str | None
    again_at: datetime | None
    now: str | None
    refusals: list[EventRuleRefusal]


class EventRuleTrial(Answer, frozen=True):
    """A rule tried on what has happened."""

    id: str
    rule_id: str
    state: str
    is_draft: bool
    since: datetime
    until: datetime
    asked_by: str
    asked_at: datetime
    done: int
    result: dict[str, Any] | None
