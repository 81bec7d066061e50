"""The lake: the timeline as Parquet files for analysis, written once each and never changed.

    lake/events/day=2026-03-01/00000000000000000001-00000000000000100000.parquet

A file holds the events of one UTC day of `occurred_at` among one stretch of positions, named by that
stretch. UTC, since files outlive a change of the shop's zone; analysis computes local days from the
instant. A customer stands there as a random lake key; payloads hold no personal data anyway.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dangol.core.events.models import Cursor, Event, LakeKey
from dangol.core.events.order import OrderCheck
from dangol.core.events.selectors import read_head
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import (
    Row,
    columns,
    insert_missing,
    read_rows,
    select_matching,
    sorted_ids,
    table,
)
from dangol.core.storage.transactions import write_transaction

NAME = "lake"
WRITTEN_AT_ONCE = 100_000
# A quiet shop would else get a file of a few events every second; analysis looks back over days.
WRITTEN_EVERY = timedelta(seconds=60)
STALE_AFTER = timedelta(hours=1)
SCHEMA = pa.schema(
    [
        ("event_id", pa.binary(16)),
        ("lake_key", pa.binary(16)),
        ("customer_seq", pa.int64()),
        ("name", pa.dictionary(pa.int32(), pa.string())),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        ("recorded_at", pa.timestamp("us", tz="UTC")),
        ("position", pa.int64()),
        ("payload", pa.string()),
    ]
)
_READ = ("id", "customer_id", "customer_seq", "name", "occurred_at", "recorded_at", "position", "payload")
_OCCURRED_AT = _READ.index("occurred_at")
_LAKE_KEY = ("customer_id", "lake_key")


@dataclass
class LakeWriter:
    """Writes the timeline to `folder`, each event exactly once however often the writer is killed.

    First the end of the stretch is claimed on the cursor, then its files are written under names that
    follow from the stretch and the day, then the cursor moves. Whoever finds a claim does that very
    stretch again: the same events, the same names, so files are only ever replaced by their equals.
    """

    folder: Path
    clock: Callable[[], datetime]
    every: timedelta = WRITTEN_EVERY
    at_once: int = WRITTEN_AT_ONCE
    _written_at: datetime | None = None
    _left_at: int = 0

    def __post_init__(self) -> None:
        self._order = OrderCheck(gapless=True)

    def advance(self) -> int:
        """Write the next stretch once it is full or 60 s have passed; returns how many events it holds."""
        now = self.clock()
        self._written_at = self._written_at or now
        start, claimed = self._cursor()
        head = read_head()
        waited = now - self._written_at >= self.every
        if claimed is None and (head <= start or (head - start < self.at_once and not waited)):
            return 0
        return self._write_stretch(start, claimed or min(head, start + self.at_once), now)

    def flush(self) -> int:
        """Write all there is now; returns how many events that was."""
        written = 0
        while True:
            start, claimed = self._cursor()
            end = claimed or min(read_head(), start + self.at_once)
            if end <= start:
                return written
            written += self._write_stretch(start, end, self.clock())

    def delete_leftovers(self) -> None:
        """Delete unfinished files that a killed writer left more than an hour ago."""
        oldest = self.clock() - STALE_AFTER
        for path in self._unfinished.glob("*"):
            if path.stat().st_mtime < oldest.timestamp():
                path.unlink(missing_ok=True)

    @property
    def _unfinished(self) -> Path:
        return self.folder / "unfinished"

    def _cursor(self) -> tuple[int, int | None]:
        found = Cursor.objects.filter(pk=NAME).values_list("position", "claimed").first()
        return found or (0, None)

    def _write_stretch(self, start: int, end: int, at: datetime) -> int:
        rows = self._read(start, end)
        if start != self._left_at:  # another writer was here in between
            self._order.forget()
        passed = self._order.follow((row[1], row[2]) for row in rows)
        keys = self._claim(start, end, rows)
        if keys is None:
            return 0
        for day, events in _by_day(rows):
            self._write_file(day, f"{start + 1:020}-{end:020}.parquet", _table(events, keys))
        with write_transaction():
            ours = Cursor.objects.filter(pk=NAME, position=start, claimed=end)
            ours.update(position=end, claimed=None, moved_at=at, error="", failed_at=None)
        self._order.remember(passed)
        self._left_at, self._written_at = end, at
        return len(rows)

    def _read(self, start: int, end: int) -> list[Row]:
        return read_rows(
            Event,
            _READ,
            f"SELECT {columns(Event, _READ)} FROM {table(Event)}"  # noqa: S608 - our own names
            " WHERE position > %s AND position <= %s ORDER BY position",
            [start, end],
        )

    def _claim(self, start: int, end: int, rows: Sequence[Row]) -> dict[Id, Id] | None:
        """Claim the stretch and return the lake keys of its customers; None if another writer moved on."""
        customers = sorted_ids(row[1] for row in rows)
        with write_transaction():
            insert_missing(Cursor, ["consumer", "position", "error"], [(NAME, 0, "")])
            cursor = Cursor.objects.select_for_update().get(pk=NAME)
            if cursor.position != start or cursor.claimed not in (None, end):
                return None
            Cursor.objects.filter(pk=NAME).update(claimed=end)
            return lake_keys_of(customers)

    def _write_file(self, day: date, name: str, events: pa.Table) -> None:
        final = self.folder / "events" / f"day={day}" / name
        draft = self._unfinished / f"{day}-{os.getpid()}-{name}"
        for path in (final.parent, draft.parent):
            path.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            pq.write_table(events, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(final)
        _sync_folder(final.parent)
        _sync_folder(final.parent.parent)


def lake_keys_of(customer_ids: Iterable[Id]) -> dict[Id, Id]:
    """Return what stands for each customer in the lake, made now for those who have nothing yet."""
    customers = sorted_ids(customer_ids)
    keys = _lake_keys(customers)
    missing = [(one, random_id()) for one in customers if one not in keys]
    if not missing:
        return keys
    with write_transaction():
        insert_missing(LakeKey, _LAKE_KEY, missing)
    # Another process may have been first: what is stored counts.
    return _lake_keys(customers)


def _lake_keys(customer_ids: Sequence[Id]) -> dict[Id, Id]:
    return dict(select_matching(LakeKey, _LAKE_KEY, ["customer_id"], [(one,) for one in customer_ids]))


def _by_day(rows: Sequence[Row]) -> list[tuple[date, list[Row]]]:
    """Return the events of each UTC day, each day's still in the order of their positions."""

    def day(row: Row) -> date:
        occurred_at: datetime = row[_OCCURRED_AT]
        return occurred_at.date()

    return [(one, list(events)) for one, events in groupby(sorted(rows, key=day), key=day)]


def _table(rows: Sequence[Row], keys: dict[Id, Id]) -> pa.Table:
    turned: list[Sequence[Any]] = list(zip(*rows, strict=True))
    turned[1] = [keys[customer_id] for customer_id in turned[1]]
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(turned, SCHEMA, strict=True)],
        schema=SCHEMA,
    )


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
