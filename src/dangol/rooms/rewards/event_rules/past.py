"""What has happened, as deeds of whoever each member is now: read some hundred at a time, oldest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dangol.core.events.models import Event
from dangol.core.events.payloads import PAYLOADS, decode
from dangol.core.people.merged import resolve_merged
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER
from dangol.core.segments.catalog import read_traits
from dangol.core.segments.own_traits import BIRTHDAY, JOINED
from dangol.core.storage.ids import Id
from dangol.core.storage.params import instant_param
from dangol.core.storage.walks import walk
from dangol.domain.calendars import day_of, next_day, start_of_day
from dangol.domain.conditions import Condition
from dangol.domain.conditions.moments import month_day, yearly_day
from dangol.domain.event_rules import Deed, Doer, Trigger, deed_of_day
from dangol.rooms.rewards.event_rules.contents import EventRuleContent
from dangol.rooms.rewards.event_rules.people import day_in, read_doers
from dangol.rooms.rewards.event_rules.telling import deed_of

_AT_ONCE = 1_000
Asked = Sequence[tuple[Id, Deed, Doer]]


@dataclass(frozen=True)
class Past:
    """The deeds of a window that a rule may pay for. Its condition is asked of members as they stand now."""

    content: EventRuleContent
    condition: Condition | None
    since: datetime
    until: datetime
    zone: ZoneInfo

    def batches(self) -> Iterator[Asked]:
        """Yield the deeds, some hundred at a time, those of the timeline in the order they were told."""
        found = self._events() if self.content.trigger is Trigger.EVENT else self._days()
        for deeds in found:
            doers = read_doers(
                [owner for owner, _ in deeds], self.condition, as_of=self.until, zone=self.zone
            )
            yield [(owner, deed, doers[owner]) for owner, deed in deeds]

    def _events(self) -> Iterator[list[tuple[Id, Deed]]]:
        wanted = frozenset({self.content.event})
        names = [name for name, payload in PAYLOADS.items() if payload.may_be(wanted)]
        marks = ", ".join(["%s"] * len(names))
        # A deed is done when it happened, and not later than it was told.
        where = (
            f"name IN ({marks}) AND occurred_at >= %s AND recorded_at >= %s "
            "AND (occurred_at < %s OR recorded_at < %s)"
        )
        since, until = instant_param(self.since), instant_param(self.until)
        params = [*names, since, since, until, until]
        fields = ("id", "customer_id", "name", "payload", "occurred_at", "recorded_at")
        for rows in walk(Event, fields, ("id",), size=_AT_ONCE, where=where, params=params):
            told = [(row[1], deed_of(row[0], decode(row[2], row[3]), row[4], row[5])) for row in rows]
            meant = [
                (one, deed._replace(told_at=deed.at))
                for one, deed in told
                if deed is not None and deed.event == self.content.event
            ]
            owners = resolve_merged({one for one, _ in meant})
            yield [(owners[one], deed) for one, deed in meant]

    def _days(self) -> Iterator[list[tuple[Id, Deed]]]:
        trait = BIRTHDAY if self.content.trigger is Trigger.BIRTHDAY else JOINED
        key = ("customer_id",)
        for rows in walk(Customer, key, key, size=_AT_ONCE, where=f"kind = '{MEMBER}'"):
            owners = [owner for (owner,) in rows]
            traits = read_traits(owners, frozenset({trait}), as_of=self.until)
            yield [
                (owner, deed)
                for owner in owners
                if (began := day_in(traits.get(owner, {}).get(trait), self.zone))
                for deed in self._deeds_of(began)
            ]

    def _deeds_of(self, began: date) -> Iterator[Deed]:
        first, last = day_of(self.since, self.zone), day_of(self.until, self.zone)
        for year in range(first.year, last.year + 1):
            day = yearly_day(month_day(began), year)
            at = start_of_day(day, self.zone)
            told_at = start_of_day(next_day(day), self.zone)
            deed = deed_of_day(self.content.trigger, day, began, self.zone, told_at=told_at)
            if deed is not None and self.since <= at < self.until:
                yield deed
