"""Carrying out an import's batches, each in a transaction of its own, in order.

Orders are decided beside other writers and then written under the lock (`storage.plans`). Where there
are many of them, a second process takes every other batch: it decides one while the first writes the one
before. Whoever is at work, batches are written in order, each on condition that the job stands where the
batch begins; so a process that was killed, or that others had thought dead, does nothing twice.
"""

import os
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import NamedTuple, TypeAlias

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.errors import CurrencyChanged, JobRunning
from dangol.connectors.files.jobs import save_batch
from dangol.connectors.files.loaders.base import Context, Loader, Progress, Step
from dangol.connectors.files.memory import collector_paused
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.partner import Partner, Turns
from dangol.connectors.files.staging import Made, Stage
from dangol.connectors.files.written import Written
from dangol.core.commerce.shop_facts import keep_currency
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.plans import Overtaken, Plan, planning
from dangol.core.storage.transactions import write_transaction

# Fewer are done before a second process has come up.
LEAST_FOR_TWO = 6
# So many overtaken plans in a row let so many batches be decided under the lock before the next plan.
_MISSES, _RESTS = 2, 4
Bounds: TypeAlias = tuple[int, int]


class Task(NamedTuple):
    """What a second process has to know; the loader is prepared."""

    job_id: Id
    made: Made
    loader: Loader
    context: Context
    batches: list[Bounds]


def load(stage: Stage, job: ImportJob, loader: Loader, context: Context, tell: Progress) -> None:
    """Carry out all that is left to do; `tell` hears how far it is, in items."""
    loader.prepare(stage, job.done_count, context, tell)
    batches = list(_bounds(stage, job, loader))
    task = Task(job.id, stage.made, loader, context, batches)
    is_shared = loader.can_plan and len(batches) >= LEAST_FOR_TWO and _cores() > 1
    with closing(Partner(task if is_shared else None)) as partner:
        _take_turns(_Worker(stage, job, loader, context), batches, partner, tell)


def help_out(task: Task, place: int, turns: Turns) -> None:
    """Carry out every other batch from `place` on, as the second process; raises EOFError when left alone."""
    with closing(Stage.reopen(task.made)) as stage:
        job = ImportJob.objects.get(id=task.job_id)
        worker = _Worker(stage, job, task.loader, task.context)
        for own in range(place, len(task.batches), 2):
            planned = worker.plan(*task.batches[own])
            turns.wait_for(own)
            if not worker.carry_out(*task.batches[own], planned):
                return
            turns.tell(own)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _bounds(stage: Stage, job: ImportJob, loader: Loader) -> Iterator[Bounds]:
    start = job.done_count
    while start < job.item_count:
        end = loader.end_of(stage, start)
        yield start, end
        start = end


def _take_turns(worker: "_Worker", batches: list[Bounds], partner: Partner, tell: Progress) -> None:
    job, starts = worker.job, [start for start, _ in batches]
    while job.done_count < job.item_count:
        # The next one to be written is the partner's, where it has begun.
        place = bisect_left(starts, job.done_count) + partner.has_begun
        partner.begin(place + 1)
        if place < len(batches):
            planned = worker.plan(*batches[place])
            partner.wait_for(place)
            worker.carry_out(*batches[place], planned)
            partner.tell(place)
        else:
            partner.wait_for(place)
            with write_transaction():
                worker.look()
        tell(Step.WRITE, job.done_count, job.item_count)


class _Worker:
    """One process at work on a job."""

    def __init__(self, stage: Stage, job: ImportJob, loader: Loader, context: Context) -> None:
        self.job = job
        self._stage, self._loader, self._context = stage, loader, context
        self._misses = self._rests = 0

    def look(self) -> None:
        """See how far the job is, inside a write transaction: nobody else then carries it on.

        Raises JobRunning where it is no longer to be carried on: undone, by who thought this process dead.
        """
        self.job.refresh_from_db(
            fields=("state", "done_count", "counts"), from_queryset=ImportJob.objects.select_for_update()
        )
        if self.job.state != ImportJob.State.READY:
            raise JobRunning(job=show_id(self.job.id))

    def plan(self, start: int, end: int) -> tuple[Written, Plan] | None:
        """Decide a batch beside other writers; None where it has to be decided under the lock."""
        if not self._loader.can_plan or self._rests:
            self._rests = max(self._rests - 1, 0)
            return None
        with suppress(Overtaken), collector_paused(), planning() as plan:
            return self._loader.write(self._stage, start, end, self._context), plan
        self._note_overtaken()
        return None

    def _note_overtaken(self) -> None:
        """What is overtaken twice in a row will be again: plan the next few batches no more."""
        self._misses += 1
        if self._misses >= _MISSES:
            self._misses, self._rests = 0, _RESTS

    def carry_out(self, start: int, end: int, planned: tuple[Written, Plan] | None) -> bool:
        """Write the batch; False where the job does not stand where it begins, and nothing is written."""
        if planned:
            with suppress(Overtaken), write_transaction():
                if is_at := self._is_at(start):
                    planned[1].carry_out()
                    save_batch(self.job, end, planned[0])
                self._misses = 0
                return is_at
            self._note_overtaken()
        with collector_paused(), write_transaction():
            if is_at := self._is_at(start):
                save_batch(self.job, end, self._loader.write(self._stage, start, end, self._context))
        return is_at

    def _check_currency(self) -> None:
        """Store no order in a currency the shop has left since the file was read: raises CurrencyChanged."""
        if (
            self.job.kind in (Kind.ORDERS, Kind.RETURNS)
            and (now := keep_currency()) != self._context.currency
        ):
            raise CurrencyChanged(currency=now)

    def _is_at(self, start: int) -> bool:
        self.look()
        self._check_currency()
        return self.job.done_count == start
