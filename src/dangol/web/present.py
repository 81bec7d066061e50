"""Who stands at the till: anybody who tells a whole number of theirs, else whom the till's store knows.

A member is the shop's, and may buy at any of its stores. So whoever is bound to a store finds their own
store's members in any way, and another store's only by a whole phone, card, e-mail or number, which the
member tells them. That opens this member's till pages to this session for a while, and nothing else of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest

from dangol.core.access.selectors import Visitor
from dangol.core.people.searching import find_customers, find_whole
from dangol.core.people.selectors import home_stores_of
from dangol.core.storage.ids import Id, show_id
from dangol.web.frame import frame_of
from dangol.web.guard import visitor_of

KEY = "till-present"
STAYS = timedelta(minutes=30)
MOST_PRESENT = 20
# So many are looked through for those of one store.
MOST_FOUND = 200


def find_at_till(request: HttpRequest, text: str, *, limit: int) -> list[Id]:
    """Return whom a search at the till means, whole identities first; notes who is found by one."""
    visitor = visitor_of(request)
    if not text:
        return []
    if visitor.store_id is None:
        return find_customers(text, limit=limit)
    found = find_customers(text, limit=MOST_FOUND)
    seen = set(seen_by(visitor, found))
    told = [one for one in find_whole(text) if one not in seen]
    let_in(request, told)
    return [one for one in found if one in seen or one in told][:limit]


def seen_by(visitor: Visitor, customer_ids: Iterable[Id]) -> list[Id]:
    """Return those of these customers who are at home in a store the visitor sees, or nowhere."""
    wanted = list(customer_ids)
    if visitor.store_id is None:
        return wanted
    homes = home_stores_of(wanted)
    return [one for one in wanted if visitor.sees(homes.get(one))]


def let_in(request: HttpRequest, customer_ids: Iterable[Id]) -> None:
    """Note that these people told a whole number of theirs just now."""
    now = frame_of(request).at.isoformat()
    fresh = {show_id(one): now for one in customer_ids}
    if fresh:
        before = request.session.get(KEY, {})
        kept = [*(one for one in before.items() if one[0] not in fresh), *fresh.items()]
        request.session[KEY] = dict(kept[-MOST_PRESENT:])


def require_present(request: HttpRequest, customer_id: Id) -> None:
    """Answer 404 for a member of another store who has not told a whole number of theirs of late."""
    if seen_by(visitor_of(request), [customer_id]):
        return
    told = request.session.get(KEY, {}).get(show_id(customer_id))
    if told is None or frame_of(request).at - datetime.fromisoformat(told) >= STAYS:
        raise Http404
