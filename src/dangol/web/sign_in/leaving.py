"""Going out by the door."""

from django.contrib.auth import logout
from django.http import HttpRequest

from dangol.core.access.sessions import Outcome, end_sessions
from dangol.project.clock import now
from dangol.web.guard import find_visitor_of


def leave(request: HttpRequest) -> None:
    """End this browser's session, or a sign-in that was left half-way; nothing where there is none."""
    visitor = find_visitor_of(request)
    if visitor is not None:
        end_sessions([visitor.session_id], Outcome.SIGNED_OUT, at=now())
    logout(request)
