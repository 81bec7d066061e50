"""Deciding beside other writers, and taking the lock only to write.

A batch that is decided under the lock keeps everybody else waiting while it thinks, and on SQLite there
is one lock for all. Inside `planning()` the same services run without it: they read what is there, and
what they would write is kept, encoded, in a `Plan`. `carry_out` then, inside the write transaction, has
every guard confirm that what was looked at is still so, and writes.

A plan never sees its own writes. Whoever would have to raises `Overtaken`, as does a guard whose look has
grown old: the caller then does the whole batch under the lock, which is always right, only slower.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models


class Overtaken(Exception):
    """A plan cannot be carried out, or not be made at all: do what it was for under the lock."""


class Guard(Protocol):
    """What a plan has looked at, and how it was found."""

    def confirm(self) -> None:
        """Lock what was looked at; raises Overtaken where it is no longer so. In the write transaction."""


G = TypeVar("G", bound=Guard)


class Plan:
    """What is to be written, in order, and what has to be so for it to be right."""

    def __init__(self, using: str) -> None:
        self.using = using
        self._guards: dict[type[Guard], Guard] = {}
        self._writes: list[tuple[Callable[[], int], int | None]] = []
        self._written: set[type[models.Model]] = set()

    def guard(self, kind: type[G]) -> G:
        """Return the plan's guard of this kind, made at the first call."""
        found = self._guards.get(kind)
        if found is None:
            found = self._guards[kind] = kind()
        assert isinstance(found, kind)
        return found

    def add(self, model: type[models.Model], write: Callable[[], int], expected: int | None = None) -> None:
        """Keep a write; where it then does not change as many rows as expected, the plan is overtaken."""
        self._writes.append((write, expected))
        self._written.add(model)

    def check_read(self, model: type[models.Model]) -> None:
        """Raise Overtaken where the plan has written to the model's table, which nobody can see yet."""
        if model in self._written:
            raise Overtaken(model.__name__)

    def carry_out(self) -> None:
        """Write, inside the write transaction; after Overtaken the transaction has to be rolled back."""
        for guard in self._guards.values():
            guard.confirm()
        for write, expected in self._writes:
            if write() != expected and expected is not None:
                raise Overtaken


_current: ContextVar[Plan | None] = ContextVar("plan", default=None)


def current_plan(using: str = DEFAULT_DB_ALIAS) -> Plan | None:
    """Return the plan that is being made here for this database, if one is."""
    plan = _current.get()
    return plan if plan and plan.using == using else None


@contextmanager
def planning(using: str = DEFAULT_DB_ALIAS) -> Iterator[Plan]:
    """Have the services called inside plan what they would write; raises Overtaken where they cannot."""
    assert _current.get() is None, "a plan is made by one"
    assert not connections[using].in_atomic_block, "planned before the lock is taken, not under it"
    plan = Plan(using)
    token = _current.set(plan)
    try:
        with connections[using].execute_wrapper(_only_reading):
            yield plan
    finally:
        _current.reset(token)


def _only_reading(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if not sql.lstrip().upper().startswith("SELECT"):
        raise RuntimeError(f"Planning writes nothing, and would have: {sql[:80]}")
    return execute(sql, params, many, context)
