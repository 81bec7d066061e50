"""A program in sentences: its rules, terms and tiers, what differs, and what makes no sense."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext, pgettext_lazy

from dangol.core.segments.selectors import segment_names
from dangol.domain.accrual import Expiry
from dangol.domain.idling import Activity
from dangol.domain.tiers import Join, Window
from dangol.rooms.rewards.checking import LIMITS
from dangol.rooms.rewards.contents import LevelContent, ProgramContent, RuleContent, TiersContent
from dangol.rooms.rewards.differences import About, Difference
from dangol.web.changed_words import Sentence
from dangol.web.formats import format_date, format_last_day, format_money_in_words, format_points
from dangol.web.opening_words import own_wait_in_words, waits_in_words
from dangol.web.tier_words import measure_name, measured
from dangol.web.words import rounding_name


class RuleCard(NamedTuple):
    """A rule in words: what it counts, how much it pays, to whom more, what of fractions, and until when.

    `own` are sentences about its points where they wait or last otherwise than the program's.
    """

    key: str
    name: str
    counts: str
    pays: str
    times: list[str]
    rounding: str
    when: str
    own: list[str]


class Rung(NamedTuple):
    """A tier of the ladder in words; `longer` is empty where its points last no longer than others."""

    key: str
    name: str
    takes: str
    longer: str


class ProgramCards(NamedTuple):
    """A program in words."""

    rules: list[RuleCard]
    waits: str
    lasts: str
    limit: str
    ladder: list[Rung]
    counted: str
    grace: str
    downgrade: str


def describe(content: ProgramContent, currency: str) -> ProgramCards:
    """Return a program in words."""
    names = {level.key: level.name for level in content.tiers.levels}
    tiers = content.tiers
    return ProgramCards(
        [rule_card(rule, names, currency) for rule in content.rules],
        f"{waits_in_words(content.terms.pending_days)} {opens_in_words(content.terms.opens_on)}".strip(),
        lasts_in_words(content.terms.expiry.value, content.terms.expiry_count, content.terms.activities),
        f"{limit_in_words(content.terms.most_per_order)} {held_in_words(content.terms.most_held)}".strip(),
        [
            Rung(level.key, level.name, _takes(level, tiers, currency), longer_in_words(level.extra_months))
            for level in tiers.levels
        ],
        _("%(window)s %(measure)s")
        % {
            "window": window_in_words(tiers.window.value, tiers.window_size),
            "measure": counted_in_words([*tiers.measures, *([tiers.join] if tiers.also else [])]),
        },
        grace_in_words(tiers.grace_days),
        downgrade_in_words(tiers.downgrade.value),
    )  # fmt: skip


def rule_card(rule: RuleContent, tier_names: Mapping[str, str], currency: str) -> RuleCard:
    """Return a rule in words."""
    times = [
        _("%(tier)s %(times)s배") % {"tier": tier_names.get(tier, tier), "times": times_in_words(ratio)}
        for tier, ratio in rule.multipliers.items()
        if ratio[0] != ratio[1]
    ]
    return RuleCard(
        rule.key, rule.name, counts_in_words(rule.category),
        rate_in_words(rule.rate_points, rule.rate_minor, currency), times, rounding_name(rule.rounding),
        ends_in_words(rule.ends_at), own_in_words(rule),
    )  # fmt: skip


def own_in_words(rule: RuleContent) -> list[str]:
    """Return what is otherwise about a rule's points; nothing where they are under the program's terms."""
    told = [] if rule.pending_days is None else [own_wait_in_words(rule.awaits, rule.pending_days)]
    return [*told, lasts_in_words(rule.expiry.value, rule.expiry_count)] if rule.expiry else told


def longer_in_words(months: int) -> str:
    """Return by how much longer the points of a tier last; empty: by nothing."""
    if not months:
        return ""
    return ngettext("포인트가 %(n)s달 더 가요", "포인트가 %(n)s달 더 가요", months) % {"n": months}


def _own(words: Callable[..., str], *values: Any) -> str:
    return _("멤버십과 같이") if values == (None,) else words(*values)


def counts_in_words(category: str) -> str:
    """Return what a rule counts."""
    if not category:
        return _("모든 상품")
    return _("‘%(category)s’ 분류의 상품") % {"category": category}


def rate_in_words(points: int, minor: int, currency: str) -> str:
    """Return what a rule pays: `100원마다 1P`."""
    amount = format_money_in_words(minor, currency)
    return _("%(amount)s마다 %(points)s") % {"amount": amount, "points": format_points(points)}


def times_in_words(ratio: Sequence[int]) -> str:
    """Return a multiplier as people write it: `1.5`, and `7/3` where no decimals say it exactly."""
    value = Fraction(ratio[0], ratio[1])
    thousandths = value * 1_000
    if thousandths.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    whole, rest = divmod(int(thousandths), 1_000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)


def ends_in_words(ends_at: datetime | None) -> str:
    """Return until when a rule holds."""
    if ends_at is None:
        return _("끝나는 날 없음")
    return _("%(day)s까지") % {"day": format_date(format_last_day(ends_at))}


def opens_in_words(day: date | None) -> str:
    """Return before which day no points open; empty where they may on any."""
    return _("%(day)s보다 먼저 열리지 않아요.") % {"day": format_date(day)} if day else ""


def held_in_words(points: int | None) -> str:
    """Return above how many points purchases lift nobody; empty where they may have any number."""
    held = _("구매로는 한 사람이 최대 %(points)s까지 쌓을 수 있어요.")
    return "" if points is None else held % {"points": format_points(points)}


def limit_in_words(points: int | None) -> str:
    """Return how many points one purchase earns at most; empty where it may be any number."""
    limit = _("구매 한 번에 최대 %(points)s까지 적립해요.")
    return "" if points is None else limit % {"points": format_points(points)}


def activity_options() -> list[tuple[str, str]]:
    """Return what may keep points, each as one choice: the kinds with commas between them."""
    choices = (
        [Activity.PURCHASE], [Activity.REDEMPTION], [Activity.PURCHASE, Activity.REDEMPTION], list(Activity),
    )  # fmt: skip
    return [("", _("정하지 않음")), *((",".join(one), activities_in_words(one)) for one in choices)]


def activities_in_words(kinds: Sequence[str]) -> str:
    """Return what keeps points: `구매·사용`."""
    return "·".join(str(_ACTIVITIES[Activity(one)]) for one in kinds)


_ACTIVITIES = {
    Activity.PURCHASE: pgettext_lazy("activity", "구매"), Activity.EARNING: pgettext_lazy("activity", "적립"),
    Activity.REDEMPTION: pgettext_lazy("activity", "사용"),
}  # fmt: skip


def lasts_in_words(expiry: str, count: int, activities: Sequence[str] = ()) -> str:
    """Return how long points last."""
    match Expiry(expiry):
        case Expiry.INACTIVITY:
            return ngettext(
                "마지막 활동(%(what)s)부터 %(n)s달 동안 활동이 없으면 사라져요.",
                "마지막 활동(%(what)s)부터 %(n)s달 동안 활동이 없으면 사라져요.",
                count,
            ) % {"n": count, "what": activities_in_words(activities)}
        case Expiry.NEVER:
            return _("사라지지 않아요.")
        case Expiry.ROLLING_DAYS:
            return ngettext("%(n)s일이 지나면 사라져요.", "%(n)s일이 지나면 사라져요.", count) % {"n": count}
        case Expiry.ROLLING_MONTHS:
            return ngettext("%(n)s달이 지나면 사라져요.", "%(n)s달이 지나면 사라져요.", count) % {"n": count}
        case Expiry.END_OF_MONTH if not count:
            return _("적립한 달이 끝나면 사라져요.")
        case Expiry.END_OF_MONTH:
            return ngettext(
                "%(n)s달 뒤, 그 달이 끝나면 사라져요.", "%(n)s달 뒤, 그 달이 끝나면 사라져요.", count
            ) % {"n": count}
        case Expiry.END_OF_YEAR if not count:
            return _("적립한 해가 끝나면 사라져요.")
    return ngettext("%(n)s년 뒤, 그 해가 끝나면 사라져요.", "%(n)s년 뒤, 그 해가 끝나면 사라져요.", count) % {
        "n": count
    }


def window_in_words(window: str, size: int) -> str:
    """Return over what time something is counted for the tiers."""
    if window == Window.LIFETIME:
        return _("지금까지")
    if window == Window.ROLLING:
        return ngettext("최근 %(n)s일 동안", "최근 %(n)s일 동안", size) % {"n": size}
    if window == Window.JOINING:
        return str(_ANNIVERSARIES.get(size, size))
    return str(_CALENDARS.get(size, size))


_CALENDARS = {1: lazy("달마다"), 3: lazy("분기마다"), 6: lazy("반년마다"), 12: lazy("해마다")}
_ANNIVERSARIES = {
    1: lazy("가입한 날부터 한 달마다"), 3: lazy("가입한 날부터 석 달마다"),
    6: lazy("가입한 날부터 반년마다"), 12: lazy("가입한 날부터 해마다"),
}  # fmt: skip


def grace_in_words(days: int) -> str:
    """Return how long a tier is kept that is no longer reached."""
    if not days:
        return _("기준에 못 미치면 심사한 날 바로 바뀌어요.")
    return ngettext("기준에 못 미쳐도 %(n)s일 더 지켜요.", "기준에 못 미쳐도 %(n)s일 더 지켜요.", days) % {
        "n": days
    }


def downgrade_in_words(downgrade: str) -> str:
    """Return where somebody goes who no longer reaches their tier."""
    return str(DOWNGRADES[downgrade])


DOWNGRADES = {
    "qualified": lazy("그때 채운 등급으로 가요."),
    "one_step": lazy("한 등급만 내려가요."),
    "never": lazy("등급은 내려가지 않아요."),
}


def _takes(level: LevelContent, tiers: TiersContent, currency: str) -> str:
    asked = [(level.threshold, tiers.measure), (level.also_threshold, tiers.also)]
    words = [
        _("%(amount)s 이상") % {"amount": measured(amount, measure.value, currency)}
        for amount, measure in asked
        if amount and measure
    ]
    if not words:
        return _("누구나")
    told = (_(" 또는 ") if tiers.join is Join.ANY else _(" 그리고 ")).join(words)
    return (
        _("%(asked)s, %(gate)s") % {"asked": told, "gate": gate_in_words(level.gate)} if level.gate else told
    )


def gate_in_words(slug: str) -> str:
    """Return whom a tier is for."""
    if not slug:
        return _("누구나")
    return _("‘%(segment)s’ 세그먼트만") % {"segment": segment_names().get(slug, slug)}


def counted_in_words(counted: Sequence[str]) -> str:
    """Return what counts: `[measure]`, or `[measure, also, join]`."""
    if len(counted) == 1:
        return measure_name(counted[0])
    first, second, join = counted
    names = {"first": measure_name(first), "second": measure_name(second)}
    return (_("%(first)s 또는 %(second)s") if join == Join.ANY else _("%(first)s, %(second)s 둘 다")) % names


def tell_differences(found: Sequence[Difference], content: ProgramContent, currency: str) -> list[Sentence]:
    """Return differences in words. `content` is the one after them.

    Thresholds from before are in the units of what was counted then.
    """
    counted = next((one.was for one in found if one.field == "counted"), content.tiers.measures)
    return [_sentence(one, content, currency, counted) for one in found]


def _sentence(one: Difference, content: ProgramContent, currency: str, counted: Sequence[str]) -> Sentence:
    about, what = _about(one), str(_FIELDS.get(one.field, one.field))
    if one.field in ("added", "ended"):
        rule = one.will_be or one.was
        words = rate_in_words(rule["rate_points"], rule["rate_minor"], currency)
        told = f"{counts_in_words(rule['category'])} · {words}"
        added = one.field == "added"
        return Sentence(
            about, what, "" if added else told, told if added else "", "plus" if added else "circle-x"
        )
    if one.field.startswith("multiplier."):
        tier = one.field.partition(".")[2]
        names = {level.key: level.name for level in content.tiers.levels}
        what, times = _("%(tier)s 배수") % {"tier": names.get(tier, tier)}, _("%(times)s배")
        was, will_be = (times % {"times": times_in_words(ratio)} for ratio in (one.was, one.will_be))
        return Sentence(about, what, was, will_be, "pencil")
    show = _SHOWN.get((one.about, one.field)) or _SHOWN.get((None, one.field)) or _plain
    place = 1 if one.field == "also_threshold" else 0
    was, will_be = (
        show(value, measures[place] if place < len(measures) else "", currency)
        for value, measures in ((one.was, counted), (one.will_be, content.tiers.measures))
    )
    return Sentence(about, what, was, will_be, "pencil")


def _about(one: Difference) -> str:
    if one.about is About.RULE:
        return _("규칙 ‘%(name)s’") % {"name": one.name}
    if one.about is About.TIER:
        return _("등급 ‘%(name)s’") % {"name": one.name}
    if one.field in LIMITS:
        return _("적립 한도")
    return _("포인트가 열리고 사라지는 때") if one.about is About.TERMS else _("등급 심사")


def _second(value: int, measure: str, currency: str) -> str:
    return measured(value, measure, currency) if value and measure else _("없어요")


def _plain(value: Any, measure: str, currency: str) -> str:
    return str(value)


_FIELDS: Mapping[str, object] = {
    "added": lazy("새로 생겨요"), "ended": lazy("끝나요"), "name": lazy("이름"), "rate": lazy("적립"),
    "category": lazy("무엇에"), "rounding": lazy("소수점"), "ends_at": lazy("끝나는 날"),
    "pending_days": lazy("열리는 때"), "opens_on": lazy("열리는 날"), "expiry": lazy("사라지는 때"),
    "most_per_order": lazy("구매 한 번에"), "most_held": lazy("한 사람이 가진 포인트"),
    "threshold": lazy("기준"), "also_threshold": lazy("둘째 기준"),
    "gate": lazy("누가 될 수 있나요?"), "counted": lazy("무엇을 세나요?"),
    "own_wait": lazy("이 포인트가 열리는 때"),
    "own_expiry": lazy("이 포인트가 사라지는 때"),
    "extra_months": lazy("포인트 유효 기간"), "window": lazy("세는 기간"),
    "grace_days": lazy("유예"), "downgrade": lazy("못 미치면"),
}  # fmt: skip
_SHOWN: Mapping[tuple[About | None, str], Callable[[Any, str, str], str]] = {
    (None, "rate"): lambda value, measure, currency: rate_in_words(value[0], value[1], currency),
    (None, "category"): lambda value, measure, currency: counts_in_words(value),
    (None, "rounding"): lambda value, measure, currency: rounding_name(value),
    (None, "ends_at"): lambda value, measure, currency: ends_in_words(value),
    (None, "pending_days"): lambda value, measure, currency: waits_in_words(value),
    (None, "opens_on"): lambda value, measure, currency: opens_in_words(value) or _("정하지 않음"),
    (None, "expiry"): lambda value, measure, currency: lasts_in_words(*value),
    (None, "most_per_order"): lambda value, measure, currency: limit_in_words(value) or _("정하지 않음"),
    (None, "most_held"): lambda value, measure, currency: held_in_words(value) or _("정하지 않음"),
    (None, "own_wait"): lambda value, measure, currency: _own(own_wait_in_words, *(value or (None,))),
    (None, "own_expiry"): lambda value, measure, currency: _own(lasts_in_words, *(value or (None,))),
    (None, "extra_months"): lambda value, measure, currency: longer_in_words(value) or _("멤버십과 같이"),
    (None, "threshold"): lambda value, measure, currency: measured(value, measure, currency),
    (None, "also_threshold"): lambda value, measure, currency: _second(value, measure, currency),
    (None, "gate"): lambda value, measure, currency: gate_in_words(value),
    (None, "counted"): lambda value, measure, currency: counted_in_words(value),
    (None, "window"): lambda value, measure, currency: window_in_words(value[0], value[1]),
    (None, "grace_days"): lambda value, measure, currency: grace_in_words(value),
    (None, "downgrade"): lambda value, measure, currency: downgrade_in_words(value),
}

_PROBLEMS: Mapping[str, object] = {
    "needed": lazy("무엇을 활동으로 칠지 골라 주세요."),
    "unknown": lazy("목록에서 골라 주세요."),
    "needed_for_awaits": lazy("소식이 없어도 열릴 날이 있어야 해요. 1 이상으로 적어 주세요."),
    "only_for_all": lazy("활동이 없으면 사라지게 하는 것은 멤버십 전체에만 정할 수 있어요."),
    "not_positive": lazy("0보다 커야 해요."),
    "too_large": lazy("너무 커요. 더 작게 적어 주세요."),
    "too_small": lazy("1 이상으로 적어 주세요."),
    "too_long": lazy("너무 길어요. 짧게 적어 주세요."),
    "negative": lazy("0이나 그보다 큰 수로 적어 주세요."),
    "empty": lazy("이름을 적어 주세요."),
    "taken": lazy("다른 규칙과 이름이 같아요. 다르게 적어 주세요."),
    "unknown_tier": lazy("이 등급은 없어요."),
    "over": lazy("이미 지난 날이에요. 더 늦은 날을 고르거나 비워 두세요."),
    "must_climb_from_zero": lazy("위로 갈수록 기준이 커져야 해요."),
    "keys_must_stay": lazy("등급을 더하거나 없앨 수는 없어요. 이름과 기준만 바꿀 수 있어요."),
    "unknown_segment": lazy("이 세그먼트는 없거나 보관했어요. 다른 것을 고르세요."),
    "lowest_is_for_all": lazy("가장 낮은 등급은 누구나예요."),
    "same_as_first": lazy("첫째와 다른 것을 골라 주세요."),
    "asks_nothing": lazy("둘째 기준을 적거나, 함께 셀 것을 ‘없어요’로 두세요."),
    "needed_for_thresholds": lazy("함께 셀 것을 골라 주세요."),
    "not_a_calendar_period": lazy("몇 달씩 세는 기간은 1, 3, 6, 12달 가운데 하나예요."),
    "not_a_number": lazy("숫자로 적어 주세요."),
    "not_an_amount": lazy("금액으로 적어 주세요. 통화의 소수 자리까지만 쓸 수 있어요."),
    "not_a_ratio": lazy("1.5나 7/3처럼 적어 주세요."),
    "not_a_day": lazy("날짜를 골라 주세요."),
    "not_a_choice": lazy("목록에서 골라 주세요."),
    "before_current_version": lazy("이미 예약한 판보다 먼저 시작할 수는 없어요. 그때나 그 뒤로 골라 주세요."),
    "in_the_past": lazy("지난 때부터 바꿀 수는 없어요. 지금이나 그 뒤로 골라 주세요."),
}


def problem_in_words(problem: str) -> str:
    """Return what is to be done about a problem."""
    return str(_PROBLEMS.get(problem, problem))
