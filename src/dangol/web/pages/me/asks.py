"""What a till asks a member before something of theirs is used: yes or no, on their own phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.counter import answer_on_phone, confirmation_of, waiting_for
from dangol.rooms.rewards.promotions.sales import UnknownSale
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required
from dangol.web.pages.till_held import what_is_used

SAID = {"yes", "no"}


@member_required
@require_safe
def show_asks(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what waits for a yes or no."""
    return _page(request, session, {"said": request.GET.get("said", "")})


@member_required
@require_safe
def count_asks(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Say how many questions wait: a page that shows the barcode asks every other second."""
    return JsonResponse({"waiting": len(waiting_for(session.customer_id, at=frame_of(request).at))})


@member_required
@require_POST
def answer(request: HttpRequest, session: SessionView, sale_id: Id) -> HttpResponse:
    """Note the member's yes or no."""
    says = request.POST.get("says", "")
    if says not in SAID:
        return HttpResponseRedirect(reverse("web:me-asks"))
    at = frame_of(request).at
    try:
        answer_on_phone(sale_id, session.customer_id, says_yes=says == "yes", at=at)
    except UnknownSale as refusal:
        return _page(request, session, {"refused": explain(refusal)}, status=404)
    except DomainError as refusal:
        return _page(request, session, {"refused": explain(refusal)}, status=409)
    return HttpResponseRedirect(f"{reverse('web:me-asks')}?said={says}")


def _page(
    request: HttpRequest, session: SessionView, more: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    asks = [
        {"one": sale, "asked": confirmation_of(sale.id), **what_is_used(sale)}
        for sale in waiting_for(session.customer_id, at=frame_of(request).at)
    ]
    return render(request, "web/me/asks.html", {"here": "home", "asks": asks, **more}, status=status)
