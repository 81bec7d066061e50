"""Conditions in English."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Reason
from dangol.domain.conditions.nodes import Aggregate, Between, Did, Last, Sequence, Span, Step, Window
from dangol.domain.conditions.phrases import is_day, local, number_text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOON = 12


def _span(span: Span | Last) -> str:
    return f"{span.n:,} {span.unit}" if span.n != 1 else span.unit.removesuffix("s")


def _day(day: Any) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def _clock(at: datetime) -> str:
    return f"{at.hour % _NOON or _NOON}:{at:%M} {'AM' if at.hour < _NOON else 'PM'}"


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n:,} times"


class English:
    """The sentences in plain English."""

    all_of = "All of these hold"
    any_of = "At least one of these holds"
    not_this = "This does not hold"
    only_those = "counting only those of which"

    def compared(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a trait, a property or a figure."""
        if op == "between":
            return f"{name} is from {value[0]} to {value[1]}"
        if op in ("in", "not_in", "has_any", "has_all"):
            return f"{name} {_ENDINGS[op].format(', '.join(value))}"
        return f"{name} {_ENDINGS[op].format(_span(value) if isinstance(value, Span) else value)}"

    def ordered(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a text that has an order."""
        if op in _RANKS:
            return f"{name} {_RANKS[op].format(value)}"
        return self.compared(name, op, value)

    def did(self, leaf: Did, event: str, window: str) -> str:
        """Return the sentence about how often an event happened."""
        match leaf.times.op, leaf.times.n:
            case "at_least", 1:
                return f"{event} happened {window}"
            case _, 0:
                return f"{event} did not happen {window}"
            case "at_least", n:
                return f"{event} happened at least {_times(n)} {window}"
            case "at_most", n:
                return f"{event} happened at most {_times(n)} {window}"
            case _, n:
                return f"{event} happened exactly {_times(n)} {window}"

    def figure(self, leaf: Aggregate, event: str, name: str | None, window: str) -> str:
        """Return the name of a figure over events in a window."""
        of = f"{name} of {event}" if name else event
        return f"the {_MEASURES[leaf.measure]} of {of} {window}"

    def sequence(self, leaf: Sequence, window: str) -> str:
        """Return the heading over the steps."""
        return f"One after another, {window}"

    def step(self, step: Step, event: str) -> str:
        """Return the sentence of one step."""
        return event if step.within is None else f"{event} within {_within(step.within)} of the one before"

    def member(self, segment: str) -> str:
        """Return the sentence about another segment."""
        return f"is in the segment {segment}"

    def window(self, window: Window | None, written: Callable[[Any], str]) -> str:
        """Return when."""
        match window:
            case Last():
                return f"in the last {_span(window)}"
            case Between(start=None, end=end):
                return f"until {written(end)}"
            case Between(start=start, end=None):
                return f"since {written(start)}"
            case Between(start=start, end=end):
                return f"from {written(start)} to {written(end)}"
        return "so far"

    def value(self, value: Any, zone: ZoneInfo) -> str:
        """Return a value as it is written."""
        match value:
            case bool():
                return "yes" if value else "no"
            case int() | Decimal():
                return number_text(value)
            case datetime():
                at = local(value, zone)
                return f"{_day(at)}, {_clock(at)}"
            case tuple():
                return ", ".join(self.value(one, zone) for one in value)
        return _day(value) if is_day(value) else f"“{value}”"

    def outcome(self, *, holds: bool) -> str:
        """Return the heading over the reasons."""
        return "The condition holds" if holds else "The condition does not hold"

    def leaf_outcome(self, sentence: str, *, holds: bool) -> str:
        """Return a leaf's sentence with whether it holds."""
        return f"{'yes' if holds else 'no'}: {sentence}"

    def seen(self, reason: Reason, written: Callable[[Any], str]) -> str:
        """Return what was seen of a trait or of a figure."""
        text = "there is no value" if reason.value is None else f"it is {written(reason.value)}"
        return text if reason.other is None else f"{text}, compared with {written(reason.other)}"

    def counted(self, count: int) -> str:
        """Return how many events were seen."""
        return f"it happened {_times(count)}" if count else "it never happened"

    def reached(self, count: int) -> str:
        """Return how many steps were reached."""
        return f"step {count} was reached" if count else "not even the first step happened"

    def event_seen(self, event: str, at: str, event_id: str) -> str:
        """Return the line of an event that decided."""
        return f"{event}, {at} ({event_id})"


def _within(span: Span) -> str:
    return _span(span) if span.n != 1 else f"1 {span.unit.removesuffix('s')}"


_ENDINGS = {
    "equals": "is {}", "on": "is {}", "not_equals": "is not {}", "contains": "contains {}", "has": "has {}",
    "starts_with": "starts with {}", "ends_with": "ends with {}", "in": "is one of {}",
    "not_in": "is none of {}", "has_any": "has any of {}", "has_all": "has all of {}",
    "is_set": "has a value", "is_missing": "has no value", "is_empty": "is empty",
    "less_than": "is less than {}", "at_most": "is at most {}", "more_than": "is more than {}",
    "at_least": "is at least {}",
    "before": "is before {}", "after": "is after {}", "within_last": "is in the last {}",
    "within_next": "is in the next {}", "anniversary_within": "has its anniversary in the next {}",
}  # fmt: skip
_RANKS = {
    "less_than": "is below {}", "at_most": "is {} or below", "more_than": "is above {}",
    "at_least": "is {} or above",
}  # fmt: skip
_MEASURES = {
    "count": "number", "sum": "sum", "mean": "mean", "min": "least", "max": "greatest",
    "first": "first value", "last": "last value", "distinct": "number of different values",
}  # fmt: skip
