"""How many points have moved, summed along the timeline a stretch at a time: meters must not read it all."""

from datetime import datetime

from django.db import connection

from dangol.core.events.models import Cursor, Event
from dangol.core.events.selectors import read_head
from dangol.core.operations.models import PointsMoved
from dangol.core.storage.rows import insert_missing, select_matching, table, update_rows
from dangol.core.storage.transactions import write_transaction

NAME = "operations.points_moved"
SUMMED_AT_ONCE = 100_000
EVENTS = ("points.earned", "points.spent", "points.expired")
_KEY = ("currency", "event")


def sum_points(*, at: datetime) -> int:
    """Add what the next stretch of the timeline moved; returns how many positions it came on."""
    head = read_head()
    stored = Cursor.objects.filter(pk=NAME).values_list("position", flat=True).first()
    if head <= (stored or 0):
        return 0
    with write_transaction():
        insert_missing(Cursor, ["consumer", "position", "error"], [(NAME, 0, "")])
        start = Cursor.objects.select_for_update().values_list("position", flat=True).get(pk=NAME)
        end = min(head, start + SUMMED_AT_ONCE)
        if end <= start:
            return 0
        _add(_read(start, end))
        Cursor.objects.filter(pk=NAME).update(position=end, moved_at=at)
    return end - start


def _read(start: int, end: int) -> dict[tuple[str, str], int]:
    if connection.vendor == "postgresql":
        currency, points = "payload::json ->> 'currency'", "(payload::json ->> 'points')::bigint"
    else:
        currency, points = "payload ->> '$.currency'", "payload ->> '$.points'"
    names = ", ".join(["%s"] * len(EVENTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {currency}, name, sum({points}) FROM {table(Event)}"  # noqa: S608 - our own names
            f" WHERE position > %s AND position <= %s AND name IN ({names}) GROUP BY 1, 2",
            [start, end, *EVENTS],
        )
        return {(row[0], row[1]): int(row[2]) for row in cursor.fetchall()}


def _add(moved: dict[tuple[str, str], int]) -> None:
    keys = sorted(moved)
    insert_missing(PointsMoved, (*_KEY, "points"), [(*key, 0) for key in keys])
    stored = {(row[0], row[1]): row[2] for row in select_matching(PointsMoved, (*_KEY, "points"), _KEY, keys)}
    update_rows(PointsMoved, _KEY, ("points",), [(*key, stored[key] + moved[key]) for key in keys])
