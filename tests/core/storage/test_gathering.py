"""Writes that are sent together: nobody can tell by the tables, on both databases."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings, strategies as st

from dangol.core.events.models import CustomerHead, LakeKey
from dangol.core.storage.gathering import LostRows, gathered
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import (
    delete_rows,
    insert_missing,
    insert_rows,
    select_matching,
    update_rows,
    write_from,
)
from dangol.core.storage.transactions import write_transaction
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = ("customer_id", "last_seq")
KEY = ("customer_id", "lake_key")
ADD = (
    "UPDATE dg_event_customer_head AS t SET last_seq = t.last_seq + input.last_seq"
    " FROM {input} WHERE t.customer_id = input.customer_id"
)


class Stop(Exception):
    """Ends a block."""


def heads() -> dict[Id, int]:
    return dict(CustomerHead.objects.values_list("customer_id", "last_seq"))


def insert(*rows: tuple[Id, int]) -> None:
    insert_rows(CustomerHead, HEAD, rows)


def update(*rows: tuple[Id, int]) -> int:
    return update_rows(CustomerHead, HEAD[:1], HEAD[1:], rows)


def add(*rows: tuple[Id, int]) -> int:
    return write_from(CustomerHead, HEAD, rows, ADD, keys=1, sums=True)


def given_heads(*rows: tuple[Id, int]) -> None:
    with write_transaction():
        insert(*rows)


@pytest.mark.parametrize("count", [1, 10, 500])
def test_gathered__several_tables__are_written_at_the_end_in_one_statement_or_one_each(count: int) -> None:
    known, new = [random_id() for _ in range(count)], [random_id() for _ in range(count)]
    given_heads(*((key, 1) for key in known))

    with write_transaction():
        with CaptureQueriesContext(connection) as captured, gathered():
            assert update(*((key, 2) for key in known)) == count
            insert(*((key, 5) for key in new))
            insert_rows(LakeKey, KEY, [(key, key) for key in new])
            insert_rows(LakeKey, KEY, [(key, key) for key in known])
            assert len(captured) == 0
        assert len(captured) == (1 if connection.vendor == "postgresql" else 3)

    assert heads() == dict.fromkeys(known, 2) | dict.fromkeys(new, 5)
    assert set(LakeKey.objects.values_list("customer_id", "lake_key")) == {(key, key) for key in known + new}


def by_select() -> list[Any]:
    return select_matching(CustomerHead, HEAD, HEAD[:1], [(key,) for key in heads()])


def by_orm() -> list[Any]:
    return list(CustomerHead.objects.values_list(*HEAD))


def by_cursor() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT customer_id, last_seq FROM dg_event_customer_head")
        return [(bytes(getattr(key, "bytes", key)), seq) for key, seq in cursor.fetchall()]


@pytest.mark.parametrize("read", [by_select, by_orm, by_cursor])
def test_gathered__a_look_at_what_was_written__sees_it(read: Callable[[], list[Any]]) -> None:
    key = random_id()

    with write_transaction(), gathered():
        insert((key, 1))
        assert read() == [(key, 1)]
        update((key, 2))
        assert read() == [(key, 2)]


def test_gathered__a_look_at_another_table__sends_nothing() -> None:
    with write_transaction(), gathered(), CaptureQueriesContext(connection) as captured:
        insert((random_id(), 1))
        assert not LakeKey.objects.exists()
        assert [query["sql"].split()[0] for query in captured] == ["SELECT"]


def test_gathered__changes_of_one_row__the_last_holds_and_sums_add_up() -> None:
    key, other = random_id(), random_id()
    given_heads((key, 1), (other, 1))

    with write_transaction(), gathered():
        update((key, 2), (other, 2))
        update((key, 3))
        add((key, 10))
        add((key, 10), (other, 5))
        insert_missing(CustomerHead, HEAD, [(key, 99)])

    assert heads() == {key: 23, other: 7}


def test_gathered__a_row_is_not_there__is_refused_and_nothing_of_it_stands() -> None:
    key = random_id()

    def change() -> None:
        with write_transaction(), gathered():
            insert_rows(LakeKey, KEY, [(key, key)])
            update((key, 2))

    with pytest.raises(LostRows, match="CustomerHead"):
        change()

    assert not LakeKey.objects.exists()


def test_gathered__a_key_is_taken__is_refused_at_the_end() -> None:
    key = random_id()
    given_heads((key, 1))

    with pytest.raises(IntegrityError), write_transaction(), gathered():
        insert((random_id(), 1), (key, 1))

    assert heads() == {key: 1}


def test_gathered__the_block_fails__what_waited_is_never_written() -> None:
    kept = random_id()

    with write_transaction():
        with suppress(Stop), gathered():
            insert((random_id(), 1))
            raise Stop
        insert((kept, 1))

    assert heads() == {kept: 1}


def test_gathered__back_to_a_savepoint__undoes_what_was_written_since_and_no_more() -> None:
    before, after = random_id(), random_id()

    with write_transaction(), gathered():
        insert((before, 1))
        with suppress(Stop), transaction.atomic():
            insert((random_id(), 1))
            raise Stop
        with transaction.atomic():
            insert((after, 1))

    assert heads() == {before: 1, after: 1}


def test_gathered__within_another__is_sent_with_that() -> None:
    key = random_id()

    with write_transaction(), CaptureQueriesContext(connection) as captured, gathered():
        with gathered():
            insert((key, 1))
        assert len(captured) == 0

    assert heads() == {key: 1}


def test_gathered__outside_a_transaction__is_a_bug() -> None:
    with pytest.raises(AssertionError, match="write_transaction"), gathered():
        pass


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "update", "add", "insert_missing", "delete", "read", "other"]),
        st.integers(0, 3),
        st.integers(0, 9),
    ),
    max_size=15,
)


def play(acts: list[tuple[str, int, int]], keys: list[Id]) -> list[Any]:
    """Do the acts that make sense; return what was seen on the way and what is there in the end."""
    there: set[int] = set()
    seen: list[Any] = []
    for act, place, value in acts:
        row = (keys[place], value)
        if act == "read":
            found = select_matching(CustomerHead, HEAD, HEAD[:1], [(key,) for key in keys])
            seen.append(sorted((keys.index(key), seq) for key, seq in found))
        elif act == "other":
            seen.append(LakeKey.objects.count())
        elif act == "insert_missing":
            seen.append(insert_missing(CustomerHead, HEAD, [row]))
            there.add(place)
        elif act == "insert" and place not in there:
            insert(row)
            there.add(place)
        elif place in there and act == "delete":
            seen.append(delete_rows(CustomerHead, HEAD[:1], [row[:1]]))
            there.discard(place)
        elif place in there and act in ("update", "add"):
            seen.append((update if act == "update" else add)(row))
    there_now = heads()
    return [*seen, [there_now.get(key) for key in keys]]


@settings(max_examples=SIZE.examples, deadline=None)
@given(acts=ACTS)
def test_gathered__any_writes_and_reads__come_out_as_one_by_one(acts: list[tuple[str, int, int]]) -> None:
    outcomes = []
    for way in (nullcontext, gathered):
        keys = sorted(random_id() for _ in range(4))
        with write_transaction():
            with way():
                outcomes.append(play(acts, keys))
            outcomes.append([heads().get(key) for key in keys])
        CustomerHead.objects.all().delete()

    assert outcomes[:2] == outcomes[2:]
