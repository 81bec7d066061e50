"""Files to be imported: brought, looked at as they would be read, imported by the worker, undone."""

from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.connectors.files import uploads
from dangol.connectors.files.columns import COLUMNS, MAKES_CUSTOMERS, Kind
from dangol.connectors.files.errors import UploadUnknown
from dangol.connectors.files.exports.members import point_currencies
from dangol.connectors.files.jobs import LONGEST_SOURCE
from dangol.connectors.files.mapping import guess_columns
from dangol.connectors.files.models import Upload
from dangol.connectors.files.places import TABLE, folder_of_upload
from dangol.connectors.files.services import PREVIEWED, Preview, preview
from dangol.connectors.files.sources import open_source
from dangol.connectors.files.undo import can_undo
from dangol.connectors.files.uploads import OPEN, Asked, UploadView, find_upload, list_uploads, request_of
from dangol.core.access.keys import MissingRight
from dangol.core.access.log import Access
from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web import import_words as words
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.import_masks import is_personal, mask_read, mask_refused
from dangol.web.places import read_place, write_place
from dangol.web.reads.refused_rows import RefusedRow, errors_of, read_refused
from dangol.web.roles import right_name
from dangol.web.uploading import file_of

# What does as a hand does takes the right of hands, too: giving points or a tier, changing members.
_ALSO_NEEDS: Mapping[Kind, Right] = {
    Kind.BALANCES: Right.POINTS_ADJUST, Kind.TIERS: Right.POINTS_ADJUST, Kind.CUSTOMERS: Right.MEMBERS_WRITE,
}  # fmt: skip

A_PAGE = 50
S = Upload.State
_CHOICE = "column."


def _home() -> Path:
    return Path(settings.HOME)


def find(upload_id: Id) -> UploadView:
    """Return an upload; answers 404 for one there is not."""
    try:
        return find_upload(upload_id)
    except UploadUnknown as unknown:
        raise Http404 from unknown


@needs(Right.IMPORTS_WRITE)
def show_imports(request: HttpRequest) -> HttpResponse:
    """Show the files that were brought and a form for another; take in the one a form brings."""
    if request.method != "POST":
        return _list(request)
    try:
        file = file_of(request)
        upload_id = uploads.keep_upload(
            Path(file.temporary_file_path()), name=file.name or "", actor=actor_of(request),
            at=frame_of(request).at, home=_home(),
        )  # fmt: skip
    except DomainError as refusal:
        return _list(request, refusal)
    return redirect("web:import-upload", upload_id)


def _list(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    after = request.GET.get("after", "")
    found = list_uploads(before=read_place(after), limit=A_PAGE + 1)
    lines = found[:A_PAGE]
    context = {
        "lines": [(one, words.KINDS[one.kind], words.state_chip(one)) for one in lines],
        "after": after,
        "next_after": write_place(lines[-1].uploaded_at, lines[-1].id) if len(found) > A_PAGE else "",
        "most_mb": settings.MOST_UPLOAD_BYTES // 1024**2 or 1,
        "kept_days": uploads.KEPT.days,
        "refusal": explain(refusal) if refusal else None,
    }
    return render(request, "web/imports/list.html", context, status=422 if refusal else 200)


@needs(Right.IMPORTS_WRITE)
@never_cache
def show_import(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Show a file as it would be read, or what has become of it; a form has it read in another way."""
    view = find(upload_id)
    if request.method != "POST":
        return _page(request, view)
    try:
        uploads.check_again(upload_id, _asked(request, view), at=frame_of(request).at, home=_home())
    except DomainError as refusal:
        return _page(request, view, refusal=refusal)
    return redirect("web:import-upload", upload_id)


@needs(Right.MEMBERS_UNMASK)
@require_POST
@never_cache
def show_whole(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Show the first rows unmasked, and write down who saw them."""
    view = find(upload_id)
    if view.state != S.READY or not visitor_of(request).may(Right.IMPORTS_WRITE):
        return redirect("web:import-upload", upload_id)
    at = frame_of(request).at
    uploads.note(
        Access.IMPORT_PREVIEW, upload_id, actor_of(request), at=at, rows=min(view.result["rows"], PREVIEWED)
    )
    return _page(request, view, whole=True)


def _asked(request: HttpRequest, view: UploadView) -> Asked:
    """Return what the form asks for; another kind begins with columns guessed anew."""
    given = request.POST
    named = given.get("kind", "")
    kind = Kind(named) if named in set(Kind) else view.kind
    chosen: dict[str, str] = {}
    if kind == view.kind:
        columns = {column.name for column in COLUMNS[kind]}
        chosen = {
            name.removeprefix(_CHOICE): str(given.get(name, ""))[:1000]
            for name in given
            if name.startswith(_CHOICE) and name.removeprefix(_CHOICE) in columns
        }
    return Asked(
        kind=kind,
        chosen=chosen,
        encoding=given.get("encoding", "")[:40],
        delimiter=given.get("delimiter", "")[:2],
        source=given.get("source", "").strip(),
        cut_over=given.get("cut_over", "")[:20] if kind is Kind.ORDERS else "",
        create="create" in given if kind == view.kind else kind in MAKES_CUSTOMERS,
        points_currency=given.get("points", "")[:40] if kind is Kind.BALANCES else "",
    )


def _page(
    request: HttpRequest, view: UploadView, *, refusal: DomainError | None = None, whole: bool = False
) -> HttpResponse:
    shop, lacked = frame_of(request).shop, _lacks(request, view.kind)
    said = words.explain_refusal(refusal.code, refusal.data) if refusal else None
    context: dict[str, Any] = {
        "upload": view,
        "kind_name": words.KINDS[view.kind],
        "chip": words.state_chip(view),
        "refusal": said or words.explain_failure(view.failure),
        "figures": list(
            words.figures(view.result.get("totals", {}) | view.result.get("counts", {}), shop.currency)
        ),
        "can_undo": _can_undo(view),
        "good": view.result.get("rows", 0) - view.result.get("bad", 0),
        "lacks": right_name(lacked) if lacked else "",
        "kept_days": uploads.KEPT.days,
    }
    if view.state in OPEN and view.state != S.CHECKING:
        context |= _choices(request, view) | {"effects": list(words.effects(view))}
    if view.state == S.READY:
        context |= _preview(request, view, whole=whole)
    template = "web/imports/upload.html"
    status = 422 if refusal else 200
    is_part = bool(request.headers.get("HX-Request"))
    return render(request, f"{template}#state" if is_part else template, context, status=status)


def _lacks(request: HttpRequest, kind: Kind) -> Right | None:
    """Return the right that whoever asks has not, and would need to import this kind; None: they may."""
    needed = _ALSO_NEEDS.get(kind)
    return needed if needed and not visitor_of(request).may(needed) else None


def _can_undo(view: UploadView) -> bool:
    return view.state == S.DONE and can_undo(view.kind) and not view.result.get("repeat")


def _headers(view: UploadView) -> list[str]:
    """Return the header of the file, empty where it cannot be read as it is asked for."""
    path, asked = folder_of_upload(_home(), view.id) / TABLE, view.asked
    try:
        source = open_source(path, encoding=asked.encoding or None, delimiter=asked.delimiter or None)
    except DomainError:
        return []
    source.close()
    return source.headers


def _choices(request: HttpRequest, view: UploadView) -> dict[str, Any]:
    """Return what can be chosen: the kind, a header for each column, and how the file is written.

    A kind that whoever asks may not import is offered only where the file was taken for it.
    """
    headers = _headers(view)
    taken = guess_columns(view.kind, headers) | dict(view.asked.chosen)
    columns = [
        {
            "field": f"{_CHOICE}{column.name}", "name": words.column_name(column.name, view.kind),
            "required": column.required, "header": taken.get(column.name, ""),
        }
        for column in COLUMNS[view.kind]
    ]  # fmt: skip
    return {
        "kinds": [
            (kind.value, name)
            for kind, name in words.KINDS.items()
            if kind is view.kind or not _lacks(request, kind)
        ],
        "columns": [one for one in columns if one["required"] or one["header"]] if headers else [],
        "further": [one for one in columns if not one["required"] and not one["header"]] if headers else [],
        "headers": list(dict.fromkeys(header for header in headers if header)),
        "reasons": [column["name"] for column in columns if column["header"]],
        "encodings": words.ENCODINGS,
        "delimiters": list(words.DELIMITERS.items()),
        "longest_source": LONGEST_SOURCE,
        "takes_cut_over": view.kind is Kind.ORDERS,
        "takes_create": view.kind not in {Kind.CUSTOMERS, Kind.PRODUCTS},
        "currencies": point_currencies() if view.kind is Kind.BALANCES else [],
    }


def _preview(request: HttpRequest, view: UploadView, *, whole: bool) -> dict[str, Any]:
    """Return the first rows as they would be read; people are masked unless `whole`."""
    try:
        shown = preview(request_of(view, _home()), at=frame_of(request).at)
    except DomainError as refusal:
        return {"refusal": words.explain_refusal(refusal.code, refusal.data)}
    kind, may_see = view.kind, visitor_of(request).may(Right.MEMBERS_UNMASK)
    hides = any(is_personal(kind, name) for name in shown.columns)
    refused = _refused_among(view, shown)
    lines = {one.line for one in refused}

    def cell(name: str, value: Any) -> str:
        text = "" if value is None else str(value)
        return text if whole else mask_read(kind, name, text)

    return {
        "titles": [words.column_name(name, kind) for name in shown.columns],
        "rows": [
            (row[0] in lines, [cell(*pair) for pair in zip(shown.columns, row, strict=True)])
            for row in shown.rows
        ],
        "problems": [
            (
                one.line, words.column_name(one.column, kind),
                one.value if whole else mask_refused(kind, one.column, one.value), one.reason, one.remedy,
            )
            for one in refused
        ],
        "unmasks": may_see and hides and not whole,
        "is_masked": hides and not whole,
    }  # fmt: skip


def _refused_among(view: UploadView, shown: Preview) -> list[RefusedRow]:
    """Return what the check has found wrong with the rows that are shown, and with lines among them."""
    path = errors_of(view)
    if path is None:
        return []
    last = shown.rows[-1][0] if len(shown.rows) == PREVIEWED else None
    refused = read_refused(path, get_language())
    return list(takewhile(lambda one: last is None or one.line <= last, refused))


@needs(Right.IMPORTS_WRITE)
@require_POST
def start(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Leave the import to the worker; one that has begun, or cannot, is shown as it is."""
    view = find(upload_id)
    try:
        if needed := _lacks(request, view.kind):
            raise MissingRight(right=needed.value)
        uploads.start_import(upload_id, actor=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return _page(request, find(view.id), refusal=refusal)
    return redirect("web:import-upload", upload_id)


@needs(Right.IMPORTS_WRITE)
@require_POST
def retry(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Let work that was given up be tried anew."""
    find(upload_id)
    uploads.try_again(upload_id, at=frame_of(request).at)
    return redirect("web:import-upload", upload_id)


@needs(Right.IMPORTS_WRITE)
@require_POST
def discard(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Throw a file away that is not imported."""
    view = find(upload_id)
    try:
        uploads.discard_upload(upload_id, at=frame_of(request).at, home=_home())
    except DomainError as refusal:
        return _page(request, find(view.id), refusal=refusal)
    return redirect("web:import")


@needs(Right.IMPORTS_WRITE)
def undo(request: HttpRequest, upload_id: Id) -> HttpResponse:
    """Say what undoing an import does, and leave it to the worker where somebody confirms."""
    view = find(upload_id)
    if not _can_undo(view):
        return redirect("web:import-upload", upload_id)
    if request.method == "POST":
        try:
            uploads.start_undo(
                upload_id, actor=actor_of(request), at=frame_of(request).at,
                skips_spent="skip_spent" in request.POST,
            )  # fmt: skip
        except DomainError as refusal:
            return _page(request, find(view.id), refusal=refusal)
        return redirect("web:import-upload", upload_id)
    context = {"upload": view, "effect": _undo_effect(view.kind)}
    return render(request, "web/imports/undo.html", context)


def _undo_effect(kind: Kind) -> str:
    return {
        Kind.ORDERS: _("가져온 주문이 모두 반품으로 되돌아오고, 그 주문으로 적립한 포인트를 거둬요."),
        Kind.BALANCES: _("가져온 포인트를 모두 거둬요."),
        Kind.CONSENTS: _("가져온 동의를 모두 철회해요. 철회로 가져온 것은 철회로 남아요."),
    }[kind]
