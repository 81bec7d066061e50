"""What an event rule says, as JSON that is stored, sent and edited, and as the rules read it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dangol.core.events.payloads import PAYLOADS
from dangol.domain.accrual import Expiry, OwnTerms
from dangol.domain.conditions import Catalog, Condition, read_condition
from dangol.domain.event_rules import (
    MOST_HOURS,
    MOST_POINTS,
    MOST_TIMES,
    MOST_UNITS,
    PERIODS,
    Caps,
    Pays,
    Rate,
    Room,
    Rule,
    Trigger,
)
from dangol.rooms.rewards.event_rules.errors import EventRuleInvalid
from dangol.rooms.rewards.event_rules.models import LONGEST_ABOUT, LONGEST_NAME

LONGEST_EVENT = 200
# Each event of ours is paid or not on purpose: one that nobody has decided on is not.
PAID = frozenset(
    {
        "behavior.viewed", "consent.granted", "customer.joined", "customer.updated", "household.joined",
        "order.confirmed", "order.delivered", "order.placed", "referral.earned", "referral.given",
        "referral.told", "reward.handed_over", "reward.redeemed", "sale.committed", "segment.entered",
        "stamp_card.filled", "stamp_card.given", "stamps.added", "traits.reported", "traits.told",
    }
)  # fmt: skip
# Points would earn points; and who came, went or became another has done nothing that is paid for.
_NOT_DONE = frozenset(
    {"household.spent", "customer.left", "customer.erased", "customer.merged", "customer.unmerged"}
)
# Who takes back, loses or ends something would be paid for doing it over and over.
_LOST = frozenset(
    {
        "order.returned", "sale.canceled", "sale.returned", "reward.canceled", "reward.lapsed",
        "stamps.taken", "stamp_card.expired", "stamp_card.revoked", "referral.capped", "referral.ended",
        "referral.taken_back", "consent.withdrawn", "household.left", "segment.left",
    }
)  # fmt: skip
# What goes up as well as down would be paid for going down, too; and a review is nobody's doing.
_EITHER_WAY = frozenset({"gift_card.moved", "store_credit.moved", "tier.changed", "tier.reviewed"})
# What is known by another name: an app's own, or that of the order that was claimed.
_CARRIERS = frozenset({"behavior.tracked", "order.claimed"})
NOT_PAID = _NOT_DONE | _LOST | _EITHER_WAY | _CARRIERS
_FROM_POINTS = "points."
# How many days, months or years points last, at least and at most, by how that is counted.
_COUNTED = {
    Expiry.ROLLING_DAYS: (1, 3_650), Expiry.ROLLING_MONTHS: (1, 120), Expiry.END_OF_MONTH: (0, 120),
    Expiry.END_OF_YEAR: (0, 10),
}  # fmt: skip


class RateContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many points for each so many whole units of a number in the event."""

    property: str
    points: int
    units: int = 1


class CapsContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often one member earns; see `domain.event_rules.Caps`."""

    day: int | None = None
    week: int | None = None
    month: int | None = None
    year: int | None = None
    ever: int | None = None
    cooldown_hours: int = 0


class BudgetContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often, and how many points, all members together."""

    times: int | None = None
    points: int | None = None


class EventRuleContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as it is, or is to be. `where` are tests of the condition language over the event's properties.

    `condition` is asked of the member, in the one condition language. `pending_days`, `expiry` (`never`,
    `rolling_days`, `rolling_months`, `end_of_month`, `end_of_year`) and `expiry_count` are its points' own;
    null: the program's. `name_en`, `about` and `about_en` are what members read; it is told on phones
    while `is_shown`.
    """

    name: str
    trigger: Trigger = Trigger.EVENT
    event: str = ""
    where: tuple[dict[str, Any], ...] = ()
    condition: dict[str, Any] | None = None
    points: int = 0
    rate: RateContent | None = None
    most_points: int | None = None
    caps: CapsContent = CapsContent()
    budget: BudgetContent = BudgetContent()
    pending_days: int | None = None
    expiry: Expiry | None = None
    expiry_count: int = 0
    active_from: datetime | None = None
    active_to: datetime | None = None
    name_en: str = ""
    about: str = ""
    about_en: str = ""
    is_shown: bool = True

    @property
    def pays(self) -> Pays:
        """What a deed earns."""
        rate = Rate(self.rate.property, self.rate.points, self.rate.units) if self.rate else None
        return Pays(self.points, rate, self.most_points)

    @property
    def member_caps(self) -> Caps:
        """How often a member earns; of a day of the year once a year."""
        caps = Caps(*(getattr(self.caps, name) for name in Caps._fields))
        return caps if self.trigger is Trigger.EVENT else caps._replace(year=1)

    @property
    def own_terms(self) -> OwnTerms:
        """What it says of its points otherwise than the program."""
        return OwnTerms(self.pending_days, self.expiry, self.expiry_count)

    @property
    def is_paid(self) -> bool:
        """Whether what it pays for may be paid for: a version may be older than that its event is refused."""
        return self.trigger is not Trigger.EVENT or can_pay(self.event)

    def room(self, *, used_times: int, used_points: int) -> Room:
        """Return what is left of its budget."""
        times, points = self.budget.times, self.budget.points
        return Room(
            None if times is None else times - used_times, None if points is None else points - used_points
        )

    def as_rule(self, *, since: datetime, zone: ZoneInfo) -> Rule:
        """Return it as it is asked of deeds; raises a BrokenCondition for tests that make no sense."""
        return Rule(
            self.pays, self.member_caps, zone, since, self.event_condition(), self.active_from, self.active_to
        )

    def event_condition(self) -> Condition | None:
        """Return what is asked of the event itself; None: nothing. Raises a BrokenCondition."""
        if not self.where:
            return None
        return read_condition({"type": "did", "event": self.event, "where": list(self.where)}, {})

    def member_condition(self, types: Catalog) -> Condition | None:
        """Return what is asked of the member; None: nothing. Raises a BrokenCondition."""
        return None if self.condition is None else read_condition(self.condition, types)


_EMPTY = EventRuleContent(name="")


def unpack(raw: Any) -> EventRuleContent:
    """Return a content of its JSON; raises EventRuleInvalid, which names the field."""
    # PostgreSQL can store no text with the sign NUL, and nobody means one.
    if b"\\u0000" in msgspec.json.encode(raw):
        raise EventRuleInvalid(field="rule", problem="NUL in a text")
    try:
        return msgspec.convert(raw, EventRuleContent)
    except msgspec.ValidationError as error:
        told, _, path = str(error).partition(" - at `$")
        raise EventRuleInvalid(field=path.strip("`.") or "rule", problem=told) from None


def pack(content: EventRuleContent) -> dict[str, Any]:
    """Return a content as JSON: what stands at its default is left out, so that it reads as it was meant."""
    empty = msgspec.to_builtins(_EMPTY)
    found = msgspec.to_builtins(content)
    for name in ("caps", "budget"):
        own = {key: value for key, value in found[name].items() if value != empty[name][key]}
        found[name] = own or empty[name]
    return {name: value for name, value in found.items() if name == "name" or value != empty[name]}


def pack_text(content: EventRuleContent) -> str:
    """Return a content as JSON text."""
    return msgspec.json.encode(pack(content)).decode()


def unpack_text(text: str) -> EventRuleContent:
    """Return a content of its JSON text."""
    return unpack(msgspec.json.decode(text))


def can_pay(event: str) -> bool:
    """Say whether a rule may pay for an event of this name: an app's, or one of ours that is paid."""
    return event in PAID or not (event in PAYLOADS or event.startswith(_FROM_POINTS))


def check(content: EventRuleContent) -> None:
    """Raise EventRuleInvalid for the first thing that makes no sense, or a BrokenCondition for the tests."""
    for field, problem, holds in _faults(content):
        if holds:
            raise EventRuleInvalid(field=field, problem=problem)
    content.event_condition()


def _faults(content: EventRuleContent) -> Iterator[tuple[str, str, bool]]:
    is_event = content.trigger is Trigger.EVENT
    yield "name", "empty", not content.name.strip()
    yield "name", "too_long", len(content.name) > LONGEST_NAME
    yield "name_en", "too_long", len(content.name_en) > LONGEST_NAME
    yield "about", "too_long", len(content.about) > LONGEST_ABOUT
    yield "about_en", "too_long", len(content.about_en) > LONGEST_ABOUT
    yield "event", "empty", is_event and not content.event.strip()
    yield "event", "too_long", len(content.event) > LONGEST_EVENT
    yield "event", "not_paid", not content.is_paid
    yield "event", "not_wanted", not is_event and bool(content.event)
    yield "where", "not_wanted", not is_event and bool(content.where)
    yield "points", "empty", not content.points and content.rate is None
    yield "points", "range", not 0 <= content.points <= MOST_POINTS
    yield "most_points", "range", not _fits(content.most_points, MOST_POINTS)
    if content.rate is not None:
        yield "rate.property", "empty", not content.rate.property.strip()
        yield "rate.points", "range", not 0 < content.rate.points <= MOST_POINTS
        yield "rate.units", "range", not 0 < content.rate.units <= MOST_UNITS
        # A number that an app tells is bounded by whoever wrote the app.
        yield "most_points", "empty", content.most_points is None
    for period in (*PERIODS, "ever"):
        yield f"caps.{period}", "range", not _fits(getattr(content.caps, period), MOST_TIMES)
    yield "caps.cooldown_hours", "range", not 0 <= content.caps.cooldown_hours <= MOST_HOURS
    yield "budget.times", "range", not _fits(content.budget.times, MOST_TIMES)
    yield "budget.points", "range", not _fits(content.budget.points, 10**12)
    yield from _term_faults(content)


def _fits(number: int | None, most: int) -> bool:
    return number is None or 0 < number <= most


def _term_faults(content: EventRuleContent) -> Iterator[tuple[str, str, bool]]:
    least, most = _COUNTED.get(content.expiry, (0, 0)) if content.expiry else (0, 0)
    yield "pending_days", "range", content.pending_days is not None and not 0 <= content.pending_days <= 366
    yield "expiry", "not_wanted", content.expiry is Expiry.INACTIVITY
    yield "expiry_count", "range", not least <= content.expiry_count <= most
    start, end = content.active_from, content.active_to
    for name, at in (("active_from", start), ("active_to", end)):
        yield name, "an instant names its zone", at is not None and at.tzinfo is None
    is_backwards = bool(start and end and start.tzinfo and end.tzinfo and start >= end)
    yield "active_to", "before_start", is_backwards
