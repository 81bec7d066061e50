"""What a draft changes, what there is to know before it is published, and its publication."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.approvals import ApprovalView, list_asked
from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, new_id
from dangol.domain.errors import DomainError, Malformed
from dangol.rooms.rewards.promotions.approving import (
    PUBLICATION,
    causes_for,
    publish_or_ask,
    read_publication,
)
from dangol.rooms.rewards.promotions.simulations import list_trials
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.checkout_words import cause_in_words
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.promotion_editor import notes_of
from dangol.web.pages.promotions import MOST_TRIALS, find, show, shown_content, written_content
from dangol.web.promotion_form.writing import problems_of
from dangol.web.promotion_setting import promotion_offers, setting_of
from dangol.web.promotion_words import changes_between, tell

LONGEST = 300


@needs(Right.PROGRAMS_READ)
def show_diff(request: HttpRequest, promotion_id: Id, refusal: DomainError | None = None) -> HttpResponse:
    """Show what the draft changes, sentence by sentence, with what stands in its way and what it may cost."""
    view, shop = find(promotion_id), frame_of(request).shop
    if view.draft is None or view.archived_at:
        return show(request, promotion_id, refusal) if refusal else redirect("web:promotion", promotion_id)
    draft, live = written_content(view), shown_content(view) if view.version else None
    offers, visitor = promotion_offers(shop.currency), visitor_of(request)
    asked = list_asked(PUBLICATION, promotion_id)
    setting = setting_of([draft, *([live] if live else [])], shop.tz, offers)
    problems = problems_of(draft, offers.catalog)
    context: dict[str, Any] = {
        "promotion": view, "draft": view.draft, "content": draft, "told": tell(draft, setting),
        "sentences": changes_between(live, draft, setting) if live else [],
        "problems": problems,
        "notes": [] if problems else notes_of(request, view, draft, offers),
        "is_same": live == draft,
        "is_outdated": bool(view.version and view.draft.base != view.version.number),
        "trials": list_trials(promotion_id, limit=MOST_TRIALS),
        "may_publish": visitor.may(Right.PROGRAMS_PUBLISH), "may_ask": visitor.may(Right.PROGRAMS_WRITE),
        "may_decide": visitor.may(Right.APPROVALS_DECIDE),
        "causes": [cause_in_words(one, shop.currency) for one in causes_for(draft)],
        "asked": _told(asked[0], view.draft.revision, at=frame_of(request).at) if asked else None,
        "form": request.POST.get("form") or new_form(), "reason": request.POST.get("reason", "")[:LONGEST],
        "longest": LONGEST,
        "refusal": explain(refusal) if refusal else None,
    }  # fmt: skip
    return render(request, "web/promotions/diff.html", context, status=409 if refusal else 200)


class Asked(NamedTuple):
    """The last request for a publication: whether it waits, and whether it is of the draft as it stands."""

    approval: ApprovalView
    waits: bool
    is_of_draft: bool


def _told(approval: ApprovalView, revision: int, *, at: datetime) -> Asked:
    try:
        asked_revision = read_publication(approval)[0]
    except (msgspec.DecodeError, Malformed):
        asked_revision = 0
    return Asked(approval, approval.is_open(at), asked_revision == revision)


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def publish(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Let the draft that was seen be in force from now on, or ask a second person above the shop's limits."""
    return _publish(request, promotion_id, alone=True)


@needs(Right.PROGRAMS_WRITE)
@require_POST
def ask(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Ask somebody else to let the draft that was seen be in force."""
    return _publish(request, promotion_id, alone=False)


def _publish(request: HttpRequest, promotion_id: Id, *, alone: bool) -> HttpResponse:
    find(promotion_id)
    # What is published at once needs no name: of two forms the second finds the draft gone.
    form = form_of(request) if "form" in request.POST else new_id()
    seen = request.POST.get("revision", "")
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
    try:
        outcome = publish_or_ask(
            promotion_id, revision=revision, form=form, actor=actor_of(request),
            reason=request.POST.get("reason", "")[:LONGEST], at=frame_of(request).at, alone=alone,
        )  # fmt: skip
    except DomainError as refusal:
        return show_diff(request, promotion_id, refusal)
    if outcome.approval is not None:
        return redirect("web:promotion-diff", promotion_id)
    return redirect(f"{reverse('web:promotion', args=[promotion_id])}?done=published")
