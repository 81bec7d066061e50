"""Points of which it becomes known late that they had opened, while their member owes some."""

from datetime import datetime

import pytest

from dangol.core.ledger.models import Account, Entry, Transfer
from dangol.core.ledger.selectors import Balance, balances_of
from dangol.core.ledger.services import Order, apply
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import ClawBack, Command, Earn, Open, Spend
from tests.core.ledger.shop import POINTS, day, members, open_shop

pytestmark = pytest.mark.django_db(transaction=True)
PAST, FAR = new_id(), day(300)
SPENT, WAITING = new_id(), new_id()


@pytest.fixture
def member() -> Id:
    open_shop()
    return members(1)[0]


def tell(member: Id, *commands: Command | Open, at: datetime) -> None:
    with write_transaction():
        results = apply([Order(member, command) for command in commands], POINTS, recorded_at=at)
    assert [one.refusal for one in results] == [None] * len(commands)


def owed_by_day(member: Id) -> list[int]:
    """Return the debt account after each day on which it was moved, in order of the days."""
    days = dict(Transfer.objects.filter(customer_id=member).values_list("id", "occurred_at"))
    entries = Entry.objects.filter(customer_id=member, account="debt").values_list("transfer_id", "points")
    moved = sorted((days[transfer], points) for transfer, points in entries)
    return [sum(points for _, points in moved[: place + 1]) for place in range(len(moved))]


EARNED = (
    Earn("earn", day(0), 100, day(0), FAR, lot_id=SPENT),
    Earn("wait", day(0), 60, day(30), FAR, lot_id=WAITING, awaits="delivered"),
    Spend("spend", day(2), 100),
)
TAKEN_BACK = ClawBack("back", day(8), 100, SPENT)
DELIVERED = Open(frozenset({WAITING}), frozenset({"delivered"}), day(5), day(10), None, PAST)


@pytest.mark.parametrize("at_once", [False, True])
def test_open__delivered_before_what_was_owed_told_after__pays_when_it_is_owed(
    member: Id, at_once: bool
) -> None:
    if at_once:
        tell(member, *EARNED, TAKEN_BACK, DELIVERED, at=day(10))
    else:
        for command in (*EARNED, TAKEN_BACK, DELIVERED):
            tell(member, command, at=day(10))

    assert owed_by_day(member) == [-100, -40]
    assert balances_of([member], POINTS)[member] == Balance(-40, 0, 40)
    posted, settled = (Transfer.objects.get(customer_id=member, kind=kind) for kind in ("post", "settle"))
    assert (posted.occurred_at, settled.occurred_at) == (day(5), day(8))


def test_open__told_in_time__is_there_to_be_taken_back(member: Id) -> None:
    in_time = DELIVERED._replace(told_at=day(5))

    tell(member, *EARNED, in_time, TAKEN_BACK, at=day(10))

    assert owed_by_day(member) == [-40]
    assert Account.objects.get(customer_id=member, kind="debt").balance == -40
