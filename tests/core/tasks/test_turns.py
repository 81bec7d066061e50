"""Work that is found by looking: what a worker does at once, and when it rests."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dangol.core.tasks.turns import Turn

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_turn__less_than_full__rests_having_done_it() -> None:
    left: Iterator[int] = iter([3, 2, 0])
    asked = []

    def some(at: datetime) -> int:
        asked.append(at)
        return next(left)

    turn = Turn("some", some, 0.1, full=3)

    assert [turn.take(NOON) for _ in range(3)] == [3, 0, 0]
    assert asked == [NOON] * 3


def test_turn__no_size_given__rests_where_nothing_was_due() -> None:
    left = iter([1, 0])

    turn = Turn("some", lambda _at: next(left), 0.1)

    assert [turn.take(NOON) for _ in range(2)] == [1, 0]
