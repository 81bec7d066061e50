"""Trials of the past, asked for, stopped and kept in one way, each in a row of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.snapshots import read_snapshot
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State as JobState
from dangol.core.tasks.services import enqueue
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards.tables import SimulationState, TrialRow

FAILED = "failed"
_OPEN = (SimulationState.WAITING.value, SimulationState.RUNNING.value)
Row = TypeVar("Row", bound=TrialRow)
# How many there are to look at, where that is known beforehand.
Total = TypeVar("Total", int, None)


def is_over(state: str) -> bool:
    """Say whether nothing more will come of a trial in this state."""
    return state not in _OPEN


def state_of(row: TrialRow) -> str:
    """Return where a trial stands; `failed` where its job was given up."""
    state = str(row.state)
    if not is_over(state) and Job.objects.filter(id=row.job_id, state=JobState.DEAD).exists():
        return FAILED
    return state


@dataclass(frozen=True)
class Trials(Generic[Row]):
    """The trials of one kind: of each of what is tried (the column `of`) the last `most_kept` are kept."""

    table: type[Row]
    of: str
    task: str
    # The task's payload for the id of a trial.
    payload: Callable[[str], msgspec.Struct]
    most_kept: int
    # The refusals of an id that no trial has, and, by its state, of one that has ended.
    unknown: Callable[[str], NotFound]
    over: Callable[[str], DomainError]

    def ask(self, tried_id: Id, *, at: datetime, **values: Any) -> Id:
        """Leave a trial for the worker, and let go of the oldest ones, done or not; returns its id."""
        trial_id, tried = new_id(), {self.of: tried_id}
        with write_transaction():
            job_id = enqueue(self.task, self.payload(show_id(trial_id)), run_at=at)
            self.table._default_manager.create(id=trial_id, job_id=job_id, asked_at=at, **tried, **values)
            own = self.table._default_manager.filter(**tried)
            kept = list(own.order_by("-asked_at", "-id").values_list("id", flat=True)[: self.most_kept])
            own.exclude(id__in=kept).delete()
        return trial_id

    def find(self, trial_id: Id) -> Row:
        """Return a trial's row; raises what `unknown` returns."""
        row = self.table._default_manager.filter(id=trial_id).first()
        if row is None:
            raise self.unknown(show_id(trial_id))
        return row

    def find_open(self, trial_id: Id) -> Row | None:
        """Return the row of a trial that is still to be done; None: it has ended, or was let go of."""
        return self.table._default_manager.filter(id=trial_id, state__in=_OPEN).first()

    def latest(self, tried_id: Id, limit: int) -> list[Row]:
        """Return the trials of what is tried, the latest first."""
        own = self.table._default_manager.filter(**{self.of: tried_id})
        return list(own.order_by("-asked_at", "-id")[:limit])

    def cancel(self, trial_id: Id) -> None:
        """Stop a trial at its next step; raises what `unknown` or `over` returns."""
        if not self._mark(trial_id, state=SimulationState.CANCELED.value):
            raise self.over(state_of(self.find(trial_id)))

    def run(
        self, trial_id: Id, steps: Iterator[int], *, total: Total, report: Callable[[int, Total], None]
    ) -> int | None:
        """Go through a trial; returns how many were looked at, None where it was stopped.

        Each step reads in a snapshot of its own, and yields how many it looked at. Nothing is written but the
        trial's own row: done again after a crash it begins anew.
        """
        if not self._mark(trial_id, state=SimulationState.RUNNING.value, done_count=0, total_count=total):
            return None
        done = 0
        while (count := _next(steps)) is not None:
            done += count
            if not self._mark(trial_id, done_count=done):
                return None
            report(done, total)
        return done

    def keep(self, trial_id: Id, result: msgspec.Struct, **values: Any) -> None:
        """Keep what a trial has found, unless it was stopped meanwhile."""
        found: Mapping[str, Any] = msgspec.to_builtins(result)
        self._mark(trial_id, state=SimulationState.DONE.value, result=found, **values)

    def _mark(self, trial_id: Id, **values: Any) -> bool:
        """Write to a trial that is not over; returns whether it was not."""
        with write_transaction():
            own = self.table._default_manager.filter(id=trial_id, state__in=_OPEN)
            return bool(own.update(**values))


def _next(steps: Iterator[int]) -> int | None:
    with read_snapshot():
        return next(steps, None)
