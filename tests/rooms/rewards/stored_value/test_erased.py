"""Money of somebody erased: none is put where nobody can spend it, and nothing stops for it."""

from datetime import timedelta

import pytest

from dangol.core.events.models import Cursor
from dangol.core.people.erasures import erase_customer
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import NotReturnable, bring_back
from dangol.rooms.rewards.stored_value.consumers import FOLLOW
from dangol.rooms.rewards.stored_value.credit import put_credit
from dangol.rooms.rewards.stored_value.models import ValueMove
from dangol.rooms.rewards.stored_value.owed import owed_on
from dangol.rooms.rewards.stored_value.store import Note
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import CLERK, credit, held, prove

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)


def bought(customer_id: Id, minor: int) -> None:
    """Give credit that was paid for, as the money of a return is."""
    with write_transaction():
        put_credit(
            customer_id, minor, "KRW", kind=Kind.REFUND, key="bought", note=Note(CLERK), at=AT,
            price_minor=minor,
        )  # fmt: skip


def sold_then_erased(kim: Id) -> bytes:
    """Return a sale of 9,000 won, paid with 8,000 of credit, of whom is erased afterwards."""
    sale = held(kim, ("coffee", 4_500, 2), pay_credit="most")
    commit(sale.id, source="shop", number="1", at=AT)
    erase_customer(kim, actor=CLERK, reason="요청", at=AT)
    let_worker_by(FOLLOW)
    return sale.id


def test_return__of_who_was_erased__hands_out_what_was_paid_for_and_leaves_nothing_owed() -> None:
    (kim,) = open_shop("kim")
    bought(kim, 6_000)
    credit(kim, 2_000, expires_at=AT + 90 * DAY)
    sale = sold_then_erased(kim)

    backs = [bring_back(sale, number=f"r{n}", units={"coffee": 1}, at=AT + DAY) for n in range(2)]
    again = bring_back(sale, number="r1", units={"coffee": 1}, at=AT + DAY)

    # Of nine thousand one was money, six were bought credit, two were given: the given are gone.
    assert sum(one.money_minor for one in backs) == 7_000
    assert [one.stored_back_minor for one in backs] == [0, 0]
    assert again == backs[1]._replace(repeated=True)
    out = ValueMove.objects.filter(kind__in=["cashed", "forfeited"], sale_id=sale)
    assert sum(out.values_list("minor", flat=True)) == -8_000
    assert sum(out.values_list("paid_out_minor", flat=True)) == 6_000
    assert [one for one in owed_on(AT + 2 * DAY) if one.minor] == []
    prove()


def test_return__as_credit_of_who_was_erased__is_refused() -> None:
    (kim,) = open_shop("kim")
    bought(kim, 8_000)
    sale = sold_then_erased(kim)

    with pytest.raises(NotReturnable) as refused:
        bring_back(sale, number="r", units={"coffee": 1}, as_credit=True, at=AT + DAY)

    assert refused.value.data["reason"] == "no_member"
    prove()


def test_erased__a_second_time_with_money_again__lets_it_go_again() -> None:
    (kim,) = open_shop("kim")
    credit(kim, 3_000)
    erase_customer(kim, actor=CLERK, reason="요청", at=AT)
    let_worker_by(FOLLOW)
    bought(kim, 1_000)

    Cursor.objects.filter(consumer=FOLLOW.name).update(position=0)
    let_worker_by(FOLLOW)

    assert [one for one in owed_on(AT + 2 * DAY) if one.minor] == []
    prove()
