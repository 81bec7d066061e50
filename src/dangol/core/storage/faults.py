"""What a database's error means for whoever asked: wait and ask again, or that something is broken.

Codes: https://sqlite.org/rescode.html and PostgreSQL's appendix A, "Error Codes".
"""

from enum import StrEnum

from django.db import Error as DatabaseError, InterfaceError, OperationalError

from dangol.domain.errors import DomainError


class Fault(StrEnum):
    """Why a database cannot do just now what it is asked; nothing of it was done."""

    BUSY = "busy"
    DISK = "disk"
    DATABASE = "database"


class Busy(DomainError):
    """Others are writing, and their turn took longer than this request may wait (`seconds`)."""

    code = "storage.busy"
    retryable = True


# Seconds after which it is worth asking again.
RETRY_AFTER = {Fault.BUSY: 1, Fault.DATABASE: 5, Fault.DISK: 30}
_SQLITE = {
    "SQLITE_BUSY": Fault.BUSY, "SQLITE_LOCKED": Fault.BUSY, "SQLITE_FULL": Fault.DISK,
    "SQLITE_IOERR": Fault.DISK, "SQLITE_CANTOPEN": Fault.DATABASE,
}  # fmt: skip
_POSTGRES = {
    "55P03": Fault.BUSY,  # a lock did not come in time
    "57014": Fault.BUSY,  # a statement took too long
    "40001": Fault.BUSY, "40P01": Fault.BUSY,
    "25P03": Fault.BUSY,  # a transaction that did nothing for too long
    "53300": Fault.BUSY,  # too many connections
    "53100": Fault.DISK,
    "53200": Fault.DATABASE,
    "57P01": Fault.DATABASE, "57P02": Fault.DATABASE, "57P03": Fault.DATABASE,
    "25006": Fault.DATABASE,  # a server that may only be read, such as a standby
}  # fmt: skip


def classify(error: BaseException | None) -> Fault | None:
    """Return what an error says of the database's state; None for a bug, or for what is no database's."""
    if isinstance(error, Busy):
        return Fault.BUSY
    if not isinstance(error, DatabaseError):
        return None
    cause = error.__cause__ or error
    name = getattr(cause, "sqlite_errorname", None)
    if isinstance(name, str):
        return next((fault for prefix, fault in _SQLITE.items() if name.startswith(prefix)), None)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRES.get(state)
    # The connection broke, or was never made: no server was there to give a code.
    return Fault.DATABASE if isinstance(error, OperationalError | InterfaceError) else None
