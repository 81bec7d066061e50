"""The rows of an import that were not taken, as a file to mend them by."""

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from dangol.connectors.files.columns import Kind
from dangol.connectors.files.guard import guarded
from dangol.connectors.files.uploads import note
from dangol.core.access.log import Access
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id
from dangol.web.acting import actor_of
from dangol.web.csv_files import stream_csv
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.import_masks import mask_refused
from dangol.web.pages.imports import find
from dangol.web.reads.refused_rows import RefusedRow, errors_of, read_refused


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
    whole, refused = visitor_of(request).may(Right.MEMBERS_UNMASK), read_refused(path, get_language())
    lines = (_masked(one, view.kind, whole=whole) for one in refused)
    return stream_csv(request, "errors", RefusedRow._fields, lines)


def _masked(one: RefusedRow, kind: Kind, *, whole: bool) -> RefusedRow:
    """Return what is wrong as it is sent, the value masked unless `whole`."""
    return one._replace(value=guarded(one.value if whole else mask_refused(kind, one.column, one.value)))
