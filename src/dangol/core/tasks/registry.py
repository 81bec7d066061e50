"""The tasks the house knows. An app declares its own in its `tasks.py`, which is imported at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec

from dangol.core.storage.ids import Id
from dangol.domain.schedules import Daily, Every, Schedule


class Run(Protocol):
    """A job while it runs, as its handler sees it."""

    @property
    def job_id(self) -> Id:
        """The job's id."""
        ...

    @property
    def at(self) -> datetime:
        """The instant at which this run began: the handler's clock."""
        ...

    def report(self, done: int, total: int | None = None) -> None:
        """Show how far a long job has come; call it between two of the job's own transactions.

        Raises LeaseLost if another worker has the job by now, WorkerStopping if this one was told to
        stop: let both pass.
        """
        ...


class Due(msgspec.Struct, frozen=True):
    """The payload of a periodic task's job: the due instant it runs for."""

    at: datetime


Handler = Callable[[Any, Run], None]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Task:
    """A name for jobs and the function that does them.

    With `atomic`, the handler runs inside the write transaction that marks its job done, so what it
    writes happens once. Without, it makes its own transactions and may be run again from the start
    after a crash: it must then find for itself what it has done. `for_staff`: somebody asked for it and looks
    for it among the jobs. `helps`: its jobs take over a part of a long one, so that a helper does them, too.
    """

    name: str
    handler: Handler
    atomic: bool
    max_attempts: int
    for_staff: bool = True
    helps: bool = False

    @cached_property
    def _decoder(self) -> msgspec.json.Decoder[Any]:
        hints = get_type_hints(self.handler)
        first = self.handler.__code__.co_varnames[0]
        return msgspec.json.Decoder(hints[first])

    def decode(self, payload: str) -> Any:
        """Return a payload as the type of the handler's first argument; raises msgspec.ValidationError."""
        return self._decoder.decode(payload)


@dataclass(slots=True)
class _Registry:
    tasks: dict[str, Task] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)


_registry = _Registry()


def task(
    name: str, *, atomic: bool = True, max_attempts: int = 8, for_staff: bool = True, helps: bool = False
) -> Callable[[H], H]:
    """Declare the function below as what does the jobs called `name`.

    It takes the payload, as the type its first argument is annotated with, and the Run.
    """

    def declare(handler: H) -> H:
        assert name not in _registry.tasks, f"task {name} is declared twice"
        _registry.tasks[name] = Task(name, handler, atomic, max_attempts, for_staff, helps)
        return handler

    return declare


def periodic(
    name: str,
    *,
    every: timedelta | None = None,
    daily_at: str | None = None,
    atomic: bool = True,
    max_attempts: int = 8,
) -> Callable[[H], H]:
    """Declare the function below as a task that falls due again and again: `every`, or `daily_at` "00:10".

    The time of day is the shop's. Its payload is `Due`; due instants missed while nothing ran collapse
    into one run, for the last of them.
    """
    assert (every is None) != (daily_at is None), "write either every= or daily_at="
    schedule: Schedule = Every(every) if every else Daily(time.fromisoformat(daily_at or ""))

    def declare(handler: H) -> H:
        _registry.schedules[name] = schedule
        return task(name, atomic=atomic, max_attempts=max_attempts, for_staff=False)(handler)

    return declare


def find_task(name: str) -> Task | None:
    """Return the task of this name, if an installed app declares it."""
    return _registry.tasks.get(name)


def staff_tasks() -> list[str]:
    """Return the names of the tasks that somebody asks for, rather than the time or a member."""
    return sorted(one.name for one in _registry.tasks.values() if one.for_staff)


def helping_tasks() -> list[str]:
    """Return the names of the tasks whose jobs take over a part of a long one."""
    return sorted(one.name for one in _registry.tasks.values() if one.helps)


def all_schedules() -> Mapping[str, Schedule]:
    """Return the schedules of all periodic tasks by name."""
    return dict(_registry.schedules)
