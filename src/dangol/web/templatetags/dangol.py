"""Tags and filters of our templates: how figures are written, icons, and addresses that keep their state."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.http import QueryDict
from django.template.context import RequestContext
from django.urls import resolve, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext as _
from lucide.templatetags.lucide import lucide

from dangol.core.events.webhooks.selectors import MOST_COUNTED
from dangol.core.people.selectors import PersonView
from dangol.core.people.wordings import Wording
from dangol.core.refusals import Facts, words_by_code
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.catalog.selectors import RewardView
from dangol.rooms.rewards.event_rules.selectors import AwardView
from dangol.rooms.rewards.stamps.selectors import ProgramView
from dangol.web import (
    behavior_words,
    doors,
    duty_words,
    formats,
    health_words,
    hook_words,
    marks,
    opening_words,
    order_words,
    words,
    work_words,
)
from dangol.web.event_rule_words import sum_in_words
from dangol.web.guard import access_of, may_open
from dangol.web.mail_words import failure_in_words, tls_name
from dangol.web.problem_words import problem_title
from dangol.web.roles import role_name, scopes_in_words

register = template.Library()

register.filter("number", formats.format_number)
register.filter("points", formats.format_points)
register.filter("points_change", formats.format_points_change)
register.filter("compact", formats.format_compact)
register.filter("money", formats.format_money)
register.filter("money_in_words", formats.format_money_in_words)
register.filter("share", formats.format_share)
register.filter("times", formats.format_times)
register.filter("quantity", formats.format_quantity)
register.filter("day", formats.format_day)
register.filter("full_date", formats.format_date)
register.filter("month_name", formats.format_month)
register.filter("unusual_words", duty_words.unusual_words)
register.filter("step_name", duty_words.step_name)
register.filter("request_name", duty_words.request_name)
register.filter("request_act", duty_words.request_act)
register.filter("unusual_icon", duty_words.unusual_icon)
register.filter("clock", formats.format_time)
register.filter("instant", formats.format_instant)
register.filter("person_label", words.person_label)
register.filter("transfer_name", words.transfer_name)
register.filter("transfer_icon", words.transfer_icon)
register.filter("line_amount", words.line_amount)
register.filter("reason_name", words.reason_name)
register.filter("zero_reason", words.zero_reason)
register.filter("not_judged_reason", order_words.not_judged_reason)
register.filter("cut_reason", order_words.cut_reason)
register.filter("held_reason", order_words.held_reason)
register.filter("rounding_name", words.rounding_name)
register.filter("identity_name", words.identity_name)
register.filter("told_at", words.told_at)
register.filter("trait_name", words.trait_name)
register.filter("trait_value", words.trait_value)
register.filter("channel_name", words.channel_name)
register.filter("purpose_name", words.purpose_name)
register.filter("consent_name", words.consent_name)
register.filter("process_name", words.process_name)
register.filter("role_name", role_name)
register.filter("scopes_in_words", scopes_in_words)
register.filter("endpoint_state", hook_words.endpoint_state)
register.filter("delivery_state", hook_words.delivery_state)
register.filter("cause_name", hook_words.cause_name)
register.filter("failure_words", hook_words.failure_words)
register.filter("host", words.host)
register.filter("mail_failure", failure_in_words)
register.filter("tls_name", tls_name)
register.filter("check_name", health_words.check_name)
register.filter("job_state", work_words.job_state)
register.filter("milestone_name", opening_words.milestone_name)
register.filter("waits_until", opening_words.waits_until)
register.filter("opened_by", opening_words.opened_by)
register.filter("call_name", behavior_words.call_name)
register.filter("call_icon", behavior_words.call_icon)
register.filter("cause_word", behavior_words.cause_word)
register.filter("problem_title", problem_title)
register.filter("access_name", work_words.access_name)
register.filter("actor_kind", work_words.actor_kind)
register.filter("seen_names", work_words.seen_names)
register.filter("chain_fault", work_words.chain_fault)
register.filter("last_line", work_words.last_line)
register.filter("act_name", doors.act_name)
register.filter("outcome_name", doors.outcome_name)
register.filter("proofs_name", doors.proofs_name)
register.filter("browser_name", doors.browser_name)


register.filter("josa", formats.with_josa)


@cache
def _icon(name: str, size_class: str) -> SafeString:
    classes = f"icon {size_class}".strip()
    drawn = lucide(name, size=18, **{"class": classes, "aria_hidden": "true", "stroke_width": "1.9"})
    return mark_safe(" ".join(drawn.split()))  # drawn by our own tag from the wheel's file, no input in it


@register.simple_tag
def icon(name: str, size_class: str = "") -> SafeString:
    """Return one of the lucide wheel's icons; it says nothing to a screen reader, the words beside it do."""
    return _icon(name, size_class)


register.simple_tag(marks.logo, name="logo")
register.simple_tag(marks.watermark, name="watermark")


@register.simple_tag
def wording(text: Wording, shop: str) -> str:
    """Return a text to be agreed to, with the shop's name in it."""
    return str(text.text).format(topic=formats.with_josa(shop, "은"), subject=formats.with_josa(shop, "가"))


register.filter("shown_id", show_id)


@register.simple_tag
def when(at: datetime, now: datetime) -> SafeString:
    """Return a `<time>` that reads "3분 전" and tells the exact instant to machines and on hovering."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        formats.format_instant(at),
        formats.format_relative(at, now=now),
    )


@register.simple_tag
def time_of_day(at: datetime) -> SafeString:
    """Return a `<time>` that reads "오후 1:24"."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        formats.format_instant(at),
        formats.format_time(at),
    )


@register.filter
def day_with_year(value: date, today: date) -> str:
    """Return a day in a sentence, with its year where that is not today's."""
    return formats.format_day(value, today=today)


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """Return the address's query with parts changed (None: left out); the place in a list starts anew."""
    state: QueryDict = context["request"].GET.copy()
    state.pop("after", None)
    for name, value in changes.items():
        state.pop(name, None)
        if value not in (None, ""):
            state[name] = str(value)
    return f"?{state.urlencode()}" if state else "?"


@register.simple_tag(name="range")
def day_range(first: date, last: date) -> str:
    """Return a span of days, both included."""
    return formats.format_range(first, last)


@register.filter
def points_with(points: int, josa: str) -> str:
    """Return points with a particle, for a sentence: `1,200P가`; English has none."""
    return formats.with_josa(formats.format_points(points), josa)


@register.simple_tag
def reward_name(reward: RewardView | ProgramView) -> str:
    """Return what a reward, or a stamp card, is called in the reader's language."""
    return reward.name(get_language() or "ko")


@register.simple_tag
def reward_about(reward: RewardView | ProgramView) -> str:
    """Return what a reward, or a stamp card, says of itself in the reader's language."""
    return reward.about(get_language() or "ko")


@register.simple_tag
def award_sum(award: AwardView) -> str:
    """Return the arithmetic of points that an event rule gave."""
    return sum_in_words(award.fixed, award.number, award.rated, award.points)


@register.simple_tag
def gift_name(program: ProgramView) -> str:
    """Return what the coupon or reward of a full card is called; empty for points."""
    return program.gift_name(get_language() or "ko")


@register.simple_tag
def refusal_sentence(code: str) -> str:
    """Return what a refusal says whose facts were not kept; empty for no code."""
    words = words_by_code().get(code)
    return str(words.sentence).format_map(Facts()) if words else ""


@register.simple_tag
def person_or_member(people: Mapping[Id, PersonView], customer_id: Id) -> str:
    """Return how to show somebody; of whom nothing may be said, or is known, that it is a member."""
    person = people.get(customer_id)
    return words.person_label(person) if person else _("회원")


@register.filter
def up_to(count: int) -> range:
    """Return the numbers from 1 to a count."""
    return range(1, count + 1)


@register.filter
def signed(number: int) -> str:
    """Return a number with its sign: a plus, or the minus sign of typography."""
    return f"+{number:,}" if number > 0 else f"\u2212{-number:,}" if number else "0"


@register.filter
def unlocalized(value: int) -> str:
    """Return a number as machines read it, without thousands apart."""
    return str(value)


@register.simple_tag
def member_url(customer_id: Id) -> str:
    """Return the address of a member's page."""
    return reverse("web:member", args=[customer_id])


@register.simple_tag(takes_context=True)
def may(context: RequestContext, route: str, *parts: Any) -> bool:
    """Say whether the reader may open a route, by what its view declares."""
    visitor = context.get("visitor")
    return visitor is not None and may_open(visitor, access_of(resolve(reverse(route, args=parts)).func))


@register.simple_tag
def tier_chip(level: int, names: Mapping[int, str]) -> SafeString:
    """Return a tier as a chip: the higher ones carry a medal."""
    name = names.get(level, "")
    if not name:
        return mark_safe("")
    if not level:
        return format_html('<span class="chip">{}</span>', name)
    return format_html('<span class="chip pri">{}{}</span>', _icon("medal", "sm"), name)


@register.filter
def store_name(store_id: Id | None, names: Mapping[Id, str]) -> str:
    """Return what a store is called; no store is all of them."""
    return names.get(store_id, "") if store_id else ""


@register.filter
def text_file(lines: list[str]) -> str:
    """Return an address that holds these lines as a text file, to be downloaded without asking again."""
    return f"data:text/plain;charset=utf-8,{quote(''.join(f'{line}{chr(10)}' for line in lines))}"


@register.filter
def as_json(value: Any) -> str:
    """Return a value as JSON, for an attribute that a script reads."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def said_errors(field: Any) -> list[str]:
    """Return what is wrong with a field, with our own words for an empty one."""
    return [
        _("이 칸을 적어 주세요.") if error.code == "required" else str(next(iter(error)))
        for error in field.errors.as_data()
    ]


@register.filter
def lookup(key: str, names: Mapping[str, str]) -> str:
    """Return the name of a key; a key without one stands for itself."""
    return names.get(key, key)


@register.filter
def tier_of(level: int, names: Mapping[int, str]) -> str:
    """Return the name of a tier by its place."""
    return names.get(level, "")


@register.filter
def last_day(until: datetime) -> date:
    """Return the last day before an exclusive end."""
    return formats.format_last_day(until)


@register.filter
def days_left(until: datetime, now: datetime) -> str:
    """Return how many days are left to an exclusive end."""
    return formats.format_days_left(until, now=now)


@register.filter
def last_item(items: list[Any]) -> Any:
    """Return the last of a list that is not empty."""
    return items[-1]


@register.filter
def spaced(number: str) -> str:
    """Return a long number in groups of four, so that it can be read aloud."""
    return (
        " ".join(number[start : start + 4] for start in range(0, len(number), 4))
        if len(number) > 6
        else number
    )


@register.filter
def own_name(person: PersonView) -> str:
    """Return how a page greets its owner: the name, else the member's number."""
    return words.person_label(person)


@register.filter
def count_of(counts: Mapping[str, int], key: str) -> str:
    """Return how many there are of a state; a count is taken up to a thousand."""
    count = counts.get(key, 0)
    return f"{formats.format_number(count)}+" if count >= MOST_COUNTED else formats.format_number(count)


@register.simple_tag
def person_in(people: Mapping[Id, PersonView], customer_id: Id) -> str:
    """Return what someone is called, masked; the id of one who is not there any more."""
    person = people.get(customer_id)
    return words.person_label(person) if person else show_id(customer_id)
