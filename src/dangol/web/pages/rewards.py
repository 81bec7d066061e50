"""Rewards for points: what there is, made and changed, its pieces and codes."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, show_id
from dangol.domain.errors import DomainError
from dangol.domain.redeeming import is_offered
from dangol.rooms.rewards.catalog import editing
from dangol.rooms.rewards.catalog.errors import InvalidReward, UnknownReward
from dangol.rooms.rewards.catalog.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.rooms.rewards.catalog.selectors import RewardView, find_reward, list_rewards
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch
from dangol.rooms.rewards.coupons.selectors import BatchView, find_batch
from dangol.web.acting import actor_of, form_of, new_form
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reward_form import form_of_reward, read_form
from dangol.web.reward_words import KINDS, PERIODS
from dangol.web.scheme import find_program, tiers_of

MOST_BATCHES = 200


@needs(Right.REWARDS_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the rewards, or those that are archived."""
    archived = bool(request.GET.get("archived"))
    context = {
        "rewards": list_rewards(archived=archived), "archived": archived, "kinds": KINDS,
        "has_program": find_program() is not None, "tier_names": _tier_names(),
        "running": {one.id for one in list_rewards() if is_offered(one.offer, frame_of(request).at)},
    }  # fmt: skip
    return render(request, "web/rewards/list.html", context)


@needs(Right.REWARDS_READ)
def show(request: HttpRequest, reward_id: Id) -> HttpResponse:
    """Show a reward: its terms, and what is left of it."""
    return _show(request, _find(reward_id))


def _show(request: HttpRequest, reward: RewardView, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "reward": reward, "kinds": KINDS, "periods": PERIODS, "tier_names": _tier_names(),
        "sentence": sentence, "remedy": remedy, "most_codes": editing.MOST_CODES,
        "running": is_offered(reward.offer, frame_of(request).at), "given": request.POST,
        "batch": _batch(reward),
    }  # fmt: skip
    return render(request, "web/rewards/reward.html", context, status=422 if error else 200)


def _batch(reward: RewardView) -> BatchView | None:
    return find_batch(reward.batch_id) if reward.batch_id else None


@needs(Right.REWARDS_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a new reward is, and make it; a form sent twice makes one."""
    tiers, running = tiers_of(find_program()), find_program()
    if running is None:
        return HttpResponseRedirect(reverse("web:rewards"))
    if request.method != "POST":
        return _form(request, {"limit_period": "ever", "kind": "item"}, {})
    form = read_form(request.POST, tiers, running.rules.tiers.zone)
    if form.wrong:
        return _form(request, form.given, form.wrong)
    try:
        made = editing.create_reward(
            form.draft, kind=form.kind, stock_count=form.stock, reward_id=form_of(request),
            actor=actor_of(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form.given, {}, error=error)
    return HttpResponseRedirect(reverse("web:reward", args=[made]))


@needs(Right.REWARDS_WRITE)
def edit(request: HttpRequest, reward_id: Id) -> HttpResponse:
    """Change a reward's texts and terms; of two who do so at once the later is told."""
    reward = _find(reward_id)
    if request.method != "POST":
        return _form(request, form_of_reward(reward), {}, reward=reward)
    form = read_form(request.POST, tiers_of(find_program()), reward.zone, reward.kind)
    if form.wrong:
        return _form(request, form.given, form.wrong, reward=reward)
    seen = request.POST.get("revision", "")
    try:
        editing.change_reward(
            reward_id, form.draft, expected=int(seen) if seen.isdecimal() and len(seen) < 10 else 0,
            actor=actor_of(request), at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _form(request, form.given, {}, reward=reward, error=error)
    return HttpResponseRedirect(reverse("web:reward", args=[reward_id]))


def _form(
    request: HttpRequest,
    given: Any,
    wrong: Any,
    *,
    reward: RewardView | None = None,
    error: DomainError | None = None,
) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    tiers = [
        (tier.name, f"tier_{tier.key}", given.get(f"tier_{tier.key}", ""), wrong.get(f"tier_{tier.key}"))
        for tier in tiers_of(find_program())
    ]
    context = {
        "given": given, "wrong": wrong, "reward": reward, "tiers": tiers, "kinds": KINDS, "periods": PERIODS,
        "form": request.POST.get("form") or new_form(), "sentence": sentence, "remedy": remedy,
        "longest_name": LONGEST_NAME, "longest_about": LONGEST_ABOUT, "batches": _batches(reward),
    }  # fmt: skip
    return render(request, "web/rewards/form.html", context, status=422 if wrong or error else 200)


def _batches(reward: RewardView | None) -> list[tuple[str, str]]:
    """Return the batches whose codes can be a reward's: each code is somebody's; with the one it has now."""
    mine = Q(id=reward.batch_id) if reward and reward.batch_id else Q(pk__in=[])
    found = CouponBatch.objects.filter(mine | Q(is_blocked=False)).exclude(kind=BatchKind.GENERIC)
    names = found.order_by("-id").values_list("id", "name")[:MOST_BATCHES]
    return [(show_id(batch_id), name) for batch_id, name in names]


@needs(Right.REWARDS_WRITE)
@require_POST
def change_stock(request: HttpRequest, reward_id: Id) -> HttpResponse:
    """Add pieces, or take some out."""
    text = request.POST.get("by", "").strip().replace(",", "")

    def act() -> None:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
            raise InvalidReward(field="stock", problem="number")
        editing.change_stock(reward_id, int(text), actor=actor_of(request), at=frame_of(request).at)

    return _do(request, reward_id, act)


@needs(Right.REWARDS_WRITE)
@require_POST
def add_codes(request: HttpRequest, reward_id: Id) -> HttpResponse:
    """Add codes to the pool, one a line."""
    codes = request.POST.get("codes", "").splitlines()
    at = frame_of(request).at
    return _do(
        request, reward_id, lambda: editing.import_codes(reward_id, codes, actor=actor_of(request), at=at)
    )


@needs(Right.REWARDS_WRITE)
@require_POST
def archive(request: HttpRequest, reward_id: Id) -> HttpResponse:
    """Offer a reward no more."""
    at = frame_of(request).at
    return _do(request, reward_id, lambda: editing.archive_reward(reward_id, actor=actor_of(request), at=at))


def _do(request: HttpRequest, reward_id: Id, act: Callable[[], object]) -> HttpResponse:
    reward = _find(reward_id)
    try:
        act()
    except DomainError as error:
        return _show(request, reward, error)
    return HttpResponseRedirect(reverse("web:reward", args=[reward_id]))


def _find(reward_id: Id) -> RewardView:
    try:
        return find_reward(reward_id)
    except UnknownReward as error:
        raise Http404 from error


def _tier_names() -> dict[str, str]:
    return {tier.key: tier.name for tier in tiers_of(find_program())}
