"""Jobs: left with the transaction, done once, tried again, given up with their error."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.db import connections

from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import JobKeyReused
from dangol.core.tasks.models import Heartbeat, Job, ScheduleRow, State
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.core.tasks.runner import Runner, retry_delay
from dangol.core.tasks.scheduler import enqueue_due
from dangol.core.tasks.selectors import expected_processes, silent_workers
from dangol.core.tasks.services import (
    JobDraft,
    delete_finished_jobs,
    enqueue,
    enqueue_batch,
    record_heartbeat,
    revive_job,
)
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


class Cup(msgspec.Struct, frozen=True):
    """Only for these tests."""

    size: int


class KitchenClosed(DomainError):
    """Only for these tests."""

    code = "kitchen.is_closed"


poured: list[int] = []
broken = threading.Event()


@task("cup.pour")
def pour(cup: Cup, run: Run) -> None:
    record_heartbeat(f"cup-{cup.size}", pid=1, at=run.at)
    if broken.is_set():
        raise ValueError("kim@example.com spilled it")
    poured.append(cup.size)


@task("cup.refuse")
def refuse(cup: Cup, run: Run) -> None:
    raise KitchenClosed(size=cup.size)


@task("cup.fill_slowly", atomic=False)
def fill_slowly(cup: Cup, run: Run) -> None:
    for sip in range(cup.size):
        run.report(sip + 1, cup.size)
        poured.append(sip)


@periodic("cup.wash", daily_at="00:10")
def wash(due: Due, run: Run) -> None:
    poured.append(due.at.day)


@pytest.fixture
def clock() -> Iterator[Clock]:
    poured.clear()
    broken.clear()
    yield Clock()
    broken.clear()


def leave(name: str = "cup.pour", **more: Any) -> bytes:
    with write_transaction():
        return enqueue(name, Cup(size=3), run_at=AT, **more)


def test_enqueue__transaction_fails__leaves_no_job(clock: Clock) -> None:
    def change_mind() -> None:
        with write_transaction():
            enqueue("cup.pour", Cup(size=1), run_at=AT)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        change_mind()

    assert not Job.objects.exists()
    assert Runner(clock).run_due() == 0


def test_enqueue__outside_a_transaction__is_a_bug() -> None:
    with pytest.raises(AssertionError):
        enqueue("cup.pour", Cup(size=1), run_at=AT)


def test_enqueue__same_key_twice__one_job(clock: Clock) -> None:
    first, again = leave(key="cup-1"), leave(key="cup-1")

    assert first == again
    assert Job.objects.count() == 1
    with pytest.raises(JobKeyReused):
        leave("cup.refuse", key="cup-1")


def test_enqueue_batch__many__constant_statements(clock: Clock, django_assert_max_num_queries: Any) -> None:
    drafts = [JobDraft("cup.pour", Cup(size=n), AT, f"k{n}" if n % 2 else None) for n in range(200)]

    with write_transaction(), django_assert_max_num_queries(3):
        ids = enqueue_batch(drafts, enqueued_at=AT)

    assert Job.objects.count() == len(set(ids)) == 200


def test_run_due__job_in_the_future__waits(clock: Clock) -> None:
    with write_transaction():
        enqueue("cup.pour", Cup(size=7), run_at=AT + timedelta(minutes=1), enqueued_at=AT)

    assert Runner(clock).run_due() == 0
    clock.at += timedelta(minutes=1)
    assert Runner(clock).run_due() == 1
    assert poured == [7]
    assert Job.objects.get().state == State.DONE


def test_run_due__only_some_tasks__leaves_the_others_to_whoever_does_all(clock: Clock) -> None:
    leave()
    leave("cup.fill_slowly")

    assert Runner(clock, only=["cup.fill_slowly"]).run_due() == 1
    assert Runner(clock, only=[]).run_due() == 0

    assert dict(Job.objects.values_list("name", "state")) == {
        "cup.pour": State.WAITING, "cup.fill_slowly": State.DONE,
    }  # fmt: skip


def test_run_due__handler_fails__its_writes_go_and_it_is_tried_again(clock: Clock) -> None:
    leave()
    broken.set()
    runner = Runner(clock, chance=lambda: 0.0)

    runner.run_due()

    job = Job.objects.get()
    assert (job.state, job.attempts) == (State.WAITING, 1)
    assert job.claimable_at == AT + timedelta(seconds=5)
    assert job.last_error.startswith("ValueError at ")
    assert "kim@" not in job.last_error
    assert not Heartbeat.objects.filter(name="cup-3").exists()

    broken.clear()
    assert runner.run_due() == 0
    clock.at += timedelta(seconds=5)
    assert runner.run_due() == 1
    assert poured == [3]
    assert Heartbeat.objects.filter(name="cup-3").exists()


def test_run_due__fails_every_time__dead_with_its_error_until_revived(clock: Clock) -> None:
    job_id = leave()
    broken.set()
    runner = Runner(clock)

    for _ in range(8):
        runner.run_due()
        clock.at += timedelta(hours=1)

    job = Job.objects.get()
    assert (job.state, job.attempts, job.claimable_at) == (State.DEAD, 8, None)
    assert "in pour" in job.last_error
    broken.clear()
    assert revive_job(job_id, at=clock.at)
    assert runner.run_due() == 1
    assert Job.objects.get().state == State.DONE
    assert not revive_job(job_id, at=clock.at)


def test_run_due__refused_by_a_rule__dead_at_once(clock: Clock) -> None:
    leave("cup.refuse")

    Runner(clock).run_due()

    job = Job.objects.get()
    assert (job.state, job.attempts) == (State.DEAD, 1)
    assert job.last_error.startswith("kitchen.is_closed at ")


def test_run_due__lease_ran_out__another_worker_takes_it_and_the_first_writes_nothing(clock: Clock) -> None:
    leave()
    slow, quick = Runner(clock), Runner(clock)
    slow._claim_batch()
    clock.at += timedelta(seconds=31)

    assert quick.run_due() == 1  # finds that it lapsed
    assert quick.run_due() == 1
    stale = slow._next_unstarted()
    assert stale is not None
    slow._run(stale)

    job = Job.objects.get()
    assert (job.state, job.attempts) == (State.DONE, 1)
    assert Heartbeat.objects.get(name="cup-3").beat_at == clock.at
    assert poured == [3, 3]  # the handler ran, but what it wrote went with its transaction


def test_run_due__a_job_that_failed__is_claimed_alone(clock: Clock) -> None:
    with write_transaction():
        enqueue_batch([JobDraft("cup.pour", Cup(size=n), AT) for n in range(5)], enqueued_at=AT)
    suspect = Job.objects.order_by("id")[2]
    Job.objects.filter(pk=suspect.pk).update(attempts=1)
    runner = Runner(clock)

    claimed = [runner.run_due() for _ in range(4)]

    assert claimed == [2, 1, 2, 0]
    assert poured == [0, 1, 2, 3, 4]


def test_renew_leases__long_job__keeps_its_lease_and_frees_its_neighbors(clock: Clock) -> None:
    with write_transaction():
        enqueue_batch([JobDraft("cup.pour", Cup(size=n), AT) for n in range(3)], enqueued_at=AT)
    busy = Runner(clock)
    busy._claim_batch()
    current = busy._next_unstarted()
    assert current is not None
    clock.at += timedelta(seconds=10)

    busy.renew_leases()

    assert Job.objects.get(pk=current.pk).claimable_at == clock.at + timedelta(seconds=30)
    assert Runner(clock).run_due() == 2
    assert busy._next_unstarted() is None


def test_renew_leases__many_short_jobs__keep_theirs_all(clock: Clock) -> None:
    with write_transaction():
        enqueue_batch([JobDraft("cup.pour", Cup(size=n), AT) for n in range(3)], enqueued_at=AT)
    busy = Runner(clock)
    busy._claim_batch()
    clock.at += timedelta(seconds=12)
    current = busy._next_unstarted()
    assert current is not None

    busy.renew_leases()

    renewed = clock.at + timedelta(seconds=30)
    assert set(Job.objects.values_list("claimable_at", flat=True)) == {renewed}
    clock.at += timedelta(seconds=29)
    assert Runner(clock).run_due() == 0


def test_report__told_to_stop__job_is_handed_back_without_a_failure(clock: Clock) -> None:
    leave("cup.fill_slowly")
    stopping = Runner(clock)
    stopping.stopping = threading.Event()
    stopping._claim_batch()
    job = stopping._next_unstarted()
    assert job is not None
    stopping.stopping.set()
    stopping._run(job)

    job = Job.objects.get()
    assert (job.state, job.attempts, job.progress_done, job.progress_total) == (State.WAITING, 0, 1, 3)
    Runner(clock).run_due()
    assert Job.objects.get().state == State.DONE


def test_run_due__task_no_longer_declared__is_told_of(clock: Clock) -> None:
    leave()
    Job.objects.update(name="cup.forgotten")

    Runner(clock).run_due()

    assert Job.objects.get().last_error.startswith("UnknownTask")


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"), [(1, 0.0, 5), (2, 0.0, 10), (2, 1.0, 5), (5, 0.5, 60), (90, 0.0, 3600)]
)
def test_retry_delay__attempts__doubles_up_to_an_hour(attempts: int, chance: float, seconds: float) -> None:
    assert retry_delay(attempts, chance) == timedelta(seconds=seconds)


def wash_jobs() -> list[tuple[datetime, str]]:
    return list(Job.objects.filter(name="cup.wash").order_by("run_at").values_list("run_at", "state"))


def test_enqueue_due__two_schedulers_and_missed_days__one_run_for_the_last(clock: Clock) -> None:
    enqueue_due(as_of=AT, zone=SEOUL)
    clock.at = datetime(2026, 3, 4, 15, 10, tzinfo=UTC)
    together, made = threading.Barrier(4), []

    def schedule() -> None:
        together.wait()
        enqueue_due(as_of=clock.at, zone=SEOUL)
        made.append(True)
        connections.close_all()

    threads = [threading.Thread(target=schedule) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert wash_jobs() == [(datetime(2026, 3, 4, 15, 10, tzinfo=UTC), State.WAITING)]
    row = ScheduleRow.objects.get(name="cup.wash")
    assert row.next_at == datetime(2026, 3, 5, 15, 10, tzinfo=UTC)
    Runner(clock).run_due()
    assert 4 in poured


def test_enqueue_due__over_the_day_the_clock_changes__one_run_a_day(clock: Clock) -> None:
    at = datetime(2026, 3, 6, 0, 0, tzinfo=UTC)

    for hour in range(5 * 24):
        enqueue_due(as_of=at + timedelta(hours=hour), zone=NEW_YORK)

    assert [run_at.hour for run_at, _ in wash_jobs()] == [5, 5, 5, 4, 4]


def test_enqueue_due__zone_changed__next_one_by_the_new_zone(clock: Clock) -> None:
    enqueue_due(as_of=AT, zone=SEOUL)

    enqueue_due(as_of=AT, zone=NEW_YORK)

    assert ScheduleRow.objects.get(name="cup.wash").next_at == datetime(2026, 3, 2, 5, 10, tzinfo=UTC)
    assert wash_jobs() == []


def test_silent_workers__by_their_last_beat__named_after_thirty_seconds() -> None:
    assert {silence.name for silence in silent_workers(AT)} == set(expected_processes())

    for name in expected_processes():
        record_heartbeat(name, pid=1, at=AT)
    record_heartbeat("worker", pid=2, at=AT - timedelta(seconds=1))

    assert silent_workers(AT + timedelta(seconds=29)) == []
    assert silent_workers(AT + timedelta(seconds=30)) == [("worker", AT - timedelta(seconds=1))]


def test_delete_finished_jobs__old_ones__only_done_ones_go(clock: Clock) -> None:
    leave()
    leave("cup.refuse")
    Runner(clock).run_due()

    assert delete_finished_jobs(before=AT) == 0
    assert delete_finished_jobs(before=AT + timedelta(days=1)) == 1
    assert Job.objects.get().state == State.DEAD
