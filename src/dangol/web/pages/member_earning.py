"""What else earns a member points: what they got, how often more, and why they got none."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from dangol.core.access.rights import Right
from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.event_rules.selectors import awards_of_member, standings_of
from dangol.web.acting import require_seen
from dangol.web.event_rule_words import WHYS, in_a_line
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.event_rules import award_lines, setting_for, shown_content
from dangol.web.reads.member import find_member
from dangol.web.scheme import find_program

SHOWN = 30


@needs(Right.POINTS_READ)
def show(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's standing to each rule in force, and the points rules have given them."""
    require_seen(request, customer_id)
    member = find_member(customer_id, find_program(), at=frame_of(request).at)
    if member is None:
        raise Http404
    setting, family = setting_for(request), family_of(member.customer_id)
    context = {
        "person": member.profile.person,
        "standings": [
            (
                one, in_a_line(shown_content(one.rule), setting), WHYS[one.now] if one.now else "",
                [(WHYS[each.why], each) for each in one.refusals],
            )
            for one in standings_of(member.customer_id, at=frame_of(request).at, family=family)
        ],
        "awards": award_lines(request, awards_of_member(member.customer_id, limit=SHOWN, family=family)),
    }  # fmt: skip
    return render(request, "web/event_rules/member.html", context)
