"""A member's household on their phone: made, asked into, joined, shared and left, and what was spent."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dangol.core.access.members.sessions import SessionView
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.households import Leaving, Sharing
from dangol.rooms.rewards.households import services
from dangol.rooms.rewards.households.errors import NotInvited, UnknownHousehold
from dangol.rooms.rewards.households.leaving import leave, points_left_behind, send_away
from dangol.rooms.rewards.households.models import LONGEST_NAME
from dangol.rooms.rewards.households.selectors import HouseholdView, find_household, standing_of
from dangol.rooms.rewards.households.services import By
from dangol.rooms.rewards.households.settings import read_settings
from dangol.web.amounts import read_points
from dangol.web.frame import frame_of
from dangol.web.member_door import address_of, member_required, require_member
from dangol.web.pages.member_link import draw_qr
from dangol.web.reads.households import read_household
from dangol.web.watch import request_id_of

# How long a head's link leads into the household.
LINK_FOR = timedelta(days=3)
_SALT = "dangol.web.household"


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the household with what there is to spend; a tap makes one, joins, shares or leaves."""
    owner = session.customer_id
    if request.method != "POST":
        return _show(request, owner)
    require_member(owner)
    who = Actor(ActorKind.MEMBER, "member", address=address_of(request), request=request_id_of(request))
    act = _ACTS.get(request.POST.get("do", ""))
    try:
        if act:
            act(request, owner, By(who, frame_of(request).at))
    except DomainError as error:
        return _show(request, owner, error)
    return HttpResponseRedirect(reverse("web:me-household"))


def _show(request: HttpRequest, owner: Id, error: DomainError | None = None) -> HttpResponse:
    at, content = frame_of(request).at, read_settings()
    page = read_household(owner, at=at)
    own, household = page.standing.own, page.standing.household
    link = _link_to(request, household) if household and own and own.is_head and content.is_open else ""
    context = {
        "here": "home", "page": page, "is_open": content.is_open, "all_share": content.sharing is Sharing.ALL,
        "leaves": content.leaving is Leaving.LEAVES,
        "left_behind": points_left_behind(owner, at=at) if household else 0, "link": link,
        "qr": draw_qr(link, label=_("초대 링크의 QR")) if link else "",
        "link_days": LINK_FOR.days, "longest_name": LONGEST_NAME, "given": request.POST,
        "refused": explain(error) if error else None,
        **(_asked_by_link(request.GET.get("to", "")) if not household else {}),
    }  # fmt: skip
    return render(request, "web/me/household.html", context, status=422 if error else 200)


def _link_to(request: HttpRequest, household: HouseholdView) -> str:
    """Return a link that leads into a household for some days, as long as its head is who they are."""
    told = f"{show_id(household.id)}:{show_id(household.head_id)}"
    token = signing.dumps(told, salt=_SALT, compress=True)
    return request.build_absolute_uri(f"{reverse('web:me-household')}?to={token}")


def _read_link(token: str) -> HouseholdView:
    """Return the household a link leads into; raises NotInvited for one that is over or was made up."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=LINK_FOR)
        shown, head = str(told).split(":")
        household = find_household(parse_id(shown))
    except (signing.BadSignature, ValueError, UnknownHousehold):
        raise NotInvited() from None
    if show_id(household.head_id) != head:
        raise NotInvited()
    return household


def _asked_by_link(token: str) -> dict[str, object]:
    """Return which household a link leads into, and whose; nothing for one that is over."""
    if not token:
        return {}
    try:
        household = _read_link(token)
    except NotInvited as error:
        return {"refused": explain(error)}
    return {
        "to": token,
        "to_name": household.name,
        "to_head": names_of([household.head_id])[household.head_id],
    }


def _household_of(request: HttpRequest) -> Id:
    try:
        return parse_id(request.POST.get("household", ""))
    except ValueError:
        raise UnknownHousehold(household="") from None


def _make(request: HttpRequest, owner: Id, by: By) -> None:
    services.make_household(owner, name=request.POST.get("name", ""), by=by)


def _enter(request: HttpRequest, owner: Id, by: By) -> None:
    """Join by the head's link: who has it was asked by them."""
    household = _read_link(request.POST.get("to", ""))
    services.enter(owner, household.id, shares="shares" in request.POST, by=by)


def _accept(request: HttpRequest, owner: Id, by: By) -> None:
    services.accept(owner, _household_of(request), shares="shares" in request.POST, by=by)


def _decline(request: HttpRequest, owner: Id, by: By) -> None:
    services.decline(owner, _household_of(request), by=by)


def _share(request: HttpRequest, owner: Id, by: By) -> None:
    services.set_sharing(owner, shares="shares" in request.POST, by=by)


def _remove(request: HttpRequest, owner: Id, by: By) -> None:
    """Let the head send somebody away, who is named by their time in the household."""
    standing, who = standing_of(owner, at=by.at), request.POST.get("who", "")
    if standing.household is None or standing.own is None or not standing.own.is_head:
        return
    for one in standing.household.members:
        if one.shown == who and one.id != standing.own.id:
            send_away(one.customer_id, by=by)


def _leave(request: HttpRequest, owner: Id, by: By) -> None:
    leave(owner, by=by, gives=read_points(request.POST.get("gives", "")) or 0)


_ACTS: Mapping[str, Callable[[HttpRequest, Id, By], None]] = {
    "make": _make, "enter": _enter, "accept": _accept, "decline": _decline, "share": _share,
    "remove": _remove, "leave": _leave,
}  # fmt: skip
