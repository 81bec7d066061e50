"""What members took for points: the list, handing over, and taking back."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.actors import require_reason
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.redeeming import RedemptionState
from dangol.rooms.rewards.catalog.errors import UnknownRedemption
from dangol.rooms.rewards.catalog.selectors import (
    Query,
    RedemptionView,
    find_redemption,
    list_redemptions,
    list_rewards,
    moves_of,
)
from dangol.rooms.rewards.catalog.services import By, cancel_redemption, hand_over
from dangol.web.acting import actor_of, find_subject, require_seen
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reward_words import STATES, state_in_words

A_PAGE = 50


@needs(Right.REWARDS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show a page of redemptions; what it is of is in the address."""
    asked, visitor = request.GET, visitor_of(request)
    state = asked.get("state", "")
    query = Query(
        RedemptionState(state) if state in STATES else None, _read_id(asked.get("reward", "")),
        _read_id(asked.get("q", "")), visitor.store_id,
    )  # fmt: skip
    text = asked.get("q", "").strip()[:64]
    rows: list[RedemptionView] = []
    if not text or query.redemption_id:
        rows = list_redemptions(query, before=_place(asked.get("after", "")), limit=A_PAGE + 1)
    shown, rest = rows[:A_PAGE], rows[A_PAGE:]
    people = names_of([one.customer_id for one in shown])
    context: dict[str, Any] = {
        "lines": [(one, people.get(one.customer_id), _told(one)) for one in shown],
        "next_after": f"{shown[-1].redeemed_at.isoformat()}_{shown[-1].id.hex()}" if rest else "",
        "after": asked.get("after", ""), "text": text, "state": state, "states": STATES,
        "rewards": [(show_id(one.id), one) for one in list_rewards()], "reward": asked.get("reward", ""),
        "filtered": bool(text or state or query.reward_id),
        "may_see_members": visitor.may(Right.MEMBERS_READ),
    }  # fmt: skip
    template = "web/rewards/redemptions.html"
    return render(request, f"{template}#results" if request.headers.get("HX-Request") else template, context)


@needs(Right.REWARDS_READ)
def show(request: HttpRequest, customer_id: Id, redemption_id: Id) -> HttpResponse:
    """Show a redemption: where it stands, and how it came there."""
    require_seen(request, customer_id)
    return _show(request, _find(customer_id, redemption_id))


def _show(request: HttpRequest, one: RedemptionView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    moves = [(move, state_in_words(move.state, one.reward.kind)) for move in moves_of([one])[one.id]]
    context = {
        "one": one, "told": _told(one), "moves": moves,
        "person": names_of([one.customer_id]).get(one.customer_id), "sentence": sentence, "remedy": remedy,
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ), "number": show_id(one.id),
        "may_cancel": one.state is RedemptionState.ISSUED and not one.is_used,
    }  # fmt: skip
    return render(request, "web/rewards/redemption.html", context, status=422 if error else 200)


def _told(one: RedemptionView) -> tuple[Promise, str, str]:
    return state_in_words(one.state, one.reward.kind, is_used=one.is_used)


@needs(Right.POINTS_SPEND)
@require_POST
def give(request: HttpRequest, customer_id: Id, redemption_id: Id) -> HttpResponse:
    """Note that the member has got it."""
    find_subject(request, customer_id)
    one = _find(customer_id, redemption_id)
    by = By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)
    try:
        hand_over(customer_id, redemption_id, by=by)
    except DomainError as error:
        return _show(request, one, error)
    return _back(customer_id, redemption_id)


@needs(Right.POINTS_ADJUST)
@require_POST
def cancel(request: HttpRequest, customer_id: Id, redemption_id: Id) -> HttpResponse:
    """Take it back, with its points."""
    find_subject(request, customer_id)
    one = _find(customer_id, redemption_id)
    by = By(actor_of(request), frame_of(request).at, visitor_of(request).store_id)
    try:
        reason = require_reason(request.POST.get("reason", ""))
        cancel_redemption(customer_id, redemption_id, by=by, reason=reason)
    except DomainError as error:
        return _show(request, one, error)
    return _back(customer_id, redemption_id)


def _back(customer_id: Id, redemption_id: Id) -> HttpResponse:
    return HttpResponseRedirect(reverse("web:redemption", args=[customer_id, redemption_id]))


def _find(customer_id: Id, redemption_id: Id) -> RedemptionView:
    try:
        return find_redemption(customer_id, redemption_id)
    except UnknownRedemption as error:
        raise Http404 from error


def _read_id(text: str) -> Id | None:
    try:
        return parse_id(text.strip())
    except ValueError:
        return None


def _place(text: str) -> tuple[datetime, Id] | None:
    """Return the place in the list that an address means; from the beginning where it means none."""
    at, _, shown = text.rpartition("_")
    redemption_id = _read_id(shown)
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (instant, redemption_id) if redemption_id and instant.utcoffset() is not None else None
