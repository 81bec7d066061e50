"""The form a promotion is written in: drawn anew after each change, told back in words, and saved."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import list_categories
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.promotions.benefits import By
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.contents import MOST_BENEFITS, PromotionContent, pack
from dangol.rooms.rewards.promotions.editing import PromotionView
from dangol.rooms.rewards.promotions.reviewing import review
from dangol.web.acting import form_of, new_form
from dangol.web.benefit_words import DISCOUNTED, KINDS
from dangol.web.changed_words import Sentence
from dangol.web.condition_form.controls import draw
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.option_words import KINDS as LEAF_KINDS
from dangol.web.condition_form.parts import GROUP, LEAVES
from dangol.web.condition_form.units import as_typed
from dangol.web.condition_form.writing import faults_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.inputs import Input, Options
from dangol.web.pages.programs import who
from dangol.web.pages.promotions import find, written_content
from dangol.web.promotion_concerns import Note, tell_concerns
from dangol.web.promotion_form.benefits import BenefitView, Drawer, icon_of, title_of
from dangol.web.promotion_form.state import State, open_state, prefix_of, read_state
from dangol.web.promotion_form.writing import Problem, Written, problems_of, write_content
from dangol.web.promotion_setting import batch_names, card_names, promotion_offers, setting_of
from dangol.web.promotion_words import PERIODS, changes_between, lane_name, readable, tell
from dangol.web.suggested_promotions import begin, suggestions_for

MOST_CATEGORIES = 400
SAVING = ("save", "diff", "overwrite")


class Shown(NamedTuple):
    """What is drawn: the form, what it says, and what was refused. `before` is what it was opened from."""

    view: PromotionView | None
    before: PromotionContent
    state: State
    written: Written
    revision: int
    is_saving: bool = False
    refusal: DomainError | None = None


@needs(Right.PROGRAMS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Write a new promotion, from one of the ready-made offers or from nothing."""
    shop = frame_of(request).shop
    offers, slug = promotion_offers(shop.currency), request.GET.get("try", "")
    if request.method == "POST":
        return _answer(request, None, PromotionContent(name="", currency=shop.currency), offers)
    if not slug:
        context = {"suggestions": suggestions_for(offers.catalog)}
        return render(request, "web/promotions/begin.html", context)
    content = begin(slug, currency=shop.currency, catalog=offers.catalog)
    return _open(request, None, content, offers)


@needs(Right.PROGRAMS_WRITE)
def edit(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Write a promotion's draft; one that is put away is only looked at."""
    view, shop = find(promotion_id), frame_of(request).shop
    if view.archived_at:
        return redirect("web:promotion", promotion_id)
    offers = promotion_offers(shop.currency)
    if request.method == "POST":
        return _answer(request, view, written_content(view), offers)
    return _open(request, view, written_content(view), offers)


def _open(
    request: HttpRequest, view: PromotionView | None, content: PromotionContent, offers: Offers
) -> HttpResponse:
    shop = frame_of(request).shop
    state = open_state(content, shop.tz, offers.catalog)
    as_typed(state.root, offers.units)
    written = write_content(state, content, shop.tz, shop.currency, offers, needs_name=False)
    revision = view.draft.revision if view and view.draft else 0
    return _show(request, offers, Shown(view, content, state, written, revision))


def _answer(
    request: HttpRequest, view: PromotionView | None, before: PromotionContent, offers: Offers
) -> HttpResponse:
    """Do what a button of the form says, and draw it anew; nothing that was typed is lost."""
    shop, state = frame_of(request).shop, read_state(request.POST)
    verb, _colon, rest = request.POST.get("do", "draw").partition(":")
    if verb not in SAVING:
        state.act(request.POST.get("do", "draw"))
    revision = _whole(rest if verb == "overwrite" else request.POST.get("revision", ""))
    is_saving = verb in SAVING
    written = write_content(state, before, shop.tz, shop.currency, offers, needs_name=is_saving)
    shown = Shown(view, before, state, written, revision, is_saving)
    if not shown.is_saving or written.content is None:
        return _show(request, offers, shown)
    try:
        made = _save(request, view, written.content, revision)
    except DomainError as refusal:
        return _show(request, offers, shown._replace(refusal=refusal))
    if verb == "diff":
        return redirect("web:promotion-diff", made)
    return redirect(f"{reverse('web:promotion-edit', args=[made])}?saved=1")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _save(request: HttpRequest, view: PromotionView | None, content: PromotionContent, revision: int) -> Id:
    by, at = who(request), frame_of(request).at
    if view is None:
        return editing.create_promotion(pack(content), made_by=by, at=at, promotion_id=form_of(request))
    if view.draft is None and view.version and content == view.version.content:
        return view.id
    editing.write_draft(view.id, pack(content), revision=revision or None, changed_by=by, at=at)
    return view.id


def _show(request: HttpRequest, offers: Offers, shown: Shown) -> HttpResponse:
    state, written, part = shown.state, shown.written, request.headers.get("HX-Target", "")
    drawer = Drawer(
        state.typed,
        written.faults if shown.is_saving else {},
        shown.before.currency or frame_of(request).shop.currency,
        _choices_of(kind for _number, kind in state.benefits),
    )
    catalog = offers.catalog
    problems = problems_of(written.content, catalog) if written.content else []
    # Somebody may give it a name at the end; without one it is not saved.
    problems = [one for one in problems if one.card != "name"]
    context: dict[str, Any] = {
        "promotion": shown.view, "revision": shown.revision, "state": state,
        "form": request.POST.get("form") or new_form(),
        "cards": _cards(drawer), "benefits": _benefits(state, drawer, problems),
        "kinds": KINDS, "full": len(state.benefits) >= MOST_BENEFITS,
        "root": draw(state.root, offers, faults_of(written.parts, with_blanks=shown.is_saving), state.part),
        "leaves": [(kind, LEAF_KINDS[kind]) for kind in (*LEAVES, GROUP)],
        "categories": list_categories()[:MOST_CATEGORIES],
        "summary": _summary(drawer, written, state) if shown.is_saving else [],
        "refusal": explain(shown.refusal) if shown.refusal else None,
        "saved": request.GET.get("saved") == "1" and request.method == "GET",
        "is_part": bool(part),
    } | _preview(request, offers, shown, problems)  # fmt: skip
    if isinstance(shown.refusal, editing.DraftChanged) and shown.view and written.content:
        context |= _theirs(request, shown.view.id, written.content, offers)
    if request.headers.get("HX-Request"):
        template = {"drawn": "editor.html#drawn", "then": "editor.html#then"}.get(part, "preview.html")
        return render(request, f"web/promotions/{template}", context)
    return render(request, "web/promotions/editor.html", context, status=422 if shown.is_saving else 200)


def _cards(drawer: Drawer) -> dict[str, Any]:
    """Return the inputs that every promotion has, by the card they stand in."""
    field, settings = drawer.field, read_checkout()
    own_lane = drawer.typed.get("lane", "")
    lanes = dict.fromkeys([*(one.key for one in settings.lanes), *([own_lane] if own_lane else [])])
    none = _("비우면 한도가 없어요.")
    return {
        "name": field("name", _("이름"), "text"),
        "when": [
            field("first_day", _("시작하는 날"), "date", _("비우면 발행할 때부터예요.")),
            field("first_time", _("시작하는 시각"), "time", _("비우면 0시예요.")),
            field("last_day", _("마지막 날"), "date", _("비우면 끝나지 않아요.")),
            field("last_time", _("끝나는 시각"), "time", _("비우면 그날이 끝날 때까지예요.")),
        ],
        "least": [
            field("min_money", _("최소 금액"), "money", _("비우면 없어요.")),
            field("min_units", _("최소 개수"), "whole", _("비우면 없어요.")),
        ],
        "of_target": field("min_of_target", _("최소 금액과 개수는 할인하는 상품만 세요"), "flag"),
        "needs_code": field("needs_code", _("쿠폰 코드를 내야 받아요"), "flag"),
        "include": drawer.items("include", _("이 상품만(비우면 모두)")),
        "exclude": drawer.items("exclude", _("이 상품은 빼고")),
        "target": [
            field("discounted", _("이미 싼 상품은"), "choice", options=_options(DISCOUNTED)),
            field("most_units", _("주문마다 할인하는 개수"), "whole", none),
        ],
        "cheapest": field("cheapest_first", _("비싼 것 대신 싼 것부터 깎아요"), "flag"),
        "limits": [
            field("budget", _("예산"), "money", none), field("cap", _("한 번에 최대"), "money", none),
            field("uses", _("모두 몇 번"), "whole", none),
            field("customer_uses", _("한 사람이 몇 번"), "whole", none),
            field("period_uses", _("한 사람이 한 기간에 몇 번"), "whole", none),
            field("period", _("그 기간"), "choice", options=_options(PERIODS)),
            field("units", _("할인하는 상품 모두 몇 개"), "whole", none),
        ],
        "beside": [
            field("lane", _("칸"), "choice", _("칸은 차례로 적용해요."), _named(lanes)),
            field("priority", _("적용 순서"), "signed", _("작을수록 먼저예요.")),
            field("exclusive_group", _("묶음 이름"), "text", _("같은 이름끼리는 하나만 적용해요.")),
            field(
                "category", _("갈래"), "text", _("무엇과 함께 쓸 수 있는지는 결제 설정이 정해요."),
                listed="stackings",
            ),
        ],
        "stackings": list(settings.stacking),
    }  # fmt: skip


def _choices_of(kinds: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what benefits of these kinds choose from, by their names: read only where one does."""
    wanted = set(kinds)
    return {
        "batch": batch_names() if "coupon" in wanted else {},
        "card": card_names() if "stamps" in wanted else {},
    }


def _named(lanes: Iterable[str]) -> Options:
    return [(one, lane_name(one)) for one in lanes]


def _options(words: Any) -> Options:
    return [(str(key), str(told)) for key, told in words.items()]


def _benefits(state: State, drawer: Drawer, problems: list[Problem]) -> list[BenefitView]:
    found, last = [], len(state.benefits) - 1
    for place, (number, kind) in enumerate(state.benefits):
        fields, items, rows = drawer.benefit(kind, prefix_of(number))
        if kind == "tiered" and drawer.typed.get(f"{prefix_of(number)}.by") not in set(By):
            fields = [one._replace(value=By.AMOUNT.value) for one in fields]
        found.append(
            BenefitView(
                number, kind, title_of(kind), icon_of(kind), fields, items, rows,
                [one.words for one in problems if one.benefit == place], place > 0, place < last,
                number == state.focus, state.typed.get(f"{prefix_of(number)}.json", ""),
            )
        )  # fmt: skip
    return found


def _summary(drawer: Drawer, written: Written, state: State) -> list[Input]:
    """Return what is wrong in the form with the way to it, the condition's parts under one."""
    titles = {prefix_of(number): title_of(kind) for number, kind in state.benefits}
    cards = _cards(drawer)
    labels = {
        one.name: one.label
        for group in cards.values()
        for one in (group if isinstance(group, list) else [group])
        if isinstance(one, Input)
    }
    found = [
        Input(name, labels.get(name) or titles.get(name.partition(".")[0], _("상품")), "", error=words)
        for name, words in written.faults.items()
    ]
    if written.parts:
        found.append(Input("drawn", _("조건"), "", error=written.parts[0].words))
    return found


def _preview(request: HttpRequest, offers: Offers, shown: Shown, problems: list[Problem]) -> dict[str, Any]:
    """Return what stands beside the form: the promotion in words, and what there is to know of it."""
    content = shown.written.content
    if content is None:
        return {"told": None, "unread": len(shown.written.faults) + bool(shown.written.parts)}
    setting = setting_of([content], frame_of(request).shop.tz, offers)
    return {
        "content": content, "told": tell(content, setting), "problems": problems,
        "unknown": _unknown(content),
        "notes": [] if problems else notes_of(request, shown.view, content, offers),
    }  # fmt: skip


def notes_of(
    request: HttpRequest, view: PromotionView | None, content: PromotionContent, offers: Offers
) -> list[Note]:
    """Return what somebody should know before this is published."""
    found = review(view.id if view else None, content, as_of=frame_of(request).at, traits=offers.catalog)
    others = {key for one in found for key in one.others}
    return tell_concerns(found, editing.names_of_promotions(others))


def _unknown(content: PromotionContent) -> list[str]:
    """Return the categories named that no product is in: most often a slip of the pen."""
    known, target = set(list_categories()), content.target
    named = {one for items in (target.include, target.exclude) if items for one in items.categories}
    return sorted(named - known)


def _theirs(request: HttpRequest, promotion_id: Id, mine: PromotionContent, offers: Offers) -> dict[str, Any]:
    """Return at which revision somebody else's draft is, and what is otherwise in ours."""
    draft = find(promotion_id).draft
    if draft is None:
        return {}
    theirs = readable(draft.content)
    setting = setting_of([theirs, mine], frame_of(request).shop.tz, offers)
    differences: list[Sentence] = changes_between(theirs, mine, setting)
    return {"theirs": draft.revision, "differences": differences}
