"""Moving points, on the database."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.ledger import services
from dangol.core.ledger.consumers import receive_gifts
from dangol.core.ledger.events import EVENT_OF_KIND, GiftSent, PointsEarned
from dangol.core.ledger.models import Entry, Lot, PointCurrency, Transfer
from dangol.core.ledger.reversals import UnknownTransfer
from dangol.core.ledger.selectors import Balance, balances_of
from dangol.core.ledger.services import (
    KeyReused,
    Order,
    Result,
    SelfGift,
    UnknownCurrency,
    adjust_points,
    apply,
    earn_points,
    gift_points,
    reverse_transfer,
    settle_due,
    spend_points,
)
from dangol.core.ledger.store import due_customers, load_wallets
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.points import (
    Earn,
    InsufficientPoints,
    InvalidPoints,
    Kind,
    NothingToReverse,
    Shortfall,
    Spend,
)
from dangol.domain.wallet import Wallet
from tests.core.ledger.shop import POINTS, day, let_worker_by, members, open_shop
from tests.plans import plan_of, sorts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


@pytest.fixture
def member() -> Id:
    return members(1)[0]


def earn(
    member: Id,
    points: int,
    at: float = 0,
    *,
    release_at: float | None = None,
    expires_at: float | None = None,
) -> Result:
    return earn_points(
        member,
        points=points,
        currency=POINTS,
        key=f"earn {points} {at}",
        at=day(at),
        release_at=None if release_at is None else day(release_at),
        expires_at=None if expires_at is None else day(expires_at),
    )


def spend(member: Id, points: int, at: float, key: str = "spend") -> Result:
    return spend_points(member, points=points, currency=POINTS, key=key, at=day(at))


def balance(member: Id) -> Balance:
    return balances_of([member], POINTS)[member]


def kinds(member: Id) -> list[tuple[str, int]]:
    return list(
        Transfer.objects.filter(customer_id=member)
        .order_by("occurred_at", "id")
        .values_list("kind", "points")
    )


def test_earn_points__pending__open_and_lapse_in_time(member: Id) -> None:
    earn(member, 100, release_at=14, expires_at=180)

    waiting = balance(member)
    assert settle_due(as_of=day(13)) == 0
    assert settle_due(as_of=day(14)) == 1
    opened = balance(member)
    assert settle_due(as_of=day(400)) == 1
    assert settle_due(as_of=day(400)) == 0

    assert (waiting, opened, balance(member)) == (Balance(0, 100), Balance(100), Balance())
    assert kinds(member) == [("earn", 100), ("post", 100), ("expire", 100)]


def test_settle_due__a_lot_taken_back_while_it_waited__is_not_due_any_more(member: Id) -> None:
    earned = earn(member, 100, release_at=14)
    assert earned.transfer_id

    reverse_transfer(member, transfer_id=earned.transfer_id, points=None, key="back", at=day(1))

    assert settle_due(as_of=day(400)) == 0
    assert Lot.objects.get(customer_id=member).due_at is None


def test_settle_due__more_due_than_the_limit__soonest_first_until_nothing_is_left() -> None:
    slow, soon = members(2)
    for number in range(3):
        earn(soon, 100, number, expires_at=30)
    earn(slow, 100, 0, expires_at=31)

    settled = [settle_due(as_of=day(40), limit=2) for _ in range(3)]

    assert settled == [1, 1, 0]
    assert (balance(soon), balance(slow)) == (Balance(), Balance())


@pytest.mark.parametrize("sharing", [False, True])
def test_due_customers__however_much_is_due__reads_the_index_in_its_order(sharing: bool) -> None:
    plan = plan_of(lambda: due_customers(as_of=day(40), limit=2, sharing=sharing), "dg_lot")

    assert "dg_lot_due_told" in plan
    assert not sorts(plan)


def test_apply__same_key_same_content__answers_with_the_first(member: Id) -> None:
    first, again = earn(member, 100), earn(member, 100)
    spent, respent = spend(member, 60, 1), spend(member, 60, 2)

    assert (again.transfer_id, again.repeated) == (first.transfer_id, True)
    assert (respent.transfer_id, respent.repeated) == (spent.transfer_id, True)
    assert balance(member) == Balance(40)


def test_apply__same_key_other_content__is_refused(member: Id) -> None:
    earn(member, 100)
    spend(member, 60, 1)

    with pytest.raises(KeyReused):
        spend(member, 61, 1)
    with pytest.raises(KeyReused):
        adjust_points(member, points=-60, currency=POINTS, key="spend", at=day(2), reason="why")
    with pytest.raises(KeyReused):
        spend_points(member, points=60, currency=POINTS, key="spend", at=day(1), subject_id=new_id())


def test_apply__earnings_only__whoever_has_many_lots_is_read_no_more_of_than_what_is_due(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        earn(member, 10, at=number, expires_at=number + 100)
    read: list[int] = []

    def note(*arguments: Any, **options: Any) -> dict[Id, Wallet]:
        found = load_wallets(*arguments, **options)
        read.extend(len(wallet.lots) for wallet in found.values())
        return found

    monkeypatch.setattr(services, "load_wallets", note)
    earn(member, 1, at=50)
    earn(member, 1, at=102.5)
    spend(member, 1, at=103)

    # Nothing was due by the first, three lots by the second; who spends may draw on any.
    assert read == [0, 3, 29]
    assert balance(member).available == 26 * 10 + 2 - 1
    assert [one for one in kinds(member) if one[0] == Kind.EXPIRE] == [("expire", 10)] * 4


def test_apply__a_batch_with_a_refused_command__the_others_stand(member: Id) -> None:
    commands = [
        Order(member, Earn("a", day(0), 100, day(0))),
        Order(member, Spend("b", day(1), 101)),
        Order(member, Spend("c", day(1), 100)),
        Order(member, Spend("c", day(1), 100)),
    ]

    with write_transaction():
        earned, refused, spent, repeated = apply(commands, POINTS, recorded_at=day(2))

    assert earned.lot_id == Lot.objects.get(customer_id=member).id
    assert isinstance(refused.refusal, InsufficientPoints)
    assert (repeated.transfer_id, repeated.repeated) == (spent.transfer_id, True)
    assert balance(member) == Balance()


def test_apply__lot_named_by_the_caller__has_that_id(member: Id) -> None:
    lot_id = new_id()

    with write_transaction():
        apply([Order(member, Earn("a", day(0), 5, day(0), lot_id=lot_id))], POINTS, recorded_at=day(0))

    assert Lot.objects.get(customer_id=member).id == lot_id


def test_services__currency_nobody_has__is_refused(member: Id) -> None:
    with pytest.raises(UnknownCurrency):
        spend_points(member, points=1, currency="other", key="k", at=day(0))


@pytest.mark.parametrize("points", [0, -5, 1.5, True, 2**31 * 2**31])
def test_services__amount_that_is_none__is_refused(member: Id, points: Any) -> None:
    with pytest.raises(InvalidPoints):
        spend_points(member, points=points, currency=POINTS, key="k", at=day(0))
    assert not Transfer.objects.exists()


def test_reverse_transfer__of_a_spend_in_parts__never_more_than_was_spent(member: Id) -> None:
    earn(member, 100)
    spent = spend(member, 80, 1).transfer_id
    assert spent

    part = reverse_transfer(member, transfer_id=spent, points=30, key="r1", at=day(2))
    again = reverse_transfer(member, transfer_id=spent, points=30, key="r1", at=day(3))
    rest = reverse_transfer(member, transfer_id=spent, points=None, key="r2", at=day(3))

    assert (part.points, again.repeated, rest.points) == (30, True, 50)
    assert balance(member) == Balance(100)
    with pytest.raises(NothingToReverse):
        reverse_transfer(member, transfer_id=spent, points=1, key="r3", at=day(4))
    with pytest.raises(KeyReused):
        reverse_transfer(member, transfer_id=spent, points=31, key="r1", at=day(4))


@pytest.mark.parametrize(
    ("shortfall", "after", "later"),
    [(Shortfall.DEBT, Balance(-100, 0, 100), Balance(20)), (Shortfall.FLOOR, Balance(), Balance(120))],
)
def test_reverse_transfer__of_spent_points__policy_decides(
    member: Id, shortfall: Shortfall, after: Balance, later: Balance
) -> None:
    PointCurrency.objects.update(shortfall=shortfall.value)
    earned = earn(member, 100).transfer_id
    assert earned
    spend(member, 100, 1)

    taken = reverse_transfer(member, transfer_id=earned, points=None, key="back", at=day(2))
    owed = balance(member)
    earn(member, 120, 3)

    assert taken.points == 100
    assert (owed, balance(member)) == (after, later)


def test_reverse_transfer__of_nothing_one_has__is_refused(member: Id) -> None:
    other = earn(members(1)[0], 100).transfer_id
    earn(member, 100)
    spent = spend(member, 10, 1).transfer_id
    assert other
    assert spent
    back = reverse_transfer(member, transfer_id=spent, points=10, key="r", at=day(2)).transfer_id
    assert back

    for transfer_id in (other, new_id(), back):
        with pytest.raises(UnknownTransfer):
            reverse_transfer(member, transfer_id=transfer_id, points=1, key="x", at=day(3))
    earned = Transfer.objects.get(customer_id=member, kind=Kind.EARN.value).id
    with pytest.raises(InvalidPoints):
        reverse_transfer(member, transfer_id=earned, points=0, key="x", at=day(3))


def send(giver: Id, receiver: Id, points: int, at: float, key: str = "gift") -> Result:
    return gift_points(giver, receiver_id=receiver, points=points, currency=POINTS, key=key, at=day(at))


def in_clearing() -> int:
    return Entry.objects.filter(account="clearing").aggregate(Sum("points"))["points__sum"] or 0


def test_gift_points__worker_by__receiver_has_them_with_their_expiry() -> None:
    giver, receiver = members(2)
    earn(giver, 100, expires_at=30)
    earn(giver, 50, 1)

    sent = send(giver, receiver, 120, 2)
    on_the_way = in_clearing()
    let_worker_by()

    assert (on_the_way, in_clearing()) == (120, 0)
    assert (balance(giver), balance(receiver)) == (Balance(30), Balance(120))
    lots = Lot.objects.filter(customer_id=receiver).order_by("points").values_list("points", "expires_at")
    assert list(lots) == [(20, None), (100, day(30))]
    received = Transfer.objects.get(customer_id=receiver)
    assert (received.subject_id, received.occurred_at) == (sent.transfer_id, day(2))


def test_gift_points__event_handed_twice__received_once() -> None:
    giver, receiver = members(2)
    earn(giver, 100)
    send(giver, receiver, 60, 1)
    let_worker_by()
    event = Event.objects.get(name=GiftSent.event)

    with write_transaction():
        receive_gifts([recorded(event), recorded(event)])

    assert balance(receiver) == Balance(60)


def recorded(event: Event) -> Recorded:
    payload = decode(event.name, event.payload)
    return Recorded(
        event.id, event.customer_id, event.customer_seq, event.name, event.subject_id,
        event.occurred_at, event.recorded_at, payload,
    )  # fmt: skip


def test_gift_points__lapsed_before_the_worker_came__lapse_at_their_instant() -> None:
    giver, receiver = members(2)
    earn(giver, 100, expires_at=3)
    send(giver, receiver, 100, 2)

    let_worker_by()
    settle_due(as_of=day(4))

    assert in_clearing() == 0
    assert kinds(receiver) == [("gift_in", 100), ("expire", 100)]


def test_gift_points__receiver_in_debt__debt_is_paid_first() -> None:
    giver, receiver = members(2)
    earn(giver, 100)
    earned = earn(receiver, 70).transfer_id
    assert earned
    spend(receiver, 70, 1)
    reverse_transfer(receiver, transfer_id=earned, points=None, key="back", at=day(2))

    send(giver, receiver, 100, 3)
    let_worker_by()

    assert balance(receiver) == Balance(30)


def test_gift_points__to_oneself_or_more_than_one_has__is_refused(member: Id) -> None:
    earn(member, 100)

    with pytest.raises(SelfGift):
        send(member, member, 1, 1)
    with pytest.raises(InsufficientPoints):
        send(member, members(1)[0], 101, 1)
    assert in_clearing() == 0


def test_gift_points__event__tells_no_one_who_the_receiver_is() -> None:
    giver, receiver = members(2)
    earn(giver, 100)

    send(giver, receiver, 60, 1)

    assert receiver.hex() not in Event.objects.get(name=GiftSent.event).payload.replace("-", "")


def test_every_kind__of_transfer__has_its_event(member: Id) -> None:
    earn(member, 100, release_at=14, expires_at=180)
    settle_due(as_of=day(200))

    names = (
        Event.objects.filter(customer_id=member).order_by("customer_seq").values_list("name", "subject_id")
    )

    made = Transfer.objects.filter(customer_id=member).order_by("occurred_at").values_list("kind", "id")
    assert list(names) == [(EVENT_OF_KIND[kind], transfer_id) for kind, transfer_id in made]
    assert set(EVENT_OF_KIND) == {kind.value for kind in Kind}
    first = decode(PointsEarned.event, Event.objects.get(name=PointsEarned.event).payload)
    assert isinstance(first, PointsEarned)
    assert (first.release_at, first.expires_at) == (day(14), day(180))


@pytest.mark.parametrize("model", [Transfer, Entry])
def test_transfers_and_entries__changed_or_deleted__the_database_refuses(
    member: Id, model: type[Transfer | Entry]
) -> None:
    earn(member, 100)

    for change in (lambda: model.objects.update(points=1), lambda: model.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert model.objects.filter(customer_id=member).exists()
