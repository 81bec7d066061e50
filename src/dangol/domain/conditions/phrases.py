"""What the languages share: names as people know them, values as they are written, sentences as a tree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dangol.domain.conditions.decisions import Reason
from dangol.domain.conditions.nodes import Aggregate, Did, Sequence, Step, Window


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and those that belong under it."""

    text: str
    lines: "tuple[Said, ...]" = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """What people call events, their properties, traits, a trait's values, and segments; else their names."""

    events: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)


class Phrases(Protocol):
    """A language: what it makes of names and values that are already put as they are written in it."""

    all_of: str
    any_of: str
    not_this: str
    only_those: str

    def compared(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a trait, a property or a figure; `value` is as it is written."""

    def ordered(self, name: str, op: str, value: Any) -> str:
        """Return the sentence about a text that has an order."""

    def did(self, leaf: Did, event: str, window: str) -> str:
        """Return the sentence about how often an event happened."""

    def figure(self, leaf: Aggregate, event: str, name: str | None, window: str) -> str:
        """Return the name of a figure over events in a window."""

    def sequence(self, leaf: Sequence, window: str) -> str:
        """Return the heading over the steps."""

    def step(self, step: Step, event: str) -> str:
        """Return the sentence of one step."""

    def member(self, segment: str) -> str:
        """Return the sentence about another segment."""

    def window(self, window: Window | None, written: Callable[[Any], str]) -> str:
        """Return when."""

    def value(self, value: Any, zone: ZoneInfo) -> str:
        """Return a value as it is written."""

    def outcome(self, *, holds: bool) -> str:
        """Return the heading over the reasons."""

    def leaf_outcome(self, sentence: str, *, holds: bool) -> str:
        """Return a leaf's sentence with whether it holds."""

    def seen(self, reason: Reason, written: Callable[[Any], str]) -> str:
        """Return what was seen of a trait or of a figure."""

    def counted(self, count: int) -> str:
        """Return how many events were seen."""

    def reached(self, count: int) -> str:
        """Return how many steps were reached."""

    def event_seen(self, event: str, at: str, event_id: str) -> str:
        """Return the line of an event that decided."""


def number_text(value: int | Decimal) -> str:
    """Return a number with thousands apart and no needless places."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def local(value: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant as the shop's clock shows it."""
    return value.astimezone(zone)


def is_day(value: Any) -> bool:
    """Return whether a value is a day, not an instant."""
    return isinstance(value, date) and not isinstance(value, datetime)
