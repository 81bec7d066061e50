"""What a draft changes, what there is to know before it is published, and its publication."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.approving import PUBLICATION, causes_for, publish_or_ask
from dangol.rooms.rewards.promotions.contents import pack
from dangol.rooms.rewards.promotions.simulations import list_trials
from dangol.rooms.rewards.second_person import Publication
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.promotion_editor import notes_of
from dangol.web.pages.promotions import MOST_TRIALS, find, show, shown_content, written_content
from dangol.web.promotion_form.writing import problems_of
from dangol.web.promotion_setting import promotion_offers, setting_of
from dangol.web.promotion_words import changes_between, tell
from dangol.web.publishing import asking, read_sent


@needs(Right.PROGRAMS_READ)
def show_diff(request: HttpRequest, promotion_id: Id, refusal: DomainError | None = None) -> HttpResponse:
    """Show what the draft changes, sentence by sentence, with what stands in its way and what it may cost."""
    view, shop = find(promotion_id), frame_of(request).shop
    if view.draft is None or view.archived_at:
        return show(request, promotion_id, refusal) if refusal else redirect("web:promotion", promotion_id)
    draft, live = written_content(view), shown_content(view) if view.version else None
    offers = promotion_offers(shop.currency)
    asked_for = Publication(view.draft.revision, pack(view.draft.content))
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
        **asking(request, PUBLICATION, promotion_id, asked_for, causes_for(draft)),
        "refusal": explain(refusal) if refusal else None,
    }  # fmt: skip
    return render(request, "web/promotions/diff.html", context, status=409 if refusal else 200)


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
    sent = read_sent(request)
    try:
        outcome = publish_or_ask(
            promotion_id, revision=sent.revision, form=sent.form, actor=actor_of(request),
            reason=sent.reason, at=frame_of(request).at, alone=alone,
        )  # fmt: skip
    except DomainError as refusal:
        return show_diff(request, promotion_id, refusal)
    if outcome.approval is not None:
        return redirect("web:promotion-diff", promotion_id)
    return redirect(f"{reverse('web:promotion', args=[promotion_id])}?done=published")
