"""Confirming that it is still the member, before much leaves their account."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dangol.core.access.members.sessions import SessionView, is_recently_confirmed
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.frame import frame_of


class NotConfirmed(DomainError):
    """So many points (`points`) are spent only after the member has confirmed by a fresh code."""

    code = "member.not_confirmed"


def needs_confirming(points: int) -> bool:
    """Say whether spending so many points asks for a fresh code."""
    return points >= settings.STEP_UP_POINTS


def lead_to_confirm(
    request: HttpRequest, session: SessionView, *, points: int, back: str
) -> HttpResponse | None:
    """Return the way to the code and back to `back`, a page of the member's; None where none is needed.

    For pages on which a member spends: call it before spending, and return what it gives.
    """
    if not needs_confirming(points) or session.is_confirmed(frame_of(request).at):
        return None
    return HttpResponseRedirect(f"{reverse('web:me-confirm')}?{urlencode({'next': back})}")


def require_confirmed(customer_id: Id, *, points: int, request: HttpRequest) -> None:
    """Refuse a redemption at the till of so many points unless the member has confirmed on their phone.

    Raises NotConfirmed: the member opens `/me/confirm`, types the code, and the till tries again within five
    minutes.
    """
    at = frame_of(request).at
    if needs_confirming(points) and not is_recently_confirmed(customer_id, at=at):
        raise NotConfirmed(points=points)
