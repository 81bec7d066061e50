"""Doing jobs: claim a few under a lease, run each in a transaction of its own, try again what failed."""

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from django.db import transaction

from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import LeaseLost, WorkerStopping, describe_error
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.registry import Task, find_task
from dangol.domain.errors import DomainError
from dangol.domain.schedules import EPOCH

Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
CLAIMED_AT_ONCE = 50
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=5), timedelta(hours=1)
# A handler that has not come back after this long is taken for hung: its lease is not renewed.
LONGEST_RUN = timedelta(hours=6)


class UnknownTask(Exception):
    """A job's task is declared by no installed app any more."""


class WorkerVanished(Exception):
    """The lease of a job ran out: its worker was killed, or hung."""


def retry_delay(attempts: int, chance: float) -> timedelta:
    """Return how long to wait after the `attempts`-th failure: 5 s doubled each time, at most an hour.

    `chance`, from 0 to 1, takes up to half of it off, so that what failed together does not come back
    together ("equal jitter").
    """
    doubled: int = 2 ** min(attempts - 1, 20)
    whole = min(FIRST_DELAY * doubled, LONGEST_DELAY)
    return whole * (1 - chance / 2)


@dataclass(slots=True)
class JobRun:
    """The Run that a handler is given."""

    job_id: Id
    at: datetime
    claim: Id
    stopping: threading.Event

    def report(self, done: int, total: int | None = None) -> None:
        """Show progress; see `registry.Run`."""
        assert not transaction.get_connection().in_atomic_block, "progress shows after a commit only"
        with write_transaction():
            held = Job.objects.filter(pk=self.job_id, claim=self.claim)
            if not held.update(progress_done=done, progress_total=total):
                raise LeaseLost
        if self.stopping.is_set():
            raise WorkerStopping


@dataclass
class Runner:
    """One worker's hands. `run_due` and `renew_leases` may be called from two threads.

    `clock` tells the time; `chance` the share of jitter; `stopping` is set when the worker is to stop;
    `failures` counts the runs that came to nothing. `only`: the names of the tasks it does; None for all.
    """

    clock: Clock
    chance: Callable[[], float] = random.random
    lease: timedelta = LEASE
    stopping: threading.Event = field(default_factory=threading.Event)
    failures: int = 0
    only: Sequence[str] | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _leased_at: datetime = EPOCH
    _unstarted: deque[Job] = field(default_factory=deque)
    _current: tuple[Job, datetime] | None = None

    def run_due(self) -> int:
        """Claim what is due, up to 50 jobs, and do it; returns how many jobs were claimed."""
        claimed = self._claim_batch()
        try:
            while job := self._next_unstarted():
                self._run(job)
        finally:
            with self._guard:
                # Cut short by a broken connection, say: the lease gives them to whoever is well.
                self._unstarted.clear()
        return claimed

    def renew_leases(self) -> None:
        """Prolong the leases of what was claimed; where the job that runs is a long one, only its own.

        To be called several times within each lease. What waits behind a long job is handed back, so that
        another worker may take it.
        """
        now = self.clock()
        with self._guard:
            if self._current is None or now - self._leased_at < self.lease / 3:
                return
            job, began_at = self._current
            waiting = list(self._unstarted)
            is_long = now - began_at >= self.lease / 3
            if is_long:
                self._unstarted.clear()
            self._leased_at = now
        kept = [job] if is_long else [job, *waiting]
        with write_transaction():
            if now - began_at < LONGEST_RUN:
                held = Job.objects.filter(pk__in=[one.pk for one in kept], claim=job.claim)
                held.update(claimable_at=now + self.lease)
            if is_long:
                self._hand_back(waiting)

    def _claim_batch(self) -> int:
        now = self.clock()
        # Look first: to ask for work must not cost the others a turn at writing.
        claimable = Job.objects.filter(claimable_at__lte=now)
        if self.only is not None:
            claimable = claimable.filter(name__in=self.only)
        if not claimable.exists():
            return 0
        with write_transaction():
            due = claimable.select_for_update(skip_locked=True)
            found = list(due.order_by("claimable_at", "id")[:CLAIMED_AT_ONCE])
            lapsed = [job for job in found if job.state == State.RUNNING]
            for job in lapsed:
                self._fail(job, WorkerVanished(), at=now)
            batch = _apart_from_failed([job for job in found if job.state == State.WAITING])
            claim = new_id()
            Job.objects.filter(pk__in=[job.pk for job in batch]).update(
                state=State.RUNNING, claim=claim, claimable_at=now + self.lease
            )
        for job in batch:
            job.claim = claim
        with self._guard:
            self._unstarted.extend(batch)
            self._leased_at = now
        return len(batch) + len(lapsed)

    def _next_unstarted(self) -> Job | None:
        with self._guard:
            if self.stopping.is_set():
                unstarted = list(self._unstarted)
                self._unstarted.clear()
            elif self._unstarted:
                job = self._unstarted.popleft()
                self._current = job, self.clock()
                return job
            else:
                return None
        with write_transaction():
            self._hand_back(unstarted)
        return None

    def _hand_back(self, jobs: Sequence[Job]) -> None:
        for claim in {job.claim for job in jobs}:
            held = Job.objects.filter(pk__in=[job.pk for job in jobs], claim=claim)
            held.update(state=State.WAITING, claim=None, claimable_at=self.clock())

    def _run(self, job: Job) -> None:
        try:
            self._do(job)
        except LeaseLost:
            logger.warning("job %s (%s) was taken over by another worker", job.pk.hex(), job.name)
        except WorkerStopping:
            with write_transaction():
                self._hand_back([job])
        except Exception as error:
            with write_transaction():
                self._fail(job, error, at=self.clock())
        finally:
            with self._guard:
                self._current = None

    def _do(self, job: Job) -> None:
        task = find_task(job.name)
        if task is None:
            raise UnknownTask
        assert job.claim is not None, "only a claimed job is run"
        run = JobRun(job.pk, self.clock(), job.claim, self.stopping)
        if task.atomic:
            with write_transaction():
                _handle(task, job, run)
                self._finish(job)
            return
        _handle(task, job, run)
        with write_transaction():
            self._finish(job)

    def _finish(self, job: Job) -> None:
        held = Job.objects.filter(pk=job.pk, claim=job.claim)
        # Where the lease has passed to another worker, this raises and takes the handler's writes along.
        if not held.update(state=State.DONE, claimable_at=None, claim=None, finished_at=self.clock()):
            raise LeaseLost

    def _fail(self, job: Job, error: Exception, *, at: datetime) -> None:
        job.attempts += 1
        self.failures += 1
        told = describe_error(error)
        logger.warning("job %s (%s) failed: %s", job.pk.hex(), job.name, told)
        refused = isinstance(error, DomainError) and not error.retryable
        held = Job.objects.filter(pk=job.pk, claim=job.claim)
        if refused or job.attempts >= job.max_attempts:
            held.update(
                state=State.DEAD, attempts=job.attempts, last_error=told,
                claimable_at=None, claim=None, finished_at=at,
            )  # fmt: skip
            return
        # After a vanished worker the wait was the lease itself.
        wait = timedelta(0) if isinstance(error, WorkerVanished) else retry_delay(job.attempts, self.chance())
        held.update(
            state=State.WAITING, attempts=job.attempts, last_error=told,
            claimable_at=at + wait, claim=None,
        )  # fmt: skip


def _handle(task: Task, job: Job, run: JobRun) -> None:
    task.handler(task.decode(job.payload), run)


def _apart_from_failed(due: Sequence[Job]) -> list[Job]:
    """Return the jobs to claim: a failed one alone, since what kills its worker would hurt its neighbors."""
    if due and due[0].attempts:
        return [due[0]]
    return list(takewhile(lambda job: not job.attempts, due))
