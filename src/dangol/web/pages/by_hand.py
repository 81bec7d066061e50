"""Points by hand: giving and taking with a look ahead, undoing, and approving what is large."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.approvals import find_approval, withdraw
from dangol.core.access.errors import NoSuchApproval
from dangol.core.access.rights import Right
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.merged import resolve_merged
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import try_out
from dangol.domain.accrual import dates_of
from dangol.domain.errors import DomainError
from dangol.domain.points import NEVER
from dangol.web import asks
from dangol.web.acting import actor_of, find_subject, form_of, new_form, read_last_day, require_seen
from dangol.web.amounts import read_points
from dangol.web.asks import OF_THE_SHOP
from dangol.web.formats import format_last_day
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.reads.approvals import read_approvals
from dangol.web.reads.member import MemberView
from dangol.web.reads.statement import find_line
from dangol.web.reads.wallets import FIELD, Looked, choose_wallet

POINTS, WAITING = "?tab=points", "?tab=points&waits=1"
LONGEST = 200


def _wallet(request: HttpRequest) -> Looked:
    looked = choose_wallet(request)
    if looked.running is None:
        raise Http404
    return looked


@needs(Right.POINTS_ADJUST)
def adjust(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Ask how many points and why, show what would be, then do it, or ask a second person for it."""
    looked, asked = _wallet(request), request.POST
    member = find_subject(request, customer_id, wallet=looked.currency)
    way = "take" if asked.get("way") == "take" else "give"
    given = {name: asked.get(name, "").strip()[:LONGEST] for name in ("points", "reason", "last_day")}
    context: dict[str, Any] = {
        "member": member, "given": given | {"way": way}, "limit": settings.ADJUST_LIMIT,
        "form": asked.get("form") or new_form(), "longest": LONGEST, "looked": looked,
    }  # fmt: skip
    if request.method != "POST":
        # As long as what they would buy now: it can be changed, or taken out.
        context["given"]["last_day"] = _usual_last_day(looked, member, frame_of(request).at)
    if request.method != "POST" or "edit" in asked:
        return render(request, "web/adjust.html", context)
    points = read_points(given["points"])
    is_day, expires_at = read_last_day(given["last_day"], request)
    wrong = {"points": points is None, "reason": not given["reason"], "last_day": not is_day}
    if points is None or any(wrong.values()):
        return render(request, "web/adjust.html", context | {"wrong": wrong}, status=422)
    kind = looked.currency
    wanted = ByHand(kind, -points) if way == "take" else ByHand(kind, points, expires_at)
    return _preview_or_do(request, member, wanted, context)


def _usual_last_day(looked: Looked, member: MemberView, at: datetime) -> str:
    """Return the last day of points a member earns now; empty where they do not lapse by a day."""
    running = looked.running
    if running is None or member.standing is None:
        return ""
    terms = running.rules.terms_in(member.standing.tier.key, at)
    _, lapses_at = dates_of(terms, at)
    return "" if terms.idle or lapses_at == NEVER else format_last_day(lapses_at).isoformat()


def _preview_or_do(
    request: HttpRequest, member: MemberView, wanted: ByHand, context: dict[str, Any]
) -> HttpResponse:
    form, owner = form_of(request), member.customer_id
    is_sure = "sure" in request.POST

    def act() -> tuple[bool, int]:
        outcome = move_by_hand(
            owner, wanted, form=form, actor=actor_of(request), reason=context["given"]["reason"],
            at=frame_of(request).at, limit=settings.ADJUST_LIMIT,
        )  # fmt: skip
        found = balances_of([owner], wanted.currency).get(owner)
        return outcome.waits, found.available if found else 0

    try:
        waits, balance = act() if is_sure else try_out(act)
    except DomainError as refusal:
        sentence, remedy = explain(refusal)
        context |= {"sentence": sentence, "remedy": remedy}
        return render(request, "web/adjust.html", context, status=422)
    if is_sure:
        return _back(owner, context["looked"], waits=waits)
    after = member.points + wanted.points if waits else balance
    context |= {"preview": True, "waits": waits, "balance": after, "points": wanted.points, "wanted": wanted}
    return render(request, "web/adjust.html", context)


def _back(owner: Id, looked: Looked, *, waits: bool) -> HttpResponse:
    kind = f"&{FIELD}={looked.key}" if looked.key else ""
    return HttpResponseRedirect(reverse("web:member", args=[owner]) + (WAITING if waits else POINTS) + kind)


@needs(Right.POINTS_ADJUST)
def undo(request: HttpRequest, customer_id: Id, transfer_id: Id) -> HttpResponse:
    """Show one movement of points that can be undone, ask why, and book the reversal."""
    looked = _wallet(request)
    member = find_subject(request, customer_id, wallet=looked.currency)
    line = find_line(customer_id, looked.currency, transfer_id)
    if line is None:
        raise Http404
    context: dict[str, Any] = {
        "member": member, "line": line, "form": request.POST.get("form") or new_form(),
        "reason": request.POST.get("reason", ""), "limit": settings.ADJUST_LIMIT, "looked": looked,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "web/undo_points.html", context)
    try:
        outcome = move_by_hand(
            customer_id, ByHand(looked.currency, reverses=show_id(transfer_id)), form=form_of(request),
            actor=actor_of(request), reason=context["reason"], at=frame_of(request).at,
            limit=settings.ADJUST_LIMIT,
        )  # fmt: skip
    except DomainError as refusal:
        sentence, remedy = explain(refusal)
        context |= {"sentence": sentence, "remedy": remedy}
        return render(request, "web/undo_points.html", context, status=422)
    return _back(customer_id, looked, waits=outcome.waits)


@needs(Right.APPROVALS_DECIDE)
def show_approvals(request: HttpRequest) -> HttpResponse:
    """Show what waits for a second person, and what was decided lately."""
    return _approvals(request)


def _approvals(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(refusal) if refusal else ("", "")
    context = read_approvals(
        at=frame_of(request).at, me=actor_of(request).key, visitor=visitor_of(request)
    )._asdict()
    context |= {"sentence": sentence, "remedy": remedy}
    return render(request, "web/approvals.html", context, status=422 if refusal else 200)


@needs(Right.APPROVALS_DECIDE)
@require_POST
def decide(request: HttpRequest, approval_id: Id) -> HttpResponse:
    """Approve a request, which is carried out at once, or decline it."""
    choice = request.POST.get("choice", "")
    _require_concerned(request, approval_id)
    if choice not in ("approve", "decline"):
        return _approvals(request)
    try:
        asks.decide(
            approval_id, approves=choice == "approve", actor=actor_of(request),
            reason=request.POST.get("reason", ""), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as refusal:
        return _approvals(request, refusal)
    return redirect("web:approvals")


@needs(Right.MEMBERS_READ)
@require_POST
def withdraw_request(request: HttpRequest, approval_id: Id) -> HttpResponse:
    """Take one's own request back; answers 404 for another's."""
    frame, actor = frame_of(request), actor_of(request)
    try:
        taken = withdraw(approval_id, actor=actor, at=frame.at)
    except NoSuchApproval:
        raise Http404 from None
    except DomainError as refusal:
        if visitor_of(request).may(Right.APPROVALS_DECIDE):
            return _approvals(request, refusal)
        return redirect("web:overview")
    if request.POST.get("back") == "credit":
        return redirect("web:member-credit", taken.subject_id)
    return redirect("web:approvals")


def _require_concerned(request: HttpRequest, approval_id: Id) -> None:
    """Answer 404 for a request about another store's member, and for one that nobody made."""
    try:
        asked = find_approval(approval_id)
    except NoSuchApproval:
        raise Http404 from None
    if asked.kind in OF_THE_SHOP:
        if visitor_of(request).store_id is not None:
            raise Http404
        return
    require_seen(request, resolve_merged([asked.subject_id])[asked.subject_id])
