"""The member's own page, for the phone: opened by a signed link, without signing in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import Profile
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.catalog.selectors import offers_for
from dangol.rooms.rewards.households.settings import read_settings
from dangol.rooms.rewards.stamps.selectors import standings_for
from dangol.web.barcodes import render_barcode
from dangol.web.closed import require_open
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import member_page
from dangol.web.idle_words import kept_in_words
from dangol.web.links import BadLink, read_home_link
from dangol.web.pages.errors import link_over
from dangol.web.reads.households import usable_in_household
from dangol.web.reads.member import find_member
from dangol.web.reads.own_coupons import own_coupons, usable_first
from dangol.web.reads.statement import StatementLine, merge_expired, read_statement
from dangol.web.reads.wallets import beside, read_wallets
from dangol.web.scheme import find_program, tiers_of
from dangol.web.stamp_words import GIVES
from dangol.web.tier_words import describe_progress

HISTORY, SHELF = 10, 5
# Points of many days may lapse in one instant, which is one line.
MOST_TRANSFERS = 60


@member_page
@never_cache
def show_home(request: HttpRequest, token: str) -> HttpResponse:
    """Show a member their pass, what lapses soon, the way to the next tier, and their history."""
    try:
        customer_id = read_home_link(token)
    except BadLink:
        return link_over(request)
    # A link made before two were merged leads to who they are now.
    customer_id = resolve_merged([customer_id])[customer_id]
    context = home_context(customer_id, frame_of(request))
    if context is None:
        return link_over(request)
    context |= _shelf(customer_id, frame_of(request))
    # The link itself is the key; by the policy of all pages it travels to no other site in a Referer header.
    return render(request, "web/home.html", context)


def _shelf(customer_id: Id, frame: Frame) -> dict[str, Any]:
    """Return what a bearer of the link may see of what the member has: names and dates, never a code.

    A link can be passed on. Codes, and whatever costs points, are for whoever signs in.
    """
    offers = offers_for(customer_id, at=frame.at)
    return {
        "by_link": True, "gives": GIVES,
        "coupons": usable_first(own_coupons(customer_id, frame), frame)[:SHELF],
        "standings": [
            one for one in standings_for(customer_id, at=frame.at) if one.stamps or one.waiting or one.debt
        ],
        "affordable": [one for one in offers if not one.obstacle][:SHELF],
    }  # fmt: skip


def home_context(customer_id: Id, frame: Frame) -> dict[str, Any] | None:
    """Return what a member's first page shows; None for an id nobody has, and for someone erased."""
    running = find_program()
    # The member's own page: their number is shown to them whole.
    member = find_member(customer_id, running, at=frame.at, unmasked=True)
    if member is not None and member.profile.person.keyless:
        require_open(member.profile.person)
    if member is None or member.profile.person.erased:
        return None
    tiers = tiers_of(running)
    number = number_of(member.profile)
    return {
        "member": member,
        "tier": tiers[member.standing.level] if member.standing and tiers else None,
        "progress": describe_progress(member.standing, tiers, frame.shop.currency),
        "lines": _history(customer_id, running.row.points_currency) if running else [],
        "wallets": beside(read_wallets(customer_id)),
        "household": _household(customer_id, frame),
        "tier_by_key": {one.key: one.name for one in tiers},
        "number": number,
        "barcode": barcode_of(number),
        "currency": frame.shop.currency,
        "kept": kept_in_words(member.soon.kept) if member.soon and member.soon.kept else "",
    }


def _household(customer_id: Id, frame: Frame) -> int | None:
    """Return how many points there are to spend in a household; None where there is none of theirs."""
    return usable_in_household(customer_id, at=frame.at) if read_settings().is_open else None


def _history(customer_id: Id, currency: str) -> list[StatementLine]:
    page = read_statement(customer_id, currency, limit=MOST_TRANSFERS, quiet=True)
    return merge_expired(page.lines)[:HISTORY]


def number_of(profile: Profile) -> str:
    """Return the number a till can scan: the card's, else the shop's own number of the member."""
    return profile.card or profile.person.external_id or ""


def barcode_of(number: str) -> SafeString:
    """Return a number's barcode; nothing for one that no barcode can hold."""
    try:
        return render_barcode(number, label=_("회원 번호 %(number)s의 바코드") % {"number": number})
    except ValueError:
        return SafeString()
