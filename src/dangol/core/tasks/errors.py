"""What can be said of a failure without saying whom it concerned."""

import traceback
from pathlib import PurePath
from types import TracebackType

from dangol.domain.errors import DomainError


class JobKeyReused(DomainError):
    """A job with this key exists and asks for something else."""

    code = "task.key_reused"


class LeaseLost(Exception):
    """Another worker has taken the job over; whatever this one has not committed is dropped."""


class WorkerStopping(Exception):
    """The worker was told to stop; the job is handed back and goes on where its handler left off."""


def describe_error(error: BaseException) -> str:
    """Return the kind of error and where in our code it arose, such as `ValueError at core/x.py:3 in f`.

    Never its message: a database quotes the row it refuses, a parser the text it cannot read, and both
    may be personal data.
    """
    kind = error.code if isinstance(error, DomainError) else type(error).__qualname__
    places = [_place(frame) for frame in _frames(error.__traceback__)]
    return " at ".join([kind, *places[-1:]])


def _frames(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(trace)
    return [frame for frame in frames if "site-packages" not in frame.filename] or list(frames)


def _place(frame: traceback.FrameSummary) -> str:
    path = "/".join(PurePath(frame.filename).parts[-3:])
    return f"{path}:{frame.lineno} in {frame.name}"
