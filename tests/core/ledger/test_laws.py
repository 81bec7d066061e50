"""The ledger's laws on the database: whatever members do, in any order and twice, every invariant holds."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dangol.core.ledger import invariants
from dangol.core.ledger.models import PointCurrency, Transfer
from dangol.core.ledger.selectors import balances_of, lots_of, statement
from dangol.core.ledger.services import (
    KeyReused,
    Result,
    adjust_points,
    earn_points,
    gift_points,
    reverse_transfer,
    settle_due,
    spend_points,
)
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.domain.points import Shortfall
from tests.core.ledger.shop import POINTS, START, let_worker_by, members, open_shop
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
STARS = "stars"
WHO, DAYS, POINTS_MOVED = st.integers(0, 2), st.integers(0, 30), st.integers(1, 100)
CURRENCY = st.sampled_from([POINTS, STARS])


class Members(RuleBasedStateMachine):
    """Three members, two kinds of points: one whose debts are kept, one whose debts are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.members = members(3)
        self.at = START
        self.keys = count(1)
        self.done: list[tuple[Callable[[int], Result], Result]] = []

    def attempt(self, act: Callable[[int], Result]) -> None:
        """Try it; what succeeded is done a second time, which must change nothing.

        `act` takes how many points more than meant to move: under the same key that must be refused.
        """
        try:
            first = act(0)
        except DomainError:
            return
        again = act(0)
        assert (again.transfer_id, again.repeated) == (first.transfer_id, True)
        with pytest.raises(KeyReused):
            act(1)

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    @rule(who=WHO, points=POINTS_MOVED, wait=DAYS, lasts=st.integers(1, 60), currency=CURRENCY)
    def earn(self, who: int, points: int, wait: int, lasts: int, currency: str) -> None:
        key, at = f"earn {next(self.keys)}", self.at
        opens = at + timedelta(days=wait)
        self.attempt(
            lambda more: earn_points(
                self.members[who], points=points + more, currency=currency, key=key, at=at,
                release_at=opens, expires_at=opens + timedelta(days=lasts),
            )
        )  # fmt: skip

    @rule(who=WHO, points=POINTS_MOVED, currency=CURRENCY)
    def spend(self, who: int, points: int, currency: str) -> None:
        key, at = f"spend {next(self.keys)}", self.at
        self.attempt(
            lambda more: spend_points(
                self.members[who], points=points + more, currency=currency, key=key, at=at
            )
        )

    @rule(who=WHO, points=st.integers(-50, 50).filter(bool), currency=CURRENCY)
    def adjust(self, who: int, points: int, currency: str) -> None:
        key, at, sign = f"adjust {next(self.keys)}", self.at, 1 if points > 0 else -1
        self.attempt(
            lambda more: adjust_points(
                self.members[who], points=points + sign * more, currency=currency,
                key=key, at=at, reason="by hand",
            )
        )  # fmt: skip

    @rule(who=WHO, data=st.data(), points=POINTS_MOVED)
    def reverse(self, who: int, data: st.DataObject, points: int) -> None:
        own = Transfer.objects.filter(customer_id=self.members[who], kind__in=["earn", "spend"])
        found: list[Id] = list(own.order_by("id").values_list("id", flat=True))
        if found:
            transfer_id = data.draw(st.sampled_from(found))
            key, at = f"reverse {next(self.keys)}", self.at
            self.attempt(
                lambda more: reverse_transfer(
                    self.members[who], transfer_id=transfer_id, points=points + more, key=key, at=at
                )
            )

    @rule(who=WHO, other=WHO, points=POINTS_MOVED, currency=CURRENCY)
    def send_gift(self, who: int, other: int, points: int, currency: str) -> None:
        key, at = f"gift {next(self.keys)}", self.at
        self.attempt(
            lambda more: gift_points(
                self.members[who], receiver_id=self.members[other], points=points + more,
                currency=currency, key=key, at=at,
            )
        )  # fmt: skip

    @rule()
    def worker_comes_by(self) -> None:
        let_worker_by()
        while settle_due(as_of=self.at):
            pass

    @invariant()
    def every_invariant_holds(self) -> None:
        assert [one.check.name for one in verify(invariants.checks()) if not one.is_kept] == []

    @invariant()
    def statements_add_up(self) -> None:
        for currency in (POINTS, STARS):
            for member, balance in balances_of(self.members, currency).items():
                lines = statement(member, currency, limit=1_000)
                assert sum(line.change for line in lines) == balance.available
                assert sum(line.pending_change for line in lines) == balance.pending
                assert not lines or lines[0].balance == balance.available
                lots = lots_of(member, currency)
                assert sum(lot.left for lot in lots) - balance.debt == balance.available + balance.pending


def test_ledger__anything_in_any_order_and_twice__every_invariant_holds() -> None:
    open_shop()
    PointCurrency.objects.create(code=STARS, name="Stars", shortfall=Shortfall.FLOOR.value)

    run_state_machine_as_test(
        Members,
        settings=settings(
            max_examples=max(SIZE.examples // 20, 5), stateful_step_count=SIZE.steps, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
