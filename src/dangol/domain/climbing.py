"""One member's way through the tiers: told of amounts in time order, it moves their standing."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.histories import History
from dangol.domain.tiers import (
    Cause,
    Downgrade,
    Measure,
    Standing,
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
    """One member's way through the tiers: told of amounts in time order, it moves the standing."""

    __slots__ = ("history", "joined_on", "moves", "standing", "versions")

    def __init__(
        self, versions: Sequence[TierRules], standing: Standing, history: History, *, joined_on: date | None
    ) -> None:
        self.versions = versions
        self.standing = standing
        by_day = versions[0].measure is Measure.VISITS
        self.history = history.by_day(versions[0].zone) if by_day else history
        self.joined_on = joined_on
        self.moves: list[TierMove] = []

    @property
    def tier(self) -> str:
        """The key of the level held now."""
        return self.versions[-1].levels[self.standing.level].key

    def add(self, at: datetime, amount: int) -> None:
        """Count an amount, after everything that was due before it, and move up where it reaches a level."""
        self.advance(at)
        rules = rules_at(self.versions, at)
        if rules.measure is Measure.TENURE:
            return
        self.history.add(at, amount)
        standing = self.standing
        day = day_of(at, rules.zone)
        start = window_start(rules, day, self.joined_on)
        value = self.history.total(start, at, including_end=True)
        reached = level_of(rules, value)
        if reached > standing.level or (standing.in_grace and reached == standing.level):
            self._move(rules, at, reached, Cause.REACHED, value, start, hold_end(rules, day, self.joined_on))
        elif standing.in_grace:
            self._catch_up(rules, at, day)

    def _catch_up(self, rules: TierRules, at: datetime, day: date) -> None:
        """Keep the level where the ended period and the grace together reach it: as if kept at the review."""
        start = counted_from(rules, self.standing, day, self.joined_on)
        value = self.history.total(start, at, including_end=True)
        if level_of(rules, value) >= self.standing.level:
            until = next_hold_end(rules, day, self.joined_on)
            self._move(rules, at, self.standing.level, Cause.REACHED, value, start, until)

    def grant(self, at: datetime, level: int, held_until: datetime | None) -> None:
        """Put the member on a level by hand; it is reviewed when its time is up, like any other."""
        self.advance(at)
        value, start = self.value(at)
        self._move(rules_at(self.versions, at), at, level, Cause.GRANTED, value, start, held_until)

    def merge(
        self,
        at: datetime,
        amounts: Iterable[tuple[datetime, int]],
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
        self.history = self.history.joined_with(amounts)
        rules, standing = rules_at(self.versions, at), self.standing
        value, start = self.value(at)
        reached = level_of(rules, value)
        if reached >= other.level and (
            reached > standing.level or (standing.in_grace and reached == standing.level)
        ):
            until = hold_end(rules, day_of(at, rules.zone), self.joined_on)
            self._move(rules, at, reached, Cause.MERGED, value, start, until)
        elif other.level > standing.level or (
            0 < other.level == standing.level and not other.in_grace and _outlasts(other, standing)
        ):
            self._move(
                rules, at, other.level, Cause.MERGED, value, start, other.held_until, in_grace=other.in_grace
            )

    def fall_from(self, level: int, at: datetime) -> TierMove | None:
        """Return the way down from a level that somebody was told, and that what counts has never reached.

        A sale that had lifted them was undone `at`. It is no step of the climb, in which that sale never was:
        it is what is told of it. None where the level, or one above it, is held all the same.
        """
        if self.standing.level >= level:
            return None
        threshold = rules_at(self.versions, at).levels[level].threshold
        value, start = self.value(at)
        return TierMove(
            at, level, self.standing.level, Cause.UNDONE, value, threshold, start, self.standing.held_until
        )

    def value(self, at: datetime) -> tuple[int, datetime | None]:
        """Return what counts at an instant, and since when (None: ever)."""
        rules = rules_at(self.versions, at)
        day = day_of(at, rules.zone)
        if rules.measure is Measure.TENURE:
            return self._days(day), None
        start = window_start(rules, day, self.joined_on)
        return self.history.total(start, at, including_end=True), start

    def advance(self, upto: datetime) -> None:
        """Hold the reviews that fall due by `upto`, in time order, each at its own instant."""
        while (due := self.next_review_at) is not None and due <= upto:
            rules = rules_at(self.versions, due)
            if rules.measure is Measure.TENURE:
                self._review_tenure(rules, due)
            else:
                self._review(rules, due)

    @property
    def next_review_at(self) -> datetime | None:
        """When the standing has to be looked at again even if nothing happens."""
        held_until = self.standing.held_until
        if self.versions[0].measure is not Measure.TENURE:
            return held_until
        return min(filter(None, (held_until, self._next_anniversary())), default=None)

    def _review(self, rules: TierRules, at: datetime) -> None:
        standing = self.standing
        today = day_of(at, rules.zone)
        start = reviewed_from(rules, standing, at, self.joined_on)
        value = self.history.total(start, at, including_end=False)
        reached = level_of(rules, value)
        until = next_hold_end(rules, today, self.joined_on)
        if reached >= standing.level:
            cause = Cause.KEPT if reached == standing.level else Cause.REACHED
            self._move(rules, at, reached, cause, value, start, until)
        elif rules.grace_days and not standing.in_grace:
            until = start_of_day(today + timedelta(days=rules.grace_days), rules.zone)
            self._move(rules, at, standing.level, Cause.GRACE, value, start, until, in_grace=True)
        else:
            to_level = {
                Downgrade.QUALIFIED: reached,
                Downgrade.ONE_STEP: standing.level - 1,
                Downgrade.NEVER: standing.level,
            }[rules.downgrade]
            self._move(rules, at, to_level, Cause.MISSED, value, start, until)

    def _review_tenure(self, rules: TierRules, at: datetime) -> None:
        """Move up on the day a level's days are full, and from a granted level whose time is up."""
        value, level = self._days(day_of(at, rules.zone)), self.standing.level
        reached = level_of(rules, value)
        if reached > level:
            held_until = None if self.standing.held_until == at else self.standing.held_until
            self._move(rules, at, reached, Cause.REACHED, value, None, held_until)
        else:
            cause = Cause.KEPT if reached == level else Cause.MISSED
            self._move(rules, at, reached, cause, value, None, None)

    def _next_anniversary(self) -> datetime | None:
        """Return when a level above the one held is due by tenure; one passed before a grant stays passed."""
        if self.joined_on is None:
            return None
        ends = [one.active_from for one in self.versions[1:]]
        due = []
        for rules, end in zip(self.versions, [*ends, None], strict=True):
            for level in rules.levels[self.standing.level + 1 :]:
                at = start_of_day(self.joined_on + timedelta(days=level.threshold), rules.zone)
                at = max(filter(None, (at, rules.active_from)))
                if (end is None or at < end) and (self.standing.since is None or at > self.standing.since):
                    due.append(at)
        return min(due, default=None)

    def _days(self, day: date) -> int:
        return (day - self.joined_on).days if self.joined_on else 0

    def _move(
        self,
        rules: TierRules,
        at: datetime,
        to_level: int,
        cause: Cause,
        value: int,
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
        threshold = rules.levels[max(to_level, before.level)].threshold
        self.moves.append(
            TierMove(at, before.level, to_level, cause, value, threshold, window_from, held_until)
        )


def _outlasts(one: Standing, other: Standing) -> bool:
    """Say whether a standing is held longer than another of the same level: for good, or until later."""
    if one.held_until is None or other.held_until is None:
        return one.held_until is None and other.held_until is not None
    return one.held_until > other.held_until
