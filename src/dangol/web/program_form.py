"""The form a draft is written in: a program's content as inputs, and what was typed as a content again.

An input is named by its path (`rules.<key>.name`), as problems are; so each problem finds its field.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from django.utils.translation import gettext as _, gettext_lazy as lazy

from dangol.core.segments.selectors import segment_names
from dangol.domain.accrual import Expiry, Rounding
from dangol.domain.idling import Activity
from dangol.domain.milestones import Milestone
from dangol.domain.tiers import Join, Measure
from dangol.rooms.rewards.checking import Problem
from dangol.rooms.rewards.contents import (
    NEW,
    LevelContent,
    ProgramContent,
    RuleContent,
    TermsContent,
    TiersContent,
)
from dangol.web.formats import format_last_day, minor_digits
from dangol.web.inputs import Input, Options
from dangol.web.opening_words import AWAITS
from dangol.web.program_fields import FieldReader, Setting, write_money
from dangol.web.program_words import DOWNGRADES, activity_options, problem_in_words, times_in_words
from dangol.web.tier_words import measure_name
from dangol.web.words import rounding_name

MOST_RULES, LATEST_DAYS = 100, 30
EXPIRIES: Options = (
    ("never", lazy("사라지지 않아요")),
    ("rolling_days", lazy("며칠이 지나면")),
    ("rolling_months", lazy("몇 달이 지나면")),
    ("end_of_month", lazy("몇 달 뒤 그 달이 끝나면")),
    ("end_of_year", lazy("몇 년 뒤 그 해가 끝나면")),
)
OWN_EXPIRIES: Options = (("", lazy("멤버십과 같이")), *EXPIRIES)
ALL_EXPIRIES: Options = (*EXPIRIES, ("inactivity", lazy("몇 달 동안 활동이 없으면")))
JOINS: Options = ((Join.ALL.value, lazy("둘 다 채워야 해요")), (Join.ANY.value, lazy("하나만 채워도 돼요")))
WINDOWS: Options = (
    ("rolling", lazy("최근 며칠")), ("calendar", lazy("달력의 몇 달")),
    ("joining", lazy("가입한 날부터 몇 달씩")), ("lifetime", lazy("지금까지 모두")),
)  # fmt: skip


class RuleInputs(NamedTuple):
    """The fields of one rule."""

    key: str
    title: str
    inputs: list[Input]
    times: list[Input]


class LevelInputs(NamedTuple):
    """The fields of one tier."""

    title: str
    inputs: list[Input]


class DraftForm(NamedTuple):
    """All fields of a draft, and the problems with where each one is."""

    rules: list[RuleInputs]
    most: list[Input]
    terms: list[Input]
    levels: list[LevelInputs]
    tiers: list[Input]
    summary: list[Input]


def write_fields(content: ProgramContent, setting: Setting) -> dict[str, str]:
    """Return what stands in each field for a content."""
    fields: dict[str, str] = {}
    for rule in content.rules:
        at = f"rules.{rule.key}."
        fields |= {
            f"{at}name": rule.name,
            f"{at}rate_points": str(rule.rate_points),
            f"{at}rate_minor": write_money(rule.rate_minor, setting.currency),
            f"{at}category": rule.category,
            f"{at}rounding": rule.rounding.value,
            f"{at}ends_at": format_last_day(rule.ends_at).isoformat() if rule.ends_at else "",
            f"{at}pending_days": "" if rule.pending_days is None else str(rule.pending_days),
            f"{at}awaits": rule.awaits.value if rule.awaits else "",
            f"{at}expiry": rule.expiry.value if rule.expiry else "",
            f"{at}expiry_count": str(rule.expiry_count) if rule.expiry else "",
        }
        for tier in content.tier_keys:
            fields[f"{at}multipliers.{tier}"] = times_in_words(rule.multipliers.get(tier, (1, 1)))
    terms, tiers = content.terms, content.tiers
    fields |= {
        "terms.pending_days": str(terms.pending_days), "terms.expiry": terms.expiry.value,
        "terms.expiry_count": str(terms.expiry_count),
        "terms.activities": ",".join(terms.activities),
        "terms.opens_on": terms.opens_on.isoformat() if terms.opens_on else "",
        "terms.most_per_order": "" if terms.most_per_order is None else str(terms.most_per_order),
        "terms.most_held": "" if terms.most_held is None else str(terms.most_held),
        "tiers.measure": tiers.measure.value, "tiers.also": tiers.also.value if tiers.also else "",
        "tiers.join": tiers.join.value, "tiers.window": tiers.window.value,
        "tiers.window_size": str(tiers.window_size), "tiers.grace_days": str(tiers.grace_days),
        "tiers.downgrade": tiers.downgrade.value,
    }  # fmt: skip
    for level in tiers.levels:
        fields[f"tiers.levels.{level.key}.name"] = level.name
        at = f"tiers.levels.{level.key}."
        fields[f"{at}threshold"] = _amount(level.threshold, tiers.measure, setting)
        fields[f"{at}gate"] = level.gate
        fields[f"{at}also_threshold"] = _amount(level.also_threshold, tiers.also, setting)
        fields[f"tiers.levels.{level.key}.extra_months"] = str(level.extra_months)
    return fields


def _amount(asked: int, measure: Measure | None, setting: Setting) -> str:
    return write_money(asked, setting.currency) if measure is Measure.SPEND else str(asked)


def read_content(
    typed: Mapping[str, str], keys: Iterable[str], before: ProgramContent, setting: Setting
) -> tuple[ProgramContent, list[Problem]]:
    """Return what was typed as a content, and what could not be read. `keys` are the form's rules."""
    reader = FieldReader(typed, setting)
    known = before.rules_by_key
    wanted = [key for key in dict.fromkeys(keys) if key in known][:MOST_RULES]
    content = ProgramContent(
        rules=tuple(_read_rule(reader, known[key], before.tier_keys) for key in wanted),
        terms=TermsContent(
            pending_days=reader.whole("terms.pending_days", before.terms.pending_days),
            expiry=reader.choice("terms.expiry", before.terms.expiry),
            expiry_count=reader.whole("terms.expiry_count", before.terms.expiry_count),
            activities=reader.several("terms.activities", Activity, before.terms.activities),
            opens_on=reader.day("terms.opens_on", before.terms.opens_on),
            most_per_order=reader.whole_or_none("terms.most_per_order", before.terms.most_per_order),
            most_held=reader.whole_or_none("terms.most_held", before.terms.most_held),
        ),
        tiers=_read_tiers(reader, before.tiers),
    )
    return content, reader.problems


def _read_tiers(reader: FieldReader, tiers: TiersContent) -> TiersContent:
    measure = reader.choice("tiers.measure", tiers.measure)
    also = reader.choice_or_none("tiers.also", Measure, tiers.also)
    return TiersContent(
        levels=tuple(_read_level(reader, level, measure, also) for level in tiers.levels),
        measure=measure,
        window=reader.choice("tiers.window", tiers.window),
        window_size=reader.whole("tiers.window_size", tiers.window_size),
        grace_days=reader.whole("tiers.grace_days", tiers.grace_days),
        downgrade=reader.choice("tiers.downgrade", tiers.downgrade),
        also=also,
        join=reader.choice("tiers.join", tiers.join) if also else Join.ALL,
    )


def _read_rule(reader: FieldReader, rule: RuleContent, tier_keys: Sequence[str]) -> RuleContent:
    at = f"rules.{rule.key}."
    ratios = {
        tier: reader.ratio(f"{at}multipliers.{tier}", rule.multipliers.get(tier, (1, 1)))
        for tier in tier_keys
    }
    expiry = reader.choice_or_none(f"{at}expiry", Expiry, rule.expiry)
    awaits = reader.choice_or_none(f"{at}awaits", Milestone, rule.awaits)
    wait = reader.whole_or_none(f"{at}pending_days", rule.pending_days)
    if rule.awaits and not awaits and wait == rule.pending_days:
        wait = None  # it was the last day of what they no longer await
    return RuleContent(
        key=rule.key,
        name=reader.text(f"{at}name", rule.name),
        rate_points=reader.whole(f"{at}rate_points", rule.rate_points),
        rate_minor=reader.money(f"{at}rate_minor", rule.rate_minor),
        category=reader.text(f"{at}category", rule.category),
        multipliers={
            tier: ratio for tier, ratio in ratios.items() if ratio != (1, 1) or tier in rule.multipliers
        },
        rounding=reader.choice(f"{at}rounding", rule.rounding),
        ends_at=reader.last_day(f"{at}ends_at", rule.ends_at),
        # Nothing waits for ever: left open, the last day comes after a month.
        pending_days=LATEST_DAYS if awaits and wait is None else wait,
        awaits=awaits,
        expiry=expiry,
        expiry_count=(reader.whole_or_none(f"{at}expiry_count", rule.expiry_count) or 0) if expiry else 0,
    )


def _read_level(
    reader: FieldReader, level: LevelContent, measure: Measure, also: Measure | None
) -> LevelContent:
    """Return a tier as it was typed; what it would ask of a second thing is kept only where one counts."""
    at = f"tiers.levels.{level.key}."

    def asked(field: str, of: Measure, before: int) -> int:
        return (reader.money if of is Measure.SPEND else reader.whole)(f"{at}{field}", before)

    return LevelContent(
        key=level.key, name=reader.text(f"{at}name", level.name),
        threshold=asked("threshold", measure, level.threshold),
        extra_months=reader.whole(f"{at}extra_months", level.extra_months),
        also_threshold=asked("also_threshold", also, level.also_threshold) if also else 0,
        gate=reader.text(f"{at}gate", level.gate)[:40],
    )  # fmt: skip


def add_blank_rule(content: ProgramContent, currency: str) -> ProgramContent:
    """Return a content with one rule more, to be filled in."""
    numbers = [
        int(rule.key.removeprefix(NEW)) for rule in content.rules if rule.key.removeprefix(NEW).isdigit()
    ]
    number = max([*numbers, 0]) + 1
    rate_minor = max(100, 10 ** minor_digits(currency))
    rule = RuleContent(
        key=f"{NEW}{number}", name=_("새 규칙 %(number)s") % {"number": number}, rate_points=1,
        rate_minor=rate_minor,
    )  # fmt: skip
    return msgspec.structs.replace(content, rules=(*content.rules, rule))


def drop_rule(content: ProgramContent, key: str) -> ProgramContent:
    """Return a content without a rule."""
    return msgspec.structs.replace(content, rules=tuple(rule for rule in content.rules if rule.key != key))


def make_form(
    content: ProgramContent, fields: Mapping[str, str], problems: Sequence[Problem], setting: Setting
) -> DraftForm:
    """Return the form of a content with what stands in its fields, and each problem at its field."""
    errors = {_field_of(one.field, content): problem_in_words(one.problem) for one in reversed(problems)}

    def field(
        name: str, label: str, kind: str = "text", hint: str = "", options: Options = (), listed: str = ""
    ) -> Input:
        return Input(name, label, kind, fields.get(name, ""), errors.get(name, ""), hint, options, listed)

    rules = [
        RuleInputs(
            rule.key, rule.name, list(_rule_inputs(rule, field)),
            [
                field(f"rules.{rule.key}.multipliers.{level.key}", level.name, "number")
                for level in content.tiers.levels
            ],
        )
        for rule in content.rules
    ]  # fmt: skip
    form = DraftForm(
        rules,
        list(_most_inputs(field)),
        list(_terms_inputs(field)),
        [
            LevelInputs(level.name, list(_level_inputs(level, field, is_first=place == 0)))
            for place, level in enumerate(content.tiers.levels)
        ],
        list(_tiers_inputs(field)),
        [],
    )
    return form._replace(summary=[one for one in _all_inputs(form) if one.error])


def _rule_inputs(rule: RuleContent, field: Callable[..., Input]) -> Iterator[Input]:
    at = f"rules.{rule.key}."
    yield field(f"{at}name", _("규칙 이름"))
    yield field(f"{at}category", _("무엇에"), hint=_("비워 두면 모든 상품이에요"), listed="categories")
    yield field(f"{at}rate_minor", _("얼마마다"), "number")
    yield field(f"{at}rate_points", _("몇 포인트"), "number")
    rounding = tuple((one.value, rounding_name(one.value)) for one in Rounding)
    yield field(f"{at}rounding", _("소수점"), options=rounding)
    yield field(f"{at}ends_at", _("마지막 날"), "date", hint=_("비워 두면 끝나지 않아요"))
    yield field(f"{at}awaits", _("이 포인트를 여는 것"), options=AWAITS)
    yield field(f"{at}pending_days", _("이 포인트는 며칠 뒤에 열려요"), "number", hint=_wait_hint(rule))
    yield field(f"{at}expiry", _("이 포인트가 사라지는 때"), options=OWN_EXPIRIES)
    yield field(f"{at}expiry_count", _("며칠, 몇 달, 몇 년"), "number")


def _wait_hint(rule: RuleContent) -> str:
    """Return what the days mean: where points wait for their order, when they open anyway."""
    if rule.awaits:
        return _("그때까지 소식이 없으면 이만큼 지나서 저절로 열려요")
    return _("비워 두면 멤버십과 같아요")


def _most_inputs(field: Callable[..., Input]) -> Iterator[Input]:
    together = _("모든 규칙을 합해서 따지고, 프로모션 포인트는 빼요. 비워 두면 한도가 없어요")
    yield field("terms.most_per_order", _("구매 한 번에 적립하는 포인트의 한도"), "number", hint=together)
    beyond = _("적립 예정까지 세요. 구매로 이만큼 넘게 쌓이지 않고, 다른 방법으로 받는 것은 막지 않아요")
    yield field("terms.most_held", _("한 사람이 가질 수 있는 최대 포인트"), "number", hint=beyond)


def _terms_inputs(field: Callable[..., Input]) -> Iterator[Input]:
    yield field("terms.pending_days", _("적립하고 며칠 뒤에 열려요"), "number", hint=_("0이면 바로 열려요"))
    yield field(
        "terms.opens_on", _("이날보다 먼저 열리지 않아요"), "date", hint=_("비워 두면 날짜를 따지지 않아요")
    )
    yield field("terms.expiry", _("사라지는 때"), options=ALL_EXPIRIES)
    yield field("terms.expiry_count", _("며칠, 몇 달, 몇 년"), "number")
    only = _("활동이 없으면 사라지는 포인트에만 쓰여요")
    yield field("terms.activities", _("활동으로 치는 것"), options=activity_options(), hint=only)


def _level_inputs(level: LevelContent, field: Callable[..., Input], *, is_first: bool) -> Iterator[Input]:
    at, name = f"tiers.levels.{level.key}.", {"tier": level.name}
    yield field(f"{at}name", _("%(tier)s 이름") % name)
    yield field(f"{at}threshold", _("%(tier)s 기준") % name, "number")
    if not is_first:
        hint = _("함께 셀 것을 고르면 쓰여요")
        yield field(f"{at}also_threshold", _("%(tier)s 둘째 기준") % name, "number", hint=hint)
    yield field(f"{at}extra_months", _("%(tier)s 포인트가 몇 달 더 가요") % name, "number")
    if not is_first:
        everybody = ("", _("누구나"))
        yield field(
            f"{at}gate", _("%(tier)s 누가 될 수 있나요?") % name, options=(everybody, *_segments(level))
        )


def _segments(level: LevelContent) -> list[tuple[str, str]]:
    """Return the segments a tier can be for, with one that it names and that is no more."""
    names = segment_names()
    lost = [(level.gate, level.gate)] if level.gate and level.gate not in names else []
    return [*lost, *sorted(names.items(), key=lambda one: one[1])]


def _tiers_inputs(field: Callable[..., Input]) -> Iterator[Input]:
    measures = tuple((one.value, measure_name(one.value)) for one in Measure)
    yield field("tiers.measure", _("무엇을 세나요?"), options=measures)
    yield field("tiers.also", _("함께 셀 것"), options=(("", _("없어요")), *measures))
    yield field("tiers.join", _("두 가지를 셀 때"), options=JOINS)
    yield field("tiers.window", _("세는 기간"), options=WINDOWS)
    yield field("tiers.window_size", _("며칠, 또는 1·3·6·12달"), "number")
    yield field("tiers.grace_days", _("유예 며칠"), "number")
    yield field("tiers.downgrade", _("기준에 못 미치면"), options=tuple(DOWNGRADES.items()))


def _all_inputs(form: DraftForm) -> Iterator[Input]:
    for rule in form.rules:
        for one in (*rule.inputs, *rule.times):
            yield one._replace(label=f"{rule.title} · {one.label}")
    yield from form.most
    yield from form.terms
    for level in form.levels:
        yield from level.inputs
    yield from form.tiers


def _field_of(path: str, content: ProgramContent) -> str:
    """Return the field a problem is shown at."""
    last = content.tier_keys[-1]
    if path == "tiers.levels":
        return f"tiers.levels.{last}.threshold"
    if path == "tiers.also_levels":
        return f"tiers.levels.{last}.also_threshold"
    if path.endswith(".rate"):
        return f"{path}_points"
    if path.endswith(".multipliers"):
        return f"{path}.{last}"
    return path
