"""Replaying: whole histories judged in memory by the services' own decide functions; nothing is written.

The timeline is read as a late order makes the services read it, and `domain.membership.judge` decides. So the
program as published comes to exactly what stands in the ledger, and a draft to what it would have been.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple

from dangol.core.commerce.events import OrderReturned
from dangol.core.events.records import Recorded
from dangol.core.people.absences import absences_of
from dangol.core.storage.ids import Id, show_id
from dangol.domain.accrual import EarningRule
from dangol.domain.membership import (
    Act,
    Earned,
    Granted,
    Judgement,
    Member,
    Program,
    Purchase,
    in_time_order,
    judge,
)
from dangol.domain.tiers import Cause, TierMove, TierRules
from dangol.domain.whatif import Replacement, replaced_from
from dangol.rooms.rewards import store
from dangol.rooms.rewards.acts import Reader, load_history
from dangol.rooms.rewards.contents import ProgramContent, RuleContent, find_changes, rule_id_of
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.stays import stays_of

EXAMPLES = 20


class Scenario(NamedTuple):
    """A program to replay by, with the key each of its rules goes by."""

    program: Program
    keys: Mapping[Id, str]


def as_published(running: Running, content: ProgramContent) -> Scenario:
    """Return the program as it is, `content` being its content."""
    keys = {rule.id: show_id(rule.id) for rule in running.rules.rules}
    return Scenario(running.rules, {**keys, **_keys(content)})


def as_drafted(
    running: Running, published: ProgramContent, draft: ProgramContent, since: datetime
) -> Scenario:
    """Return the program as if the draft had held from `since` on."""
    changes = find_changes(published, draft)
    rules: dict[Id, EarningRule | None] = {_id(rule): None for rule in changes.ended}
    rules |= {_id(rule): _as_rule(rule) for rule in (*changes.added, *changes.changed)}
    newest = running.rules.tiers
    terms = running.rules.terms[-1][1]._replace(
        pending_days=draft.terms.pending_days,
        expiry=draft.terms.expiry,
        expiry_count=draft.terms.expiry_count,
        activities=draft.terms.activities,
        opens_on=draft.terms.opens_on,
        most_per_order=draft.terms.most_per_order,
        most_held=draft.terms.most_held,
    )
    wanted = Replacement(
        rules, terms if changes.terms else None, _as_tiers(newest, draft) if changes.tiers else None
    )
    keys = {**as_published(running, published).keys, **_keys(draft)}
    return Scenario(replaced_from(running.rules, since, wanted), keys)


def _keys(content: ProgramContent) -> dict[Id, str]:
    return {_id(rule): rule.key for rule in content.rules}


def _id(rule: RuleContent) -> Id:
    """Return a rule's id; one that has none yet goes by its key, in the form of an id."""
    return rule_id_of(rule.key) or rule.key.encode()[-16:].rjust(16, b"\0")


def _as_rule(rule: RuleContent) -> EarningRule:
    return EarningRule(
        _id(rule), 1, rule.rate_points, rule.rate_minor, rule.category, rule.multipliers, rule.rounding,
        None, rule.ends_at, rule.as_draft().own_terms,
    )  # fmt: skip


def _as_tiers(newest: TierRules, draft: ProgramContent) -> TierRules:
    tiers = draft.tiers
    levels = tuple(
        level._replace(
            threshold=wanted.threshold,
            extra_months=wanted.extra_months,
            also_threshold=wanted.also_threshold,
            gate=wanted.gate,
        )
        for level, wanted in zip(newest.levels, tiers.levels, strict=True)
    )
    return newest._replace(
        levels=levels, measure=tiers.measure, also=tiers.also, join=tiers.join, window=tiers.window,
        window_size=tiers.window_size, grace_days=tiers.grace_days, downgrade=tiers.downgrade,
    )  # fmt: skip


class Window(NamedTuple):
    """The stretch whose purchases count, its end exclusive; what came back of them counts whenever it did."""

    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Say whether a purchase at this instant counts."""
        return self.since <= at < self.until


class Replayed(NamedTuple):
    """How one member's purchases of the window stand by a program, and which tier is held at its end."""

    earned: Mapping[Id, Earned]
    zeros: Counter[str]
    level: int


class Example(NamedTuple):
    """A member for whom it comes out otherwise."""

    customer_id: Id
    points_before: int
    points_after: int
    level_before: int
    level_after: int

    @property
    def weight(self) -> tuple[int, int, Id]:
        """Who is affected most comes first: by points, then by tier; ids make the order certain."""
        return (
            -abs(self.points_after - self.points_before),
            -abs(self.level_after - self.level_before),
            self.customer_id,
        )


@dataclass(slots=True)
class Side:
    """The sums of one side of the comparison; rules go by their keys."""

    points: int = 0
    rule_points: Counter[str] = field(default_factory=Counter)
    rule_orders: Counter[str] = field(default_factory=Counter)
    zeros: Counter[str] = field(default_factory=Counter)
    levels: Counter[int] = field(default_factory=Counter)

    def add(self, earned: Mapping[Id, Earned], keys: Mapping[Id, str]) -> int:
        """Add a member's purchases; returns their points."""
        points = 0
        for one in earned.values():
            points += one.points
            for part in one.parts:
                self.rule_points[keys[part.rule_id]] += part.points
                self.rule_orders[keys[part.rule_id]] += 1
        self.points += points
        return points


@dataclass(slots=True)
class Tally:
    """What a simulation has found so far. `before` is what stands in the ledger, `after` the replay."""

    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    members: int = 0
    orders: int = 0
    gain_members: int = 0
    gain_points: int = 0
    lose_members: int = 0
    lose_points: int = 0
    moved_up: int = 0
    moved_down: int = 0
    # Orders that the published program, replayed, does not give what the ledger has.
    unlike_ledger: int = 0
    examples: list[Example] = field(default_factory=list)

    def add_member(self, example: Example) -> None:
        """Count a member who bought in the window, or whose tier comes out otherwise."""
        change = example.points_after - example.points_before
        self.gain_members += change > 0
        self.gain_points += max(change, 0)
        self.lose_members += change < 0
        self.lose_points += max(-change, 0)
        self.moved_up += example.level_after > example.level_before
        self.moved_down += example.level_after < example.level_before
        if example.weight[:2] != (0, 0):
            self.examples = sorted([*self.examples, example], key=lambda one: one.weight)[:EXAMPLES]


class Replay:
    """Replays members, some at a time, by the published program and by what is tried."""

    def __init__(self, running: Running, published: Scenario, tried: Scenario, window: Window) -> None:
        self._running = running
        self._published, self._tried, self._window = published, tried, window
        currency = running.row.money_currency
        self._readers = [Reader(one.program.rules, currency) for one in (published, tried)]
        self._is_same = published.program == tried.program
        self.tally = Tally()

    def add(self, customer_ids: Sequence[Id]) -> None:
        """Replay these members and compare: a constant number of statements, in one snapshot."""
        histories = load_history(customer_ids)
        bought = {customer_id: self._bought(events) for customer_id, events in histories.items()}
        keys = [(customer_id, order_id) for customer_id, own in bought.items() for order_id in own]
        recorded = store.load_earned(self._running.id, keys)
        grants = _grants(store.load_changes(self._running.id, customer_ids))
        # The draft may count from the day of joining where the program in force does not.
        by_joining = next(
            (one.program for one in (self._published, self._tried) if one.program.counts_from_joining),
            self._running.rules,
        )
        joined = store.load_joined_on(by_joining, customer_ids)
        absences = absences_of(customer_ids)
        gates = self._published.program.gates | self._tried.program.gates
        stays = stays_of(gates, customer_ids)
        for customer_id in customer_ids:
            events, given = histories.get(customer_id, []), grants.get(customer_id, [])
            make = partial(
                Member, joined_on=joined.get(customer_id), absences=absences.get(customer_id, ()),
                stays=stays.get(customer_id, {}),
            )  # fmt: skip
            published = self._replay(0, events, given, make())
            tried = published
            if not self._is_same:
                tried = self._replay(1, events, given, make())
            own = bought.get(customer_id, set())
            ledger = {order_id: recorded[order_id] for order_id in own if order_id in recorded}
            self._compare(customer_id, ledger, published, tried)

    def _bought(self, events: Sequence[Recorded]) -> set[Id]:
        """Return which orders of the window these events tell of."""
        return {
            event.subject_id
            for event in events
            if event.subject_id
            and event.name != OrderReturned.event
            and self._window.holds(event.occurred_at)
        }

    def _replay(
        self, side: int, events: Sequence[Recorded], grants: Sequence[Granted], member: Member
    ) -> Replayed:
        scenario, reader = (self._published, self._tried)[side], self._readers[side]
        acts: list[Act] = [act for event in events for act in reader.read(event)]
        acts = in_time_order([*acts, *grants])
        judgement = judge(scenario.program, member, acts, upto=self._window.until)
        counted = {act.order_id for act in acts if isinstance(act, Purchase) and self._window.holds(act.at)}
        zeros = Counter(
            accrual.zero.value
            for accrual in judgement.accruals
            if accrual.zero and not accrual.is_return and accrual.order_id in counted
        )
        earned = {order_id: one for order_id, one in member.earned.items() if order_id in counted}
        return Replayed(earned, zeros, _level_at(judgement, self._window.until))

    def _compare(
        self, customer_id: Id, ledger: Mapping[Id, Earned], published: Replayed, tried: Replayed
    ) -> None:
        tally = self.tally
        tally.members += bool(published.earned)
        tally.orders += len(published.earned)
        tally.unlike_ledger += sum(ledger.get(key) != one for key, one in published.earned.items())
        before = tally.before.add(ledger, self._published.keys)
        after = tally.after.add(tried.earned, self._tried.keys)
        tally.before.zeros += published.zeros
        tally.after.zeros += tried.zeros
        tally.before.levels[published.level] += 1
        tally.after.levels[tried.level] += 1
        tally.add_member(Example(customer_id, before, after, published.level, tried.level))


def _grants(changes: Mapping[Id, Sequence[store.Change]]) -> dict[Id, list[Granted]]:
    """Return the tiers given by hand: they were given, whatever the rules."""
    return {
        customer_id: [
            Granted(move.at, move.to_level, move.held_until) for _, move in own if move.cause is Cause.GRANTED
        ]
        for customer_id, own in changes.items()
    }


def _level_at(judgement: Judgement, until: datetime) -> int:
    moves: list[TierMove] = [move for move in judgement.moves if move.at < until]
    return moves[-1].to_level if moves else 0
