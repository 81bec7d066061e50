"""A promotion in words: when, for whom, what it gives, its limits, and beside whom; and what has changed."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.domain.conditions import BrokenCondition, Catalog, Condition, Labels, Said, read_condition
from dangol.domain.promotions import Reason
from dangol.domain.promotions.benefits import Benefit, Items
from dangol.domain.promotions.rules import Discounted
from dangol.rooms.rewards.promotions.contents import (
    LimitsContent,
    PromotionContent,
    PromotionInvalid,
    TargetContent,
    read_benefit,
)
from dangol.web.benefit_words import DISCOUNTED, NO_NAMES, Names, items_in_words, pieces, tell_benefit, times
from dangol.web.changed_words import Sentence, parts_changed, renamed
from dangol.web.condition_words import in_one_line, tell_condition
from dangol.web.formats import (
    format_date,
    format_day_short,
    format_instant,
    format_last_day,
    format_local,
    format_money_in_words,
    format_number,
)

# Where a promotion stands: its words, the tone of its chip and the icon.
STATES: Mapping[str, tuple[Promise, str, str]] = {
    "live": (lazy("운영 중"), "good", "circle-check"),
    "scheduled": (lazy("예약"), "info", "clock"),
    "draft": (lazy("초안"), "", "pencil"),
    "paused": (lazy("멈춤"), "warn", "pause"),
    "ended": (lazy("끝남"), "", "flag"),
    "archived": (lazy("보관"), "", "archive"),
}
PERIODS: Mapping[str, Promise] = {
    "day": lazy("하루"), "week": lazy("한 주"), "month": lazy("한 달"), "year": lazy("한 해"),
}  # fmt: skip
LANES: Mapping[str, Promise] = {
    "before": lazy("먼저"), "main": lazy("보통"), "after": lazy("나중"),
}  # fmt: skip


# Why an order of the past would have got nothing; what cannot be of one order has no words of its own.
_NOT_TRIED = lazy("다른 까닭")
TRIED_WHYS: Mapping[Reason, Promise] = dict.fromkeys(Reason, _NOT_TRIED) | {
    Reason.CONDITION_FALSE: lazy("조건에 맞지 않았어요"),
    Reason.NO_TARGET: lazy("해당하는 상품이 없었어요"),
    Reason.MINIMUM_NOT_REACHED: lazy("최소 금액이나 개수에 못 미쳤어요"),
    Reason.NOT_ENOUGH_UNITS: lazy("수량이 모자랐어요"),
    Reason.LIMIT_REACHED: lazy("정한 횟수나 수량이 다 쓰였어요"),
    Reason.BUDGET_EXHAUSTED: lazy("예산이 다 쓰였어요"),
    Reason.NOTHING_TO_DISCOUNT: lazy("깎을 금액이 없었어요"),
}


class Setting(NamedTuple):
    """What telling a promotion takes: the shop's zone, and the words for what conditions ask and it names."""

    zone: ZoneInfo
    catalog: Catalog
    labels: Labels
    names: Names = NO_NAMES


class Told(NamedTuple):
    """A promotion in sentences. `said` is its condition; None: it has none, or one that cannot be read."""

    when: list[str]
    whom: list[str]
    said: Said | None
    gives: list[str]
    of: list[str]
    limits: list[str]
    beside: list[str]


def lane_name(lane: str) -> str:
    """Return what a lane is called; one of the shop's own keeps its name."""
    return str(LANES.get(lane, lane))


def read_benefits(content: PromotionContent) -> list[Benefit]:
    """Return the benefits of a content that can be read; a draft may hold others."""
    found = []
    for one in content.benefits:
        try:
            found.append(read_benefit(one))
        except PromotionInvalid:
            continue
    return found


# Instants that every calendar of the world can be read at.
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def readable(content: PromotionContent) -> PromotionContent:
    """Return a content whose dates can be shown: a draft may name an instant without a zone, or any year."""
    ends = {}
    for name in ("active_from", "active_to"):
        at: datetime | None = getattr(content, name)
        if at is not None:
            at = at if at.utcoffset() is not None else at.replace(tzinfo=UTC)
            ends[name] = min(max(at, _EARLIEST), _LATEST)
    return msgspec.structs.replace(content, **ends) if ends else content


def tell(content: PromotionContent, setting: Setting) -> Told:
    """Return a content in sentences; of a draft what cannot be read is left out."""
    return Told(
        when=[when_in_words(content.active_from, content.active_to)],
        whom=list(_whom(content)),
        said=_said(content, setting),
        gives=[tell_benefit(one, content.currency, setting.names) for one in read_benefits(content)],
        of=list(_of(content.target, setting.names)),
        limits=list(_limits(content.limits, content.cap_minor, content.currency)),
        beside=list(_beside(content)),
    )


def _condition(content: PromotionContent, catalog: Catalog) -> Condition | None:
    if content.condition is None:
        return None
    try:
        return read_condition(content.condition, catalog)
    except BrokenCondition:
        return None


def _said(content: PromotionContent, setting: Setting) -> Said | None:
    condition = _condition(content, setting.catalog)
    return tell_condition(condition, setting.labels, setting.zone) if condition else None


def in_a_line(content: PromotionContent, setting: Setting) -> str:
    """Return what a promotion does, for a list: `10% 할인 · 30,000원부터 · 회원: 예`."""
    parts = [tell_benefit(one, content.currency, setting.names) for one in read_benefits(content)]
    parts += _of(content.target, setting.names) if content.target.include else []
    parts += _whom(content)
    if condition := _condition(content, setting.catalog):
        parts.append(in_one_line(condition, setting.labels, setting.zone))
    return " · ".join(parts)


def when_in_words(start: datetime | None, end: datetime | None) -> str:
    """Return when a promotion is in force; midnights are told as days."""
    if start is None and end is None:
        return _("발행하면 바로 시작하고, 끝나는 날이 없어요.")
    if start is None:
        return _("발행하면 바로 시작해서 {end}까지예요.").format(end=_end(end))
    if end is None:
        return _("{start}부터이고, 끝나는 날이 없어요.").format(start=_start(start))
    return _("{start}부터 {end}까지예요.").format(start=_start(start), end=_end(end))


def span_in_short(start: datetime | None, end: datetime | None) -> str:
    """Return when a promotion is in force, for a column: `11. 22. – 11. 30.`; empty: always."""
    if start is None and end is None:
        return ""
    first = format_day_short(start) if start else ""
    last = format_day_short(format_last_day(end)) if end else ""
    return f"{first} – {last}".strip()


def is_midnight(at: datetime) -> bool:
    """Say whether the shop's clock shows a day's beginning."""
    local = format_local(at)
    return (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)


def _start(at: datetime) -> str:
    return format_date(at) if is_midnight(at) else format_instant(at)


def _end(at: datetime | None) -> str:
    assert at is not None, "asked of an end"
    return format_date(format_last_day(at)) if is_midnight(at) else format_instant(at)


def _whom(content: PromotionContent) -> Iterable[str]:
    least = content.minimum
    of_target = least.of_target and (content.target.include or content.target.exclude)
    if least.minor:
        amount = money(least.minor, content.currency)
        yield (_("해당 상품 {low}부터") if of_target else _("장바구니 {low}부터")).format(low=amount)
    if least.units:
        amount = pieces(least.units)
        yield (_("해당 상품 {low}부터") if of_target else _("장바구니 {low}부터")).format(low=amount)
    if content.needs_code:
        yield _("쿠폰 코드를 낸 사람")


def money(minor: int, currency: str) -> str:
    """Return an amount in a sentence; without a currency it is a bare number."""
    return format_money_in_words(minor, currency) if currency else format_number(minor)


def _of(target: TargetContent, names: Names) -> Iterable[str]:
    if target.include and target.include != Items():
        yield _("{items}만").format(items=items_in_words(target.include, names))
    if target.exclude and target.exclude != Items():
        yield _("{items} 빼고").format(items=items_in_words(target.exclude, names))
    if target.discounted is not Discounted.TAKE:
        yield str(DISCOUNTED[target.discounted])
    if target.most_units is not None:
        form = (
            _("주문마다 싼 것부터 {count}까지")
            if target.cheapest_first
            else _("주문마다 비싼 것부터 {count}까지")
        )
        yield form.format(count=pieces(target.most_units))


def _limits(limits: LimitsContent, cap_minor: int | None, currency: str) -> Iterable[str]:
    if cap_minor is not None:
        yield _("한 번에 최대 {amount}").format(amount=money(cap_minor, currency))
    if limits.customer_uses is not None:
        yield _("한 사람이 {count}까지").format(count=times(limits.customer_uses))
    if limits.period_uses is not None:
        yield _("한 사람이 {period}에 {count}까지").format(
            period=PERIODS[limits.period], count=times(limits.period_uses)
        )
    if limits.uses is not None:
        yield _("모두 {count}까지").format(count=times(limits.uses))
    if limits.units is not None:
        yield _("할인하는 상품 모두 {count}까지").format(count=pieces(limits.units))
    if limits.budget_minor is not None:
        yield _("예산 {amount}").format(amount=money(limits.budget_minor, currency))


def _beside(content: PromotionContent) -> Iterable[str]:
    yield _("‘{lane}’ 칸, 순서 {place}").format(
        lane=lane_name(content.lane), place=format_number(content.priority)
    )
    if content.exclusive_group:
        yield _("‘{group}’ 묶음 가운데 하나만").format(group=content.exclusive_group)
    if content.category:
        yield _("갈래 ‘{category}’").format(category=content.category)


def changes_between(
    before: PromotionContent | None, after: PromotionContent, setting: Setting
) -> list[Sentence]:
    """Return what a content says otherwise than the one before, if there was one, sentence by sentence."""
    parts = (
        (_("언제"), "when"), (_("누구에게"), "whom"), (_("조건"), "said"), (_("혜택"), "gives"),
        (_("어떤 상품에"), "of"), (_("한도"), "limits"), (_("다른 프로모션과"), "beside"),
    )  # fmt: skip
    name = renamed(before.name, after.name) if before else []
    return name + parts_changed(tell(before, setting) if before else None, tell(after, setting), parts)
