"""Set-based SQL: what it promises on both databases."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError
from hypothesis import given, settings, strategies as st

from dangol.core.events.models import CustomerHead
from dangol.core.storage.ids import random_id
from dangol.core.storage.rows import insert_missing, insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("others", [0, 1, 100])
def test_insert_rows__a_key_is_taken__raises_integrity_error_and_writes_nothing(others: int) -> None:
    taken = (random_id(), 1)
    with write_transaction():
        insert_rows(CustomerHead, ("customer_id", "last_seq"), [taken])

    rows = [*((random_id(), 1) for _ in range(others)), taken]
    with pytest.raises(IntegrityError), write_transaction():
        insert_rows(CustomerHead, ("customer_id", "last_seq"), rows)

    assert CustomerHead.objects.count() == 1


# What arrays, COPY and JSON write in ways of their own; no NUL, which PostgreSQL cannot hold.
WORDS = st.sampled_from(
    [
        "",
        "NULL",
        "\\N",
        "\\.",
        "a\tb",
        "line\r\nline",
        '"quoted"',
        "{a,b}",
        "back\\slash",
        "한글 '글'",
        "\u2028",
    ]
) | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
JOB = (
    "id", "name", "payload", "enqueued_at", "run_at", "claimable_at", "claim",
    "state", "attempts", "max_attempts", "last_error", "progress_done", "progress_total",
)  # fmt: skip


@settings(max_examples=SIZE.examples, deadline=None)
@given(told=st.lists(st.tuples(WORDS, INSTANTS, INSTANTS | st.none(), WORDS), min_size=2, max_size=5))
def test_rows__any_words_and_instants__come_back_as_they_were_given(
    told: list[tuple[str, datetime, datetime | None, str]],
) -> None:
    def row(word: str, at: datetime, claimable_at: datetime | None, error: str) -> tuple[object, ...]:
        claim = random_id() if claimable_at else None
        return random_id(), "noop", word, at, at, claimable_at, claim, "waiting", 0, 1, error, -1, None

    copied, listed = [row(*one) for one in told], [row(*one) for one in told]
    with write_transaction():
        insert_rows(Job, JOB, copied)
        assert insert_missing(Job, JOB, listed) == len(listed)

    for rows in (copied, listed):
        assert sorted(select_matching(Job, JOB, ("id",), [one[:1] for one in rows])) == sorted(rows)

    changed = [(one[0], other[2], other[5]) for one, other in zip(copied, reversed(copied), strict=True)]
    with write_transaction():
        assert update_rows(Job, ("id",), ("payload", "claimable_at"), changed) == len(changed)
    names = ("id", "payload", "claimable_at")
    assert sorted(select_matching(Job, names, ("id",), [one[:1] for one in changed])) == sorted(changed)
