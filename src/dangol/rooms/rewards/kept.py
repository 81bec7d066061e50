"""Programs kept in the process, so that a till need not load them with every order.

They are kept under the stamp that the database renews with every change of a rule. It is read again with each
batch, in the statement that reads the members anyway: what was published counts for the very next order.
"""

from collections.abc import Sequence
from typing import NamedTuple

from dangol.core.storage.columns import Row
from dangol.core.storage.ids import Id
from dangol.core.storage.reading import Select, read_rows
from dangol.core.storage.rows import columns, table
from dangol.rooms.rewards.models import ProgramStamp
from dangol.rooms.rewards.programs import Running, load_programs


class Kept(NamedTuple):
    """All programs, and the stamp they were loaded under; without one they were not looked after."""

    stamp: Id | None
    programs: Sequence[Running]

    def is_current(self, stamp_rows: Sequence[Row]) -> bool:
        """Say whether the programs are those of the stamp that has been read."""
        return self.stamp is not None and stamp_rows == [(self.stamp,)]


class _Shelf:
    """The programs this process has loaded last. Threads may load at once; whatever stays is whole."""

    kept = Kept(None, ())


def select_stamp() -> Select:
    """Return what reads the stamp that the programs have now."""
    sql = f"SELECT {columns(ProgramStamp, ['stamp'])} FROM {table(ProgramStamp)} WHERE id = 1"  # noqa: S608
    return Select(ProgramStamp, ("stamp",), sql, size=1)


def kept_programs() -> Kept:
    """Return the programs as this process knows them, which may be out of date."""
    return _Shelf.kept


def current_programs() -> Sequence[Running]:
    """Return the programs as they are now. One small statement, unless something was published since."""
    select = select_stamp()
    kept = kept_programs()
    if not kept.is_current(read_rows(select.model, select.names, select.sql)):
        kept = load_kept()
    return kept.programs


def load_kept() -> Kept:
    """Load the programs anew and keep them.

    The stamp is read first: should something change meanwhile, the next look at the stamp tells.
    """
    select = select_stamp()
    rows = read_rows(select.model, select.names, select.sql)
    _Shelf.kept = Kept(rows[0][0] if rows else None, load_programs())
    return _Shelf.kept
