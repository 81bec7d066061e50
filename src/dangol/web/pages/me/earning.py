"""What else earns points, on the phone: each rule with what it gives, how often more, and what was given."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.domain.event_rules import Why
from dangol.rooms.rewards.event_rules.selectors import RuleStanding, awards_of_member, standings_of
from dangol.web.event_rule_words import about_of, gives_in_short, name_of
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required, require_member

SHOWN = 20
# Why there is nothing now, for whoever it is about. What only some may have is not told to the others.
_WHYS: dict[Why, Promise] = {
    Why.BEFORE: _("아직 시작하지 않았어요"),
    Why.EVER: _("다 받았어요"),
    Why.YEAR: _("올해는 다 받았어요"),
    Why.MONTH: _("이달은 다 받았어요"),
    Why.WEEK: _("이번 주는 다 받았어요"),
    Why.DAY: _("오늘은 다 받았어요"),
    Why.COOLDOWN: _("조금 뒤에 다시 받을 수 있어요"),
    Why.BUDGET_TIMES: _("준비한 포인트가 다 나갔어요"),
    Why.BUDGET_POINTS: _("준비한 포인트가 다 나갔어요"),
}


@member_required
@require_safe
def show_earning(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show what else earns points, and the points that came of it."""
    owner = session.customer_id
    require_member(owner)
    standings = standings_of(owner, at=frame_of(request).at, only_shown=True)
    context = {
        "here": "rewards",
        "rules": [_told(one) for one in standings if one.now is not Why.CONDITION],
        "awards": awards_of_member(owner, limit=SHOWN),
    }
    return render(request, "web/me/earning.html", context)


def _told(one: RuleStanding) -> tuple[RuleStanding, str, str, str, str | Promise]:
    version = one.rule.version
    assert version is not None, "only rules in force are asked about"
    content = version.content
    why = _WHYS.get(one.now, "") if one.now else ""
    return one, name_of(content), about_of(content), gives_in_short(content), why
