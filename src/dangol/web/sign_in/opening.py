"""Opening a session of ours whenever Django opens one of its own."""

from typing import Any

from django.http import HttpRequest

from dangol.core.access.sessions import open_session
from dangol.core.people.models import Staff
from dangol.core.storage.ids import show_id
from dangol.project.clock import now
from dangol.web.guard import SESSION
from dangol.web.sign_in.origins import origin_of, proofs_of


def open_session_for(sender: object, request: HttpRequest, user: Staff, **kwargs: Any) -> None:
    """Write down who came in, by what and from where, and note the session in Django's.

    Django has given the browser a new session key by now, so that a key from before opens nothing.
    """
    session_id = open_session(
        staff=user.pk, how=proofs_of(request, user), origin=origin_of(request), at=now()
    )
    request.session[SESSION] = show_id(session_id)
