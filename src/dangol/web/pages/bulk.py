"""Points for many members at once: who gets them and who is left out, looked at first, then done once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dangol.core.access.approvals import ApprovalState, ApprovalView, find_approval
from dangol.core.access.errors import NoSuchApproval
from dangol.core.access.own_account import members_who_are
from dangol.core.access.rights import Right
from dangol.core.ledger.in_bulk import BULK, find_given, give_in_bulk, read_in_bulk, want, would_wait
from dangol.core.people.chosen import judge_chosen
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, form_of, new_form, read_last_day
from dangol.web.amounts import read_points
from dangol.web.chosen import MATCH, TICKED, Chosen, NobodyChosen, TooManyChosen, read_chosen
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.left_out_words import told_left_out
from dangol.web.member_filter import filter_words, read_filter
from dangol.web.pages.by_hand import LONGEST
from dangol.web.people_search import carries_search
from dangol.web.reads.wallets import choose_wallet, kind_of
from dangol.web.scheme import find_program, tiers_of

FIELDS = ("points", "reason", "last_day")


@needs(Right.POINTS_ADJUST)
@carries_search("web:members")
def give_points(request: HttpRequest) -> HttpResponse:
    """Ask how many points and why, show who gets them and who does not, then do it or ask for it."""
    looked = choose_wallet(request)
    if request.method != "POST" or looked.running is None:
        return HttpResponseRedirect(reverse("web:members"))
    try:
        chosen = read_chosen(request)
    except (NobodyChosen, TooManyChosen) as refusal:
        sentence, remedy = explain(refusal)
        return render(request, "web/bulk.html", {"sentence": sentence, "remedy": remedy}, status=422)
    asked = request.POST
    given = {name: asked.get(name, "").strip()[:LONGEST] for name in FIELDS}
    context = _about(request, chosen) | {
        "given": given, "form": asked.get("form") or new_form(), "limit": settings.ADJUST_LIMIT,
        "longest": LONGEST, "looked": looked, "changed": asked.get("digest", chosen.digest) != chosen.digest,
    }  # fmt: skip
    if "form" not in asked or "edit" in asked or not context["fit"]:
        return render(request, "web/bulk.html", context)
    points = read_points(given["points"])
    is_day, expires_at = read_last_day(given["last_day"], request)
    wrong = {"points": points is None, "reason": not given["reason"], "last_day": not is_day}
    if points is None or any(wrong.values()):
        return render(request, "web/bulk.html", context | {"wrong": wrong}, status=422)
    return _preview_or_do(request, chosen, context, points, expires_at, looked.currency)


def _about(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    """Return whom it is about: how many are fit, and who is left out and why."""
    visitor = visitor_of(request)
    own = members_who_are([actor_of(request).person])
    judged = judge_chosen(chosen.ids, store_id=visitor.store_id, own=own)
    told = filter_words(read_filter(request, tiers_of(find_program()))) if chosen.by_filter else []
    return {
        "chosen": chosen, "which": MATCH if chosen.by_filter else TICKED, "told": told,
        "fit": len(judged.fit), **told_left_out(judged.left_out),
    }  # fmt: skip


def _preview_or_do(
    request: HttpRequest,
    chosen: Chosen,
    context: dict[str, Any],
    points: int,
    expires_at: datetime | None,
    currency: str,
) -> HttpResponse:
    actor, at, limit = actor_of(request), frame_of(request).at, settings.ADJUST_LIMIT
    try:
        wanted = want(
            chosen.ids, points, currency=currency, expires_at=expires_at,
            store_id=visitor_of(request).store_id,
        )  # fmt: skip
        if "sure" in request.POST and not context["changed"]:
            approval = give_in_bulk(
                wanted, form=form_of(request), actor=actor, reason=context["given"]["reason"], at=at,
                limit=limit,
            )  # fmt: skip
            return HttpResponseRedirect(reverse("web:bulk", args=[approval.id]))
        context["waits"] = would_wait(wanted, actor=actor, at=at, limit=limit)
    except DomainError as refusal:
        sentence, remedy = explain(refusal)
        context |= {"sentence": sentence, "remedy": remedy}
        return render(request, "web/bulk.html", context, status=422)
    context |= {"preview": True, "points": points, "sum": points * context["fit"]}
    return render(request, "web/bulk.html", context)


@needs(Right.POINTS_ADJUST)
def show_outcome(request: HttpRequest, approval_id: Id) -> HttpResponse:
    """Show how a request in bulk stands: who was given points, and who was left out and why."""
    approval = _find(request, approval_id)
    given, wanted = find_given(approval.id), read_in_bulk(approval.payload)
    context: dict[str, Any] = {
        "approval": approval, "wanted": wanted, "asked": len(wanted.members), "given": given,
        "waits": approval.state == ApprovalState.WAITING and approval.is_open(frame_of(request).at),
        "runs": approval.state in (ApprovalState.DIRECT, ApprovalState.APPROVED) and given is None,
        "declined": approval.state == ApprovalState.DECLINED, "kind": kind_of(wanted.currency),
    }  # fmt: skip
    if given:
        context |= told_left_out(given.others) | {"sum": given.count * wanted.points}
    return render(request, "web/bulk_outcome.html", context)


def _find(request: HttpRequest, approval_id: Id) -> ApprovalView:
    """Return the request; answers 404 where it is another's, unless the reader decides such requests.

    Who is bound to a store decides none: it may be about members of others.
    """
    try:
        approval = find_approval(approval_id)
    except NoSuchApproval:
        raise Http404 from None
    visitor, is_own = visitor_of(request), approval.actor == actor_of(request).key
    decides = visitor.may(Right.APPROVALS_DECIDE) and visitor.store_id is None
    if approval.kind != BULK or not (is_own or decides):
        raise Http404
    return approval
