"""Points follow their person: merged, parted, erased; exactly once, whole, and never living longer."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dangol.core.events.models import Cursor
from dangol.core.ledger import invariants
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS, RECEIVE_GIFTS
from dangol.core.ledger.models import Entry, Lot, Transfer
from dangol.core.ledger.selectors import Balance, balances_of, lots_of, outstanding
from dangol.core.ledger.services import (
    adjust_points,
    earn_points,
    gift_points,
    reverse_transfer,
    settle_due,
    spend_points,
)
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merged import resolve_merged
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from tests.core.ledger import writers
from tests.core.ledger.shop import POINTS, START, day, let_worker_by, open_shop
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BY_HAND: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "same person"}


def people(*names: str) -> list[Id]:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        made = resolve_customers("external", names, recorded_at=START)
    return [made[name] for name in names]


def earn(who: Id, points: int, key: str, *, at: float = 0, opens: float = 0, lapses: float = 100) -> Id:
    result = earn_points(
        who, points=points, currency=POINTS, key=key, at=day(at), release_at=day(max(at, opens)),
        expires_at=day(lapses),
    )  # fmt: skip
    assert result.transfer_id
    return result.transfer_id


def spend(who: Id, points: int, key: str, *, at: float = 1) -> Id:
    result = spend_points(who, points=points, currency=POINTS, key=key, at=day(at))
    assert result.transfer_id
    return result.transfer_id


def follow() -> None:
    let_worker_by(RECEIVE_GIFTS)
    let_worker_by(FOLLOW_CUSTOMERS)


def balance(who: Id) -> Balance:
    return balances_of([who], POINTS)[who]


def broken() -> set[str]:
    return {one.check.name for one in verify(invariants.checks()) if not one.is_kept}


def open_lots(who: Id) -> list[tuple[int, float, float, bool]]:
    """Return what is left of a customer's lots: points, day of opening and of lapsing, whether it waits."""
    found = [
        (one.left, one.release_at, one.expires_at, one.is_pending) for one in lots_of(who, POINTS) if one.left
    ]
    return sorted(
        (left, (opens - START).days, (lapses - START).days if lapses else -1, waits)
        for left, opens, lapses, waits in found
    )


def test_merge__points_waiting_and_open__arrive_with_their_days() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(kept, 10, "k", lapses=50)
    earn(absorbed, 100, "a1", lapses=30)
    earn(absorbed, 40, "a2", opens=20, lapses=60)
    earn(absorbed, 7, "a3", lapses=2)
    spend(absorbed, 33, "s")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == Balance(10 + 74, 40, 0)
    assert balance(absorbed) == Balance()
    assert open_lots(kept) == [(10, 0, 50, False), (40, 20, 60, True), (74, 0, 30, False)]
    assert [one.earned_at for one in lots_of(kept, POINTS)] == [day(0)] * 3
    settle_due(as_of=day(31))
    assert balance(kept) == Balance(50, 0, 0)
    assert broken() == set()


@pytest.mark.parametrize(
    ("own", "spent_back", "after"),
    [
        (0, 30, Balance(-30, 0, 30)),
        (100, 30, Balance(70, 0, 0)),
        (20, 30, Balance(-10, 0, 10)),
    ],
)
def test_merge__absorbed_owes_points__the_debt_comes_along_and_is_paid(
    own: int, spent_back: int, after: Balance
) -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(absorbed, spent_back, "a")
    spend(absorbed, spent_back, "s")
    reverse_transfer(absorbed, transfer_id=earned, points=None, key="r", at=day(2))
    if own:
        earn(kept, own, "k")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == after
    assert balance(absorbed) == Balance()
    assert broken() == set()


def test_merge__the_kept_one_owes__what_arrives_pays_it() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(kept, 30, "k")
    spend(kept, 30, "s")
    reverse_transfer(kept, transfer_id=earned, points=None, key="r", at=day(2))
    earn(absorbed, 100, "a")

    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()

    assert balance(kept) == Balance(70, 0, 0)
    assert broken() == set()


def test_merge__what_comes_late_to_the_absorbed_one__is_sent_after() -> None:
    open_shop()
    kept, absorbed, giver = people("K", "A", "G")
    first = earn(absorbed, 50, "a")
    spent = spend(absorbed, 20, "s")
    earn(giver, 5, "g")
    gift_points(giver, receiver_id=absorbed, points=5, currency=POINTS, key="gift", at=day(4))
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    assert balance(kept) == Balance(35, 0, 0)

    earn(absorbed, 11, "late", at=6)  # rung up by a till that had looked just before
    follow()
    assert balance(kept) == Balance(46, 0, 0)
    reverse_transfer(absorbed, transfer_id=spent, points=None, key="r1", at=day(7))
    follow()
    assert balance(kept) == Balance(66, 0, 0)
    reverse_transfer(absorbed, transfer_id=first, points=None, key="r2", at=day(8))
    follow()

    assert balance(kept) == Balance(16, 0, 0)
    assert balance(absorbed) == Balance()
    assert broken() == set()


def test_undo__what_is_left_goes_back_and_what_was_spent_stays_spent() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(kept, 10, "k", lapses=10)
    earn(absorbed, 100, "a1", lapses=30)
    earn(absorbed, 40, "a2", opens=20, lapses=60)
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    spend(kept, 25, "s", at=6)  # the kept one's ten, which lapse first, and fifteen of the others
    earn(kept, 3, "k2", at=7)

    undo_merge(absorbed, at=day(8), **BY_HAND)
    follow()

    assert balance(kept) == Balance(3, 0, 0)
    assert balance(absorbed) == Balance(85, 40, 0)
    assert open_lots(absorbed) == [(40, 20, 60, True), (85, 0, 30, False)]
    assert broken() == set()


def test_undo__before_the_worker_came_by__nothing_has_moved() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(absorbed, 100, "a1")
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    undo_merge(absorbed, at=day(6), **BY_HAND)

    follow()

    assert (balance(kept), balance(absorbed)) == (Balance(), Balance(100, 0, 0))
    assert not Transfer.objects.filter(kind="merge_out").exists()


def test_undo__a_debt_that_came_along_and_is_still_owed__goes_back() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earned = earn(absorbed, 30, "a")
    spend(absorbed, 30, "s")
    reverse_transfer(absorbed, transfer_id=earned, points=None, key="r", at=day(2))
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    follow()
    earn(kept, 12, "k", at=6)
    assert balance(kept) == Balance(-18, 0, 18)

    undo_merge(absorbed, at=day(8), **BY_HAND)
    follow()

    assert (balance(kept), balance(absorbed)) == (Balance(), Balance(-18, 0, 18))
    assert broken() == set()


def test_undo__one_after_the_other_of_a_chain__each_gets_back_their_own() -> None:
    open_shop()
    first, second, third = people("1", "2", "3")
    for who, points in ((first, 1), (second, 20), (third, 300)):
        earn(who, points, "e")
    merge_customers(second, first, at=day(1), **BY_HAND)
    follow()
    merge_customers(third, second, at=day(2), **BY_HAND)
    follow()
    assert balance(third) == Balance(321, 0, 0)

    undo_merge(second, at=day(3), **BY_HAND)
    undo_merge(first, at=day(3), **BY_HAND)
    follow()

    assert [balance(one).available for one in (first, second, third)] == [1, 20, 300]
    merge_customers(first, second, at=day(4), **BY_HAND)
    follow()
    undo_merge(second, at=day(5), **BY_HAND)
    follow()
    assert [balance(one).available for one in (first, second, third)] == [1, 20, 300]
    assert broken() == set()


def test_follow__the_whole_timeline_again__moves_nothing_twice() -> None:
    open_shop()
    kept, absorbed, erased = people("K", "A", "E")
    earn(absorbed, 100, "a")
    earn(erased, 9, "e")
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    erase_customer(erased, at=day(5), **BY_HAND)
    follow()
    before = Transfer.objects.count()

    Cursor.objects.update(position=0)
    follow()

    assert Transfer.objects.count() == before
    assert balance(kept) == Balance(100, 0, 0)


def test_erase__points_and_debt__are_nobodys_and_the_shop_owes_no_more() -> None:
    open_shop()
    rich, owing, other = people("R", "O", "X")
    earn(rich, 50, "r1")
    earn(rich, 8, "r2", opens=20)
    earned = earn(owing, 30, "o")
    spend(owing, 30, "s")
    reverse_transfer(owing, transfer_id=earned, points=None, key="r", at=day(2))
    earn(other, 5, "x")
    assert outstanding(POINTS) == Balance(25, 8, 30)

    erase_customer(rich, at=day(5), **BY_HAND)
    erase_customer(owing, at=day(5), **BY_HAND)
    follow()

    assert outstanding(POINTS) == Balance(5, 0, 0)
    earn(rich, 4, "late", at=6)
    follow()
    assert outstanding(POINTS) == Balance(5, 0, 0)
    assert broken() == set()


def kill_at(statement: int) -> Callable[..., Any]:
    """Return a wrapper that kills this very process, as `kill -9` would, at its n-th writing statement."""
    seen = count(1)

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith("SELECT") and next(seen) == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return run(sql, params, many, context)

    return execute


def follow_until_killed(statement: int) -> None:
    """Do what a worker does, and be killed in the middle of it."""
    with connection.execute_wrapper(kill_at(statement)):
        follow()


def test_merge__worker_killed_at_every_statement__points_arrive_once() -> None:
    open_shop()
    kept, absorbed = people("K", "A")
    earn(absorbed, 100, "a1")
    earn(absorbed, 40, "a2", opens=20)
    merge_customers(kept, absorbed, at=day(5), **BY_HAND)
    kills = 0
    for statement in range(1, 60):
        process = writers.start(follow_until_killed, statement)
        process.join(60)
        assert balance(kept).available + balance(absorbed).available in (0, 100)
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0:
            break

    follow()
    assert kills > 5
    assert balance(kept) == Balance(100, 40, 0)
    assert Transfer.objects.filter(kind__in=["merge_out", "merge_in"]).count() == 2
    assert broken() == set()


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
