"""What the API answers about segments and traits."""

from datetime import datetime
from typing import Any

from dangol_client.answers import Answer


class Segment(Answer, frozen=True):
    """A segment. `waiting` is how many customers have not been looked at since its condition changed.

    `version` is its condition's; `revision` is another one after each change, of its name too. Where not
    `members_exact` (in lists, above 2,000) `members` was counted a while ago and is rounded.
    """

    slug: str
    name: str
    about: str
    version: int
    revision: int
    condition: dict[str, Any]
    members: int
    members_exact: bool
    waiting: int
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


class Archived(Answer, frozen=True):
    """A segment that is kept up to date no more."""

    slug: str
    archived_at: datetime


class SegmentMember(Answer, frozen=True):
    """Somebody in a segment, since when, and the event that brought them in (None: time, or a condition)."""

    member_id: str
    since: datetime
    event_id: str | None


class Share(Answer, frozen=True):
    """A share of all with its 95 % interval."""

    value: float
    low: float
    high: float


class Preview(Answer, frozen=True):
    """How many a condition has among the `seen` of `all` customers, and the ids of the first of them."""

    matching: int
    seen: int
    all: int
    share: Share | None
    sample: list[str]


class Membership(Answer, frozen=True):
    """A segment a member is in, and since when."""

    slug: str
    name: str
    since: datetime


class Rebuild(Answer, frozen=True):
    """The job that lets everybody be looked at anew."""

    job_id: str


class SegmentEvent(Answer, frozen=True):
    """An event that decided."""

    id: str
    name: str
    at: datetime


class SegmentReason(Answer, frozen=True):
    """A part of the condition that decided, and what was seen; `says` tells it in both languages."""

    path: str
    holds: bool
    value: Any
    other: Any
    count: int | None
    events: list[SegmentEvent]
    says: dict[str, str]


class SegmentWhy(Answer, frozen=True):
    """Whether a condition holds of a member, why, and until when that stays by itself (None: for good)."""

    holds: bool
    as_of: datetime
    changes_at: datetime | None
    reasons: list[SegmentReason]


class TraitType(Answer, frozen=True):
    """A trait conditions can ask about, its kind, and the order of its values if they have one."""

    name: str
    kind: str
    order: list[str]


class KnownTrait(Answer, frozen=True):
    """What was told of a member: by whom, and as of when. Days and instants are texts."""

    name: str
    value: str | bool | int | float | list[str]
    at: datetime
    source: str


class KnownTraits(Answer, frozen=True):
    """All that was told of a member, by name."""

    traits: list[KnownTrait]
