"""Proving the ledger: named checks that recompute everything from the entries alone.

A check looks for what breaks it and finds nothing in a healthy ledger. Rooms add checks of their own in
a module `verify.py`; `dangol ledger verify` runs them all over one instant's state, while others write.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise

from dangol.core.ledger.models import PointCurrency
from dangol.core.storage.ids import show_id

# More would not help anyone to mend it.
MOST_OFFENDERS = 20
Offender = Mapping[str, Any]


class Looked(NamedTuple):
    """How much a check has looked at, and the first of what breaks it."""

    checked: int
    offenders: Sequence[Offender]


class Check(NamedTuple):
    """An invariant: its stable name, what it promises, and the look for what breaks it."""

    name: str
    promise: Promise
    look: Callable[[], Looked]


class Finding(NamedTuple):
    """What a check has found."""

    check: Check
    looked: Looked

    @property
    def is_kept(self) -> bool:
        """Whether nothing breaks the invariant."""
        return not self.looked.offenders


def verify(checks: Sequence[Check]) -> Iterator[Finding]:
    """Run the checks one after the other over the same state of the database."""
    with _snapshot():
        for check in checks:
            yield Finding(check, check.look())


@contextmanager
def _snapshot() -> Iterator[None]:
    """Read one state throughout; on SQLite without taking the writers' turn, as BEGIN IMMEDIATE would."""
    if connection.in_atomic_block:
        yield
        return
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if connection.vendor == "postgresql" else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def run_select(sql: str, params: Mapping[str, Any], *, limit: int) -> list[Offender]:
    """Return at most `limit` rows of a SELECT as mappings, ids in their usual form."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(params))
        assert cursor.description
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchmany(limit)
    return [{name: _shown(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _shown(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal):  # PostgreSQL's type for a sum of whole numbers
        return int(value)
    return show_id(value) if isinstance(value, bytes) and len(value) == 16 else value


def sql_check(name: str, promise: Promise, *, counted: str, broken: Sequence[str]) -> Check:
    """Return a check made of SQL: what `counted` counts is looked at, what the `broken` select breaks it.

    Selects that name `%(currency)s` run for each currency in turn, so that SQLite can read the entries
    in the order of their key instead of sorting them.
    """

    def look() -> Looked:
        currencies = list(PointCurrency.objects.order_by("code").values_list("code", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(counted)
            checked = int(cursor.fetchone()[0])
        offenders: list[Offender] = []
        for select in broken:
            for params in [{"currency": code} for code in currencies] if "%(currency)s" in select else [{}]:
                offenders += run_select(select, params, limit=MOST_OFFENDERS)
        return Looked(checked, offenders[:MOST_OFFENDERS])

    return Check(name, promise, look)
