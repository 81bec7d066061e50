"""An event rule tried on what has happened: who would have earned how much, and why others would not."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from dangol.domain.calendars import day_of
from dangol.domain.event_rules import Deed, Doer, Room, Rule, Why, decide


@dataclass
class Tally:
    """What a trial has found: deeds, times and points, by day, by member, and of the others why not."""

    deeds: int = 0
    times: int = 0
    points: int = 0
    whys: Counter[Why] = field(default_factory=Counter)
    days: dict[date, tuple[int, int]] = field(default_factory=dict)
    members: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    ran_out_on: date | None = None


@dataclass
class Trial:
    """A rule under trial: deeds are asked one after another, as they happened."""

    rule: Rule
    room: Room
    tally: Tally = field(default_factory=Tally)
    _earlier: dict[bytes, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def ask(self, member: bytes, deed: Deed, doer: Doer) -> None:
        """Let a member's deed earn what it would have earned; what was told late is taken as told at once."""
        deed = deed._replace(told_at=deed.at)
        verdict = decide(self.rule, deed, doer, self._earlier[member], self.room)
        self.tally.deeds += 1
        day = day_of(deed.at, self.rule.zone)
        if verdict.why is not None:
            self.tally.whys[verdict.why] += 1
            if verdict.why in (Why.BUDGET_TIMES, Why.BUDGET_POINTS):
                self.tally.ran_out_on = min(day, self.tally.ran_out_on or day)
            return
        points = verdict.sum.points
        self._earlier[member].append(deed.at)
        self.room = self.room.less(points)
        self.tally.times += 1
        self.tally.points += points
        self.tally.days[day] = _with(self.tally.days.get(day), points)
        self.tally.members[member] = _with(self.tally.members.get(member), points)


def _with(before: tuple[int, int] | None, points: int) -> tuple[int, int]:
    times, had = before or (0, 0)
    return times + 1, had + points
