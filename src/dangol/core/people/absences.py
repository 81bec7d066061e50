"""Absences: when somebody who had been a member was none. What they buy then earns nothing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dangol.core.people.models import Absence as AbsenceRow
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import Row, insert_missing, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.absences import Absence

_NAMES = ("customer_id", "left_at", "back_at")
_KEY = ("customer_id", "left_at")
_OPEN = "t.back_at IS NULL"


def select_absences(customer_ids: Iterable[Id]) -> Select:
    """Return what reads the absences of these customers, for `found_absences`."""
    return matching(AbsenceRow, _NAMES, ("customer_id",), [(one,) for one in sorted_ids(customer_ids)])


def found_absences(rows: Sequence[Row]) -> dict[Id, tuple[Absence, ...]]:
    """Return the absences that `select_absences` has found, by customer; who never left is left out."""
    found: dict[Id, tuple[Absence, ...]] = defaultdict(tuple)
    for owner, left_at, back_at in sorted(rows, key=lambda row: row[:2]):
        found[owner] += (Absence(left_at, back_at),)
    return dict(found)


def absences_of(customer_ids: Iterable[Id]) -> dict[Id, tuple[Absence, ...]]:
    """Return the absences of these customers, earliest first; who never left is left out. One statement."""
    return found_absences(read_together(select_absences(customer_ids))[0])


def away_since(customer_ids: Iterable[Id]) -> dict[Id, datetime]:
    """Return since when those of these customers who have left are away; the others are left out."""
    return {
        owner: own[-1].left_at for owner, own in absences_of(customer_ids).items() if own[-1].back_at is None
    }


def begin_absences(customer_ids: Sequence[Id], *, at: datetime) -> None:
    """Note that these members have left. Must be called inside a write transaction, the customers locked."""
    require_write_transaction()
    rows = [(owner, at, None) for owner in sorted_ids(customer_ids)]
    if insert_missing(AbsenceRow, _NAMES, rows) < len(rows):  # left, back and left again at one instant
        update_rows(AbsenceRow, _KEY, ("back_at",), rows)


def end_absences(joined_at: Mapping[Id, datetime], *, recorded_at: datetime) -> None:
    """Note that these customers are members again; who was not away stays as they are.

    Must be called inside a write transaction, the customers locked. They are back since they joined, but not
    since before they left: an earlier day of joining is the one they had before, and they are back since now.
    """
    require_write_transaction()
    wanted = [(owner,) for owner in sorted_ids(joined_at)]
    rows = select_matching(AbsenceRow, _KEY, ("customer_id",), wanted, where=_OPEN)
    ended = [
        (owner, left_at, joined_at[owner] if joined_at[owner] > left_at else max(left_at, recorded_at))
        for owner, left_at in sorted(rows)
    ]
    update_rows(AbsenceRow, _KEY, ("back_at",), ended)


def reopen_absence(customer_id: Id, *, ended_at: datetime) -> None:
    """Let an absence that ended at this instant go on, as if it had never ended."""
    require_write_transaction()
    rows = select_matching(AbsenceRow, _NAMES, ("customer_id",), [(customer_id,)])
    reopened = [(owner, left_at, None) for owner, left_at, back_at in rows if back_at == ended_at]
    update_rows(AbsenceRow, _KEY, ("back_at",), reopened)
