"""The leaves over what has happened: how often, and in which order."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence as Several
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Optional

from dangol.domain.conditions.decisions import Reason, named
from dangol.domain.conditions.moments import Moment, first_reaching
from dangol.domain.conditions.nodes import Did, Last, Sequence, Span, Step, Test, Window
from dangol.domain.conditions.operators import tests_of
from dangol.domain.conditions.turns import earliest, has_relative, property_turns
from dangol.domain.conditions.values import Happening, Subject

_at: Callable[[Happening], datetime] = attrgetter("at")


class Past:
    """The events of one name that pass their tests, in a window."""

    def __init__(self, event: str, where: tuple[Test, ...], window: Window | None) -> None:
        self.event, self.where, self.window = event, where, window
        self.passes, self.is_relative = tests_of(where), has_relative(where)

    def seen(self, subject: Subject, moment: Moment) -> Several[Happening]:
        """Return those in the window that ends now, in time order."""
        group = subject.by_event.get(self.event)
        if not group:
            return ()
        after, until = moment.bounds(self.window)
        first = 0 if after is None else bisect_right(group, after, key=_at)
        inside = group[first : bisect_right(group, until, key=_at)]
        if not self.where:
            return inside
        return [one for one in inside if self.passes(one.properties, moment)]

    def only_leaves(self, subject: Subject, moment: Moment) -> bool:
        """Return whether what is seen can only lose its oldest events as time goes on."""
        return not self.is_relative and self.to_come(subject, moment) is None

    def to_come(self, subject: Subject, moment: Moment) -> Happening | None:
        """Return the first event that is dated later than now, if there is one: clocks run apart."""
        group = subject.by_event.get(self.event, ())
        place = bisect_right(group, moment.as_of, key=_at)
        return group[place] if place < len(group) else None

    def leaves(self, one: Happening, moment: Moment) -> datetime | None:
        """Return when an event in the window will have left it; None: never."""
        if not isinstance(self.window, Last):
            return None
        return first_reaching(one.at, moment.zone, self.window, -1)

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return the first instant at which what is seen may be other than now."""
        return earliest(self._turns(subject, moment), moment.as_of)

    def _turns(self, subject: Subject, moment: Moment) -> Iterator[datetime | None]:
        seen = self.seen(subject, moment)
        if seen:
            yield self.leaves(seen[0], moment)
        if next_one := self.to_come(subject, moment):
            yield next_one.at
        if self.is_relative:
            for one in self._not_left(subject, moment):
                yield property_turns(one.properties.get, self.where, moment)

    def _not_left(self, subject: Subject, moment: Moment) -> Several[Happening]:
        group = subject.by_event.get(self.event, ())
        after, _ = moment.bounds(self.window)
        return group if after is None else group[bisect_left(group, after, key=_at) :]


class DidReading:
    """How often an event happened."""

    def __init__(self, leaf: Did) -> None:
        self.past, self.op, self.n = Past(leaf.event, leaf.where, leaf.window), leaf.times.op, leaf.times.n

    def _answer(self, count: int) -> bool:
        match self.op:
            case "at_least":
                return count >= self.n
            case "at_most":
                return count <= self.n
        return count == self.n

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        return self._answer(len(self.past.seen(subject, moment)))

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when so many have left the window that the answer changes."""
        if not self.past.only_leaves(subject, moment):
            return self.past.turns(subject, moment)
        seen = self.past.seen(subject, moment)
        for left in self._counts_that_matter():
            if 0 <= left < len(seen):
                # The one with whose leaving only so many are left.
                return self.past.leaves(seen[len(seen) - left - 1], moment)
        return None

    def _counts_that_matter(self) -> tuple[int, ...]:
        """Return the counts at which a falling count turns the answer, the higher first."""
        match self.op:
            case "at_least":
                return (self.n - 1,)
            case "at_most":
                return (self.n,)
        return self.n, self.n - 1

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer with the count and the latest events."""
        seen = self.past.seen(subject, moment)
        return Reason(path, self._answer(len(seen)), count=len(seen), events=named(seen))


class Link(NamedTuple):
    """An event that reached a step, and the one before it that did so for the step before."""

    happening: Happening
    before: Optional["Link"]


def duration(span: Span) -> timedelta:
    """Return how long a step may take: between two events a day is 24 hours."""
    return timedelta(hours=span.n) if span.unit == "hours" else timedelta(days=span.n)


class SequenceReading:
    """Events one after another, each at a later instant than the one before."""

    def __init__(self, leaf: Sequence) -> None:
        self.steps = [Past(step.event, step.where, leaf.window) for step in leaf.steps]
        self.limits = [_limit(step) for step in leaf.steps]

    def _furthest(
        self, subject: Subject, moment: Moment, after: datetime | None = None
    ) -> tuple[int, Link | None]:
        """Return how many steps were reached, and by which events; those up to `after` left out.

        For each step the latest event that reached it is kept: whatever follows is then soonest after it.
        """
        found = [(one.at, number, one) for number, past in enumerate(self.steps)
                 for one in past.seen(subject, moment) if after is None or one.at > after]  # fmt: skip
        found.sort(key=lambda each: (each[0], each[1]))
        latest: list[Link | None] = [None] * len(self.steps)
        for at, together in groupby(found, key=lambda each: each[0]):
            reached = {number: Link(one, before) for _, number, one in together
                       for fits, before in (self._before(number, at, latest),) if fits}  # fmt: skip
            for number, link in reached.items():
                latest[number] = link
            if latest[-1] is not None:
                break
        count = max((number + 1 for number, link in enumerate(latest) if link), default=0)
        return count, latest[count - 1] if count else None

    def _before(self, number: int, at: datetime, latest: list[Link | None]) -> tuple[bool, Link | None]:
        """Return whether an event at `at` reaches a step, and the event of the step before."""
        if number == 0:
            return True, None
        before, limit = latest[number - 1], self.limits[number]
        if before is None or (limit is not None and at - before.happening.at > limit):
            return False, None
        return True, before

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        return self._furthest(subject, moment)[0] == len(self.steps)

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when the last chain of events that makes it true has lost its first one."""
        if not all(past.only_leaves(subject, moment) for past in self.steps):
            return earliest((past.turns(subject, moment) for past in self.steps), moment.as_of)
        if not self.holds(subject, moment):
            return None
        firsts = self.steps[0].seen(subject, moment)

        def is_over(left: Happening) -> bool:
            return self._furthest(subject, moment, after=left.at)[0] < len(self.steps)

        return self.steps[0].leaves(firsts[bisect_left(firsts, True, key=is_over)], moment)

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer with how many steps were reached, and the events that did, the last first."""
        count, link = self._furthest(subject, moment)
        chain = []
        while link is not None:
            chain.append(link.happening)
            link = link.before
        return Reason(path, count == len(self.steps), count=count, events=named(chain[::-1]))


def _limit(step: Step) -> timedelta | None:
    return None if step.within is None else duration(step.within)
