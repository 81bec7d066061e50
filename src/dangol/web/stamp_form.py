"""The form of a stamp card: what was typed, what makes no sense in it, and the draft it means."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.stamps import MOST_SIZE, MOST_VALID_DAYS, GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import MOST_POINTS
from dangol.rooms.rewards.stamps.editing import ProgramDraft
from dangol.rooms.rewards.stamps.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.rooms.rewards.stamps.selectors import ProgramView

FIELDS = (
    "key", "name_ko", "name_en", "about_ko", "about_en", "size", "valid_days", "gives", "points", "batch",
    "reward", "on_return",
)  # fmt: skip
_MOST = {"size": MOST_SIZE, "valid_days": MOST_VALID_DAYS, "points": MOST_POINTS}
_WRONG: Mapping[str, Promise] = {
    "size": _("1부터 100까지 숫자로 적어 주세요."),
    "valid_days": _("1부터 3,650까지 숫자로 적어 주세요."),
    "points": _("1부터 100,000,000까지 숫자로 적어 주세요. 예: 1,200"),
}


class StampForm(NamedTuple):
    """What was typed by the fields' names, and what is wrong with which."""

    given: Mapping[str, str]
    wrong: Mapping[str, Promise]
    draft: ProgramDraft


def read_form(asked: QueryDict) -> StampForm:
    """Return what a form means; where something is wrong with it the draft is not to be used."""
    given = {name: asked.get(name, "").strip()[:LONGEST_ABOUT] for name in FIELDS}
    given["carries_over"] = "1" if asked.get("carries_over") else ""
    gives = GiftKind(given["gives"]) if given["gives"] in set(GiftKind) else GiftKind.POINTS
    wrong: dict[str, Promise] = {}
    if not given["name_ko"]:
        wrong["name_ko"] = _("이름을 적어 주세요.")
    for name in ("name_ko", "name_en"):
        if len(given[name]) > LONGEST_NAME:
            wrong[name] = _("60자 안으로 줄여 주세요.")
    wanted = ("size", "valid_days", *(["points"] if gives is GiftKind.POINTS else []))
    counts = {name: _count(given[name], _MOST[name]) for name in wanted}
    wrong |= {
        name: _WRONG[name]
        for name, count in counts.items()
        if count is None and (given[name] or name != "valid_days")
    }
    target = (
        None if gives is GiftKind.POINTS else _id(given["batch" if gives is GiftKind.COUPON else "reward"])
    )
    if gives is not GiftKind.POINTS and target is None:
        wrong["batch" if gives is GiftKind.COUPON else "reward"] = _("다 차면 줄 것을 골라 주세요.")
    on_return = given["on_return"]
    draft = ProgramDraft(
        given["name_ko"], counts["size"] or 0, gives, counts.get("points"), target, given["name_en"],
        given["about_ko"], given["about_en"], bool(given["carries_over"]), counts["valid_days"],
        OnReturn(on_return) if on_return in set(OnReturn) else OnReturn.TAKE_BACK,
    )  # fmt: skip
    return StampForm(given, wrong, draft)


def form_of_program(program: ProgramView) -> dict[str, str]:
    """Return a program as its form has it."""
    target = show_id(program.target_id) if program.target_id else ""
    return {
        "key": program.key, "name_ko": program.names["ko"], "name_en": program.names["en"],
        "about_ko": program.abouts["ko"], "about_en": program.abouts["en"], "size": str(program.size),
        "valid_days": str(program.valid_days or ""), "gives": program.gives.value,
        "points": str(program.points or ""),
        "batch": target if program.gives is GiftKind.COUPON else "",
        "reward": target if program.gives is GiftKind.REWARD else "",
        "on_return": program.on_return.value, "carries_over": "1" if program.carries_over else "",
    }  # fmt: skip


def _count(text: str, most: int) -> int | None:
    bare = text.replace(",", "")
    count = int(bare) if bare.isascii() and bare.isdigit() and len(bare) < 10 else 0
    return count if 0 < count <= most else None


def _id(text: str) -> Id | None:
    try:
        return parse_id(text)
    except ValueError:
        return None
