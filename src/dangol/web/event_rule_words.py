"""Event rules in words: what earns, whom, how many, how often; why nothing was given; what has changed."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.accrual import Expiry
from dangol.domain.conditions import BrokenCondition, Condition, Said, read_condition
from dangol.domain.event_rules import Trigger, Why
from dangol.rooms.rewards.event_rules.contents import EventRuleContent
from dangol.web.benefit_words import times
from dangol.web.changed_words import Sentence, parts_changed, renamed
from dangol.web.condition_form.option_words import operator_words
from dangol.web.condition_words import in_one_line, property_name, tell_condition
from dangol.web.event_words import event_name
from dangol.web.formats import format_number, format_points, language
from dangol.web.promotion_words import PERIODS, Setting, when_in_words

TRIGGERS: Mapping[str, Promise] = {
    Trigger.EVENT.value: lazy("활동을 하면"),
    Trigger.BIRTHDAY.value: lazy("생일이면"),
    Trigger.ANNIVERSARY.value: lazy("가입한 날이 해마다 돌아오면"),
}
# Why a deed earned nothing: for whoever works here.
WHYS: Mapping[Why, Promise] = {
    Why.WHERE: lazy("활동이 조건에 맞지 않았어요"),
    Why.NOT_MEMBER: lazy("회원이 아니에요"),
    Why.BEFORE: lazy("시작하기 전이었어요"),
    Why.AFTER: lazy("끝난 뒤였어요"),
    Why.LATE: lazy("일어난 지 사흘이 지나서 알려졌어요"),
    Why.CONDITION: lazy("회원이 조건에 맞지 않았어요"),
    Why.NO_NUMBER: lazy("셈할 수가 활동에 없었어요"),
    Why.NOTHING: lazy("셈해 보니 0포인트였어요"),
    Why.EVER: lazy("받을 수 있는 횟수를 다 채웠어요"),
    Why.YEAR: lazy("올해 받을 수 있는 횟수를 다 채웠어요"),
    Why.MONTH: lazy("이달에 받을 수 있는 횟수를 다 채웠어요"),
    Why.WEEK: lazy("이번 주에 받을 수 있는 횟수를 다 채웠어요"),
    Why.DAY: lazy("오늘 받을 수 있는 횟수를 다 채웠어요"),
    Why.COOLDOWN: lazy("지난번에서 아직 시간이 덜 지났어요"),
    Why.BUDGET_TIMES: lazy("준비한 횟수가 다 나갔어요"),
    Why.BUDGET_POINTS: lazy("준비한 포인트가 다 나갔어요"),
}
# What is counted of the past has no today.
TRIED_WHYS: Mapping[Why, Promise] = {
    **WHYS,
    Why.YEAR: lazy("한 해의 횟수를 다 채웠어요"),
    Why.MONTH: lazy("한 달의 횟수를 다 채웠어요"),
    Why.WEEK: lazy("한 주의 횟수를 다 채웠어요"),
    Why.DAY: lazy("하루의 횟수를 다 채웠어요"),
}
OPS: Sequence[str] = (
    "equals",
    "not_equals",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "contains",
    "is_set",
)
# These compare numbers alone.
BY_SIZE = frozenset(("at_least", "at_most", "more_than", "less_than"))


class Told(NamedTuple):
    """A rule in sentences. `said` is its condition; None: it has none, or one that cannot be read."""

    when: list[str]
    does: list[str]
    said: Said | None
    gives: list[str]
    caps: list[str]
    lots: list[str]
    phone: list[str]


def tell(content: EventRuleContent, setting: Setting) -> Told:
    """Return a content in sentences; of a draft what cannot be read is left out."""
    condition = _condition(content, setting)
    return Told(
        when=[when_in_words(content.active_from, content.active_to)],
        does=[deed_in_words(content), *(_test(one) for one in content.where)],
        said=tell_condition(condition, setting.labels, setting.zone) if condition else None,
        gives=list(_gives(content)),
        caps=list(_caps(content)),
        lots=list(_lots(content)),
        phone=list(_phone(content)),
    )


def _condition(content: EventRuleContent, setting: Setting) -> Condition | None:
    if content.condition is None:
        return None
    try:
        return read_condition(content.condition, setting.catalog)
    except BrokenCondition:
        return None


def deed_in_words(content: EventRuleContent) -> str:
    """Return what earns: `구매`, a birthday; nothing yet where no event is named."""
    if content.trigger is Trigger.BIRTHDAY:
        return _("생일")
    if content.trigger is Trigger.ANNIVERSARY:
        return _("가입 기념일")
    return event_name(content.event) if content.event else _("아직 고르지 않았어요")


def _test(test: Mapping[str, Any]) -> str:
    name, op, value = property_name(str(test.get("property", ""))), str(test.get("op", "")), test.get("value")
    if op not in OPS:
        return f"{name} {op} {value}"
    if op == "is_set":
        return _("‘{name}’ 값이 있을 때만").format(name=name)
    words = operator_words(op, ordered=False)
    shown = {True: _("예"), False: _("아니요")}.get(value, value) if isinstance(value, bool) else value
    return _("‘{name}’ {words}: {value}").format(name=name, words=words, value=shown)


def _gives(content: EventRuleContent) -> Iterable[str]:
    if content.points:
        yield format_points(content.points)
    rate = content.rate
    if rate is not None and rate.property:
        name, points = property_name(rate.property), format_points(rate.points)
        if rate.units == 1:
            yield _("‘{name}’ 1마다 {points}").format(name=name, points=points)
        else:
            yield _("‘{name}’ {units}마다 {points}").format(
                name=name, units=format_number(rate.units), points=points
            )
    if content.most_points is not None:
        yield _("한 번에 최대 {points}").format(points=format_points(content.most_points))


def _caps(content: EventRuleContent) -> Iterable[str]:
    caps = content.member_caps
    for period, words in PERIODS.items():
        most = getattr(caps, period)
        if most is not None:
            yield _("한 사람이 {period}에 {count}까지").format(period=words, count=times(most))
    if caps.ever is not None:
        yield _("한 사람이 {count}까지").format(count=times(caps.ever))
    if caps.cooldown_hours:
        yield _("한 번 받으면 {wait} 뒤에 다시").format(wait=hours(caps.cooldown_hours))
    if content.budget.times is not None:
        yield _("모두 {count}까지").format(count=times(content.budget.times))
    if content.budget.points is not None:
        yield _("모두 {points}까지").format(points=format_points(content.budget.points))


def hours(count: int) -> str:
    """Return so many hours, in days where they are whole."""
    if count % 24 == 0:
        days = count // 24
        return ngettext("{count}일", "{count}일", days).format(count=format_number(days))
    return ngettext("{count}시간", "{count}시간", count).format(count=format_number(count))


def _lots(content: EventRuleContent) -> Iterable[str]:
    if content.pending_days == 0:
        yield _("바로 쓸 수 있어요")
    elif content.pending_days:
        yield _("{wait} 뒤에 쓸 수 있어요").format(wait=hours(24 * content.pending_days))
    count = content.expiry_count
    match content.expiry:
        case Expiry.NEVER:
            yield _("사라지지 않아요")
        case Expiry.ROLLING_DAYS:
            yield _("{wait} 동안 쓸 수 있어요").format(wait=hours(24 * count))
        case Expiry.ROLLING_MONTHS:
            yield _("{wait} 동안 쓸 수 있어요").format(wait=_months(count))
        case Expiry.END_OF_MONTH:
            yield (
                _("{wait} 뒤 그 달이 끝나면 사라져요").format(wait=_months(count))
                if count
                else _("받은 달이 끝나면 사라져요")
            )
        case Expiry.END_OF_YEAR:
            years = ngettext("{count}년", "{count}년", count).format(count=format_number(count))
            yield (
                _("{wait} 뒤 그 해가 끝나면 사라져요").format(wait=years)
                if count
                else _("받은 해가 끝나면 사라져요")
            )
        case _:
            yield _("사라지는 때는 멤버십을 따라요")


def _months(count: int) -> str:
    return ngettext("{count}개월", "{count}개월", count).format(count=format_number(count))


def _phone(content: EventRuleContent) -> Iterable[str]:
    if not content.is_shown:
        yield _("회원의 휴대폰에는 알리지 않아요")
        return
    yield content.about or _("이름만 보여 줘요")
    yield from filter(None, (content.name_en, content.about_en))


def name_of(content: EventRuleContent) -> str:
    """Return what members call a rule, in their language where it was written."""
    return content.name if language() == "ko" or not content.name_en else content.name_en


def about_of(content: EventRuleContent) -> str:
    """Return what members read of a rule, in their language where it was written."""
    return content.about if language() == "ko" or not content.about_en else content.about_en


def in_a_line(content: EventRuleContent, setting: Setting) -> str:
    """Return what a rule does, for a list: `리뷰 남김 · 100P · 한 사람이 하루에 1번까지`."""
    parts = [deed_in_words(content), *_gives(content), *_caps(content)]
    if condition := _condition(content, setting):
        parts.append(in_one_line(condition, setting.labels, setting.zone))
    return " · ".join(parts)


def gives_in_short(content: EventRuleContent) -> str:
    """Return how many points a deed earns, for whoever is to do it."""
    return " + ".join([*_gives(content)][:2]) if content.rate else format_points(content.points)


def changes_between(
    before: EventRuleContent | None, after: EventRuleContent, setting: Setting
) -> list[Sentence]:
    """Return what a content says otherwise than the one before, if there was one, sentence by sentence."""
    parts = (
        (_("언제"), "when"), (_("무엇을 하면"), "does"), (_("누구에게"), "said"), (_("포인트"), "gives"),
        (_("한도"), "caps"), (_("쓸 수 있는 기간"), "lots"), (_("휴대폰"), "phone"),
    )  # fmt: skip
    name = renamed(before.name, after.name) if before else []
    return name + parts_changed(tell(before, setting) if before else None, tell(after, setting), parts)


def sum_in_words(fixed: int, number: Decimal | None, rated: int, points: int) -> str:
    """Return the arithmetic of an award: `100 + 30(셈한 수 3) = 130P`."""
    parts = [format_number(fixed)] if fixed else []
    if number is not None:
        shown = f"{number.normalize():f}"
        parts.append(_("{points}(셈한 수 {number})").format(points=format_number(rated), number=shown))
    left = " + ".join(parts)
    if fixed + rated > points:
        return _("{sum} → 최대 {points}").format(sum=left, points=format_points(points))
    return (
        f"{left} = {format_points(points)}" if len(parts) > 1 or number is not None else format_points(points)
    )
