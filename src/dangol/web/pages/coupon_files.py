"""A file of somebody else's codes: brought, looked at with what is wrong in it, and taken in."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.connectors.files.uploads import clean_name
from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.batches import InvalidBatch
from dangol.rooms.rewards.coupons.files import (
    FileView,
    UnknownFile,
    discard_file,
    find_file,
    keep_file,
    take_in,
)
from dangol.web.acting import actor_of
from dangol.web.coupon_words import FIELD_PROBLEMS, PROBLEMS
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.coupon_batch import find, show_batch
from dangol.web.uploading import file_of

# So many faulty rows are told one by one; the rest as a number.
MOST_TOLD = 100
_ENCODINGS = ("utf-8-sig", "cp949", "utf-16")


@needs(Right.COUPONS_WRITE)
@require_POST
def bring(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Keep the file a form brings, and lead to where it is looked at; no code is in the batch yet."""
    batch = find(batch_id)
    try:
        file = file_of(request)
        text = _decoded(file.read())
        made = keep_file(batch_id, clean_name(file.name or ""), text, at=frame_of(request).at)
    except InvalidBatch as error:
        told = FIELD_PROBLEMS.get((error.data["field"], error.data["problem"]))
        return show_batch(request, batch, (told, "") if told else explain(error))
    except DomainError as error:
        return show_batch(request, batch, explain(error))
    return HttpResponseRedirect(reverse("web:coupon-file", args=[batch_id, made]))


def _decoded(content: bytes) -> str:
    """Return a file's text: UTF-8, what Korean spreadsheets write, or UTF-16; raises InvalidBatch."""
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in _ENCODINGS[::-1] if marked else _ENCODINGS[:-1]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidBatch(field="csv", problem="unreadable")


@needs(Right.COUPONS_WRITE)
@never_cache
def look_at(request: HttpRequest, batch_id: Id, file_id: Id) -> HttpResponse:
    """Show what taking a file in would do; a form does it. One that was taken in leads to its batch."""
    batch = find(batch_id)
    try:
        if request.method != "POST":
            return _show(request, _of(batch_id, find_file(file_id)))
        _of(batch_id, find_file(file_id))
        done = take_in(file_id, actor=actor_of(request), at=frame_of(request).at)
    except UnknownFile as error:
        return show_batch(request, batch, explain(error))
    address = reverse("web:coupon-batch", args=[batch_id])
    return HttpResponseRedirect(f"{address}?done=imported&count={done.added}")


def _of(batch_id: Id, file: FileView) -> FileView:
    if file.batch_id != batch_id:
        raise Http404
    return file


def _show(request: HttpRequest, file: FileView) -> HttpResponse:
    problems = file.checked.problems
    context: dict[str, Any] = {
        "batch": find(file.batch_id), "file": file, "more": max(len(problems) - MOST_TOLD, 0),
        "problems": [(one, PROBLEMS[one.problem]) for one in problems[:MOST_TOLD]],
    }  # fmt: skip
    return render(request, "web/coupons/file.html", context)


@needs(Right.COUPONS_WRITE)
@require_POST
def discard(request: HttpRequest, batch_id: Id, file_id: Id) -> HttpResponse:
    """Forget a file that was looked at."""
    find(batch_id)
    try:
        _of(batch_id, find_file(file_id))
    except UnknownFile:
        pass
    else:
        discard_file(file_id)
    return HttpResponseRedirect(reverse("web:coupon-batch", args=[batch_id]))
