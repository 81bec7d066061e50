"""Local times of a zone as SQL: which offset holds when.

An hour that comes twice, as clocks go back, means its first passing; an hour that is skipped, as they go
forward, is read with the offset before it, and so lands as much later. This is `fold=0` of Python's
`zoneinfo` (PEP 495), and what RFC 5545 asks of calendars.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local time: no zone is meant
_SECOND = timedelta(seconds=1)


def _offset(zone: ZoneInfo, local: datetime) -> timedelta:
    found = local.replace(tzinfo=zone, fold=0).utcoffset()
    assert found is not None, "a named zone has an offset at every instant"
    return found


@lru_cache(maxsize=64)
def offset_changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """Return from which local time on each offset holds, for local times from `first` to `last`.

    The first pair starts at `first`. Looks at every day and closes in by halves, so that no table of the
    zone need be known.
    """
    changes = [(first, _offset(zone, first))]
    day = first
    while day < last:
        following = min(day + timedelta(days=1), last)
        if _offset(zone, following) != changes[-1][1]:
            early, late = day, following
            while late - early > _SECOND:
                middle = early + ((late - early) // 2 // _SECOND or 1) * _SECOND
                if _offset(zone, middle) == changes[-1][1]:
                    early = middle
                else:
                    late = middle
            changes.append((late, _offset(zone, late)))
        day = following
    return changes


def offset_sql(zone: ZoneInfo, local: str, first: datetime, last: datetime) -> str:
    """Return SQL for the offset from UTC, in microseconds, that holds at the local time in expression
    `local`.
    """
    changes = offset_changes(zone, first, last)
    if len(changes) == 1:
        return str(_micros(changes[0][1]))
    cases = " ".join(
        f"WHEN epoch_us({local}) >= {_micros(start - _EPOCH)} THEN {_micros(offset)}"
        for start, offset in reversed(changes[1:])
    )
    return f"CASE {cases} ELSE {_micros(changes[0][1])} END"


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
