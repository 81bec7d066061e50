"""What is known of a person, seen whole or handed to them: for a reason, which the access log keeps."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from dangol.connectors.files.exports.locked import lock_files
from dangol.connectors.files.exports.person import as_csv_files, as_zip
from dangol.core.access.log import unmask
from dangol.core.access.rights import Right
from dangol.core.access.takeout import Takeout, take_out
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, find_subject
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.locking import offer_lock, read_lock


@needs(Right.MEMBERS_UNMASK)
@never_cache
def show_unmasked(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ask for a reason, then show a member unmasked: in this one answer, which no address leads back to."""
    context: dict[str, Any] = {"member": find_subject(request, customer_id)}
    if request.method != "POST":
        return render(request, "web/unmask.html", context)
    try:
        profiles = unmask(
            [customer_id], actor=actor_of(request), reason=request.POST.get("reason", ""),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _refused(request, "web/unmask.html", context, refusal)
    return render(request, "web/unmask.html", context | {"profile": profiles[customer_id]})


@needs(Right.MEMBERS_EXPORT)
@never_cache
def take_along(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ask for a reason, then send all that is held about a member as JSON or CSV, locked or not."""
    context: dict[str, Any] = {"member": find_subject(request, customer_id), "lock": offer_lock(request)}
    if request.method != "POST":
        return render(request, "web/take_along.html", context)
    at = frame_of(request).at
    try:
        passphrase = read_lock(request, whole=True)
        taken = take_out(customer_id, actor=actor_of(request), reason=request.POST.get("reason", ""), at=at)
    except DomainError as refusal:
        return _refused(request, "web/take_along.html", context, refusal)
    body, ending = _as_file(taken, is_csv=request.POST.get("form") == "csv", passphrase=passphrase)
    name = f"member-{frame_of(request).today.isoformat()}.{ending}"
    return HttpResponse(
        body,
        content_type=f"application/{ending}",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _as_file(taken: Takeout, *, is_csv: bool, passphrase: str | None) -> tuple[bytes, str]:
    """Return the file and its ending."""
    if passphrase:
        files = as_csv_files(taken.sections) if is_csv else {"member.json": taken.as_json()}
        return lock_files(files, passphrase), "zip"
    return (as_zip(taken.sections), "zip") if is_csv else (taken.as_json(), "json")


def _refused(
    request: HttpRequest, template: str, context: dict[str, Any], refusal: DomainError
) -> HttpResponse:
    sentence, remedy = explain(refusal)
    return render(request, template, context | {"sentence": sentence, "remedy": remedy}, status=422)
