"""The member's own page, for the phone: opened by a signed link, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import Profile
from dangol.core.storage.ids import Id
from dangol.web.barcodes import render_barcode
from dangol.web.frame import frame_of
from dangol.web.guard import member_page
from dangol.web.links import BadLink, read_home_link
from dangol.web.pages.errors import link_over
from dangol.web.pages.member import describe_progress
from dangol.web.reads.member import find_member
from dangol.web.reads.statement import StatementLine, merge_expired, read_statement
from dangol.web.scheme import find_program, tiers_of

HISTORY = 10
# Points of many days may lapse in one instant, which is one line.
MOST_TRANSFERS = 60


@member_page
@never_cache
def show_home(request: HttpRequest, token: str) -> HttpResponse:
    """Show a member their pass, what lapses soon, the way to the next tier, and their history."""
    frame = frame_of(request)
    try:
        customer_id = read_home_link(token)
    except BadLink:
        return link_over(request)
    # A link made before two were merged leads to who they are now.
    customer_id = resolve_merged([customer_id])[customer_id]
    running = find_program()
    # The member's own page: their number is shown to them whole.
    member = find_member(customer_id, running, at=frame.at, unmasked=True)
    if member is None or member.profile.person.erased:
        return link_over(request)
    tiers = tiers_of(running)
    number = _number(member.profile)
    context = {
        "member": member,
        "tier": tiers[member.standing.level] if member.standing and tiers else None,
        "progress": describe_progress(member.standing, tiers, frame.shop.currency),
        "lines": _history(customer_id, running.row.points_currency) if running else [],
        "tier_by_key": {one.key: one.name for one in tiers},
        "number": number,
        "barcode": _barcode(number),
        "currency": frame.shop.currency,
    }
    response = render(request, "web/home.html", context)
    # The link itself is the key: it must not travel on in a Referer header.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _history(customer_id: Id, currency: str) -> list[StatementLine]:
    page = read_statement(customer_id, currency, limit=MOST_TRANSFERS, quiet=True)
    return merge_expired(page.lines)[:HISTORY]


def _number(profile: Profile) -> str:
    """Return the number a till can scan: the card's, else the shop's own number of the member."""
    return profile.card or profile.person.external_id or ""


def _barcode(number: str) -> SafeString:
    try:
        return render_barcode(number, label=_("회원 번호 %(number)s의 바코드") % {"number": number})
    except ValueError:
        return SafeString()
