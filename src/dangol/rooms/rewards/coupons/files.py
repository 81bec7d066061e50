"""Files of somebody else's codes: brought, looked at, and taken in as a whole or not at all."""

import zlib
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import NotFound
from dangol.rooms.rewards.coupons.importing import Checked, Imported, check_codes, import_codes
from dangol.rooms.rewards.coupons.models import CouponFile

KEPT, LONGEST_NAME = timedelta(days=1), 80


class UnknownFile(NotFound):
    """There is no such file (`file`): it was taken in, or a day has passed."""

    code = "coupons.unknown_file"


class FileView(NamedTuple):
    """A file as it would be taken in by now."""

    id: Id
    batch_id: Id
    name: str
    brought_at: datetime
    checked: Checked


def keep_file(batch_id: Id, name: str, text: str, *, at: datetime) -> Id:
    """Keep a file for a day, in which somebody may take it in; nothing of it is in the batch before.

    Raises UnknownBatch, NotImported, or InvalidBatch for what cannot be read as a list of codes.
    """
    check_codes(batch_id, text)
    with write_transaction():
        made = CouponFile.objects.create(
            id=new_id(), batch_id=batch_id, name=name[:LONGEST_NAME], content=zlib.compress(text.encode()),
            brought_at=at,
        )  # fmt: skip
    return made.id


def find_file(file_id: Id) -> FileView:
    """Return a file and what taking it in would do by now; raises UnknownFile."""
    row = CouponFile.objects.filter(id=file_id).first()
    if row is None:
        raise UnknownFile(file=show_id(file_id))
    return FileView(row.id, row.batch_id, row.name, row.brought_at, check_codes(row.batch_id, _text(row)))


def take_in(file_id: Id, *, actor: Actor, at: datetime) -> Imported:
    """Add a file's codes to its batch, all or none of those that can be; then the file is gone.

    Raises UnknownFile, as for one that was taken in already.
    """
    with write_transaction():
        row = CouponFile.objects.select_for_update().filter(id=file_id).first()
        if row is None:
            raise UnknownFile(file=show_id(file_id))
        done = import_codes(row.batch_id, _text(row), actor=actor, at=at)
        row.delete()
    return done


def discard_file(file_id: Id) -> None:
    """Forget a file; one that is gone stays gone."""
    with write_transaction():
        CouponFile.objects.filter(id=file_id).delete()


def forget_old_files(*, as_of: datetime) -> int:
    """Forget the files nobody has taken in within a day; returns how many."""
    with write_transaction():
        return CouponFile.objects.filter(brought_at__lte=as_of - KEPT).delete()[0]


def _text(row: CouponFile) -> str:
    return zlib.decompress(row.content).decode()
