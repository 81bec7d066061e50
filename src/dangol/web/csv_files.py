"""Lists as CSV: streamed, safe to open in a spreadsheet, and written down in the access log first."""

import csv
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpRequest, StreamingHttpResponse

from dangol.connectors.files.exports.locked import lock_lines
from dangol.core.access.log import record_download
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    # The mark tells spreadsheets that the file is UTF-8.
    yield "\ufeff" + write(header)
    for row in rows:
        yield write(row)


def stream_csv(
    request: HttpRequest,
    name: str,
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    passphrase: str | None = None,
) -> StreamingHttpResponse:
    """Return the rows as a file of this name and today's date; cells are safe already (`exports.cells`).

    With a passphrase it is a ZIP which that opens, packed as the rows come.
    """
    lines, ending = _lines(header, rows), "csv"
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    if passphrase:
        ending = "zip"
        locked = lock_lines(lines, f"{name}.csv", passphrase)
        response = StreamingHttpResponse(locked, content_type="application/zip")
    day = frame_of(request).today.isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response


def note_download(
    request: HttpRequest, what: str, *, people: int, seen: Sequence[str] = (), reason: str = ""
) -> None:
    """Write down, before anything is read, who takes along what of how many people, and why.

    `what` is the list and its filter as an address has it, in which a search stands without its text.
    """
    told = f"{reason.strip()[:200]} · {what}" if reason.strip() else what
    record_download(actor_of(request), people=people, seen=seen, reason=told, at=frame_of(request).at)
