"""The rows of an import that were not taken, as a file to mend them by."""

import csv
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.views.decorators.cache import never_cache

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.guard import guarded, unguarded
from dangol.connectors.files.models import ImportJob
from dangol.connectors.files.places import folder_of_upload
from dangol.connectors.files.problems import Code, Problem
from dangol.connectors.files.services import say_why
from dangol.connectors.files.uploads import UploadView, note
from dangol.core.access.log import Access
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id
from dangol.web.acting import actor_of
from dangol.web.csv_files import stream_csv
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.import_masks import mask_refused
from dangol.web.pages.imports import find

_CODES = frozenset(Code)


def errors_of(view: UploadView) -> Path | None:
    """Return where the errors of an upload's check, or of its import, lie; None where none are left."""
    if view.import_id is None:
        path = folder_of_upload(Path(settings.HOME), view.id) / "errors.csv"
    else:
        kept = ImportJob.objects.filter(id=view.import_id).values_list("errors_path", flat=True).first()
        if not kept:
            return None
        path = Path(kept)
    return path if path.is_file() else None


@needs(Right.IMPORTS_WRITE)
@never_cache
def send(request: HttpRequest, upload_id: Id) -> StreamingHttpResponse:
    """Send the refused rows as CSV with line, column, reason and remedy; people masked as on the page.

    No spreadsheet computes a cell of it (`files.guard`). Who took it along stands in the access log.
    """
    view = find(upload_id)
    path = errors_of(view)
    if path is None:
        raise Http404
    note(
        Access.IMPORT_ERRORS, upload_id, actor_of(request), at=frame_of(request).at,
        rows=view.result.get("bad", 0),
    )  # fmt: skip
    lines = _lines(path, view.kind, whole=visitor_of(request).may(Right.MEMBERS_UNMASK))
    return stream_csv(request, "errors", next(lines), lines)


def _lines(path: Path, kind: Kind, *, whole: bool) -> Iterator[list[str]]:
    """Yield the header and the rows, masked unless `whole`."""
    language = translation.get_language()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        yield next(rows)
        for name, line, column, value, code, reason, remedy in rows:
            given = unguarded(value)
            shown = given if whole else mask_refused(kind, column, given)
            said = (reason, remedy)
            if code in _CODES:  # written by the worker in its language, read by a person in theirs
                with translation.override(language):
                    said = say_why(Problem(name, int(line), column, given, code))
            yield [name, line, column, guarded(shown), code, *said]
