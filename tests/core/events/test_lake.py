"""The lake: each event once, whoever is killed; days apart; nobody's name or id."""

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dangol.core.events.lake import LakeWriter
from dangol.core.events.models import Cursor, Event, LakeKey
from dangol.core.events.records import Draft
from dangol.core.events.selectors import read_head
from dangol.core.events.sequencer import number_waiting
from dangol.core.events.services import record_batch
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from tests.core.events import actors
from tests.core.events.projection import DoorOpened
from tests.sizes import SIZE
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def record(customers: list[Id], *, days: int = 1) -> None:
    with write_transaction():
        record_batch(
            [
                Draft(one, DoorOpened(visit=at), AT + timedelta(days=at % days))
                for at, one in enumerate(customers)
            ],
            recorded_at=AT,
        )
    while number_waiting():
        pass


def query(folder: Path, sql: str) -> list[Any]:
    files = f"read_parquet('{folder}/events/*/*.parquet', hive_partitioning = true)"
    return duckdb.sql(sql.replace("LAKE", files)).fetchall()


def test_flush__events_of_three_days__a_file_each_with_all_of_them(tmp_path: Path) -> None:
    regular, newcomer = random_id(), random_id()
    record([regular, newcomer] * 6, days=3)

    assert LakeWriter(tmp_path, lambda: AT).flush() == 12

    names = sorted(str(path.relative_to(tmp_path / "events")) for path in tmp_path.glob("events/*/*"))
    stretch = f"{1:020}-{12:020}.parquet"
    assert names == [f"day=2026-03-0{day}/{stretch}" for day in (1, 2, 3)]
    told = query(
        tmp_path, "SELECT event_id, name, epoch_us(occurred_at), payload FROM LAKE ORDER BY position"
    )
    assert told == [
        (event.id, event.name, int(event.occurred_at.timestamp() * 1_000_000), event.payload)
        for event in Event.objects.order_by("position")
    ]
    assert not list(tmp_path.glob("unfinished/*"))


def test_flush__a_customer__stands_there_by_a_random_key_only(tmp_path: Path) -> None:
    regular = random_id()
    record([regular] * 3)

    LakeWriter(tmp_path, lambda: AT).flush()

    key = LakeKey.objects.get(customer_id=regular).lake_key
    assert query(tmp_path, "SELECT DISTINCT lake_key FROM LAKE") == [(key,)]
    whole = b"".join(path.read_bytes() for path in tmp_path.glob("events/*/*"))
    assert regular not in whole
    assert regular.hex().encode() not in whole


def test_advance__few_events__wait_for_a_minute_or_a_full_stretch(tmp_path: Path) -> None:
    instants = [AT]
    lake = LakeWriter(tmp_path, lambda: instants[0], at_once=10)
    assert lake.advance() == 0
    record([random_id() for _ in range(4)])

    assert lake.advance() == 0
    instants[0] += timedelta(seconds=60)
    assert lake.advance() == 4
    record([random_id() for _ in range(25)])
    assert [lake.advance() for _ in range(3)] == [10, 10, 0]


def test_flush__killed_between_files_and_cursor__does_the_same_stretch_again(tmp_path: Path) -> None:
    record([random_id() for _ in range(5)])
    LakeWriter(tmp_path, lambda: AT).flush()
    Cursor.objects.filter(pk="lake").update(position=0, claimed=3)
    for path in tmp_path.glob("events/*/*"):
        path.unlink()
    record([random_id() for _ in range(5)])

    assert LakeWriter(tmp_path, lambda: AT).flush() == 10

    assert sorted(path.name for path in tmp_path.glob("events/*/*")) == [
        f"{1:020}-{3:020}.parquet",
        f"{4:020}-{10:020}.parquet",
    ]
    assert query(tmp_path, "SELECT count(*), count(DISTINCT event_id) FROM LAKE") == [(10, 10)]


def test_delete_leftovers__after_an_hour__removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    (tmp_path / "unfinished").mkdir()
    left = tmp_path / "unfinished" / "2026-03-01-77-1-2.parquet"
    left.write_bytes(b"half")
    written_at = datetime.fromtimestamp(left.stat().st_mtime, UTC)

    LakeWriter(tmp_path, lambda: written_at + timedelta(minutes=59)).delete_leftovers()
    assert left.exists()
    LakeWriter(tmp_path, lambda: written_at + timedelta(minutes=61)).delete_leftovers()
    assert not left.exists()


def test_lake__writers_killed_at_random__every_event_exactly_once(tmp_path: Path) -> None:
    dice = random.Random()
    lake = tmp_path / "lake"
    writer = actors.start(actors.write_events, tmp_path / "told", SIZE.events // 4, 50)
    processes = [actors.start(actors.fill_lake, lake, 400) for _ in range(2)]
    processes.append(actors.start(actors.sequence))

    try:
        for _ in range(SIZE.kill_cycles * 2):
            time.sleep(dice.uniform(0.05, 0.4))
            processes[0].kill()
            processes[0].join()
            processes = [processes[1], actors.start(actors.fill_lake, lake, 400), processes[2]]
        writer.join()
        count = Event.objects.count()
        wait_for(
            lambda: Cursor.objects.filter(pk="lake", position=count).exists(), "the lake did not catch up"
        )
    finally:
        for process in [writer, *processes]:
            process.kill()
            process.join()

    assert read_head() == SIZE.events // 4
    told = query(lake, "SELECT event_id FROM LAKE ORDER BY position")
    assert told == list(Event.objects.order_by("position").values_list("id"))
