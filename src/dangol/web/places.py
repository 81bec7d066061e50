"""Places in lists, as addresses name them: anyone may write an address, so each part is read strictly."""

from datetime import UTC, datetime

from dangol.core.storage.ids import Id, parse_id, show_id

LEAST, MOST = -(2**63), 2**63 - 1


def read_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text with its offset, in UTC; raises ValueError for any other."""
    instant = datetime.fromisoformat(text)
    if instant.utcoffset() is None:
        raise ValueError(text)
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def read_whole(text: str) -> int:
    """Return a whole number that a database can hold; raises ValueError for any other."""
    number = int(text)
    if not LEAST <= number <= MOST:
        raise ValueError(text)
    return number


def write_place(at: datetime, row_id: Id) -> str:
    """Return the place behind a row in a list by time, for an address."""
    return f"{at.isoformat()}_{show_id(row_id)}"


def read_place(text: str) -> tuple[datetime, Id] | None:
    """Return the place that `write_place` wrote; None for any other text."""
    at, _, row_id = text.partition("_")
    try:
        return read_instant(at), parse_id(row_id)
    except ValueError:
        return None
