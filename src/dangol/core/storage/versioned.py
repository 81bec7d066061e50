"""Settings that are one content: stored in one row, with a version for each change that is never changed.

What nobody has changed is answered by the defaults, without a row.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from django.db.models import Max, Model

from dangol.core.storage.transactions import write_transaction

C = TypeVar("C", bound=msgspec.Struct)


class Version(NamedTuple, Generic[C]):
    """How it was from a change on, until the next one."""

    number: int
    content: C
    changed_by: str
    changed_at: datetime


class Versioned(Generic[C]):
    """Settings of one kind: `row` has one row of id 1, `versions` are numbered from 1; both hold the content.

    `changed` makes what is raised where somebody has changed them meanwhile, of the number in force and of
    who it was.
    """

    def __init__(
        self,
        row: type[Model],
        versions: type[Model],
        defaults: C,
        changed: Callable[[int, str], Exception],
    ) -> None:
        self._rows, self._versions = row._default_manager, versions._default_manager
        self._defaults, self._changed = defaults, changed

    def read(self) -> C:
        """Return what holds now. One statement."""
        row: Any = self._rows.filter(pk=1).first()
        return self._content(row) if row else self._defaults

    def list_versions(self, *, limit: int = 30) -> list[Version[C]]:
        """Return what has held, the latest first; empty: as it comes. One statement."""
        rows: Any = self._versions.order_by("-number")[:limit]
        return [Version(one.number, self._content(one), one.changed_by, one.changed_at) for one in rows]

    def read_version(self, number: int) -> C:
        """Return what a version said; 0, as for `number`: as it comes. One statement."""
        row: Any = self._versions.filter(number=number).first()
        return self._content(row) if row else self._defaults

    def number(self) -> int:
        """Return the number of the version in force; 0: nobody has changed anything yet."""
        return self._versions.aggregate(last=Max("number"))["last"] or 0

    def write(self, content: C, *, changed_by: str, at: datetime, seen: int | None = None) -> int:
        """Let this hold from now on; returns the version's number. What holds already is no version.

        Raises what `changed` makes where the version `seen` (None: whichever there is) holds no more.
        """
        with write_transaction():
            row = self._lock(changed_by, at)
            number = self.number()
            self._require(number if seen is None else seen, number, row.changed_by)
            if self._content(row) == content:
                return number
            written = {"content": msgspec.to_builtins(content), "changed_by": changed_by, "changed_at": at}
            self._rows.filter(pk=1).update(**written)
            self._versions.create(number=number + 1, **written)
        return number + 1

    def require(self, seen: int) -> None:
        """Raise what `changed` makes where this version is not in force."""
        row: Any = self._rows.filter(pk=1).first()
        self._require(seen, self.number(), row.changed_by if row else "")

    def _require(self, seen: int, number: int, changed_by: str) -> None:
        if seen != number:
            raise self._changed(number, changed_by)

    def _lock(self, changed_by: str, at: datetime) -> Any:
        """Return the row, which nobody else changes meanwhile: made as it comes where there was none."""
        made = {"content": msgspec.to_builtins(self._defaults), "changed_by": changed_by, "changed_at": at}
        self._rows.get_or_create(pk=1, defaults=made)
        return self._rows.select_for_update().get(pk=1)

    def _content(self, row: Any) -> C:
        return msgspec.convert(row.content, type(self._defaults))
