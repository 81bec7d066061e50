"""Signed links: a member's own page opens by one, without signing in."""

from datetime import timedelta

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from dangol.core.storage.ids import Id, parse_id, show_id

VALID_FOR = timedelta(days=30)
_SALT = "dangol.web.member-home"


class BadLink(Exception):
    """The link was changed, or its time is over."""


def make_home_link(customer_id: Id) -> str:
    """Return the path of the customer's own page; it opens it for 30 days."""
    return reverse("web:home", args=[signing.dumps(show_id(customer_id), salt=_SALT, compress=True)])


def read_home_link(token: str) -> Id:
    """Return whose page a link's token opens; raises BadLink."""
    try:
        return parse_id(signing.loads(token, salt=_SALT, max_age=VALID_FOR))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error


def opens_here_only(request: HttpRequest) -> bool:
    """Say whether the address a page was opened by names this very computer, so that no phone can open it."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    name = host.strip("[]")
    return name == "localhost" or name.endswith(".localhost") or name == "::1" or name.startswith("127.")
