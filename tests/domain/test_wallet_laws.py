"""The laws of points, tried on two members who do everything that can be done, in any order.

Each member's commands go to two wallets: one that stays in memory, and one that is loaded anew before
each command from what a database would keep. Both must do the same.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dangol.domain.errors import DomainError
from dangol.domain.points import (
    NEVER,
    Account,
    Adjust,
    ClawBack,
    Command,
    Draw,
    Earn,
    GiftIn,
    GiftOut,
    Kind,
    Lot,
    Movement,
    Restore,
    Shortfall,
    Spend,
    Trim,
)
from dangol.domain.wallet import Wallet
from tests.sizes import SIZE

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 40)
POINTS = st.integers(1, 120)


class Purse:
    """A member's wallet twice: kept, and reloaded."""

    def __init__(self) -> None:
        kept_ids, loaded_ids = count(1), count(1)
        self.kept = Wallet([], debt=0, make_id=lambda: next(kept_ids).to_bytes(16))
        self._make_id = lambda: next(loaded_ids).to_bytes(16)
        self.stored = Wallet([], debt=0, make_id=self._make_id)
        self.stored_movements: list[Movement] = []
        self._archive: dict[bytes, Lot] = {}

    def apply(self, command: Command, *, named: tuple[bytes, ...] = ()) -> Movement | None:
        """Give the command to both wallets; None where the rules refuse it."""
        self._load(named)
        outcomes: list[object] = []
        for wallet in (self.kept, self.stored):
            try:
                outcomes.append(wallet.apply(command))
            except DomainError as refusal:
                outcomes.append((refusal.code, refusal.data))
        assert outcomes[0] == outcomes[1]
        kept = outcomes[0]
        return kept if isinstance(kept, Movement) else None

    def settle(self, upto: datetime) -> None:
        """Let both wallets come to an instant."""
        self._load(())
        self.kept.settle(upto)
        self.stored.settle(upto)

    def _load(self, named: tuple[bytes, ...]) -> None:
        """Load what a database would: lots with points left, and those the command names."""
        before = self.stored
        self.stored_movements += before.movements
        self._archive |= {lot.id: replace(lot) for lot in before.lots.values()}
        chosen = [lot for lot in self._archive.values() if lot.left or lot.id in named]
        self.stored = Wallet(chosen, debt=before.debt, make_id=self._make_id)

    @property
    def all_stored(self) -> list[Movement]:
        """Everything the reloaded wallet has ever done."""
        return self.stored_movements + self.stored.movements


class Members(RuleBasedStateMachine):
    """Two members and the shop; `floor` says whether the shop lets go of what cannot be taken back."""

    @initialize(floor=st.booleans())
    def open_shop(self, floor: bool) -> None:
        self.shortfall = Shortfall.FLOOR if floor else Shortfall.DEBT
        self.purses = (Purse(), Purse())
        self.at = START
        self.keys = count(1)
        self.on_the_way: list[tuple[int, Movement]] = []

    def key(self) -> str:
        return f"key {next(self.keys)}"

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    @rule(who=st.integers(0, 1), points=POINTS, wait=DAYS, lasts=st.one_of(st.none(), DAYS))
    def earn(self, who: int, points: int, wait: int, lasts: int | None) -> None:
        release_at = self.at + timedelta(days=wait)
        expires_at = NEVER if lasts is None else release_at + timedelta(days=lasts)
        self.purses[who].apply(Earn(self.key(), self.at, points, release_at, expires_at))

    @rule(who=st.integers(0, 1), points=POINTS, wait=DAYS, most_held=POINTS)
    def earn_what_fits(self, who: int, points: int, wait: int, most_held: int) -> None:
        purse = self.purses[who]
        purse.settle(self.at)
        before = self.held(purse)
        earned = purse.apply(Earn(self.key(), self.at, points, self.at + timedelta(days=wait)))
        assert earned
        lot_id = earned.entries[-1].lot_id
        assert lot_id
        purse.apply(Trim(self.key(), self.at, lot_id, most_held), named=(lot_id,))
        assert self.held(purse) == max(before, min(before + points, most_held))

    @staticmethod
    def held(purse: Purse) -> int:
        return sum(lot.left for lot in purse.kept.lots.values()) - purse.kept.debt

    @rule(who=st.integers(0, 1), points=POINTS, late=DAYS)
    def spend(self, who: int, points: int, late: int) -> None:
        self.purses[who].apply(Spend(self.key(), self.at - timedelta(days=late // 20), points))

    @rule(who=st.integers(0, 1), points=st.integers(-60, 60))
    def adjust(self, who: int, points: int) -> None:
        self.purses[who].apply(Adjust(self.key(), self.at, points, "by hand"))

    @rule(who=st.integers(0, 1), data=st.data(), points=POINTS, late=DAYS)
    def claw_back(self, who: int, data: st.DataObject, points: int, late: int) -> None:
        purse = self.purses[who]
        if earned := [one for one in purse.kept.movements if one.kind == Kind.EARN]:
            lot_id = data.draw(st.sampled_from(earned)).entries[-1].lot_id
            assert lot_id
            at = max(self.at - timedelta(days=late // 2), purse.kept.lots[lot_id].earned_at)
            purse.apply(ClawBack(self.key(), at, points, lot_id, self.shortfall), named=(lot_id,))

    @rule(who=st.integers(0, 1), data=st.data(), points=POINTS, late=DAYS)
    def restore(self, who: int, data: st.DataObject, points: int, late: int) -> None:
        purse = self.purses[who]
        if spends := [one for one in purse.kept.movements if one.kind == Kind.SPEND]:
            spent = data.draw(st.sampled_from(spends))
            at = max(self.at - timedelta(days=late // 2), spent.at)
            draws = self.draws_of(purse, spent)
            purse.apply(
                Restore(self.key(), at, points, spent.id, draws), named=tuple(one.lot_id for one in draws)
            )

    @staticmethod
    def draws_of(purse: Purse, spent: Movement) -> tuple[Draw, ...]:
        left: dict[bytes, int] = defaultdict(int)
        for one in purse.kept.movements:
            if one.id == spent.id or one.reverses_id == spent.id:
                for entry in one.entries:
                    if entry.lot_id:
                        left[entry.lot_id] -= entry.points
        return tuple(Draw(lot_id, points) for lot_id, points in left.items() if points)

    @rule(who=st.integers(0, 1), points=POINTS)
    def send_gift(self, who: int, points: int) -> None:
        if sent := self.purses[who].apply(GiftOut(self.key(), self.at, points)):
            self.on_the_way.append((who, sent))

    @precondition(lambda self: self.on_the_way)
    @rule()
    def receive_gift(self) -> None:
        giver, sent = self.on_the_way.pop(0)
        lots = self.purses[giver].kept.lots
        parts = tuple((-one.points, lots[one.lot_id].expires_at) for one in sent.entries if one.lot_id)
        received = self.purses[1 - giver].apply(GiftIn(f"gift:{giver}:{sent.key}", sent.at, parts))
        assert received
        assert received.points == sent.points

    @rule(who=st.integers(0, 1))
    def settle(self, who: int) -> None:
        self.purses[who].settle(self.at)

    @invariant()
    def transfers_balance_under_keys_of_their_own(self) -> None:
        for purse in getattr(self, "purses", ()):
            for one in purse.kept.movements:
                assert sum(entry.points for entry in one.entries) == 0
                assert sum(entry.points for entry in one.entries if entry.points > 0) == one.points > 0
                assert len(one.entries) >= 2
                assert all(entry.points for entry in one.entries)
            keys = [one.key for one in purse.kept.movements]
            assert len(set(keys)) == len(keys)

    @invariant()
    def everything_follows_from_the_entries(self) -> None:
        for purse in getattr(self, "purses", ()):
            wallet, sums = purse.kept, defaultdict[str, int](int)
            by_lot = defaultdict[tuple[str, bytes | None], int](int)
            reversed_ = defaultdict[bytes | None, int](int)
            for one in wallet.movements:
                reversed_[one.reverses_id] += one.points
                for entry in one.entries:
                    sums[entry.account] += entry.points
                    by_lot[entry.account, entry.lot_id] += entry.points
            assert sums[Account.AVAILABLE] + sums[Account.DEBT] == wallet.available
            assert sums[Account.PENDING] == wallet.pending
            assert -sums[Account.DEBT] == wallet.debt >= 0
            for lot in wallet.lots.values():
                left = by_lot[Account.AVAILABLE, lot.id] + by_lot[Account.PENDING, lot.id]
                assert (lot.left, lot.expired) == (left, by_lot[Account.EXPIRED, lot.id])
                assert 0 <= lot.left <= lot.points
                assert lot.expired >= 0
                if any(one.id == lot.origin_id and one.kind == Kind.EARN for one in wallet.movements):
                    assert lot.reversed == reversed_[lot.origin_id] <= lot.points

    @invariant()
    def debt_stands_alone_and_only_where_the_shop_keeps_it(self) -> None:
        for purse in getattr(self, "purses", ()):
            assert not purse.kept.debt or not any(
                lot.left for lot in purse.kept.lots.values() if not lot.is_pending
            )
            assert not purse.kept.debt or self.shortfall is Shortfall.DEBT

    @invariant()
    def nothing_is_used_after_it_lapsed_nor_lapses_early(self) -> None:
        for purse in getattr(self, "purses", ()):
            for one in purse.kept.movements:
                taken = [entry for entry in one.entries if entry.lot_id and entry.points < 0]
                ends = [purse.kept.lots[entry.lot_id].expires_at for entry in taken if entry.lot_id]
                if one.kind in (Kind.SPEND, Kind.GIFT_OUT, Kind.SETTLE):
                    assert all(one.at < end for end in ends)
                if one.kind == Kind.EXPIRE:
                    assert all(one.at >= end for end in ends)

    @invariant()
    def clearing_holds_what_is_on_the_way(self) -> None:
        if hasattr(self, "purses"):
            cleared = sum(
                entry.points
                for purse in self.purses
                for one in purse.kept.movements
                for entry in one.entries
                if entry.account == Account.CLEARING
            )
            assert cleared == sum(sent.points for _, sent in self.on_the_way)

    @invariant()
    def loading_anew_makes_no_difference(self) -> None:
        for purse in getattr(self, "purses", ()):
            assert purse.all_stored == purse.kept.movements


Members.TestCase.settings = settings(
    max_examples=SIZE.examples, stateful_step_count=SIZE.steps, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
TestMembers = Members.TestCase
