"""How often something may be asked for: a burst, then a steady pace; one row and one statement a count.

The generic cell rate algorithm (ITU-T I.371, annex A): a row keeps the instant at which the steady pace would
reach the last request, and one that would lie further ahead than the burst allows is refused. The database
decides, so any number of processes count as one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dangol.core.access.members.models import Pace
from dangol.core.people.blind_index import hash_values
from dangol.core.storage.columns import connection_of, table
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class TooOften(DomainError):
    """Somebody asked too often; in `seconds` it may be asked again."""

    code = "member.too_often"
    retryable = True


class Limit(NamedTuple):
    """`burst` at once, and no more than that within any `within` from then on."""

    kind: str
    burst: int
    within: timedelta

    @property
    def step_ms(self) -> int:
        """The milliseconds between two at the steady pace."""
        return int(self.within / _MILLISECOND) // self.burst


def spend(counts: Sequence[tuple[Limit, str]], *, at: datetime) -> None:
    """Count one request against each limit, of its subject; raises TooOften, and then counts it nowhere.

    Must not be called inside a transaction: what was counted stays counted whatever becomes of the request.
    """
    hashes = {limit.kind: hash_values(f"pace-{limit.kind}", [subject])[subject] for limit, subject in counts}
    now = int((at - _EPOCH) / _MILLISECOND)
    refused: Limit | None = None
    try:
        with write_transaction():
            for limit, _subject in sorted(counts):
                if not _count(limit, hashes[limit.kind], now):
                    refused = limit
                    raise _Refused
    except _Refused:
        assert refused is not None, "set where it is raised"
        due = Pace.objects.filter(kind=refused.kind, subject_hash=hashes[refused.kind])
        ahead = max(due.values_list("due_ms", flat=True), default=now) - now
        seconds = -(-(ahead + refused.step_ms - refused.burst * refused.step_ms) // 1000)
        raise TooOften(seconds=max(1, seconds)) from None


def require_room(limit: Limit, subject: str, *, at: datetime) -> None:
    """Raise TooOften where one more would be too often; counts nothing."""
    subject_hash = hash_values(f"pace-{limit.kind}", [subject])[subject]
    now = int((at - _EPOCH) / _MILLISECOND)
    due = Pace.objects.filter(kind=limit.kind, subject_hash=subject_hash).values_list("due_ms", flat=True)
    over = max(due, default=now) + limit.step_ms - (now + limit.burst * limit.step_ms)
    if over > 0:
        raise TooOften(seconds=-(-over // 1000))


class _Refused(Exception):
    """Rolls the transaction back."""


def _count(limit: Limit, subject_hash: bytes, now: int) -> int:
    """Count one; returns 0, and changes nothing, where that would be too often."""
    place, step, furthest = table(Pace), limit.step_ms, now + limit.burst * limit.step_ms
    sql = f"""
        INSERT INTO {place} (kind, subject_hash, due_ms) VALUES (%s, %s, %s)
        ON CONFLICT (kind, subject_hash) DO UPDATE
        SET due_ms = CASE WHEN {place}.due_ms > %s THEN {place}.due_ms ELSE %s END + %s
        WHERE {place}.due_ms + %s <= %s
    """  # noqa: S608 - our own table's name
    with connection_of(Pace).cursor() as cursor:
        cursor.execute(sql, [limit.kind, subject_hash, now + step, now, now, step, step, furthest])
        return int(cursor.rowcount)


def delete_even(*, as_of: datetime) -> int:
    """Delete the rows of those who have fallen back behind their pace: they say nothing any more."""
    with write_transaction():
        return Pace.objects.filter(due_ms__lt=int((as_of - _EPOCH) / _MILLISECOND)).delete()[0]
