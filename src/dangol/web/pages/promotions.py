"""Promotions: which there are and where each stands, what one says, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.exports.cells import money
from dangol.connectors.files.guard import guarded
from dangol.core.access.rights import Right
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons.selectors import BatchView, list_batches
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.contents import PromotionContent
from dangol.rooms.rewards.promotions.editing import PromotionView, UnknownPromotion, VersionView
from dangol.rooms.rewards.promotions.selectors import UseView, list_uses
from dangol.rooms.rewards.promotions.simulations import list_trials
from dangol.web.changed_words import Sentence
from dangol.web.coupon_words import Chip, batch_chip
from dangol.web.csv_files import stream_csv
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.places import read_place, write_place
from dangol.web.present import seen_by
from dangol.web.promotion_setting import promotion_offers, setting_of
from dangol.web.promotion_words import (
    STATES,
    Setting,
    Told,
    changes_between,
    in_a_line,
    lane_name,
    readable,
    span_in_short,
    tell,
)
from dangol.web.suggested_promotions import suggestions_for

A_PAGE, RECENT, MOST_SEARCHED, MOST_TRIALS = 50, 10, 80, 5
MOST_BATCHES = 5
# What was done just now, and by which of the acts it is undone.
UNDO = {
    "paused": "web:promotion-resume", "resumed": "web:promotion-pause", "archived": "web:promotion-restore",
    "restored": "web:promotion-archive", "published": "web:promotion-pause",
}  # fmt: skip


class Line(NamedTuple):
    """A promotion as the list shows it: `content` is what is in force, or what is being written.

    `currency`: of its money; where it names none, the shop's.
    """

    view: PromotionView
    content: PromotionContent
    state: str
    sentence: str
    lane: str
    span: str
    currency: str


class Meter(NamedTuple):
    """How much of a limit is used: words for what it is of, in `used` of `most`."""

    what: str
    used: int
    most: int
    is_money: bool = False


class UseLine(NamedTuple):
    """A use, and by whom; nobody where the reader may not see them, or it was somebody unknown."""

    use: UseView
    person: PersonView | None


class VersionLine(NamedTuple):
    """A version, and what it changed of the one before."""

    version: VersionView
    changes: list[Sentence]


def find(promotion_id: Id) -> PromotionView:
    """Return a promotion; answers 404 for none."""
    try:
        return editing.find_promotion(promotion_id)
    except UnknownPromotion as unknown:
        raise Http404 from unknown


def setting_for(request: HttpRequest, contents: Sequence[PromotionContent]) -> Setting:
    """Return what it takes to tell these contents to whoever asks."""
    shop = frame_of(request).shop
    return setting_of(contents, shop.tz, promotion_offers(shop.currency))


def shown_content(view: PromotionView) -> PromotionContent:
    """Return what is in force; of one that was never published, what is being written."""
    return readable(view.version.content if view.version else view.content)


def written_content(view: PromotionView) -> PromotionContent:
    """Return what is being written, or what is in force."""
    return readable(view.content)


@needs(Right.PROGRAMS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the promotions that fit the address: by words, and by where they stand."""
    asked = request.GET
    text, state = asked.get("q", "").strip()[:MOST_SEARCHED], asked.get("state", "")
    found = _found(request)
    place = next((n for n, one in enumerate(found, 1) if show_id(one.id) == asked.get("after")), 0)
    shown, rest = found[place : place + A_PAGE], found[place + A_PAGE :]
    filtered = bool(text or state)
    offers = promotion_offers(frame_of(request).shop.currency)
    context = {
        "lines": _lines(request, shown), "text": text, "state": state, "states": STATES,
        "filtered": filtered, "after": asked.get("after", "") if place else "",
        "next_after": show_id(shown[-1].id) if rest else "", "count": len(found),
        "suggestions": suggestions_for(offers.catalog) if not filtered and len(found) < 3 else [],
    }  # fmt: skip
    template = "web/promotions/list.html"
    return render(request, f"{template}#results" if request.headers.get("HX-Request") else template, context)


def _found(request: HttpRequest) -> list[PromotionView]:
    asked, at = request.GET, frame_of(request).at
    text, state = asked.get("q", "").strip()[:MOST_SEARCHED].casefold(), asked.get("state", "")
    views = editing.list_promotions(archived=state == "archived")
    wanted = state if state in STATES else ""
    return [one for one in views if text in one.name.casefold() and (not wanted or one.state(at) == wanted)]


def _lines(request: HttpRequest, views: Sequence[PromotionView]) -> list[Line]:
    at, contents = frame_of(request).at, [shown_content(one) for one in views]
    own = frame_of(request).shop.currency
    setting = setting_for(request, contents)
    return [
        Line(
            view, content, view.state(at), in_a_line(content, setting), lane_name(content.lane),
            span_in_short(content.active_from, content.active_to), content.currency or own,
        )
        for view, content in zip(views, contents, strict=True)
    ]  # fmt: skip


@needs(Right.PROGRAMS_READ)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Take along the list that fits the address as a file."""
    header = (
        _("프로모션"), _("상태"), _("내용"), _("시작"), _("끝"), _("통화"), _("예산"), _("쓴 금액"),
        _("쓰인 횟수"), _("칸"), _("적용 순서"),
    )  # fmt: skip
    rows = [
        (
            guarded(one.view.name), STATES[one.state][0], guarded(one.sentence),
            _stamp(one.content.active_from), _stamp(one.content.active_to), guarded(one.currency),
            _amount(one.content.limits.budget_minor, one.currency),
            _amount(one.view.used.minor, one.currency), one.view.used.uses, guarded(one.lane),
            one.content.priority,
        )
        for one in _lines(request, _found(request))
    ]  # fmt: skip
    return stream_csv(request, "promotions", header, rows)


def _amount(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else money(minor, minor_digits(currency))


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at else ""


@needs(Right.PROGRAMS_READ)
def show(request: HttpRequest, promotion_id: Id, refusal: DomainError | None = None) -> HttpResponse:
    """Show a promotion: what it says, where it stands, what is used of it, and how it has changed."""
    view, at = find(promotion_id), frame_of(request).at
    versions = editing.list_versions(promotion_id)
    content = shown_content(view)
    draft = written_content(view) if view.draft and view.version else None
    setting = setting_for(request, [content, *([draft] if draft else []), *(one.content for one in versions)])
    done = request.GET.get("done", "")
    context: dict[str, Any] = {
        "promotion": view, "content": content, "state": view.state(at), "states": STATES,
        "currency": content.currency or frame_of(request).shop.currency,
        "told": tell(content, setting), "meters": _meters(view, content),
        "changes": changes_between(content, draft, setting) if draft else [],
        "versions": _version_lines(versions, setting),
        "uses": _use_lines(request, list_uses(promotion_id, limit=RECENT)),
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ),
        "trials": list_trials(promotion_id, limit=MOST_TRIALS),
        "batches": _batches(promotion_id, at), "shown_id": show_id(promotion_id),
        "asks_code": bool(view.version and view.version.content.needs_code) or content.needs_code,
        "done": done if done in UNDO else "", "undo": UNDO.get(done, ""), "was_paused": bool(view.paused_at),
        "refusal": explain(refusal) if refusal else None,
    }  # fmt: skip
    return render(request, "web/promotions/promotion.html", context, status=409 if refusal else 200)


def _batches(promotion_id: Id, at: datetime) -> list[tuple[BatchView, Chip]]:
    """Return the latest batches of coupons that open a promotion, each with its chip."""
    return [(one, batch_chip(one, at)) for one in list_batches(promotion_id=promotion_id, limit=MOST_BATCHES)]


def _version_lines(versions: Sequence[VersionView], setting: Setting) -> list[VersionLine]:
    befores = [*(one.content for one in versions[1:]), *([None] if versions else [])]
    return [
        VersionLine(version, changes_between(before, version.content, setting) if before else [])
        for version, before in zip(versions, befores, strict=True)
    ]


def _meters(view: PromotionView, content: PromotionContent) -> list[Meter]:
    limits, used = content.limits, view.used
    asked = (
        Meter(_("예산"), used.minor, limits.budget_minor or 0, is_money=True),
        Meter(_("쓰인 횟수"), used.uses, limits.uses or 0),
        Meter(_("할인한 상품"), used.units, limits.units or 0),
    )
    return [one for one in asked if one.most]


def _use_lines(request: HttpRequest, uses: Sequence[UseView]) -> list[UseLine]:
    seen = seen_by(visitor_of(request), [one.customer_id for one in uses if not one.is_guest])
    people = names_of(seen)
    return [UseLine(one, people.get(one.customer_id)) for one in uses]


@needs(Right.PROGRAMS_READ)
def show_uses(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Show in which sales a promotion was used, page by page."""
    view, after = find(promotion_id), request.GET.get("after", "")
    rows = list_uses(promotion_id, before=read_place(after), limit=A_PAGE + 1)
    shown, rest = rows[:A_PAGE], rows[A_PAGE:]
    context = {
        "promotion": view, "uses": _use_lines(request, shown), "after": after,
        "next_after": write_place(shown[-1].at, shown[-1].sale_id) if rest else "",
        "may_see_members": visitor_of(request).may(Right.MEMBERS_READ),
    }  # fmt: skip
    return render(request, "web/promotions/uses.html", context)


@needs(Right.PROGRAMS_READ)
def show_version(request: HttpRequest, promotion_id: Id, number: int) -> HttpResponse:
    """Show a published version: what it says, who published it when, and what it changed."""
    view = find(promotion_id)
    versions = editing.list_versions(promotion_id)
    found = next((place for place, one in enumerate(versions) if one.number == number), None)
    if found is None:
        raise Http404
    setting = setting_for(request, [one.content for one in versions[found : found + 2]])
    line = _version_lines(versions[found : found + 2], setting)[0]
    told: Told = tell(line.version.content, setting)
    context = {
        "promotion": view, "line": line, "told": told, "content": line.version.content,
        "is_latest": found == 0,
    }  # fmt: skip
    return render(request, "web/promotions/version.html", context)
