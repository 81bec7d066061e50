"""The laws of merging on the database: whatever members do, points are conserved and no lot lives longer."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dangol.core.ledger.models import Entry, Lot, Transfer
from dangol.core.ledger.selectors import Balance
from dangol.core.ledger.services import (
    adjust_points,
    earn_points,
    reverse_transfer,
    settle_due,
    spend_points,
)
from dangol.core.people.merged import resolve_merged
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.storage.ids import random_id
from dangol.domain.errors import DomainError
from tests.core.ledger.following import BY_HAND, balance, broken, follow, people
from tests.core.ledger.shop import POINTS, START, open_shop
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Regulars(RuleBasedStateMachine):
    """Four customers who earn, spend, bring back, are merged and parted; the worker comes by at times."""

    def __init__(self) -> None:
        super().__init__()
        self.people = people(*(random_id().hex() for _ in range(4)))
        self.at = START
        self.keys = count(1)

    def attempt(self, act: Callable[[str], object]) -> bool:
        try:
            act(f"key {next(self.keys)}")
        except DomainError:
            return False
        return True

    @rule(days=st.integers(0, 20))
    def time_passes(self, days: int) -> None:
        self.at += timedelta(days=days)

    @rule(
        who=st.integers(0, 3), points=st.integers(1, 100), wait=st.integers(0, 20), lasts=st.integers(1, 60)
    )
    def earn(self, who: int, points: int, wait: int, lasts: int) -> None:
        opens = self.at + timedelta(days=wait)
        self.attempt(
            lambda key: earn_points(
                self.people[who], points=points, currency=POINTS, key=key, at=self.at,
                release_at=opens, expires_at=opens + timedelta(days=lasts),
            )
        )  # fmt: skip

    @rule(who=st.integers(0, 3), points=st.integers(1, 100))
    def spend(self, who: int, points: int) -> None:
        self.attempt(
            lambda key: spend_points(self.people[who], points=points, currency=POINTS, key=key, at=self.at)
        )

    @rule(who=st.integers(0, 3), points=st.integers(1, 40))
    def take(self, who: int, points: int) -> None:
        self.attempt(
            lambda key: adjust_points(
                self.people[who], points=-points, currency=POINTS, key=key, at=self.at, reason="by hand"
            )
        )

    @rule(who=st.integers(0, 3), data=st.data())
    def reverse(self, who: int, data: st.DataObject) -> None:
        own = Transfer.objects.filter(customer_id=self.people[who], kind__in=["earn", "spend"])
        found = list(own.order_by("id").values_list("id", flat=True))
        if found:
            transfer_id = data.draw(st.sampled_from(found))
            self.attempt(
                lambda key: reverse_transfer(
                    self.people[who], transfer_id=transfer_id, points=None, key=key, at=self.at
                )
            )

    @rule(keep=st.integers(0, 3), absorb=st.integers(0, 3))
    def merge(self, keep: int, absorb: int) -> None:
        self.attempt(lambda _: merge_customers(self.people[keep], self.people[absorb], at=self.at, **BY_HAND))

    @rule(who=st.integers(0, 3))
    def part(self, who: int) -> None:
        self.attempt(lambda _: undo_merge(self.people[who], at=self.at, **BY_HAND))

    @rule()
    def worker_comes_by(self) -> None:
        settle_due(as_of=self.at)
        follow()

    @invariant()
    def every_point_is_somewhere(self) -> None:
        assert broken() == set()

    @invariant()
    def no_lot_lives_longer_than_it_was_earned_for(self) -> None:
        lots = {one.id: one for one in Lot.objects.all()}
        for one in lots.values():
            root = lots[one.root_id or one.id]
            assert (one.release_at, one.expires_at) == (root.release_at, root.expires_at)

    def teardown(self) -> None:
        """At rest, whoever was merged has nothing, and what was issued is somewhere or was taken back."""
        follow()
        now = resolve_merged(self.people)
        for one in self.people:
            if now[one] != one:
                assert balance(one) == Balance()
        clearing = Entry.objects.filter(account="clearing").values_list("points", flat=True)
        assert sum(clearing) == 0
        assert broken() == set()


def test_merges__any_sequence__conserve_points_and_lengthen_no_life() -> None:
    open_shop()

    run_state_machine_as_test(
        Regulars,
        settings=settings(
            max_examples=max(SIZE.examples // 10, 10), stateful_step_count=SIZE.steps, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
