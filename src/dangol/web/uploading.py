"""A file on its way in: to one address only, from whoever may import, straight into the home.

A body is as long as any other (`DANGOL_MAX_BODY`) unless it goes to that address with a session that may
import, which is looked up before a byte of it is read; then it is as long as `DANGOL_MAX_UPLOAD`.
"""

import re
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie

from dangol.connectors.files.errors import UploadMissing, UploadSpaceFull, UploadTooLarge
from dangol.connectors.files.places import INCOMING, uploads_folder, used_bytes
from dangol.connectors.files.uploads import clean_name
from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor, find_visitor
from dangol.core.access.sessions import is_over
from dangol.core.storage.ids import parse_id
from dangol.domain.errors import DomainError
from dangol.project.clock import now
from dangol.web.guard import SESSION

ADDRESS, FIELD = "/import", "file"
# Files of coupons are no longer than any other body.
_SHORT = re.compile(r"/coupons/[0-9A-Za-z-]{1,64}/files")
# What a form has beside its file.
FORM_BYTES = 64 * 1024
_REFUSED = "dangol.upload_refused"


def may_upload(environ: dict[str, Any]) -> bool:
    """Say whether a request comes with a session that may import. It is no door: the guard looks again."""
    key = parse_cookie(environ.get("HTTP_COOKIE", "")).get(settings.SESSION_COOKIE_NAME, "")
    if not (key.isascii() and key.isalnum()):
        return False
    try:
        session = SessionStore(key)
        staff, shown = session.get(SESSION_KEY), session.get(SESSION)
        visitor = find_visitor(parse_id(shown), int(staff)) if staff and shown else None
        return visitor is not None and _may_now(visitor)
    except ValueError:
        return False
    finally:
        close_old_connections()


def _may_now(visitor: Visitor) -> bool:
    """Ask what the guard asks: a session that goes on, a second factor where there must be one, the right."""
    over = is_over(opened_at=visitor.opened_at, seen_at=visitor.seen_at, at=now())
    has_factor = visitor.has_factor or not settings.MFA_REQUIRED
    return not over and has_factor and visitor.may(Right.IMPORTS_WRITE)


class _Incoming(TemporaryUploadedFile):
    """A file in the home that is gone when the request is over, unless it was taken in."""

    def __init__(self, name: str, folder: Path) -> None:
        file = tempfile.NamedTemporaryFile(prefix=INCOMING, dir=folder)  # noqa: SIM115 - closed with the request
        UploadedFile.__init__(self, file, name, None, 0)


class UploadHandler(FileUploadHandler):
    """Writes the one file of a page that takes one as it comes; every other file is passed over unread."""

    chunk_size = 64 * 1024

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._file: _Incoming | None = None
        self._room = 0

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """Begin a file; raises SkipFile for one that nobody asked for."""
        super().new_file(field_name, file_name, *args, **kwargs)
        assert self.request is not None, "made with a request"
        path = self.request.path_info
        is_awaited = path == ADDRESS or _SHORT.fullmatch(path)
        if not is_awaited or field_name != FIELD or self._file:
            raise SkipFile
        home = Path(settings.HOME)
        self._room = settings.UPLOAD_SPACE - used_bytes(home)
        self._file = _Incoming(file_name, uploads_folder(home))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write the next part; raises StopUpload as soon as the file is too large."""
        assert self._file is not None, "begun before"
        end = start + len(raw_data)
        if end > settings.MOST_UPLOAD_BYTES:
            self._stop(UploadTooLarge(file=clean_name(self.file_name or ""), most=settings.MOST_UPLOAD_BYTES))
        if end > self._room:
            self._stop(UploadSpaceFull(most=settings.UPLOAD_SPACE))
        self._file.write(raw_data)

    def _stop(self, refusal: DomainError) -> None:
        assert self.request is not None, "made with a request"
        self.request.META[_REFUSED] = refusal
        self.upload_interrupted()
        # The rest is read and thrown away, so that the answer reaches the browser.
        raise StopUpload(connection_reset=False)

    def file_complete(self, file_size: int) -> _Incoming:
        """Return the file, which has come whole."""
        assert self._file is not None, "begun before"
        self._file.seek(0)
        self._file.size = file_size
        return self._file

    def upload_interrupted(self) -> None:
        """Take away what has come of a file whose rest does not."""
        if self._file:
            self._file.close()


def file_of(request: HttpRequest) -> TemporaryUploadedFile:
    """Return the file a form brought.

    Raises UploadTooLarge or UploadSpaceFull where it was not taken, UploadMissing where there is none.
    """
    found = request.FILES.get(FIELD)  # this reads the body
    refusal = request.META.get(_REFUSED)
    if isinstance(refusal, DomainError):
        raise refusal
    if not isinstance(found, TemporaryUploadedFile):
        raise UploadMissing(field=FIELD)
    return found
