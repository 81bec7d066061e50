"""What a wallet does, case by case; its laws are tried in test_wallet_laws.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from dangol.domain.points import (
    MOST_POINTS,
    NEVER,
    Account,
    Adjust,
    ClawBack,
    Command,
    Draw,
    Earn,
    GiftIn,
    GiftOut,
    InsufficientPoints,
    InvalidKey,
    InvalidPoints,
    Movement,
    NothingToReverse,
    Restore,
    Shortfall,
    Spend,
)
from dangol.domain.wallet import Wallet

START = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def ids() -> Callable[[], bytes]:
    numbers = count(1)
    return lambda: next(numbers).to_bytes(16)


@pytest.fixture
def wallet() -> Wallet:
    return Wallet([], debt=0, make_id=ids())


def earn(
    wallet: Wallet, points: int, at: int, *, opens: int | None = None, lapses: int | None = None
) -> bytes:
    key = f"earn {len(wallet.movements)}"
    expires_at = NEVER if lapses is None else day(lapses)
    movement = wallet.apply(Earn(key, day(at), points, day(at if opens is None else opens), expires_at))
    lot_id = movement.entries[-1].lot_id
    assert lot_id
    return lot_id


def spend(wallet: Wallet, points: int, at: int) -> Movement:
    return wallet.apply(Spend(f"spend {len(wallet.movements)}", day(at), points))


def restore(wallet: Wallet, spent: Movement, points: int, at: int) -> Movement:
    draws = tuple(Draw(one.lot_id, -one.points) for one in spent.entries if one.lot_id)
    return wallet.apply(Restore(f"restore {len(wallet.movements)}", day(at), points, spent.id, draws))


def claw_back(
    wallet: Wallet, lot_id: bytes, points: int, at: int, shortfall: Shortfall = Shortfall.DEBT
) -> Movement:
    return wallet.apply(ClawBack(f"back {len(wallet.movements)}", day(at), points, lot_id, shortfall))


def told(wallet: Wallet) -> list[tuple[str, int, int]]:
    return [(one.kind, (one.at - START).days, one.points) for one in wallet.movements]


def moved(movement: Movement) -> list[tuple[str, int]]:
    return [(entry.account, entry.points) for entry in movement.entries]


def test_wallet__points_wait_open_and_lapse__each_at_its_own_instant(wallet: Wallet) -> None:
    earn(wallet, 100, at=0, opens=14, lapses=180)

    wallet.settle(day(365))

    assert told(wallet) == [("earn", 0, 100), ("post", 14, 100), ("expire", 180, 100)]
    assert (wallet.available, wallet.pending) == (0, 0)


def test_settle__at_the_instant_of_opening_and_before_the_one_of_lapsing__both_exact(wallet: Wallet) -> None:
    earn(wallet, 100, at=0, opens=14, lapses=180)
    moment = timedelta(microseconds=1)

    wallet.settle(day(14) - moment)
    waiting = wallet.pending
    wallet.settle(day(180) - moment)
    open_points = wallet.available
    wallet.settle(day(180))

    assert (waiting, open_points, wallet.available) == (100, 100, 0)


def test_spend__several_lots__soonest_expiry_first_and_never_lapsing_last(wallet: Wallet) -> None:
    forever, late, soon = (
        earn(wallet, 300, 0),
        earn(wallet, 300, 0, lapses=60),
        earn(wallet, 300, 0, lapses=30),
    )

    movement = spend(wallet, 700, at=1)

    assert [(one.lot_id, one.points) for one in movement.entries[:-1]] == [
        (soon, -300),
        (late, -300),
        (forever, -100),
    ]
    assert movement.entries[-1] == (Account.SPENT, 700, None)


@pytest.mark.parametrize(("points", "at"), [(301, 1), (300, 30), (1, 31)])
def test_spend__more_than_is_open__refused_and_nothing_changed(wallet: Wallet, points: int, at: int) -> None:
    earn(wallet, 300, 0, lapses=30)
    earn(wallet, 500, 0, opens=60, lapses=90)

    with pytest.raises(InsufficientPoints) as refusal:
        spend(wallet, points, at)

    assert refusal.value.data == {"requested": points, "available": 300 if at < 30 else 0}
    assert wallet.pending == 500
    assert "spend" not in [kind for kind, _, _ in told(wallet)]


def test_spend__before_the_lot_was_there__refused(wallet: Wallet) -> None:
    earn(wallet, 300, at=5)

    with pytest.raises(InsufficientPoints):
        spend(wallet, 1, at=4)


def test_claw_back__still_waiting__is_voided_and_never_opens(wallet: Wallet) -> None:
    lot_id = earn(wallet, 100, 0, opens=14)

    part, rest = claw_back(wallet, lot_id, 30, 1), claw_back(wallet, lot_id, 70, 2)
    wallet.settle(day(365))

    assert (part.kind, rest.kind) == ("void", "void")
    assert moved(part) == [("issued", 30), ("pending", -30)]
    assert told(wallet)[-1] == ("void", 2, 70)


@pytest.mark.parametrize(
    ("shortfall", "covered"), [(Shortfall.DEBT, ("debt", -50)), (Shortfall.FLOOR, ("waived", -50))]
)
def test_claw_back__points_in_three_places__own_lot_then_lapsed_then_others_then_policy(
    wallet: Wallet, shortfall: Shortfall, covered: tuple[str, int]
) -> None:
    lot_id = earn(wallet, 100, 0, lapses=10)
    spend(wallet, 80, 1)  # 20 are left to lapse
    earn(wallet, 30, 20)

    movement = claw_back(wallet, lot_id, 100, 21, shortfall)

    assert moved(movement) == [("issued", 100), ("expired", -20), ("available", -30), covered]
    assert wallet.available == (-50 if shortfall is Shortfall.DEBT else 0)


def test_claw_back__more_than_is_left_of_the_lot__refused(wallet: Wallet) -> None:
    lot_id = earn(wallet, 100, 0)
    claw_back(wallet, lot_id, 60, 1)

    with pytest.raises(NothingToReverse) as refusal:
        claw_back(wallet, lot_id, 41, 2)

    assert refusal.value.data == {"requested": 41, "left": 40}


def test_debt__next_points__pay_it_as_they_open(wallet: Wallet) -> None:
    lot_id = earn(wallet, 100, 0)
    spend(wallet, 100, 1)
    claw_back(wallet, lot_id, 100, 2)
    earn(wallet, 70, 3, opens=10)
    earn(wallet, 70, 4, opens=11)

    wallet.settle(day(20))

    assert told(wallet)[-4:] == [("post", 10, 70), ("settle", 10, 70), ("post", 11, 70), ("settle", 11, 30)]
    assert (wallet.debt, wallet.available) == (0, 40)


def test_debt__found_late__is_paid_by_what_has_opened_since(wallet: Wallet) -> None:
    lot_id = earn(wallet, 100, 0)
    spend(wallet, 100, 1)
    earn(wallet, 70, 3, opens=10)
    wallet.settle(day(20))

    claw_back(wallet, lot_id, 50, at=5)

    assert told(wallet)[-2:] == [("claw_back", 5, 50), ("settle", 10, 50)]
    assert (wallet.debt, wallet.available) == (0, 20)


def test_restore__in_two_parts__last_drawn_first_with_the_old_expiry(wallet: Wallet) -> None:
    soon, late = earn(wallet, 100, 0, lapses=30), earn(wallet, 100, 0, lapses=60)
    spent = spend(wallet, 150, 1)

    restore(wallet, spent, 60, 2)

    assert (wallet.lots[soon].left, wallet.lots[late].left) == (10, 100)
    wallet.settle(day(30))
    assert told(wallet)[-1] == ("expire", 30, 10)


def test_restore__to_a_lot_that_has_lapsed__lapses_again_at_once(wallet: Wallet) -> None:
    earn(wallet, 100, 0, lapses=30)
    spent = spend(wallet, 60, 1)

    restore(wallet, spent, 60, 40)

    assert told(wallet)[-3:] == [("expire", 30, 40), ("restore", 40, 60), ("expire", 40, 60)]


def test_restore__dated_before_the_lapse_but_told_later__lapses_at_its_instant(wallet: Wallet) -> None:
    earn(wallet, 100, 0, lapses=30)
    spent = spend(wallet, 60, 1)
    wallet.settle(day(50))

    restore(wallet, spent, 60, 20)
    wallet.settle(day(50))

    assert told(wallet)[-2:] == [("restore", 20, 60), ("expire", 30, 60)]
    assert len({one.key for one in wallet.movements}) == len(wallet.movements)


def test_lapse_take_back_give_back__keys_never_repeat(wallet: Wallet) -> None:
    lot_id = earn(wallet, 100, 0, lapses=30)
    spent = spend(wallet, 50, 1)
    claw_back(wallet, lot_id, 50, 31)  # takes the 50 that lapsed

    restore(wallet, spent, 50, 32)

    assert told(wallet)[-1] == ("expire", 32, 50)
    assert len({one.key for one in wallet.movements}) == len(wallet.movements)


def test_restore__more_than_was_drawn__refused(wallet: Wallet) -> None:
    earn(wallet, 100, 0)
    spent = spend(wallet, 60, 1)

    with pytest.raises(NothingToReverse):
        restore(wallet, spent, 61, 2)


def test_adjust__given_and_taken__against_the_adjusted_account(wallet: Wallet) -> None:
    given = wallet.apply(Adjust("a", day(0), 50, "sorry"))
    taken = wallet.apply(Adjust("b", day(1), -20, "mistake"))

    assert moved(given) == [("adjusted", -50), ("available", 50)]
    assert moved(taken) == [("available", -20), ("adjusted", 20)]
    with pytest.raises(InsufficientPoints):
        wallet.apply(Adjust("c", day(2), -31, "too much"))


def test_gift__out_and_in__meets_in_clearing_and_keeps_each_expiry(wallet: Wallet) -> None:
    friend = Wallet([], debt=0, make_id=ids())
    earn(wallet, 100, 0, lapses=30)
    earn(wallet, 100, 0)

    out = wallet.apply(GiftOut("out", day(1), 150))
    into = friend.apply(GiftIn("in", day(1), ((100, day(30)), (50, NEVER))))

    assert moved(out) == [("available", -100), ("available", -50), ("clearing", 150)]
    assert moved(into) == [("clearing", -150), ("available", 100), ("available", 50)]
    friend.settle(day(40))
    assert (wallet.available, friend.available) == (50, 50)


@pytest.mark.parametrize("points", [0, -1, 1.0, True, "5", None, MOST_POINTS + 1, 2**63])
def test_apply__amount_that_is_none__refused(wallet: Wallet, points: Any) -> None:
    for command in (Earn("k", day(0), points, day(0)), Spend("k", day(0), points)):
        with pytest.raises(InvalidPoints):
            wallet.apply(command)
    assert wallet.movements == []


@pytest.mark.parametrize("key", ["", "x" * 121, "lot:00"])
def test_apply__key_that_is_none__refused(wallet: Wallet, key: str) -> None:
    with pytest.raises(InvalidKey):
        wallet.apply(Earn(key, day(0), 1, day(0)))


@pytest.mark.parametrize(
    "command",
    [
        Earn("k", day(5), 1, day(0), day(5)),
        Earn("k", day(0), 1, day(9), day(9)),
        Adjust("k", day(5), 1, "why", day(5)),
        GiftIn("k", day(5), ((1, NEVER), (1, day(5)))),
    ],
)
def test_apply__points_that_lapse_before_they_open__refused(wallet: Wallet, command: Command) -> None:
    with pytest.raises(InvalidPoints):
        wallet.apply(command)

    assert (wallet.lots, wallet.movements) == ({}, [])
