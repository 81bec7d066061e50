"""What a condition answers about one customer, why, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from dangol.domain.conditions.values import Happening, Value

# So many of the events that decided are named.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Named:
    """An event that decided, by its name, its id and its instant."""

    event: str
    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reason:
    """A leaf that decided: where it stands, whether it holds, and what was seen.

    `value` is the trait's value or the figure (a mean is rounded to six places), `other` that of the trait
    compared with, `count` the events seen, or the steps that were reached of a sequence.
    """

    path: str
    holds: bool
    value: Value | None = None
    other: Value | None = None
    count: int | None = None
    events: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer at `as_of`; `changes_at` is when it may change without a new event, None: never."""

    holds: bool
    reasons: tuple[Reason, ...]
    changes_at: datetime | None
    as_of: datetime
    zone: ZoneInfo


Happenings: TypeAlias = Sequence[Happening]


def named(happenings: Happenings) -> tuple[Named, ...]:
    """Return the latest few of the events, latest first."""
    return tuple(Named(one.event, one.id, one.at) for one in list(happenings)[: -MOST_NAMED - 1 : -1])
