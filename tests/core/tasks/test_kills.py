"""Workers killed in the middle of a job, or racing for the same one."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Heartbeat, Job, State
from dangol.core.tasks.registry import Run, task
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.services import JobDraft, enqueue, enqueue_batch, record_heartbeat
from dangol.project.clock import now
from tests.core.events import actors
from tests.sizes import SIZE
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LEASE = timedelta(seconds=1)


class Spot(msgspec.Struct, frozen=True):
    """Where a job tells that it has begun, and what it writes."""

    path: str
    number: int = 0


@task("spot.linger")
def linger(spot: Spot, run: Run) -> None:
    """Write a row, tell of it, and at the first time wait to be killed."""
    record_heartbeat(f"spot-{spot.number}", pid=1, at=run.at)
    first = not Path(spot.path).exists()
    with Path(spot.path).open("a") as told:
        told.write("begun\n")
    if first:
        time.sleep(2 * PATIENCE)


@task("spot.count")
def count(spot: Spot, run: Run) -> None:
    """Write a row that may be written once only."""
    Heartbeat.objects.create(name=f"spot-{spot.number}", pid=1, beat_at=run.at)


def work() -> None:
    """Be a worker until killed."""
    runner = Runner(now, lease=LEASE)
    while True:
        if not runner.run_due():
            time.sleep(0.02)


@pytest.mark.parametrize("cycle", range(SIZE.kill_cycles))
def test_worker__killed_in_the_middle_of_a_job__another_does_it_once(tmp_path: Path, cycle: int) -> None:
    begun = tmp_path / "begun"
    with write_transaction():
        enqueue("spot.linger", Spot(str(begun)), run_at=AT)
    victim = actors.start(work)
    wait_for(lambda: begun.exists() and bool(begun.read_text()))
    victim.kill()
    victim.join()
    assert Job.objects.get().state == State.RUNNING
    assert not Heartbeat.objects.filter(name="spot-0").exists()

    rescuer = actors.start(work)
    try:
        wait_for(lambda: Job.objects.get().state == State.DONE)
    finally:
        rescuer.kill()
        rescuer.join()

    assert begun.read_text() == "begun\nbegun\n"
    job = Job.objects.get()
    assert (job.attempts, job.last_error) == (1, "WorkerVanished")
    assert Heartbeat.objects.get(name="spot-0").pid == 1


def test_workers__three_racing_and_one_killed_again_and_again__each_job_done_once(tmp_path: Path) -> None:
    jobs = 10 * SIZE.rounds
    with write_transaction():
        drafts = [JobDraft("spot.count", Spot("", number), AT) for number in range(jobs)]
        enqueue_batch(drafts, enqueued_at=AT)
    workers = [actors.start(work) for _ in range(3)]

    try:
        for _ in range(SIZE.kill_cycles):
            time.sleep(0.1)
            workers[0].kill()
            workers[0].join()
            workers[0] = actors.start(work)
        wait_for(lambda: not Job.objects.exclude(state=State.DONE).exists())
    finally:
        for worker in workers:
            worker.kill()
            worker.join()

    # A second run of the same job would have been refused by the row it had written.
    assert Heartbeat.objects.count() == jobs
    assert set(Job.objects.values_list("last_error", flat=True)) <= {"", "WorkerVanished"}
