"""The form a segment is written in: drawn anew after each change, with whom it would have, and saved."""

import json
import re
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import list_categories
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.segments import selectors, services
from dangol.core.segments.counts import round_to_three
from dangol.core.segments.running import load_running, read_segments
from dangol.core.segments.selectors import SegmentView
from dangol.core.segments.services import SegmentChange, SegmentChanged, SegmentDraft
from dangol.core.storage.ids import Id, parse_id
from dangol.domain.conditions import Condition, Said, write_condition
from dangol.domain.errors import DomainError
from dangol.domain.statistics import Figure
from dangol.web.acting import actor_of, require_seen
from dangol.web.changed_words import Sentence, tell_changes
from dangol.web.condition_form.controls import draw
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.opening import open_parts
from dangol.web.condition_form.option_words import KINDS
from dangol.web.condition_form.parts import GROUP, LEAVES, Part, act, new_root, read_parts
from dangol.web.condition_form.writing import Fault, Written, faults_of, write_parts
from dangol.web.condition_words import tell_condition
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.pages.segments import find
from dangol.web.present import seen_by
from dangol.web.segment_whys import Why, tell_why
from dangol.web.suggested_segments import SUGGESTIONS

# A page that is opened may look longer than one that is being typed in.
SECONDS, SECONDS_WHILE_TYPING = 1.0, 0.25
MOST_CATEGORIES = 400
LONGEST_JSON = 100_000


class Draft(NamedTuple):
    """What the form holds beside the condition; `revision` is that its writer has seen, 0 for a new one."""

    slug: str
    name: str
    about: str
    revision: int


class Shown(NamedTuple):
    """What is drawn: the form, whether what is not filled in yet is wrong, and what was refused."""

    draft: Draft
    root: Part
    written: Written
    focus: int | None = None
    is_saving: bool = False
    refusal: DomainError | None = None
    json_fault: str = ""


@needs(Right.SEGMENTS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Write a new segment."""
    if request.method == "POST":
        return _answer(request, None)
    offers = Offers()
    begun = next((one for one in SUGGESTIONS if one.slug == request.GET.get("try")), None)
    if begun is None:
        root = new_root()
        act(root, "add:1:did")
        return _show(request, None, offers, Shown(Draft("", "", "", 0), root, write_parts(root, offers)))
    root = open_parts(services.check_condition(begun.condition, offers.catalog))
    draft = Draft(begun.slug, str(begun.name), "", 0)
    return _show(request, None, offers, Shown(draft, root, write_parts(root, offers)))


@needs(Right.SEGMENTS_WRITE)
def edit(request: HttpRequest, segment: str) -> HttpResponse:
    """Change a segment."""
    view = find(segment)
    if request.method == "POST":
        return _answer(request, view)
    offers = Offers(view.slug)
    root = open_parts(_condition_of(view.slug))
    draft = Draft(view.slug, view.name, view.about, view.revision)
    return _show(request, view, offers, Shown(draft, root, write_parts(root, offers)))


def _condition_of(slug: str) -> Condition:
    return next(one.condition for one in read_segments() if one.slug == slug)


def _answer(request: HttpRequest, view: SegmentView | None) -> HttpResponse:
    """Do what a button of the form says, and draw it anew; nothing that was typed is lost."""
    offers, sent = Offers(view.slug if view else ""), request.POST
    draft = Draft(
        view.slug if view else sent.get("slug", "").strip()[:100],
        sent.get("name", "")[:200], sent.get("about", "")[:1_000], _whole(sent.get("revision", "")),
    )  # fmt: skip
    root = read_parts(sent)
    verb, _colon, rest = sent.get("do", "draw").partition(":")
    if verb == "json":
        return _read_json(request, view, offers, draft, root)
    focus = act(root, f"{verb}:{rest}")
    shown = Shown(draft, root, write_parts(root, offers), focus)
    if verb not in ("save", "overwrite"):
        return _show(request, view, offers, shown)
    if verb == "overwrite":
        draft = draft._replace(revision=_whole(rest))
    return _save(request, view, offers, shown._replace(draft=draft, is_saving=True))


def _whole(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,8}", text) else 0


def _read_json(
    request: HttpRequest, view: SegmentView | None, offers: Offers, draft: Draft, root: Part
) -> HttpResponse:
    """Draw the form of a condition somebody has pasted; of a broken one say what is wrong."""
    try:
        pasted = request.POST.get("json", "")[:LONGEST_JSON].encode()
        root = open_parts(services.check_condition(pasted, offers.catalog))
    except DomainError as refusal:
        told = Shown(draft, root, write_parts(root, offers), json_fault=" ".join(explain(refusal)))
        return _show(request, view, offers, told)
    return _show(request, view, offers, Shown(draft, root, write_parts(root, offers)))


def _save(request: HttpRequest, view: SegmentView | None, offers: Offers, shown: Shown) -> HttpResponse:
    draft, condition = shown.draft, shown.written.condition
    if condition is None:
        return _show(request, view, offers, shown)
    at, actor = frame_of(request).at, actor_of(request)
    slug = draft.slug or _free_slug(draft.name)
    words = (draft.name, draft.about, write_condition(condition))
    try:
        if view:
            services.change_segment(slug, SegmentChange(*words), expected=draft.revision, actor=actor, at=at)
        else:
            services.create_segment(SegmentDraft(slug, *words), actor=actor, at=at)
    except DomainError as refusal:
        return _show(request, view, offers, shown._replace(refusal=refusal))
    return redirect("web:segment", slug)


def _free_slug(name: str) -> str:
    """Return a short name for a segment whose writer has given none."""
    taken, wanted = (
        selectors.taken_slugs() | services.RESERVED,
        slugify(name)[: services.LONGEST_SLUG - 4].strip("-_"),
    )
    wanted = re.sub("[^a-z0-9]+", "-", wanted).strip("-") or "segment"
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in (wanted, *numbered) if one not in taken)


def _show(request: HttpRequest, view: SegmentView | None, offers: Offers, shown: Shown) -> HttpResponse:
    is_part = bool(request.headers.get("HX-Request"))
    faults, zone = shown.written.faults, frame_of(request).shop.tz
    context: dict[str, Any] = {
        "view": view,
        "draft": shown.draft,
        "root": draw(shown.root, offers, faults_of(faults, with_blanks=shown.is_saving), shown.focus),
        "leaves": [(kind, KINDS[kind]) for kind in (*LEAVES, GROUP)],
        "categories": list_categories()[:MOST_CATEGORIES],
        "refusal": explain(shown.refusal) if shown.refusal else None,
        "is_part": is_part,
        "json_fault": shown.json_fault,
        "json": "",
        "pasted": request.POST.get("json", "") if shown.json_fault else "",
    } | _preview(request, offers, shown, SECONDS_WHILE_TYPING if is_part else SECONDS)
    if isinstance(shown.refusal, SegmentChanged) and view and shown.written.condition:
        context |= _differences(view.slug, shown.draft, context["said"], offers, zone)
    if not is_part:
        status = 422 if shown.is_saving or shown.json_fault else 200
        return render(request, "web/segments/builder.html", context, status=status)
    is_preview = request.headers.get("HX-Target") == "preview"
    template = "web/segments/preview.html" if is_preview else "web/segments/builder.html#drawn"
    return render(request, template, context)


def _differences(slug: str, draft: Draft, said: Said, offers: Offers, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a form says otherwise than what somebody else has saved, and at which revision that is."""
    theirs = find(slug)
    changes = tell_changes(tell_condition(_condition_of(slug), offers.labels, zone), said)
    return {"theirs": theirs.revision, "differences": _words_changed(theirs, draft) + changes}


def _words_changed(theirs: SegmentView, draft: Draft) -> list[Sentence]:
    """Return what a form would have a segment be called otherwise than it is."""
    pairs = (
        (_("이름"), theirs.name, draft.name.strip()),
        (_("무엇에 쓰나요"), theirs.about, draft.about.strip()),
    )
    return [Sentence(about, _("바뀜"), was, now, "pencil") for about, was, now in pairs if was != now]


def _preview(request: HttpRequest, offers: Offers, shown: Shown, seconds: float) -> dict[str, Any]:
    """Return what stands beside the form: the condition in words, how many it has, and some of them."""
    condition, frame = shown.written.condition, frame_of(request)
    if condition is None:
        told = [_place_of(one, shown.root, offers) for one in shown.written.faults]
        return {"said": None, "unfilled": list(dict.fromkeys(told))}
    found = selectors.preview(condition, as_of=frame.at, zone=frame.shop.tz, seconds=seconds)
    people = names_of(seen_by(visitor_of(request), found.samples))
    asked, why = _asked_why(request, condition, offers)
    return {
        "said": tell_condition(condition, offers.labels, frame.shop.tz),
        "unfilled": [],
        "found": found,
        "about": _of_all(found.share, found.all) if found.share and not found.is_exact else None,
        "samples": [(people[one], why if one == asked else None) for one in found.samples if one in people],
        "json": json.dumps(write_condition(condition), ensure_ascii=False, indent=2),
    }


class About(NamedTuple):
    """About how many of all, at least and at most: a share and its interval, as numbers of people."""

    many: int
    low: int
    high: int


def _of_all(share: Figure, everybody: int) -> About:
    people = (round(one * everybody) for one in (share.value, share.low, share.high))
    return About(*(round_to_three(one) for one in people))


def _place_of(fault: Fault, root: Part, offers: Offers) -> str:
    part = next(one for one in root.walk() if one.number == fault.number)
    return offers.place_of(root, part)


def _asked_why(request: HttpRequest, condition: Condition, offers: Offers) -> tuple[Id | None, Why | None]:
    """Return of which of the samples it was asked why they are among them, and the answer."""
    verb, _colon, shown_id = request.POST.get("do", "").partition(":")
    if verb != "why":
        return None, None
    try:
        customer_id = parse_id(shown_id)
    except ValueError:
        return None, None
    require_seen(request, customer_id)
    frame = frame_of(request)
    decision = selectors.decide_for(
        customer_id, condition, load_running(), as_of=frame.at, zone=frame.shop.tz
    )
    return customer_id, tell_why(condition, decision, offers.labels)
