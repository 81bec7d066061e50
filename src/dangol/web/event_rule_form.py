"""The form an event rule is written in: what was typed, the condition's parts, and the content they mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.http import QueryDict
from django.utils.translation import gettext as _

from dangol.core.refusals import explain
from dangol.domain.accrual import Expiry
from dangol.domain.conditions import BrokenCondition, Catalog, read_condition, write_condition
from dangol.domain.errors import DomainError
from dangol.domain.event_rules import PERIODS, Trigger
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, can_pay, check, unpack
from dangol.rooms.rewards.event_rules.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.web.condition_form.offers import Offers
from dangol.web.condition_form.opening import open_parts
from dangol.web.condition_form.parts import Part, act, new_root, read_parts
from dangol.web.condition_form.writing import Fault, number_of, write_parts
from dangol.web.event_rule_words import BY_SIZE, OPS
from dangol.web.promotion_form.fields import LONGEST_LINES, Reader, write_value
from dangol.web.promotion_form.state import instant_of, read_clock, read_day, write_ends

MOST_TESTS = 3
# An event that is not among those that are offered: its name is typed.
OTHER = "-"
_CAPS = (*PERIODS, "ever", "cooldown_hours")
_BUDGET = {"budget_times": "times", "budget_points": "points"}
_KEPT = "kept_tests"


@dataclass
class State:
    """The form as it stands; `part`: that of the condition to be looked at next."""

    typed: dict[str, str]
    root: Part
    part: int | None = None

    def act(self, do: str) -> None:
        """Do what a button of the condition says."""
        self.part = act(self.root, do)


class Written(NamedTuple):
    """What the form says; no content where something cannot be read, which `faults` tell by the input.

    `problem`: what keeps a content that can be read from being published.
    """

    content: EventRuleContent | None
    faults: dict[str, str]
    parts: list[Fault]
    problem: str = ""


def read_state(sent: QueryDict) -> State:
    """Return the form that was sent; what makes no sense in it is left out."""
    typed = {
        name: value[:LONGEST_LINES].replace("\r\n", "\n")
        for name, value in sent.items()
        if isinstance(value, str) and not name[:1].isdigit()
    }
    return State(typed, read_parts(sent))


def open_state(content: EventRuleContent, zone: ZoneInfo, offers: Offers) -> State:
    """Return the form of a content; a condition that can no more be read is left out."""
    rate = content.rate
    is_offered = not content.event or content.event in payable(offers)
    typed = {
        "name": content.name, "name_en": content.name_en, "trigger": content.trigger.value,
        "event": content.event if is_offered else OTHER, "event_name": "" if is_offered else content.event,
        "points": _whole(content.points or None), "most_points": _whole(content.most_points),
        "rate_property": rate.property if rate else "", "rate_points": _whole(rate.points if rate else None),
        "rate_units": _whole(rate.units if rate else None),
        "pending_days": "" if content.pending_days is None else str(content.pending_days),
        "expiry": content.expiry.value if content.expiry else "",
        "expiry_count": str(content.expiry_count) if content.expiry_count else "",
        "about": content.about, "about_en": content.about_en, "is_shown": "1" if content.is_shown else "",
        **{name: _whole(getattr(content.caps, name) or None) for name in _CAPS},
        **{name: _whole(getattr(content.budget, own)) for name, own in _BUDGET.items()},
        **write_ends(content.active_from, content.active_to, zone), **_typed_tests(content.where),
    }  # fmt: skip
    return State(typed, _root(content, offers.catalog))


def _whole(number: int | None) -> str:
    return write_value(number, "whole", "")


def _root(content: EventRuleContent, catalog: Catalog) -> Part:
    if content.condition is None:
        return new_root()
    try:
        return open_parts(read_condition(content.condition, catalog))
    except BrokenCondition:
        return new_root()


def _typed_tests(tests: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return tests of the event as they are typed; what the form has no words for is kept as it is."""
    plain = [one for one in tests if one.get("op") in OPS and not isinstance(one.get("value"), list | dict)]
    shown, rest = plain[:MOST_TESTS], [one for one in tests if one not in plain[:MOST_TESTS]]
    typed = {_KEPT: msgspec.json.encode(rest).decode() if rest else ""}
    for number, one in enumerate(shown, 1):
        value = one.get("value")
        said = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value or "")
        typed |= {
            f"t{number}.property": str(one["property"]),
            f"t{number}.op": one["op"],
            f"t{number}.value": said,
        }
    return typed


def payable(offers: Offers) -> dict[str, str]:
    """Return the events that may be chosen, by their names, in words; what is not paid for left out."""
    return {name: words for name, words in offers.events.items() if can_pay(name)}


def write_content(
    state: State, before: EventRuleContent, zone: ZoneInfo, offers: Offers, *, needs_name: bool = True
) -> Written:
    """Return what the form says. `before` is what it was opened from: an instant not touched stays as it is.

    Not `needs_name`: it is only read back, and somebody may give it a name at the end.
    """
    reader = Reader(state.typed, "")
    condition, parts = _condition(state, offers)
    trigger = reader.said("trigger")
    is_event = trigger not in (Trigger.BIRTHDAY.value, Trigger.ANNIVERSARY.value)
    raw = {
        "name": _name(reader, "name", is_needed=needs_name),
        "name_en": _name(reader, "name_en", is_needed=False),
        "trigger": Trigger.EVENT.value if is_event else trigger,
        "event": _event(reader, offers, is_needed=needs_name) if is_event else "",
        "where": _tests(reader) if is_event else [],
        "condition": condition, "points": reader.read("points", "whole") or 0, "rate": _rate(reader),
        "most_points": reader.read("most_points", "whole"),
        "caps": {name: reader.read(name, "whole") for name in (*PERIODS, "ever")}
        | {"cooldown_hours": reader.read("cooldown_hours", "whole") or 0},
        "budget": {own: reader.read(name, "whole") for name, own in _BUDGET.items()},
        "pending_days": _days(reader), **_expiry(reader), **_ends(reader, before, zone),
        "about": _about(reader, "about"), "about_en": _about(reader, "about_en"),
        "is_shown": reader.read("is_shown", "flag"),
    }  # fmt: skip
    if reader.faults or parts:
        return Written(None, reader.faults, parts)
    content = unpack(raw)
    return Written(content, {}, [], problem_of(content))


def problem_of(content: EventRuleContent) -> str:
    """Return what keeps a content from being published, in words; empty: nothing in it."""
    named = content if content.name.strip() else msgspec.structs.replace(content, name="-")
    try:
        check(named)
    except DomainError as refusal:
        return " ".join(explain(refusal))
    return ""


def _condition(state: State, offers: Offers) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Return the condition as JSON; an empty form is none: every member earns."""
    if not state.root.parts:
        return None, []
    written = write_parts(state.root, offers)
    if written.condition is None:
        return None, list(written.faults)
    return write_condition(written.condition), []


def _name(reader: Reader, field: str, *, is_needed: bool) -> str:
    name = reader.said(field)
    if not name and is_needed:
        reader.fault(field, _("이름을 적어 주세요."))
    elif len(name) > LONGEST_NAME:
        reader.fault(field, _("80자 안으로 줄여 주세요."))
    return name


def _about(reader: Reader, name: str) -> str:
    about = reader.said(name)
    if len(about) > LONGEST_ABOUT:
        reader.fault(name, _("300자 안으로 줄여 주세요."))
    return about


def _event(reader: Reader, offers: Offers, *, is_needed: bool) -> str:
    chosen = reader.said("event")
    if chosen != OTHER:
        if chosen not in payable(offers) and is_needed:
            reader.fault("event", _("활동을 골라 주세요."))
        return chosen
    name = reader.said("event_name")
    if not name and is_needed:
        reader.fault("event_name", _("앱이 보내는 이름을 그대로 적어 주세요."))
    if name and not can_pay(name):
        reader.fault("event_name", _("이 활동에는 포인트를 줄 수 없어요."))
    return name


def _tests(reader: Reader) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(1, MOST_TESTS + 1):
        name, op = reader.said(f"t{number}.property"), reader.said(f"t{number}.op")
        if not name:
            continue
        test: dict[str, Any] = {"property": name, "op": op if op in OPS else OPS[0]}
        if test["op"] != "is_set":
            said = reader.said(f"t{number}.value")
            if not said:
                reader.fault(f"t{number}.value", _("이 칸을 적어 주세요."))
            elif test["op"] in BY_SIZE and number_of(said) is None:
                reader.fault(f"t{number}.value", _("크기를 비교하려면 숫자를 적어 주세요. 예: 4"))
            test["value"] = _value(said, test["op"])
        found.append(test)
    try:
        kept = msgspec.json.decode(reader.said(_KEPT) or "[]", type=list[dict[str, Any]])
    except msgspec.DecodeError:
        kept = []
    return found + kept


def _value(said: str, op: str) -> Any:
    if said in ("true", "false"):
        return said == "true"
    number = None if op == "contains" else number_of(said)
    if number is None:
        return said
    return int(number) if number == number.to_integral_value() else float(Decimal(number))


def _rate(reader: Reader) -> dict[str, Any] | None:
    name = reader.said("rate_property")
    if not name:
        return None
    points = reader.read("rate_points", "whole", is_needed=True)
    units = reader.read("rate_units", "whole") or 1
    if not reader.said("most_points"):
        reader.fault("most_points", _("활동의 수로 셈하면 한 번에 줄 최대를 정해야 해요."))
    return {"property": name, "points": points or 0, "units": units}


def _days(reader: Reader) -> int | None:
    said = reader.said("pending_days")
    if not said:
        return None
    days = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else -1
    if not 0 <= days <= 366:
        reader.fault("pending_days", _("0에서 366까지의 정수로 적어 주세요."))
    return max(days, 0)


def _expiry(reader: Reader) -> dict[str, Any]:
    said = reader.said("expiry")
    if said not in {one.value for one in Expiry}:
        return {"expiry": None, "expiry_count": 0}
    is_needed = said in (Expiry.ROLLING_DAYS.value, Expiry.ROLLING_MONTHS.value)
    count = 0 if said == Expiry.NEVER.value else reader.read("expiry_count", "whole", is_needed=is_needed)
    return {"expiry": said, "expiry_count": count or 0}


def _ends(reader: Reader, before: EventRuleContent, zone: ZoneInfo) -> dict[str, datetime | None]:
    typed = write_ends(before.active_from, before.active_to, zone)
    found: dict[str, datetime | None] = {}
    for field, end in (("active_from", "first"), ("active_to", "last")):
        said = {name: reader.said(name) for name in (f"{end}_day", f"{end}_time")}
        if all(typed[name] == value for name, value in said.items()):
            found[field] = getattr(before, field)
            continue
        day, clock = read_day(said[f"{end}_day"]), read_clock(said[f"{end}_time"])
        if said[f"{end}_day"] and day is None:
            reader.fault(f"{end}_day", _("날짜를 골라 주세요."))
        if said[f"{end}_time"] and (clock is None or day is None):
            reader.fault(f"{end}_time", _("날짜와 함께 시각을 골라 주세요."))
        found[field] = instant_of(day, clock, zone, is_end=end == "last") if day else None
    return found
