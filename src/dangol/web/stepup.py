"""Confirming that it is still the member, before much leaves their account."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from dangol.core.access.members.sessions import SessionView
from dangol.web.frame import frame_of


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
