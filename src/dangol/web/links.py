"""Signed links: a member's own page opens by one, without signing in."""

from datetime import timedelta

from django.core import signing
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
