"""One member's way through the tiers: told of amounts in time order, it moves their standing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.histories import Amounts, History
from dangol.domain.tiers import (
    Cause,
    Downgrade,
    Measure,
    Standing,
    Stays,
    TierMove,
    TierRules,
    counted_from,
    hold_end,
    level_of,
    next_hold_end,
    reviewed_from,
    rules_at,
    window_start,
)


class Climber:
    """One member's way through the tiers: told of amounts in time order, it moves the standing.

    `histories` hold, for each measure, what counted until now. What was due by `judged_to` has been
    decided, on what was known then. `stays` are when they were in the segments that levels are for.
    """

    __slots__ = ("histories", "joined_on", "judged_to", "moves", "standing", "stays", "versions")

    def __init__(
        self,
        versions: Sequence[TierRules],
        standing: Standing,
        histories: Mapping[Measure, History],
        *,
        joined_on: date | None,
        judged_to: datetime | None = None,
        stays: Stays | None = None,
    ) -> None:
        self.versions = versions
        self.standing = standing
        self.histories = _histories(versions, histories)
        self.joined_on = joined_on
        self.judged_to = judged_to
        self.stays = stays or {}
        self.moves: list[TierMove] = []

    @property
    def tier(self) -> str:
        """The key of the level held now."""
        return self.versions[-1].levels[self.standing.level].key

    def add(self, at: datetime, amounts: Mapping[Measure, int]) -> None:
        """Count amounts, after everything that was due before, and move up where they reach a level."""
        self.advance(at)
        for measure, history in self.histories.items():
            history.add(at, amounts.get(measure, 0))
        rules, standing = rules_at(self.versions, at), self.standing
        if rules.is_by_days:
            return
        day = day_of(at, rules.zone)
        start = window_start(rules, day, self.joined_on)
        counts = self.count(rules, day, start, at)
        reached = self._reached(rules, counts, at)
        if reached > standing.level or (standing.in_grace and reached == standing.level):
            self._move(rules, at, reached, Cause.REACHED, counts, start, hold_end(rules, day, self.joined_on))
        elif standing.in_grace:
            self._catch_up(rules, at, day)

    def _catch_up(self, rules: TierRules, at: datetime, day: date) -> None:
        """Keep the level where the ended period and the grace together reach it: as if kept at the review."""
        start = counted_from(rules, self.standing, day, self.joined_on)
        counts = self.count(rules, day, start, at)
        if self._reached(rules, counts, at) >= self.standing.level:
            until = next_hold_end(rules, day, self.joined_on)
            self._move(rules, at, self.standing.level, Cause.REACHED, counts, start, until)

    def grant(self, at: datetime, level: int, held_until: datetime | None) -> None:
        """Put the member on a level by hand; it is reviewed when its time is up, like any other."""
        self.advance(at)
        counts, start = self.value(at)
        self._move(rules_at(self.versions, at), at, level, Cause.GRANTED, counts, start, held_until)

    def merge(
        self,
        at: datetime,
        amounts: Amounts,
        other: Standing,
        *,
        joined_on: date | None,
    ) -> None:
        """Become one with another member: from here on what counted for either counts, each at its instant.

        The better of the standings holds: what both together reach now, what is held, or what the other
        held, for as long as they did. The earlier day of joining counts.
        """
        self.advance(at)
        self.joined_on = min(filter(None, (self.joined_on, joined_on)), default=None)
        self.judged_to = at
        for measure, history in self.histories.items():
            self.histories[measure] = history.joined_with(amounts.get(measure, ()))
        rules, standing = rules_at(self.versions, at), self.standing
        counts, start = self.value(at)
        reached = self._reached(rules, counts, at)
        if reached >= other.level and (
            reached > standing.level or (standing.in_grace and reached == standing.level)
        ):
            until = hold_end(rules, day_of(at, rules.zone), self.joined_on)
            self._move(rules, at, reached, Cause.MERGED, counts, start, until)
        elif other.level > standing.level or (
            0 < other.level == standing.level and not other.in_grace and _outlasts(other, standing)
        ):
            self._move(
                rules, at, other.level, Cause.MERGED, counts, start, other.held_until, in_grace=other.in_grace
            )

    def fall_from(self, level: int, at: datetime) -> TierMove | None:
        """Return the way down from a level that somebody was told, and that what counts has never reached.

        A sale that had lifted them was undone `at`. It is no step of the climb, in which that sale never was:
        it is what is told of it. None where the level, or one above it, is held all the same.
        """
        if self.standing.level >= level:
            return None
        rules = rules_at(self.versions, at)
        counts, start = self.value(at)
        return _told(
            rules, at, (level, self.standing.level), Cause.UNDONE, counts, level, start,
            self.standing.held_until,
        )  # fmt: skip

    def value(self, at: datetime) -> tuple[tuple[int, ...], datetime | None]:
        """Return what counts of each measure at an instant, and since when (None: ever)."""
        rules = rules_at(self.versions, at)
        day = day_of(at, rules.zone)
        start = window_start(rules, day, self.joined_on)
        return self.count(rules, day, start, at), start

    def count(
        self,
        rules: TierRules,
        day: date,
        start: datetime | None,
        end: datetime,
        *,
        including_end: bool = True,
    ) -> tuple[int, ...]:
        """Return what counts of each measure from `start` (None: ever) to `end`, which lies on `day`."""
        return tuple(
            [
                self._days(day)
                if one is Measure.TENURE
                else self.histories[one].total(start, end, including_end=including_end)
                for one in rules.measures
            ]
        )

    def advance(self, upto: datetime) -> None:
        """Hold the reviews that fall due by `upto`, in time order, each at its own instant."""
        while (due := self.next_review_at) is not None and due <= upto:
            rules = rules_at(self.versions, due)
            if rules.is_by_days:
                self._review_tenure(rules, due)
            elif due == self.standing.held_until:
                self._review(rules, due)
            else:
                self._rise(rules, due)

    @property
    def next_review_at(self) -> datetime | None:
        """When the standing has to be looked at again even if nothing happens."""
        held_until = self.standing.held_until
        if not any(Measure.TENURE in rules.measures or rules.has_gates for rules in self.versions):
            return held_until
        return min(filter(None, (held_until, self._next_occasion())), default=None)

    def _review(self, rules: TierRules, at: datetime) -> None:
        standing = self.standing
        today = day_of(at, rules.zone)
        start = reviewed_from(rules, standing, at, self.joined_on)
        counts = self.count(rules, today, start, at, including_end=False)
        reached = self._reached(rules, counts, at)
        until = next_hold_end(rules, today, self.joined_on)
        if reached >= standing.level:
            cause = Cause.KEPT if reached == standing.level else Cause.REACHED
            self._move(rules, at, reached, cause, counts, start, until)
        elif rules.grace_days and not standing.in_grace:
            until = start_of_day(today + timedelta(days=rules.grace_days), rules.zone)
            self._move(rules, at, standing.level, Cause.GRACE, counts, start, until, in_grace=True)
        else:
            to_level = {
                Downgrade.QUALIFIED: reached,
                Downgrade.ONE_STEP: standing.level - 1,
                Downgrade.NEVER: standing.level,
            }[rules.downgrade]
            self._move(rules, at, to_level, Cause.MISSED, counts, start, until)

    def _review_tenure(self, rules: TierRules, at: datetime) -> None:
        """Move up on the day a level's days are full, and from a granted level whose time is up."""
        level, day = self.standing.level, day_of(at, rules.zone)
        counts = self.count(rules, day, None, at)
        reached = self._reached(rules, counts, at)
        if reached > level:
            held_until = None if self.standing.held_until == at else self.standing.held_until
            self._move(rules, at, reached, Cause.REACHED, counts, None, held_until)
        else:
            cause = Cause.KEPT if reached == level else Cause.MISSED
            self._move(rules, at, reached, cause, counts, None, None)

    def _rise(self, rules: TierRules, at: datetime) -> None:
        """Move up as what alone a level still lacked has come: days since joining, or its segment."""
        counts, start = self._looked(rules, at)
        until = hold_end(rules, day_of(at, rules.zone), self.joined_on)
        self._move(rules, at, self._reached(rules, counts, at), Cause.REACHED, counts, start, until)

    def _looked(self, rules: TierRules, at: datetime) -> tuple[tuple[int, ...], datetime | None]:
        """Return what counts at the first instant of a day, before anything happens on it, and since when."""
        day = day_of(at, rules.zone)
        start = window_start(rules, day, self.joined_on)
        return self.count(rules, day, start, at, including_end=False), start

    def _next_occasion(self) -> datetime | None:
        """Return when a level above the one held is due without a purchase; one before a grant is past.

        That is by days since joining, or as somebody comes into the segment that it is for.
        """
        ends = [one.active_from for one in self.versions[1:]]
        return min(
            [
                at
                for rules, end in zip(self.versions, [*ends, None], strict=True)
                for at in (*self._days_full(rules), *self._openings(rules))
                if (end is None or at < end) and self._lifts(rules, at)
            ],
            default=None,
        )

    def _openings(self, rules: TierRules) -> list[datetime]:
        """Return when the gates of the levels above the one held opened to the member."""
        gates = {level.gate for level in rules.levels[self.standing.level + 1 :] if level.gate}
        opened = [stay.since for gate in gates for stay in self.stays.get(gate, ())]
        return [max(filter(None, (at, rules.active_from))) for at in opened]

    def closed(self, rules: TierRules, at: datetime) -> frozenset[str]:
        """Return the gates that are closed to the member at an instant."""
        gates = {level.gate for level in rules.levels if level.gate}
        return frozenset(
            [one for one in gates if not any(stay.holds(at) for stay in self.stays.get(one, ()))]
        )

    def _reached(self, rules: TierRules, counts: Sequence[int], at: datetime) -> int:
        return level_of(rules, counts, self.closed(rules, at) if rules.has_gates else ())

    def _days_full(self, rules: TierRules) -> list[datetime]:
        """Return when, under these rules, the days of each level above the one held are full."""
        if self.joined_on is None or Measure.TENURE not in rules.measures:
            return []
        place = rules.measures.index(Measure.TENURE)
        full = [
            start_of_day(self.joined_on + timedelta(days=rules.asked(level)[place]), rules.zone)
            for level in rules.levels[self.standing.level + 1 :]
        ]
        return [max(filter(None, (at, rules.active_from))) for at in full]

    def _lifts(self, rules: TierRules, at: datetime) -> bool:
        """Say whether full days lift the member; with another measure they need not."""
        since = self.standing.since
        if since is not None and at <= since:
            return False
        if rules.is_by_days and not rules.has_gates:
            return True
        if self.judged_to is not None and at <= self.judged_to:
            return False
        return self._reached(rules, self._looked(rules, at)[0], at) > self.standing.level

    def _days(self, day: date) -> int:
        return (day - self.joined_on).days if self.joined_on else 0

    def _move(
        self,
        rules: TierRules,
        at: datetime,
        to_level: int,
        cause: Cause,
        counts: Sequence[int],
        window_from: datetime | None,
        held_until: datetime | None,
        *,
        in_grace: bool = False,
    ) -> None:
        before = self.standing
        if to_level == 0:
            held_until = None
        since = before.since if to_level == before.level else at
        self.standing = Standing(to_level, since, held_until, in_grace)
        levels, asked = (before.level, to_level), max(to_level, before.level)
        self.moves.append(_told(rules, at, levels, cause, counts, asked, window_from, held_until))


def _histories(versions: Sequence[TierRules], found: Mapping[Measure, History]) -> dict[Measure, History]:
    """Return a history for each measure of any version; of visits each of the shop's days counts once."""
    measures = dict.fromkeys(one for rules in versions for one in rules.measures)
    histories: dict[Measure, History] = {
        one: found.get(one) or History() for one in measures if one is not Measure.TENURE
    }
    if Measure.VISITS in histories:
        histories[Measure.VISITS] = histories[Measure.VISITS].by_day(versions[0].zone)
    return histories


def _told(
    rules: TierRules,
    at: datetime,
    levels: tuple[int, int],
    cause: Cause,
    counts: Sequence[int],
    asked_by: int,
    window_from: datetime | None,
    held_until: datetime | None,
) -> TierMove:
    """Return a move from one level to another, beside what the level `asked_by` asks."""
    asked = rules.asked(rules.levels[asked_by])
    also = (counts[1], asked[1]) if rules.also else (None, None)
    return TierMove(at, *levels, cause, counts[0], asked[0], window_from, held_until, *also)


def _outlasts(one: Standing, other: Standing) -> bool:
    """Say whether a standing is held longer than another of the same level: for good, or until later."""
    if one.held_until is None or other.held_until is None:
        return one.held_until is None and other.held_until is not None
    return one.held_until > other.held_until
