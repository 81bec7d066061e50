"""Refusals of a whole file or job."""

from dangol.domain.errors import DomainError, Malformed, NotFound


class FileMissing(NotFound):
    """There is no such file."""

    code = "files.missing"


class FileEmpty(DomainError):
    """The file holds no header."""

    code = "files.empty"


class NotATable(DomainError):
    """The file is neither CSV nor Parquet; `found` says what it looks like."""

    code = "files.not_a_table"


class Undecodable(DomainError):
    """The bytes are text in none of the encodings tried; `line` holds the first that cannot be read."""

    code = "files.undecodable"


class ColumnMissing(DomainError):
    """A column that must be there was not found; `nearest` names the header most like it."""

    code = "files.column_missing"


class ColumnUnknown(DomainError):
    """`--map` names a column that the file, or the kind of import, does not have."""

    code = "files.column_unknown"


class ColumnTwice(DomainError):
    """Two columns of the file have the header that is needed."""

    code = "files.column_twice"


class ColumnNested(DomainError):
    """A column holds lists, structures or bytes where a plain value is needed."""

    code = "files.column_nested"


class UnknownKind(DomainError):
    """There is no import or export of this name."""

    code = "files.unknown_kind"


class UnknownJob(NotFound):
    """There is no import of this id."""

    code = "files.unknown_job"


class AmbiguousJob(DomainError):
    """The ids of several imports begin like this."""

    code = "files.ambiguous_job"


class JobRunning(DomainError):
    """Another process is working on this very import."""

    code = "files.job_running"
    retryable = True


class CurrencyChanged(DomainError):
    """The shop counts in another currency (`currency`) than when the file's amounts were read."""

    code = "files.currency_changed"


class CannotUndo(DomainError):
    """What imports of this kind leave is never reversed, but corrected."""

    code = "files.cannot_undo"


class NothingToUndo(DomainError):
    """The import has written nothing so far."""

    code = "files.nothing_to_undo"


class AlreadyUndone(DomainError):
    """The import was undone before, to its end."""

    code = "files.already_undone"


class PointsSpent(DomainError):
    """Points the import has led to are already spent; `orders` of them, `points` in all."""

    code = "files.points_spent"


class BadOption(Malformed):
    """An option has a value that means nothing here; `known` lists those that do, where they are few."""

    code = "files.bad_option"

    def __init__(self, *, option: str, value: str, known: str = "", file: str = "") -> None:
        super().__init__(option=option, value=value, known=known, file=file)


class OnlyCsv(DomainError):
    """A page takes plain text only, and this file is none; `found` says what it looks like."""

    code = "files.only_csv"


class UploadMissing(Malformed):
    """A form that brings a file came without one (`field`)."""

    code = "files.upload_missing"


class UploadTooLarge(DomainError):
    """An uploaded file (`file`) has more than `most` bytes."""

    code = "files.upload_too_large"


class UploadSpaceFull(DomainError):
    """Files waiting to be imported take all the room (`most` bytes) there is for them."""

    code = "files.upload_space_full"


class UploadUnknown(NotFound):
    """There is no such upload (`upload`)."""

    code = "files.upload_unknown"


class UploadBusy(DomainError):
    """This cannot be done to an upload as it stands now (`state`)."""

    code = "files.upload_busy"
