"""The one way to write.

PostgreSQL has its own concurrency. SQLite lets one connection write at a time, and the others wait in a
sleeping loop that is neither fair nor quick (single waits of seconds); so writers queue here first,
threads on a lock and processes on a lock file beside the database, before they say BEGIN IMMEDIATE.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from dangol.core.metrics import WRITER_WAIT
from dangol.core.storage.faults import Busy
from dangol.core.storage.plans import current_plan

T = TypeVar("T")
# Above it a process waits as long as it takes, as imports and workers do; web servers set their own.
_longest_wait: list[float | None] = [None]


class _WriterLock:
    """One writer at a time for a SQLite file, among the threads and processes of this machine."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._file: int | None = None
        self._owner = os.getpid()

    def acquire(self, seconds: float | None) -> None:
        """Wait for the turn, at most `seconds` (None: as long as it takes); raises Busy."""
        began = time.monotonic()
        if not self._threads.acquire(timeout=-1 if seconds is None else seconds):
            raise Busy(seconds=seconds)
        try:
            if self._file is None:
                self._file = self._open()
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._wait_for_file(None if seconds is None else seconds - (time.monotonic() - began))
        except BaseException:
            self._threads.release()
            raise
        WRITER_WAIT.inc(time.monotonic() - began)

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _wait_for_file(self, seconds: float | None) -> None:
        """Queue for the file's lock, which knows no time limit: where there is one, a thread queues for us.

        It has opened the file by itself, so that a turn that comes too late is nobody else's here.
        """
        if seconds is None:
            assert self._file is not None, "opened by acquire"
            fcntl.flock(self._file, fcntl.LOCK_EX)
            return
        waiting = _Waiting(self._open())
        if not waiting.wait(seconds):
            raise Busy(seconds=round(seconds, 1))
        assert self._file is not None, "opened by acquire"
        os.close(self._file)
        self._file = waiting.handle

    def release(self) -> None:
        assert self._file is not None, "released before it was taken"
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    @property
    def is_ours(self) -> bool:
        return self._owner == os.getpid()


class _Waiting:
    """A turn that is waited for by a thread of its own, and given up if it comes too late."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self._guard = threading.Lock()
        self._came = threading.Event()
        self._too_late = False
        threading.Thread(target=self._queue, name="writer turn", daemon=True).start()

    def _queue(self) -> None:
        fcntl.flock(self.handle, fcntl.LOCK_EX)
        with self._guard:
            if self._too_late:
                os.close(self.handle)  # and with it the lock
            else:
                self._came.set()

    def wait(self, seconds: float) -> bool:
        """Return whether the turn came in time."""
        self._came.wait(max(0.0, seconds))
        with self._guard:
            self._too_late = not self._came.is_set()
            return not self._too_late


_locks: dict[str, _WriterLock] = {}
_locks_guard = threading.Lock()


def _lock_for(using: str) -> _WriterLock | None:
    """Return the lock of a SQLite file; None for PostgreSQL and for a database in memory."""
    settings = connections[using].settings_dict
    name = str(settings["NAME"])
    if connections[using].vendor != "sqlite" or ":memory:" in name or "mode=memory" in name:
        return None
    path = f"{os.path.abspath(name)}-writer"
    with _locks_guard:
        lock = _locks.get(path)
        if lock is None or not lock.is_ours:  # a child after fork must not share its parent's file lock
            lock = _locks[path] = _WriterLock(path)
        return lock


def limit_waits(seconds: float | None) -> None:
    """Let no writer of this process wait for its turn longer than `seconds`: it raises Busy instead."""
    _longest_wait[0] = seconds


class _Memory:
    """What is known for as long as a transaction lasts: by kind, made at the first call.

    `outer` is that of a transaction in another database, inside of which this one is.
    """

    def __init__(self, connection: BaseDatabaseWrapper, outer: "_Memory | None") -> None:
        self.connection, self.outer = connection, outer
        self.kept: dict[type[Any], Any] = {}


K = TypeVar("K")
_memory: ContextVar[_Memory | None] = ContextVar("memory", default=None)


def remembered(kind: type[K], using: str = DEFAULT_DB_ALIAS) -> K:
    """Return what is kept of this kind until the transaction ends, however it ends; made by `kind()`.

    Outside of write_transaction(), as in an `atomic` block of somebody else's, nothing is kept: each call
    makes a new one. A rollback to a savepoint does not undo it: see `savepoints`.
    """
    memory, connection = _memory.get(), connections[using]
    while memory and memory.connection is not connection:
        memory = memory.outer
    if memory is None:
        return kind()
    kept = memory.kept.get(kind)
    if kept is None:
        kept = memory.kept[kind] = kind()
    assert isinstance(kept, kind)
    return kept


def savepoints(using: str = DEFAULT_DB_ALIAS) -> tuple[str, ...]:
    """Return the savepoints we are inside of, outermost first.

    What was done inside of one may be undone, and so holds only while we are still inside.
    """
    return tuple(connections[using].savepoint_ids)


@contextmanager
def write_transaction(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Open the transaction in which something is written; within another one it joins that one.

    A savepoint is deliberately not made for the inner one: whoever cannot finish lets all of it go.
    Reads that need no consistency with a write belong outside, since on SQLite this waits for its turn.
    While a plan is made of what to write (`plans`), it joins the plan. Raises Busy where `limit_waits`
    has set a limit.
    """
    if connections[using].in_atomic_block or current_plan(using):
        yield
        return
    lock = _lock_for(using)
    if lock:
        lock.acquire(_longest_wait[0])
    token = _memory.set(_Memory(connections[using], _memory.get()))
    try:
        with transaction.atomic(using=using):
            yield
    finally:
        _memory.reset(token)
        if lock:
            lock.release()


class _TakenBack(Exception):
    """Carries what was done out of the transaction that undoes it."""

    def __init__(self, result: Any) -> None:
        self.result = result


def try_out(act: Callable[[], T], using: str = DEFAULT_DB_ALIAS) -> T:
    """Do it all, return what it returned, and take everything back: it says exactly what would happen.

    It stands alone, outside any other transaction. What `act` raises is raised.
    """
    assert not connections[using].in_atomic_block, "what is tried out stands alone"
    try:
        with write_transaction(using):
            raise _TakenBack(act())
    except _TakenBack as done:
        result: T = done.result
        return result


def require_write_transaction(using: str = DEFAULT_DB_ALIAS) -> None:
    """Assert that the caller has opened a transaction, or plans one: only a bug could have forgotten it."""
    assert connections[using].in_atomic_block or current_plan(using), "call this inside write_transaction()"
