"""Uploaded files: kept until their import has ended, looked at, imported, undone or thrown away.

Every step is a change of state under a lock, together with the work it leaves for the worker: pressed
twice, or in two windows, it happens once.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.db.models import Q

from dangol.connectors.files.columns import MAKES_CUSTOMERS, Kind
from dangol.connectors.files.errors import BadOption, UploadBusy, UploadUnknown
from dangol.connectors.files.jobs import Request, check_options
from dangol.connectors.files.kinds import guess_kind
from dangol.connectors.files.models import Upload
from dangol.connectors.files.places import (
    INCOMING,
    TABLE,
    UPLOADS,
    folder_of_upload,
    read_header,
    take_in,
    throw_away,
)
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State as Work
from dangol.core.tasks.services import enqueue, revive_job

CHECK, IMPORT, UNDO = "files.check_upload", "files.import_upload", "files.undo_upload"
S = Upload.State
OPEN = (S.CHECKING, S.READY, S.REFUSED)
AT_WORK = (S.CHECKING, S.IMPORTING, S.UNDOING)
LONGEST_NAME = 200
# How long a file that nobody imports is kept, and how long one whose sender vanished on the way.
KEPT, ON_ITS_WAY = timedelta(days=7), timedelta(days=1)
# How long it is remembered that something was thrown away.
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """How somebody wants an upload read; what is empty is guessed. As `jobs.Request`."""

    kind: Kind
    chosen: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    delimiter: str = ""
    source: str = "file"
    cut_over: str = ""
    create: bool = True
    points_currency: str = ""


class UploadView(NamedTuple):
    """An upload as pages show it. `work` is the state of its work, `done` of `total` how far that is."""

    id: Id
    name: str
    size: int
    state: str
    asked: Asked
    result: dict[str, Any]
    failure: dict[str, Any]
    import_id: Id | None
    uploaded_by: str
    uploaded_at: datetime
    ended_at: datetime | None
    work_id: Id | None = None
    work: str = ""
    done: int = 0
    total: int | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether the worker has something to do for it."""
        return self.state in AT_WORK and not self.is_stuck

    @property
    def is_stuck(self) -> bool:
        """Whether the worker has given up: a person decides."""
        return self.state in AT_WORK and self.work == Work.DEAD

    @property
    def kind(self) -> Kind:
        """What it is said to hold."""
        return self.asked.kind


def keep_upload(incoming: Path, *, name: str, actor: Actor, at: datetime, home: Path) -> Id:
    """Take in a file that has come whole, and leave its check to the worker; returns its id.

    Who brings a file, starts its import, takes its errors along or undoes it stands in the access log.

    Raises OnlyCsv or FileEmpty for what cannot be a table; the file is then left where it is.
    """
    shown = clean_name(name)
    headers = read_header(incoming, name=shown)
    guess = guess_kind(headers)
    kind = guess.kind if guess else Kind.CUSTOMERS
    asked = Asked(kind, create=kind in MAKES_CUSTOMERS)
    upload_id, size = new_id(), incoming.stat().st_size
    with write_transaction():
        take_in(incoming, home, upload_id)
        Upload(
            id=upload_id, name=shown, size=size, kind=asked.kind.value, asked=_written(asked),
            uploaded_by=actor.key[:150], uploaded_at=at, work_id=_leave(CHECK, upload_id, at),
        ).save(force_insert=True)  # fmt: skip
        note(Access.IMPORT_UPLOAD, upload_id, actor, at=at)
    return upload_id


def note(action: Access, upload_id: Id, actor: Actor, *, at: datetime, rows: int = 0) -> None:
    """Write into the access log what somebody did with an upload, and how many rows they saw of it."""
    record_access([AccessDraft(action, actor, f"import {show_id(upload_id)}", people=rows)], at=at)


def clean_name(name: str) -> str:
    """Return a file's name as it is shown: no folders, no control characters, not too long. Never a path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[-LONGEST_NAME:] or "file.csv"


def _written(asked: Asked) -> str:
    told = {name: getattr(asked, name) for name in Asked.__slots__}
    return json.dumps(told | {"kind": asked.kind.value, "chosen": dict(asked.chosen)}, ensure_ascii=False)


def _leave(task: str, upload_id: Id, at: datetime, **more: Any) -> Id:
    return enqueue(task, {"upload": show_id(upload_id), **more}, run_at=at)


def request_of(view: UploadView, home: Path) -> Request:
    """Return what the importer is asked for."""
    asked = view.asked
    return Request(
        kind=asked.kind,
        paths=(folder_of_upload(home, view.id) / TABLE,),
        chosen=dict(asked.chosen),
        encoding=asked.encoding or None,
        delimiter=asked.delimiter or None,
        source=asked.source,
        cut_over=asked.cut_over,
        create=asked.create,
        points_currency=asked.points_currency,
        names=(view.name,),
    )


def find_upload(upload_id: Id) -> UploadView:
    """Return an upload; raises UploadUnknown."""
    row = Upload.objects.filter(id=upload_id).first()
    if row is None:
        raise UploadUnknown(upload=show_id(upload_id))
    return _view(row, Job.objects.filter(id=row.work_id).first() if row.work_id else None)


def list_uploads(*, before: tuple[datetime, Id] | None = None, limit: int = 50) -> list[UploadView]:
    """Return uploads, the latest first, from `before` (when it came, its id) on."""
    rows = Upload.objects.all()
    if before:
        rows = rows.filter(Q(uploaded_at__lt=before[0]) | Q(uploaded_at=before[0], id__lt=before[1]))
    found = list(rows.order_by("-uploaded_at", "-id")[:limit])
    works = Job.objects.in_bulk([row.work_id for row in found if row.work_id])
    return [_view(row, works.get(row.work_id)) for row in found]


def _view(row: Upload, work: Job | None) -> UploadView:
    told = json.loads(row.asked)
    asked = Asked(**(told | {"kind": Kind(row.kind)}))
    view = UploadView(
        row.id, row.name, row.size, row.state, asked, json.loads(row.result), json.loads(row.failure),
        row.import_id, row.uploaded_by, row.uploaded_at, row.ended_at, row.work_id,
    )  # fmt: skip
    if work is None:
        return view
    return view._replace(work=work.state, done=work.progress_done, total=work.progress_total)


def _move(upload_id: Id, states: Collection[str], **changes: Any) -> None:
    """Change an upload that stands in one of these states; raises UploadUnknown or UploadBusy."""
    row = Upload.objects.select_for_update().filter(id=upload_id).first()
    if row is None:
        raise UploadUnknown(upload=show_id(upload_id))
    if row.state not in states:
        raise UploadBusy(upload=show_id(upload_id), state=row.state)
    Upload.objects.filter(id=upload_id).update(**changes)


def check_again(upload_id: Id, asked: Asked, *, at: datetime, home: Path) -> None:
    """Read an upload in another way. Raises UploadUnknown, UploadBusy, or BadOption for a wrong choice."""
    view = find_upload(upload_id)
    if asked.encoding == "utf-16":
        raise BadOption(option="--encoding", value=asked.encoding, known="utf-16-le, utf-16-be")
    check_options(request_of(view._replace(asked=asked), home))
    with write_transaction():
        _move(
            upload_id, OPEN, state=S.CHECKING, kind=asked.kind.value, asked=_written(asked),
            work_id=_leave(CHECK, upload_id, at), result="{}", failure="{}",
        )  # fmt: skip


def start_import(upload_id: Id, *, actor: Actor, at: datetime) -> None:
    """Let an upload that was checked be imported. Raises UploadUnknown or UploadBusy."""
    with write_transaction():
        note(Access.IMPORT_START, upload_id, actor, at=at)
        _move(upload_id, (S.READY,), state=S.IMPORTING, work_id=_leave(IMPORT, upload_id, at), failure="{}")


def start_undo(upload_id: Id, *, actor: Actor, at: datetime, skips_spent: bool = False) -> None:
    """Let what an upload brought in be reversed. Raises UploadUnknown or UploadBusy."""
    with write_transaction():
        note(Access.IMPORT_UNDO, upload_id, actor, at=at)
        work = _leave(UNDO, upload_id, at, skips_spent=skips_spent)
        _move(upload_id, (S.DONE,), state=S.UNDOING, work_id=work, failure="{}")


def try_again(upload_id: Id, *, at: datetime) -> None:
    """Let work on an upload that was given up be tried anew. Raises UploadUnknown."""
    view = find_upload(upload_id)
    if view.is_stuck and view.work_id:
        revive_job(view.work_id, at=at)


def discard_upload(upload_id: Id, *, at: datetime, home: Path) -> None:
    """Throw an upload away that is not imported. Raises UploadUnknown or UploadBusy."""
    with write_transaction():
        _move(upload_id, OPEN, state=S.DISCARDED, work_id=None, result="{}", failure="{}", ended_at=at)
    throw_away(home, upload_id)


def finish_work(upload_id: Id, work_id: Id, **changes: Any) -> bool:
    """Write down what the work has come to; False where the upload waits for other work by now."""
    with write_transaction():
        return bool(Upload.objects.filter(id=upload_id, work_id=work_id, state__in=AT_WORK).update(**changes))


def forget_uploads(home: Path, *, at: datetime) -> int:
    """Throw away what nobody imported for a week, and what was left lying; returns of how many.

    Nothing that is being imported is touched: who is at work needs the file.
    """
    with write_transaction():
        unused = Upload.objects.filter(state__in=OPEN, uploaded_at__lt=at - KEPT)
        count = unused.update(state=S.DISCARDED, work_id=None, result="{}", failure="{}", ended_at=at)
        Upload.objects.filter(state=S.DISCARDED, ended_at__lt=at - REMEMBERED).delete()
        needed = set(Upload.objects.filter(state__in=(*OPEN, S.IMPORTING)).values_list("id", flat=True))
    for path in (home / UPLOADS).glob("*"):
        is_old = path.stat().st_mtime < (at - ON_ITS_WAY).timestamp()
        if path.name.startswith(INCOMING) and is_old:
            path.unlink(missing_ok=True)
        elif path.is_dir() and is_old and parse_id(path.name) not in needed:
            throw_away(home, parse_id(path.name))
    return count
