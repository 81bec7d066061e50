"""What the form holds: the text of each input, the benefits in their order, and the condition's parts."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.http import QueryDict

from dangol.domain.calendars import day_of, next_day, start_of_day
from dangol.domain.conditions import BrokenCondition, Catalog, read_condition
from dangol.rooms.rewards.promotions.contents import MOST_BENEFITS, PromotionContent
from dangol.web.condition_form.opening import open_parts
from dangol.web.condition_form.parts import Part, act, new_root, read_parts
from dangol.web.promotion_form.benefits import FOREIGN, SPECS, open_benefit, usual_values
from dangol.web.promotion_form.fields import LONGEST_LINES, write_items, write_value

_BENEFIT = re.compile(r"(\d{1,3}):([a-z_]{1,20})", re.ASCII)
_LIMITS = ("uses", "customer_uses", "period_uses", "units")
# Instants of the shop before or after which no calendar is read.
_FIRST_YEAR, _LAST_YEAR = 2000, 9000


@dataclass
class State:
    """The form as it stands. `focus`: the benefit to be looked at next; `part`: that of the condition."""

    typed: dict[str, str]
    benefits: list[tuple[int, str]]
    root: Part
    focus: int | None = None
    part: int | None = None

    def act(self, do: str) -> None:
        """Do what a button says: to the benefits (`gain`, `lose:`, `rise:`, `sink:`), or to the condition."""
        verb, _colon, rest = do.partition(":")
        if verb == "gain":
            self._gain(self.typed.get("gain_kind", ""))
        elif verb in ("lose", "rise", "sink"):
            self._move(verb, rest)
        else:
            self.part = act(self.root, do)

    def _gain(self, kind: str) -> None:
        if kind not in SPECS or len(self.benefits) >= MOST_BENEFITS:
            return
        number = max((one for one, _kind in self.benefits), default=0) + 1
        self.benefits.append((number, kind))
        self.typed |= usual_values(kind, prefix_of(number))
        self.focus = number

    def _move(self, verb: str, rest: str) -> None:
        here = next((n for n, (number, _kind) in enumerate(self.benefits) if str(number) == rest), None)
        if here is None:
            return
        one = self.benefits.pop(here)
        if verb != "lose":
            self.benefits.insert(max(here + (-1 if verb == "rise" else 1), 0), one)
            self.focus = one[0]


def prefix_of(number: int) -> str:
    """Return with what the names of a benefit's inputs begin; those of a condition's begin with a digit."""
    return f"b{number}"


def read_state(sent: QueryDict) -> State:
    """Return the form that was sent; what makes no sense in it is left out."""
    typed = {
        name: value[:LONGEST_LINES].replace("\r\n", "\n")
        for name, value in sent.items()
        if isinstance(value, str) and not name[:1].isdigit()
    }
    benefits: dict[int, str] = {}
    for text in sent.getlist("benefit")[:MOST_BENEFITS]:
        found = _BENEFIT.fullmatch(text)
        if found and (found[2] in SPECS or found[2] == FOREIGN):
            benefits.setdefault(int(found[1]), found[2])
    return State(typed, list(benefits.items()), read_parts(sent))


def open_state(content: PromotionContent, zone: ZoneInfo, catalog: Catalog) -> State:
    """Return the form of a content; a condition that can no more be read is left out."""
    currency, limits, least = content.currency, content.limits, content.minimum
    typed = {
        "name": content.name,
        "needs_code": write_value(content.needs_code, "flag", currency),
        "min_money": write_value(least.minor or None, "money", currency),
        "min_units": write_value(least.units or None, "whole", currency),
        "min_of_target": write_value(least.of_target, "flag", currency),
        "cap": write_value(content.cap_minor, "money", currency),
        "budget": write_value(limits.budget_minor, "money", currency),
        "period": limits.period,
        "discounted": content.target.discounted.value,
        "most_units": write_value(content.target.most_units, "whole", currency),
        "cheapest_first": write_value(content.target.cheapest_first, "flag", currency),
        "lane": content.lane, "priority": str(content.priority), "category": content.category,
        "exclusive_group": content.exclusive_group,
        **{name: write_value(getattr(limits, name), "whole", currency) for name in _LIMITS},
        **write_ends(content.active_from, content.active_to, zone),
    }  # fmt: skip
    target: dict[str, Any] = msgspec.to_builtins(content.target)
    typed |= write_items(target["include"], "include") | write_items(target["exclude"], "exclude")
    benefits = []
    for number, raw in enumerate(content.benefits, 1):
        kind, own = open_benefit(raw, prefix_of(number), currency)
        benefits.append((number, kind))
        typed |= own
    return State(typed, benefits, _root(content, catalog))


def _root(content: PromotionContent, catalog: Catalog) -> Part:
    if content.condition is None:
        return new_root()
    try:
        return open_parts(read_condition(content.condition, catalog))
    except BrokenCondition:
        return new_root()


def write_ends(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> dict[str, str]:
    """Return the days and times between which something is in force, as they are typed.

    Without a time a day counts in full: the first from its midnight, the last to its end.
    """
    typed = dict.fromkeys(("first_day", "first_time", "last_day", "last_time"), "")
    if start:
        typed["first_day"] = day_of(start, zone).isoformat()
        typed["first_time"] = _clock(start, zone)
    if end:
        clock = _clock(end, zone)
        day = day_of(end, zone)
        typed["last_day"] = (day if clock else date.fromordinal(day.toordinal() - 1)).isoformat()
        typed["last_time"] = clock
    return typed


def _clock(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone).time().replace(tzinfo=None)
    if at == start_of_day(day_of(at, zone), zone):
        return ""
    return local.isoformat("seconds" if local.second else "minutes")


def read_day(text: str) -> date | None:
    """Return a day somebody has chosen; None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year < _LAST_YEAR else None


def read_clock(text: str) -> time | None:
    """Return a time of the day; None for what is none."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo else found


def instant_of(day: date, clock: time | None, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """Return the instant that a day and a time of the shop mean, as a beginning or as an exclusive end."""
    if clock is None:
        return start_of_day(next_day(day) if is_end else day, zone)
    return datetime.combine(day, clock, zone)
