"""What every loader is handed and hands back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import pyarrow as pa

from dangol.connectors.files.shapes import Rules
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.written import Written

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Step(StrEnum):
    """What an import is at: reading files, making customers, writing."""

    READ = "read"
    CUSTOMERS = "customers"
    WRITE = "write"


# Hears the step, and how much of how much of it is done; of reading only that it has begun.
Progress = Callable[[Step, int, int], None]


class Context(NamedTuple):
    """What a load goes by. `recorded_at` is when we learn it; orders before `cut_over` earn nothing."""

    source: str
    currency: str
    region: str
    zone: ZoneInfo
    recorded_at: datetime
    cut_over: datetime | None = None
    create: bool = True
    points_currency: str = ""


class Loader(Protocol):
    """One kind of import. One that `can_plan` decides without seeing what it has just written."""

    can_plan: bool

    def shape(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Judge the typed rows together and put the good ones into the order they are carried out in."""

    def count(self, stage: Stage) -> int:
        """Return how many items there are to carry out."""

    def totals(self, stage: Stage) -> dict[str, object]:
        """Return the sums a person checks before the import is let go."""

    def prepare(self, stage: Stage, start: int, context: Context, tell: Progress) -> None:
        """Make sure of what the items from `start` on refer to. May be done again after a crash."""

    def end_of(self, stage: Stage, start: int) -> int:
        """Return where the batch that begins at `start` ends, exclusive."""

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Carry out these items inside the caller's write transaction, or, where `can_plan`, plan it."""


def whole_numbers(column: pa.ChunkedArray) -> list[int]:
    """Return a column of 64-bit numbers without empties as a list, many times faster than value by value."""
    if len(column) == 0:
        return []
    array = column.combine_chunks()
    data = memoryview(array.buffers()[1]).cast("q")
    return data[array.offset : array.offset + len(array)].tolist()


def instant_of(micros: int) -> datetime:
    """Return the instant so many microseconds after 1970 in UTC, exactly."""
    return _EPOCH + timedelta(microseconds=micros)
