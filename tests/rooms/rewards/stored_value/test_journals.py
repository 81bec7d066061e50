"""The journals of cards and credit, read of what really moved: each day's books are what was owed then."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from dangol.core.people.erasures import erase_customer
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.errors import DomainError
from dangol.domain.stored_value import Holding
from dangol.domain.value_journal import Account, ValueDay, value_entries
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.returning import bring_back
from dangol.rooms.rewards.stored_value import cards, refunds
from dangol.rooms.rewards.stored_value.cards import CardDraft, Issued, sell_card
from dangol.rooms.rewards.stored_value.consumers import FOLLOW
from dangol.rooms.rewards.stored_value.credit import give_credit, take_credit
from dangol.rooms.rewards.stored_value.journals import Books, value_journals
from dangol.rooms.rewards.stored_value.lapsing import lapse_due
from dangol.rooms.rewards.stored_value.owed import owed_on
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, write_settings
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, open_shop
from tests.rooms.rewards.stored_value.shop import BY, CLERK, held, prove, ref

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)
CARDS, CREDIT = Books(Holding.CARD, "KRW"), Books(Holding.CREDIT, "KRW")
SHORT = StoredValueContent(valid_months=1, claim_months=2, withdraw_days=3, cash_from=1_000)


@dataclass
class Year:
    """A shop over some months: its cards, its sales, and the clock, which goes on by some hours each time."""

    draw: Random
    people: list[Id]
    at: datetime = AT
    cards: list[Issued] = field(default_factory=list)
    sales: list[Id] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def by(self) -> By:
        return BY._replace(at=self.at)

    def key(self) -> str:
        return f"{self.done.total()}:{self.at:%d%H}"

    def sell(self) -> None:
        face = self.draw.randint(1, 30) * 1_000
        price = face - self.draw.choice((0, 0, 500, 333))
        draft = CardDraft(face, "KRW", price, reason="할인", holder=self.draw.choice([None, *self.people]))
        self.cards.append(sell_card(draft, by=self.by()))

    def give_card(self) -> None:
        self.cards.append(sell_card(CardDraft(2_000, "KRW", is_given=True, reason="행사"), by=self.by()))

    def top_up(self) -> None:
        card = self.draw.choice(self.cards)
        cards.top_up(card.id, self.draw.randint(1, 9) * 700, key=self.key(), by=self.by())

    def give(self) -> None:
        end = self.at + self.draw.randint(3, 40) * DAY if self.draw.random() < 0.5 else None
        give_credit(
            self.draw.choice(self.people), self.draw.randint(1, 3_000), "KRW", key=self.key(),
            reason="사과", by=self.by(), expires_at=end,
        )  # fmt: skip

    def take(self) -> None:
        take_credit(self.draw.choice(self.people), 100, "KRW", key=self.key(), reason="실수", by=self.by())

    def pay(self) -> None:
        some = self.draw.sample(self.cards, min(len(self.cards), self.draw.randint(0, 2)))
        who = self.draw.choice(self.people)
        line = ("coffee", self.draw.randint(1_000, 9_000), 3)
        sale = held(who, line, gift_cards=tuple(map(ref, some)), pay_credit="most", at=self.at)
        commit(sale.id, source="shop", number=self.key(), at=self.at)
        self.sales.append(sale.id)

    def bring_back(self) -> None:
        bring_back(
            self.draw.choice(self.sales), number=self.key(), units={"coffee": 1}, at=self.at,
            as_credit=self.draw.random() < 0.5,
        )  # fmt: skip

    def refund(self) -> None:
        card, as_credit = self.draw.choice(self.cards), self.draw.random() < 0.5
        refunds.refund(card.id, as_credit=as_credit, reason="환급", key=self.key(), by=self.by())

    def lapse(self) -> None:
        lapse_due(as_of=self.at)

    def erase(self) -> None:
        if len(self.people) > 1 and self.draw.random() < 0.2:
            erase_customer(self.people.pop(), actor=CLERK, reason="요청", at=self.at)
            let_worker_by(FOLLOW)

    def live(self, steps: int) -> None:
        acts: list[Callable[[], None]] = [
            self.sell, self.sell, self.give_card, self.top_up, self.give, self.take, self.pay, self.pay,
            self.bring_back, self.refund, self.refund, self.lapse, self.erase,
        ]  # fmt: skip
        for _ in range(steps):
            self.at += timedelta(hours=self.draw.randint(1, 70))
            act = self.draw.choice(acts)
            try:
                act()
            except (DomainError, IndexError):
                continue  # what cannot be done now: an empty card, a sale that is all back
            self.done[act.__name__] += 1


@pytest.mark.parametrize("seed", range(3))
def test_journals__whatever_happens__are_what_is_owed_on_every_day(seed: int) -> None:
    write_settings(SHORT, changed_by="주인", at=AT - DAY)
    year = Year(Random(seed), open_shop("kim", "lee", "park"))
    year.live(150)
    end = day_of(year.at, shop().tz) + 100 * DAY
    lapse_due(as_of=start_of_day(end, shop().tz))

    found = value_journals(shop(), as_of=end)

    assert min(year.done[one] for one in ("pay", "refund", "bring_back")) > 0
    assert any(one.claimable_closing for one in found[CARDS])
    assert any(one.breakage for one in found[CARDS])
    for day in {one.day for days in found.values() for one in days}:
        assert _closings(found, day) == _owed(start_of_day(day + DAY, shop().tz))
    _books_balance(found)
    prove()


def _closings(found: dict[Books, list[ValueDay]], day: object) -> dict[tuple[Holding, str], int]:
    sums: Counter[tuple[Holding, str]] = Counter()
    for (holding, _), days in found.items():
        for one in days:
            if one.day == day:
                sums[holding, "bought"] += one.bought.closing
                sums[holding, "given"] += one.given.closing
                sums[holding, "claimable"] += one.claimable_closing
    return {key: minor for key, minor in sums.items() if minor}


def _owed(at: datetime) -> dict[tuple[Holding, str], int]:
    sums: Counter[tuple[Holding, str]] = Counter()
    for one in owed_on(at):
        sums[one.holding, "bought" if one.is_bought else "given"] += one.minor
        sums[one.holding, "claimable"] += one.claimable_minor
    return {key: minor for key, minor in sums.items() if minor}


def _books_balance(found: dict[Books, list[ValueDay]]) -> None:
    """See that the entries of both books together leave on each account what is owed."""
    sums: Counter[tuple[Holding, Account]] = Counter()
    for (holding, _), days in found.items():
        for entry in (one for day in days for one in value_entries(day, is_credit=holding is Holding.CREDIT)):
            for account, minor in ((entry.credit, entry.minor), (entry.debit, -entry.minor)):
                own = (Holding.CREDIT, Account.OWED) if account is Account.CREDIT else (holding, account)
                sums[own] += minor
    for (holding, _), days in found.items():
        assert sums[holding, Account.OWED] == days[-1].bought.closing
        assert sums[holding, Account.PROMISED] == days[-1].given.closing
        assert sums[holding, Account.CLAIMABLE] == days[-1].claimable_closing
    assert sum(sums.values()) == 0


def test_journals__claims_shortened_later__leave_the_days_before_as_they_were() -> None:
    open_shop("kim")
    sell_card(CardDraft(10_000, "KRW", expires_at=AT + DAY), by=BY)
    lapse_due(as_of=AT + 2 * DAY)
    as_of = day_of(AT, shop().tz) + 100 * DAY
    before = value_journals(shop(), as_of=as_of)[CARDS]

    write_settings(SHORT, changed_by="주인", at=AT + 90 * DAY)
    after = value_journals(shop(), as_of=as_of)[CARDS]

    changed = day_of(AT + 90 * DAY, shop().tz)
    assert [one for one in before if one.day < changed] == [one for one in after if one.day < changed]
    assert sum(one.breakage for one in before) == 0
    assert [(one.day, one.breakage) for one in after if one.breakage] == [(changed, 10_000)]


def test_journals__credit_from_a_card__is_one_entry_of_the_cards_books() -> None:
    (kim,) = open_shop("kim")
    card = sell_card(CardDraft(10_000, "KRW", holder=kim), by=BY)
    refunds.refund(card.id, as_credit=True, reason="환급", key="r", by=BY)

    found = value_journals(shop(), as_of=day_of(AT, shop().tz))

    (of_cards,), (of_credit,) = found[CARDS], found[CREDIT]
    entries = [(one.debit, one.credit, one.minor) for one in value_entries(of_cards, is_credit=False)]
    assert entries == [
        (Account.MONEY, Account.OWED, 10_000), (Account.OWED, Account.CREDIT, 10_000),
    ]  # fmt: skip
    assert list(value_entries(of_credit, is_credit=True)) == []
    assert of_credit.bought.closing == 10_000
