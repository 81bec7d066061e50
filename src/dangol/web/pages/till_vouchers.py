"""Vouchers at the till: what a member took for points and picks up now."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.catalog.errors import UnknownRedemption
from dangol.rooms.rewards.catalog.services import By, hand_over
from dangol.web.acting import actor_of
from dangol.web.closed import require_open
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.till_sale import member_page
from dangol.web.present import require_present


@needs(Right.TILL_USE)
@require_POST
def give(request: HttpRequest, customer_id: Id, redemption_id: Id) -> HttpResponse:
    """Note that the member has got it, at the till's store."""
    require_present(request, customer_id)
    require_open(names_of([customer_id]).get(customer_id))
    by = By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)
    try:
        hand_over(customer_id, redemption_id, by=by)
    except UnknownRedemption as error:
        raise Http404 from error
    except DomainError as refusal:
        return member_page(request, customer_id, {"problem": explain(refusal)}, status=409)
    return HttpResponseRedirect(f"{reverse('web:till-member', args=[customer_id])}?given=1")
