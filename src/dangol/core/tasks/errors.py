"""What can be said of a failure without saying whom it concerned."""

from dangol.core.logs import name_places
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
    return " at ".join([kind, *name_places(error.__traceback__)[-1:]])
