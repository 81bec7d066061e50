"""A new batch of coupons: its form, and what its codes would look like while it is being written."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.batches import LONGEST_NAME, create_batch
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.coupon_form import USUAL, count_of, preview_of, read_form
from dangol.web.coupon_words import KIND_HINTS, KINDS
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reads.coupons import read_choices


@needs(Right.COUPONS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a new batch is, and make it; a form sent twice makes one."""
    promotions = read_choices()
    if not promotions:
        return HttpResponseRedirect(reverse("web:coupons"))
    if request.method != "POST":
        return _form(request, promotions, USUAL | {"promotion": request.GET.get("promotion", "")}, {})
    frame = frame_of(request)
    form = read_form(request.POST, promotions, frame.shop.tz)
    if request.POST.get("do") == "preview":
        return _form(request, promotions, form.given, {}, status=200)
    if form.draft is None:
        return _form(request, promotions, form.given, form.wrong)
    try:
        made = create_batch(form.draft, by=actor_of(request).key, at=frame.at, batch_id=form_of(request))
    except DomainError as error:
        return _form(request, promotions, form.given, {}, error=error)
    return HttpResponseRedirect(reverse("web:coupon-batch", args=[made]))


def _form(
    request: HttpRequest,
    promotions: Mapping[str, str],
    given: Mapping[str, str],
    wrong: Mapping[str, Any],
    *,
    error: DomainError | None = None,
    status: int = 422,
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "given": given, "wrong": wrong, "promotions": promotions, "sentence": sentence, "remedy": remedy,
        "kinds": [(value, name, KIND_HINTS[value]) for value, name in KINDS.items()],
        "form": request.POST.get("form") or new_form(), "longest_name": LONGEST_NAME,
        "longest_code": LONGEST_CODE, "preview": _preview(given),
    }  # fmt: skip
    return render(
        request, "web/coupons/form.html", context, status=status if request.method == "POST" else 200
    )


def _preview(given: Mapping[str, str]) -> Any:
    return preview_of(given.get("pattern", "")[:200], count_of(given.get("count", "")[:20]))


@needs(Right.COUPONS_WRITE)
def show_preview(request: HttpRequest) -> HttpResponse:
    """Show what codes of a pattern look like, while it is being typed."""
    asked = {name: request.GET.get(name, "") for name in ("pattern", "count")}
    return render(request, "web/coupons/preview.html", {"preview": _preview(asked)})
