"""The same key again: a repeat is answered, another request is refused."""

import pytest

from dangol.core.ledger.selectors import Balance
from dangol.core.ledger.services import KeyReused, Order, Result, apply, reverse_transfer
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import Adjust
from tests.core.ledger.shop import POINTS, day, members, open_shop
from tests.core.ledger.test_services import balance, earn, spend

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


@pytest.fixture
def member() -> Id:
    return members(1)[0]


@pytest.mark.parametrize(
    "other",
    [
        Adjust("key", day(0), -100, "why", day(30)),
        Adjust("key", day(0), 100, "why", day(31)),
        Adjust("key", day(0), 100, "why"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_apply__adjustment_of_other_sign_or_expiry__is_refused(
    member: Id, other: Adjust, at_once: bool
) -> None:
    earn(member, 500)
    first, again = Adjust("key", day(0), 100, "why", day(30)), Adjust("key", day(1), 100, "why", day(30))
    orders = [Order(member, command) for command in (first, again, other)]
    batches = [orders] if at_once else [[order] for order in orders]
    with write_transaction():
        results = [one for own in batches for one in apply(own, POINTS, recorded_at=day(1))]

    assert [one.repeated for one in results] == [False, True, False]
    assert isinstance(results[2].refusal, KeyReused)
    assert balance(member) == Balance(600)


def test_earn_points__other_expiry__is_refused(member: Id) -> None:
    earn(member, 100, expires_at=30)

    assert earn(member, 100, expires_at=30).repeated
    with pytest.raises(KeyReused):
        earn(member, 100, expires_at=31)


@pytest.mark.parametrize("of_spend", [True, False])
def test_reverse_transfer__part_then_all_under_one_key__is_refused_and_all_then_all_repeated(
    member: Id, of_spend: bool
) -> None:
    original = earn(member, 100)
    if of_spend:
        original = spend(member, 100, 1)

    def reverse(points: int | None, key: str) -> Result:
        assert original.transfer_id
        return reverse_transfer(member, transfer_id=original.transfer_id, points=points, key=key, at=day(2))

    reverse(30, "part")
    with pytest.raises(KeyReused):
        reverse(None, "part")
    rest = reverse(None, "rest")

    again = reverse(None, "rest")
    assert (again.repeated, again.points, again.transfer_id) == (True, 70, rest.transfer_id)
    with pytest.raises(KeyReused):
        reverse(None, "part")
