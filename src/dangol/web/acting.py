"""What every page on which staff do something to a member begins with: who does it, and to whom."""

from datetime import date, datetime

import msgspec
from django.http import Http404, HttpRequest

from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.models import Staff
from dangol.core.people.selectors import home_stores_of
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.domain.calendars import next_day, start_of_day
from dangol.web.closed import require_open
from dangol.web.frame import frame_of
from dangol.web.guard import visitor_of
from dangol.web.reads.member import MemberView, find_member
from dangol.web.scheme import find_program
from dangol.web.sign_in.origins import origin_of
from dangol.web.watch import request_id_of

FURTHEST_YEAR = 9000


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in, as the records name them."""
    staff = request.user
    assert isinstance(staff, Staff), "the guard lets nobody else in"
    name = staff.first_name or staff.username
    return Actor(ActorKind.STAFF, staff.username, name, origin_of(request).address, request_id_of(request))


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who holds a browser: their sign-in name, and the store they are bound to."""

    by: str
    store: str | None = None


def holder_of(request: HttpRequest) -> str:
    """Return who holds this browser now, as a text that names them: a `Holder` as JSON."""
    visitor = visitor_of(request)
    store = show_id(visitor.store_id) if visitor.store_id else None
    return msgspec.json.encode(Holder(actor_of(request).key, store)).decode()


def require_seen(request: HttpRequest, customer_id: Id) -> None:
    """Answer 404 for a member of another store than the one a visitor is bound to."""
    visitor = visitor_of(request)
    if visitor.store_id and not visitor.sees(home_stores_of([customer_id]).get(customer_id)):
        raise Http404


def find_subject(request: HttpRequest, customer_id: Id, *, wallet: str = "") -> MemberView:
    """Return the member something is done to; answers 404 for nobody and other stores'.

    Raises MemberClosed for the erased and the keyless.
    """
    require_seen(request, customer_id)
    member = find_member(customer_id, find_program(), at=frame_of(request).at, wallet=wallet)
    if member is None:
        raise Http404
    require_open(member.profile.person)
    return member


def new_form() -> str:
    """Return a name for a form, so that sent twice it is one."""
    return show_id(new_id())


def form_of(request: HttpRequest) -> Id:
    """Return the name of the form that was sent; answers 404 for one we have not made."""
    try:
        return parse_id(request.POST.get("form", ""))
    except ValueError:
        raise Http404 from None


def read_last_day(text: str, request: HttpRequest) -> tuple[bool, datetime | None]:
    """Return whether a field holds a day from today on, or nothing, and when that day ends in the shop."""
    if not text:
        return True, None
    frame = frame_of(request)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False, None
    if not frame.today <= day or day.year > FURTHEST_YEAR:
        return False, None
    return True, start_of_day(next_day(day), frame.shop.tz)
