"""The form of a referral program: what was typed, what makes no sense in it, and the draft it means."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _

from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.referrals import MOST_DAYS, MOST_NTH, EarnedBy, PromiseKind, Side, WhenReturned
from dangol.rooms.rewards.catalog.editing import MOST_POINTS
from dangol.rooms.rewards.referrals.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.rooms.rewards.referrals.programs import MOST_COUNT, ProgramDraft, Promise
from dangol.rooms.rewards.stamps.services import MOST_BY_HAND
from dangol.web.amounts import read_amount
from dangol.web.formats import minor_digits

_SIDES = tuple(side.value for side in Side)
_TEXTS = ("name_ko", "name_en", "about_ko", "about_en")
_COUNTS = {
    "nth": MOST_NTH, "within_days": MOST_DAYS, "wait_days": MOST_DAYS, "tell_days": MOST_DAYS,
    "cap_month": MOST_COUNT, "cap_year": MOST_COUNT, "cap_ever": MOST_COUNT, "most_count": MOST_COUNT,
}  # fmt: skip
# May be left out; and may be none.
_FREE = frozenset({"cap_month", "cap_year", "cap_ever", "most_count"})
_ZERO = frozenset({"wait_days", "tell_days"})
_PARTS = ("gives", "points", "stamps", "batch", "card", "cost")
FIELDS = (
    *_TEXTS, *_COUNTS, "earned_by", "least", "budget", "on_return",
    *(f"{side}_{part}" for side in _SIDES for part in _PARTS),
)  # fmt: skip
BEGUN: Mapping[str, str] = {
    "earned_by": "order", "nth": "1", "within_days": "90", "wait_days": "14", "tell_days": "7",
    "only_new": "1", "on_return": "take_back", "referrer_gives": "points", "friend_gives": "points",
    "cap_month": "5",
}  # fmt: skip
_NUMBER, _AMOUNT = _("숫자로 적어 주세요. 예: 30"), _("금액을 적어 주세요. 예: 10,000")


class ReferralForm(NamedTuple):
    """What was typed by the fields' names, and what is wrong with which."""

    given: Mapping[str, str]
    wrong: Mapping[str, Words]
    draft: ProgramDraft


def read_form(asked: QueryDict, currency: str) -> ReferralForm:
    """Return what a form means; where something is wrong with it the draft is not to be used."""
    given = {name: asked.get(name, "").strip()[:LONGEST_ABOUT] for name in FIELDS}
    given |= {name: "1" if asked.get(name) else "" for name in ("only_new", "is_early")}
    wrong: dict[str, Words] = {}
    if not given["name_ko"]:
        wrong["name_ko"] = _("이름을 적어 주세요.")
    for name in ("name_ko", "name_en"):
        if len(given[name]) > LONGEST_NAME:
            wrong[name] = _("60자 안으로 줄여 주세요.")
    earned_by = _one_of(EarnedBy, given["earned_by"], EarnedBy.ORDER)
    counts = {name: _read_count(given, name, wrong) for name in _COUNTS}
    money = {name: _read_money(given, name, currency, wrong) for name in ("least", "budget")}
    sides = {side: _read_side(given, side, currency, wrong, money["budget"] is not None) for side in _SIDES}
    if all(one.kind is PromiseKind.NONE for one in sides.values()):
        wrong.setdefault("referrer_gives", _("둘 가운데 한쪽에는 줄 것을 골라 주세요."))
    if (counts["tell_days"] or 0) > (counts["within_days"] or MOST_DAYS):
        wrong.setdefault("tell_days", _("조건을 채울 기간보다 길 수 없어요."))
    plain: dict[str, Any] = {name: given[name] for name in _TEXTS} | {
        name: counts[name] if name in _FREE else counts[name] or 0 for name in _COUNTS
    }
    draft = ProgramDraft(
        **plain, referrer=sides["referrer"], friend=sides["friend"], earned_by=earned_by,
        least_minor=money["least"] or 0, budget_minor=money["budget"],
        only_new=bool(given["only_new"]),
        is_early=bool(given["is_early"]) and sides["friend"].kind is not PromiseKind.NONE,
        on_return=_one_of(WhenReturned, given["on_return"], WhenReturned.TAKE_BACK),
    )  # fmt: skip
    return ReferralForm(given, wrong, draft)


def _one_of(kind: Any, text: str, default: Any) -> Any:
    return kind(text) if text in set(kind) else default


def _read_count(given: Mapping[str, str], name: str, wrong: dict[str, Words]) -> int | None:
    bare = given[name].replace(",", "")
    if not bare and name in _FREE:
        return None
    count = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else -1
    if not (0 if name in _ZERO else 1) <= count <= _COUNTS[name]:
        wrong[name] = _NUMBER
        return None
    return count


def _read_money(given: Mapping[str, str], name: str, currency: str, wrong: dict[str, Words]) -> int | None:
    if not given[name] or (name != "budget" and not given[name].strip("0,. ")):
        return None
    amount = read_amount(given[name], currency)
    if amount is None:
        wrong[name] = _AMOUNT
    return amount


def _read_side(
    given: Mapping[str, str], side: str, currency: str, wrong: dict[str, Words], has_budget: bool
) -> Promise:
    kind = _one_of(PromiseKind, given[f"{side}_gives"], PromiseKind.POINTS)
    cost = _read_money(given, f"{side}_cost", currency, wrong) or 0
    if kind is PromiseKind.NONE:
        return Promise()
    if has_budget and not cost:
        wrong.setdefault(f"{side}_cost", _("예산을 정하면 얼마로 칠지 적어야 해요."))
    amount, target = None, None
    for part, of_kind, most in (
        ("points", PromiseKind.POINTS, MOST_POINTS), ("stamps", PromiseKind.STAMPS, MOST_BY_HAND)
    ):  # fmt: skip
        if kind is of_kind:
            bare = given[f"{side}_{part}"].replace(",", "")
            amount = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else 0
            if not 0 < amount <= most:
                wrong[f"{side}_{part}"] = _NUMBER
    for part, of_kind in (("batch", PromiseKind.COUPON), ("card", PromiseKind.STAMPS)):
        if kind is of_kind:
            target = _id(given[f"{side}_{part}"])
            if target is None:
                wrong[f"{side}_{part}"] = _("줄 것을 골라 주세요.")
    return Promise(kind, amount, target, cost)


def form_of_draft(draft: ProgramDraft, currency: str) -> dict[str, str]:
    """Return a program as its form has it."""
    given = {name: str(getattr(draft, name) or "") for name in (*_TEXTS, *_COUNTS)}
    given |= {name: str(getattr(draft, name)) for name in _ZERO}
    for side in _SIDES:
        promise: Promise = getattr(draft, side)
        target = show_id(promise.target_id) if promise.target_id else ""
        given |= {
            f"{side}_gives": promise.kind.value,
            f"{side}_points": str(promise.amount or "") if promise.kind is PromiseKind.POINTS else "",
            f"{side}_stamps": str(promise.amount or "") if promise.kind is PromiseKind.STAMPS else "",
            f"{side}_batch": target if promise.kind is PromiseKind.COUPON else "",
            f"{side}_card": target if promise.kind is PromiseKind.STAMPS else "",
            f"{side}_cost": _typed(promise.cost_minor, currency),
        }
    return given | {
        "earned_by": draft.earned_by.value, "least": _typed(draft.least_minor, currency),
        "budget": _typed(draft.budget_minor or 0, currency), "on_return": draft.on_return.value,
        "only_new": "1" if draft.only_new else "", "is_early": "1" if draft.is_early else "",
    }  # fmt: skip


def _typed(minor: int, currency: str) -> str:
    """Return an amount as one types it; nothing for none."""
    digits = minor_digits(currency)
    if not minor:
        return ""
    whole, part = divmod(minor, 10**digits)
    return f"{whole}.{part:0{digits}}" if part else str(whole)


def _id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None
