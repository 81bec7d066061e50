"""The first setup: a page a step, each kept at once, each to be left and taken up again."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from dangol.core.access.rights import Right
from dangol.core.commerce.shop_facts import change_shop, has_orders
from dangol.core.people.refused_values import NotALanguage, UnknownCode
from dangol.core.people.setups import SetupState, Step, end_setup, find_setup, finish_step
from dangol.core.people.shops import ShopKind
from dangol.core.refusals import explain
from dangol.core.storage.transactions import write_transaction
from dangol.domain.brand import HOUSE_COLOR, NotAColor, make_palette, read_color
from dangol.domain.errors import DomainError
from dangol.rooms.rewards import drafts
from dangol.rooms.rewards.drafts import DraftView
from dangol.rooms.rewards.first_program import AmountsWritten
from dangol.rooms.rewards.kinds import is_ours, propose
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.links import opens_here_only
from dangol.web.pages.mail_settings import answer_mail
from dangol.web.pages.member_link import draw_qr
from dangol.web.pages.programs import draft_or_none, require_program, who
from dangol.web.program_words import describe, tell_differences
from dangol.web.setup_places import list_currencies, list_regions, suggest_place
from dangol.web.setup_steps import KIND_NAMES, address_of, after, before, progress
from dangol.web.shop_change import change_facts, keeps_amounts

LONGEST_NAME = 60
PLACE = ("language", "zone", "region", "currency")
# Colors to begin from, all of which white text can be read on.
COLORS = ("#3a4fb8", "#0b6b58", "#b3261e", "#8a4b08", "#6b3fa0", "#1f6f9f", "#a3285f", "#333d4b")


class Told(NamedTuple):
    """What came of a form that was refused: in words, and which box."""

    sentence: str = ""
    remedy: str = ""
    odd: str = ""


NOTHING = Told()


def _reason() -> str:
    return _("첫 설정에서 정했어요")


def _show(request: HttpRequest, step: Step, context: dict[str, Any], told: Told = NOTHING) -> HttpResponse:
    page = _frame(step) | context | told._asdict()
    return render(request, f"web/setup/{step}.html", page, status=422 if told.sentence else 200)


def _frame(step: Step | None) -> dict[str, Any]:
    setup = find_setup()
    steps = list(Step)
    return {
        "steps": progress(setup.steps, step),
        "step": step,
        "number": steps.index(step) + 1 if step else len(steps),
        "count": len(steps),
        "back": before(step) if step else address_of(steps[-1]),
        "setup_is_over": setup.state in (SetupState.DONE, SetupState.SKIPPED),
    }


def _refused(refusal: DomainError) -> Told:
    return Told(*explain(refusal), odd=str(refusal.data.get("field", "")))


def _finish(request: HttpRequest, step: Step) -> HttpResponseRedirect:
    finish_step(step, at=frame_of(request).at)
    return HttpResponseRedirect(after(step))


@needs(Right.SETTINGS_WRITE)
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Lead to the first step that nobody has gone through."""
    return HttpResponseRedirect(address_of(find_setup().next or Step.PLACE))


@needs(Right.SETTINGS_WRITE)
@never_cache
def place(request: HttpRequest) -> HttpResponse:
    """Ask for language, zone and country of phone numbers; before the first order for the currency, too."""
    shop, told, asks = frame_of(request).shop, NOTHING, False
    suggested = suggest_place(shop, request.headers.get("Accept-Language", ""))
    shown = {name: suggested.get(name, getattr(shop, name)) for name in PLACE}
    given = {name: request.POST.get(name, shown[name]).strip()[:64] for name in PLACE}
    if request.method == "POST":
        try:
            if given["language"] not in dict(settings.LANGUAGES):
                raise NotALanguage(field="language")
            change_facts(request, reason=_reason(), keeps_amounts=keeps_amounts(request), **given)
        except DomainError as refusal:
            told, asks = _refused(refusal), isinstance(refusal, AmountsWritten)
        else:
            response = _finish(request, Step.PLACE)
            # Whoever sets the shop's language reads on in it.
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, given["language"], samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )  # fmt: skip
            return response
    context = {
        "given": given, "zones": sorted(available_timezones()), "regions": list_regions(),
        "currencies": list_currencies(), "languages": settings.LANGUAGES, "has_orders": has_orders(),
        "is_suggested": suggested != {}, "asks": asks,
    }  # fmt: skip
    return _show(request, Step.PLACE, context, told)


@needs(Right.SETTINGS_WRITE)
@never_cache
def brand(request: HttpRequest) -> HttpResponse:
    """Ask for the brand's name and color, with the member's pass as it would look."""
    shop, told = frame_of(request).shop, NOTHING
    typed = request.POST if request.method == "POST" else request.GET
    given = {
        "name": typed.get("name", shop.name).replace("\0", "").strip()[:LONGEST_NAME],
        "color": typed.get("color", shop.color or HOUSE_COLOR).strip()[:16],
    }
    if request.POST.get("do") == "preview":
        return HttpResponseRedirect(f"{request.path}?{urlencode(given)}")
    if request.method == "POST":
        try:
            given["color"] = read_color(given["color"])
            change_shop(actor=actor_of(request), reason=_reason(), at=frame_of(request).at, **given)
            return _finish(request, Step.BRAND)
        except DomainError as refusal:
            told = _refused(refusal)
    with suppress(NotAColor):
        return _show_brand(request, given, read_color(given["color"]), told)
    return _show_brand(request, given, shop.color or HOUSE_COLOR, told or _refused(NotAColor(field="color")))


def _show_brand(request: HttpRequest, given: dict[str, str], color: str, told: Told) -> HttpResponse:
    context = {"given": given, "palette": make_palette(color), "colors": COLORS, "longest": LONGEST_NAME}
    if request.headers.get("HX-Request"):
        return render(request, "web/setup/brand.html#preview", context)
    return _show(request, Step.BRAND, context, told)


@needs(Right.SETTINGS_WRITE)
@never_cache
def kind(request: HttpRequest) -> HttpResponse:
    """Ask what kind of shop it is; what such a shop may begin with is drafted, to be read and published."""
    acts: dict[str, Callable[[HttpRequest], None]] = {"choose": _choose, "publish": _publish}
    told, do = NOTHING, request.POST.get("do", "") if request.method == "POST" else ""
    if do == "next":
        return _finish(request, Step.KIND)
    if do in acts:
        try:
            acts[do](request)
        except DomainError as refusal:
            told = _refused(refusal)
        else:
            return _finish(request, Step.KIND) if do == "publish" else HttpResponseRedirect(request.path)
    return _show(request, Step.KIND, _describe_kind(request), told)


def _choose(request: HttpRequest) -> None:
    """Keep the kind, and let the draft read as such a shop may begin; a draft of somebody's own stays."""
    at, running = frame_of(request).at, require_program()
    chosen = request.POST.get("kind", "")
    if chosen not in set(ShopKind):
        raise UnknownCode(field="kind")
    before_kind = frame_of(request).shop.kind
    currency = running.row.money_currency
    draft = draft_or_none(running, at)
    if draft and not _is_proposed(draft, before_kind, currency):
        raise drafts.DraftExists(begun_by=draft.begun_by)
    with write_transaction():
        change_shop(actor=actor_of(request), reason=_reason(), at=at, kind=chosen)
        draft = draft or drafts.start_draft(running.id, begun_by=who(request), at=at)
        content = propose(ShopKind(chosen), draft.published, currency=currency)
        if content == draft.published:
            drafts.discard_draft(running.id, revision=draft.revision)
        else:
            drafts.change_draft(running.id, content, revision=draft.revision, changed_by=who(request), at=at)


def _is_proposed(draft: DraftView, chosen: str, currency: str) -> bool:
    """Say whether a draft is still what this page proposed, of the program as it is now."""
    return not draft.is_outdated and is_ours(draft, chosen, currency=currency)


def _publish(request: HttpRequest) -> None:
    at, seen = frame_of(request).at, re.fullmatch("[0-9]{1,8}", request.POST.get("revision", ""))
    drafts.publish_draft(
        require_program().id, revision=int(seen[0]) if seen else 0, at=at, recorded_at=at,
        published_by=who(request),
    )  # fmt: skip


def _describe_kind(request: HttpRequest) -> dict[str, Any]:
    at, running = frame_of(request).at, require_program()
    draft, currency = draft_or_none(running, at), running.row.money_currency
    chosen = frame_of(request).shop.kind
    context: dict[str, Any] = {
        "kinds": [(key.value, *KIND_NAMES[key]) for key in ShopKind], "chosen": chosen, "draft": draft,
    }  # fmt: skip
    if draft:
        context |= {
            "cards": describe(draft.content, currency),
            "sentences": tell_differences(drafts.diff_draft(draft), draft.content, currency),
            "is_ours": _is_proposed(draft, chosen, currency),
        }
    return context


@needs(Right.SETTINGS_WRITE)
@never_cache
@sensitive_post_parameters("password")
def mail(request: HttpRequest) -> HttpResponse:
    """Ask by which server mail leaves, and try it; without one codes are shown at the counter."""
    if request.method == "POST" and request.POST.get("do") == "next":
        return _finish(request, Step.MAIL)
    return answer_mail(request, "web/setup/mail.html", _frame(Step.MAIL), _reason())


@needs(Right.SETTINGS_WRITE)
@never_cache
def data(request: HttpRequest) -> HttpResponse:
    """Show the ways to begin: with a file, with a sample shop beside this one, or empty."""
    if request.method == "POST":
        return _finish(request, Step.DATA)
    return _show(request, Step.DATA, {"import_address": import_address()})


def import_address() -> str:
    """Return the address of the import page; empty where there is none."""
    try:
        return reverse("web:import")
    except NoReverseMatch:
        return ""


@needs(Right.SETTINGS_WRITE)
@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Say what is next: the members' address as a QR to hang up, a key for the till, those who work here."""
    members = request.build_absolute_uri(reverse("web:me"))
    setup = find_setup()
    context = _frame(None) | {
        "members": members, "qr": draw_qr(members, label=_("회원이 여는 주소의 QR")), "next": setup.next,
        "here_only": opens_here_only(request),
    }  # fmt: skip
    return render(request, "web/setup/done.html", context)


@needs(Right.SETTINGS_WRITE)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the first setup, done or skipped; settings lead to it again."""
    is_done = request.POST.get("do") == "done"
    end_setup(SetupState.DONE if is_done else SetupState.SKIPPED, at=frame_of(request).at)
    return HttpResponseRedirect(reverse("web:overview"))
