"""The form of a batch of coupons: what was typed, what makes no sense in it, and the draft it means."""

import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as now, gettext_lazy as _

from dangol.core.storage.ids import parse_id
from dangol.domain.calendars import next_day, start_of_day
from dangol.domain.coupon_codes import (
    BITS_EACH,
    LEAST_BITS,
    LONGEST_CODE,
    GuessablePattern,
    InvalidPattern,
    Pattern,
    draw,
    normalize,
    read_pattern,
)
from dangol.rooms.rewards.coupons.batches import LONGEST_NAME, MOST_CODES, SHORTEST_CODE, BatchDraft
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.web.formats import format_compact, format_number
from dangol.web.reward_form import DAY_WRONG, read_day

FIELDS = ("name", "kind", "promotion", "pattern", "count", "code", "uses", "first_day", "last_day")
USUAL = {"kind": "unique", "pattern": "####-####-####", "count": "100", "uses": "1"}
MOST_USES = 1_000_000
EXAMPLES = 3
LEAST_DRAWN = -(-LEAST_BITS // BITS_EACH)


class BatchForm(NamedTuple):
    """What was typed by the fields' names, what is wrong with which, and what it means if nothing is."""

    given: Mapping[str, str]
    wrong: Mapping[str, Any]
    draft: BatchDraft | None


class Preview(NamedTuple):
    """What codes of a pattern look like, or what is wrong with it, and how safe they are."""

    examples: tuple[str, ...]
    bits: int
    is_safe: bool
    told: str


def read_form(asked: QueryDict, promotions: Mapping[str, Any], zone: ZoneInfo) -> BatchForm:
    """Return what a form means; `promotions` are those that may be chosen, by their ids as shown."""
    given = {name: asked.get(name, "").replace("\0", "").strip()[:200] for name in FIELDS}
    kind = BatchKind(given["kind"]) if given["kind"] in BatchKind.values else BatchKind.UNIQUE
    wrong: dict[str, Any] = {}
    if not given["name"]:
        wrong["name"] = _("이름을 적어 주세요.")
    elif len(given["name"]) > LONGEST_NAME:
        wrong["name"] = _("80자 안으로 줄여 주세요.")
    if given["promotion"] not in promotions:
        wrong["promotion"] = _("어느 프로모션의 쿠폰인지 골라 주세요.")
    count = _count(kind, given["count"], wrong)
    _check_pattern(kind, given, wrong)
    uses = _read_whole(given["uses"], MOST_USES) if given["uses"] else None
    if given["uses"] and not uses:
        wrong["uses"] = _("1부터 1,000,000까지 적거나 비워 주세요.")
    days = {name: read_day(given[name]) for name in ("first_day", "last_day") if given[name]}
    wrong |= {name: DAY_WRONG for name, day in days.items() if day is None}
    first, last = days.get("first_day"), days.get("last_day")
    if first and last and last < first:
        wrong["last_day"] = _("시작하는 날보다 빠를 수 없어요.")
    if wrong:
        return BatchForm(given, wrong, None)
    draft = BatchDraft(
        parse_id(given["promotion"]), given["name"], kind, _pattern_of(kind, given), count, uses,
        start_of_day(first, zone) if first else None, start_of_day(next_day(last), zone) if last else None,
    )  # fmt: skip
    return BatchForm(given, wrong, draft)


def _pattern_of(kind: BatchKind, given: Mapping[str, str]) -> str:
    return {BatchKind.UNIQUE: given["pattern"], BatchKind.GENERIC: given["code"]}.get(kind, "")


def _count(kind: BatchKind, text: str, wrong: dict[str, Any]) -> int:
    if kind is not BatchKind.UNIQUE:
        return 0
    count = _read_whole(text, MOST_CODES)
    if not count:
        wrong["count"] = _("1부터 %(most)s까지 적어 주세요.") % {"most": format_number(MOST_CODES)}
    return count


def _check_pattern(kind: BatchKind, given: Mapping[str, str], wrong: dict[str, Any]) -> None:
    if kind is BatchKind.UNIQUE and not (preview := preview_of(given["pattern"], 1)).is_safe:
        wrong["pattern"] = preview.told
    code = given["code"]
    if kind is BatchKind.GENERIC and not (
        len(normalize(code)) >= SHORTEST_CODE and len(code) <= LONGEST_CODE
    ):
        wrong["code"] = _("글자와 숫자로 3자 이상, 64자까지 적어 주세요.")


def _read_whole(text: str, most: int) -> int:
    """Return a number from 1 to `most`; 0 for what is none."""
    bare = text.replace(",", "")
    number = int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= len(str(most)) else 0
    return number if number <= most else 0


def preview_of(text: str, count: int) -> Preview:
    """Return what a pattern gives: some codes as they would be, and whether somebody could guess one."""
    try:
        pattern = read_pattern(text)
    except GuessablePattern as refusal:
        short = -(-(refusal.data["least"] - refusal.data["bits"]) // BITS_EACH)
        told = now(
            "무작위로 뽑는 글자가 %(bits)s비트뿐이라 누군가 맞힐 수 있어요. #을 %(more)s개 더 적으세요."
        )
        shown = Pattern(unicodedata.normalize("NFKC", text).upper().strip())
        examples = tuple(draw(shown, EXAMPLES)) if shown.bits >= BITS_EACH else ()
        return Preview(examples, shown.bits, False, told % {"bits": refusal.data["bits"], "more": short})
    except InvalidPattern as refusal:
        return Preview((), 0, False, _faults(refusal))
    return Preview(tuple(draw(pattern, EXAMPLES)), pattern.bits, True, _odds(pattern.bits, count))


def _faults(refusal: InvalidPattern) -> str:
    problem = refusal.data["problem"]
    if problem == "empty":
        return now("#이 있어야 해요. #마다 무작위 글자 하나가 들어가요.")
    if problem == "too_long":
        return now("64자보다 짧게 적어 주세요.")
    return now("‘%(character)s’은(는) 쓸 수 없어요. 영문 대문자, 숫자, 붙임표와 #만 적어 주세요.") % {
        "character": refusal.data["character"]
    }


def _odds(bits: int, count: int) -> str:
    told = now(
        "%(bits)s비트가 무작위예요. %(least)s비트 이상이라 짐작으로 맞힐 수 없어요: 번호를 %(count)s개"
        " 만들어도 한 번 찍어 맞힐 확률은 %(odds)s분의 1이에요."
    )
    return told % {
        "bits": bits, "least": LEAST_BITS, "count": format_number(count),
        "odds": format_compact(2**bits // max(count, 1)),
    }  # fmt: skip


def count_of(text: str) -> int:
    """Return how many codes a form asks for, for its preview; one where that makes no sense."""
    return _read_whole(text, MOST_CODES) or 1
