"""A member's stamp cards on their phone: drawn, with what they give, and how stamps came and went."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dangol.core.access.members.sessions import SessionView
from dangol.rooms.rewards.stamps.selectors import cards_of, moves_of, standings_for
from dangol.web.frame import frame_of
from dangol.web.member_door import member_required
from dangol.web.stamp_words import GIVES, MOVES, STATES

SHOWN = 20


@member_required
@require_safe
def show_stamps(request: HttpRequest, session: SessionView) -> HttpResponse:
    """Show the open cards, those that were full, and the latest stamps."""
    owner = session.customer_id
    cards = [one for one in cards_of(owner, limit=SHOWN) if one.state.value != "open"]
    context = {
        "here": "rewards", "standings": standings_for(owner, at=frame_of(request).at), "gives": GIVES,
        "cards": [(one, STATES[one.state]) for one in cards],
        "moves": [(one, MOVES[one.kind]) for one in moves_of(owner, limit=SHOWN)],
    }  # fmt: skip
    return render(request, "web/me/stamps.html", context)
