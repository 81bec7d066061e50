"""What a member looks at: the pass, the barcode, the history; and what makes it an app on the phone."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy as _
from django.views.decorators.http import require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.core.people.selectors import MEMBER, profiles_of
from dangol.core.people.wordings import JOINING
from dangol.domain.brand import HOUSE_COLOR
from dangol.domain.points import Kind
from dangol.rooms.rewards.promotions.counter import waiting_for
from dangol.rooms.rewards.stamps.selectors import standings_for
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required, open_to_anyone, sign_out
from dangol.web.pages.home import barcode_of, home_context, number_of
from dangol.web.pages.me.entries import entries_of
from dangol.web.reads.statement import merge_expired, read_statement
from dangol.web.reads.wallets import choose_wallet
from dangol.web.scheme import tiers_of
from dangol.web.stamp_words import GIVES

STAMP_CARDS = 2


class Choice(NamedTuple):
    """A choice of a history: which kinds of transfers it shows; none: all."""

    key: str
    name: str | Promise
    kinds: tuple[Kind, ...] = ()


CHOICES = (
    Choice("all", _("모두")),
    Choice("earned", _("적립"), (Kind.EARN, Kind.RESTORE, Kind.GIFT_IN)),
    Choice("spent", _("사용"), (Kind.SPEND, Kind.GIFT_OUT)),
    Choice("expired", _("소멸"), (Kind.EXPIRE,)),
)


@member_required
@require_safe
def show_home(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the pass; whoever is no member any more is asked to join again, an erased one is signed out."""
    context = home_context(session.customer_id, frame_of(request))
    if context is None:
        return sign_out(request, render(request, "web/me/open.html", {"is_open": False}, status=404))
    member = context["member"]
    if member.profile.person.kind != MEMBER:
        asked = [one for one in JOINING if one.required]
        return render(request, "web/me/join.html", {"points": member.points, "wordings": asked})
    asks = waiting_for(session.customer_id, at=frame_of(request).at)
    standings = standings_for(session.customer_id, at=frame_of(request).at)
    # Those they have begun; all there are stand on the cards' own page.
    begun = [one for one in standings if one.stamps or one.waiting or one.debt] or standings
    shown = {"here": "home", "asks": asks, "standings": begun[:STAMP_CARDS], "gives": GIVES}
    shown["entries"] = entries_of(session.customer_id, at=frame_of(request).at)
    return render(request, "web/home.html", context | shown)


@member_required
@require_safe
def show_barcode(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the barcode as large as the screen."""
    number = number_of(profiles_of([session.customer_id], unmasked=True)[session.customer_id])
    context = {"here": "barcode", "number": number, "barcode": barcode_of(number)}
    return render(request, "web/me/barcode.html", context)


@member_required
@require_safe
def show_history(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the points line by line; each opens its sum. What is chosen is in the address."""
    frame, looked = frame_of(request), choose_wallet(request)
    chosen = next((one for one in CHOICES if one.key == request.GET.get("kind")), CHOICES[0])
    after = request.GET.get("after", "")
    lines, next_after = [], ""
    if looked.running:
        page = read_statement(
            session.customer_id, looked.currency, after=after, quiet=True, kinds=chosen.kinds
        )
        lines, next_after = merge_expired(page.lines), page.next_after
    context = {
        "here": "history", "choices": CHOICES, "kind": chosen.key, "after": after, "lines": lines,
        "next_after": next_after, "currency": frame.shop.currency, "looked": looked,
        "tier_by_key": {one.key: one.name for one in tiers_of(looked.running)},
    }  # fmt: skip
    return render(request, "web/me/history.html", context)


@open_to_anyone
@require_safe
def show_manifest(request: HttpRequest) -> HttpResponse:
    """Return what makes the pages an app on a phone (W3C Web Application Manifest)."""
    shop = frame_of(request).shop
    home = reverse("web:me")
    icons = [
        {"src": static(f"web/{name}.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": purpose}
        for name, purpose in (("dangol", "any"), ("maskable", "maskable"))
    ]
    told = {
        "id": home, "name": shop.name, "short_name": shop.name[:12], "start_url": home, "scope": home,
        "display": "standalone", "lang": get_language(), "background_color": "#f5f6f8",
        "theme_color": shop.color or HOUSE_COLOR, "icons": icons,
    }  # fmt: skip
    return JsonResponse(told, content_type="application/manifest+json")
