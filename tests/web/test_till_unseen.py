"""Sales a till kept that a card or credit pays: taken once, what is missing told, stamps as of then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from dangol.core.commerce.models import Order
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import new_id
from dangol.domain.stamps import GiftKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.promotions.committing import commit
from dangol.rooms.rewards.promotions.dues import due_of, open_dues, settle_due
from dangol.rooms.rewards.promotions.models import Sale, SaleDue, SaleState
from dangol.rooms.rewards.promotions.sales import reopen
from dangol.rooms.rewards.stamps.consumers import FOLLOW
from dangol.rooms.rewards.stamps.editing import ProgramDraft, create_program
from dangol.rooms.rewards.stamps.selectors import cards_of
from dangol.rooms.rewards.stored_value.cards import CardDraft, block, sell_card
from dangol.rooms.rewards.stored_value.credit import give_credit
from dangol.rooms.rewards.stored_value.selectors import credit_of, find_card
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, write_settings
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.stored_value.shop import prove
from tests.web.gift_cards import BY
from tests.web.story import NOW, Story
from tests.web.test_till_queue import kept, seal, send, till
from tests.web.till_counter import read
from tests.web.till_shop import offer, percent

__all__ = ["till"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def kept_on_card(till: Client, code: str, amount: str = "30", **more: Any) -> dict[str, Any]:
    """Return a sale that is to be paid by a gift card, as a browser sends it."""
    told = kept(till, amount=amount, pays="card", **more)
    box = seal(code, f"{told['key']}:card", till.get("/till/queue").json())
    return told | {"card": box}


def take_unseen(minor: int = 5_000, **more: Any) -> None:
    """Let tills take cards and credit without a network."""
    write_settings(StoredValueContent(offline_minor=minor, **more), changed_by="owner", at=NOW)


def test_queue__asked__says_up_to_what_cards_and_credit_are_taken(till: Client, story: Story) -> None:
    assert till.get("/till/queue").json()["terms"] == {"card": "0.00", "credit": "0.00"}

    take_unseen(5_000, confirm_credit_from_minor=2_000)
    assert till.get("/till/queue").json()["terms"] == {"card": "50.00", "credit": "19.99"}

    take_unseen(5_000, accepts_cards=False)
    assert till.get("/till/queue").json()["terms"] == {"card": "0.00", "credit": "50.00"}


def test_kept_sale__on_a_card_with_enough__is_paid_by_it_once(till: Client, story: Story) -> None:
    card = sell_card(CardDraft(5_000, "USD"), by=BY)
    told = kept_on_card(till, card.code.lower())

    answers = [send(till, told).json() for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["state"], answers[0]["missing"]) == ("sold", "")
    assert find_card(card.id, at=NOW).open_minor == 2_000
    assert not SaleDue.objects.exists()


def test_kept_sale__on_a_card_that_has_too_little__is_made_and_says_what_is_to_be_paid_another_way(
    till: Client, story: Story
) -> None:
    card = sell_card(CardDraft(1_000, "USD"), by=BY)
    told = kept_on_card(till, card.code)

    answers = [send(till, told).json() for _ in range(2)]

    assert [one["missing"] for one in answers] == ["20.00", "20.00"]
    assert find_card(card.id, at=NOW).open_minor == 0
    receipt, home = answers[0]["receipt"], "/till"
    assert "$20을(를) 더 받아야 해요" in read(till.get(receipt))
    assert "받은 금액 $0" in read(till.get(receipt))
    assert f"더 받아야 하는 판매 $20 {answers[0]['number']}" in read(till.get(home))
    refused = till.post(f"{receipt}/return", {"form": str(uuid4()), "amount": "5", "do": "return"})
    assert "아직 $20을 받아야 하는 판매예요." in read(refused)

    for _ in range(2):
        assert till.post(f"{receipt}/paid").status_code == 302
    assert "$20을(를) 다른 방법으로 받았어요." in read(till.get(receipt))
    assert "받은 금액 $20" in read(till.get(receipt))
    assert "더 받아야 하는 판매" not in read(till.get(home))
    assert SaleDue.objects.get().paid_to == "owner"


@pytest.mark.parametrize("code", ["GC-NOSUCHCARD", "blocked"])
def test_kept_sale__on_a_card_that_does_not_pay__is_all_to_be_paid_another_way(
    till: Client, story: Story, code: str
) -> None:
    if code == "blocked":
        card = sell_card(CardDraft(5_000, "USD"), by=BY)
        block(card.id, is_blocked=True, reason="lost", by=BY)
        code = card.code

    answer = send(till, kept_on_card(till, code)).json()

    assert (answer["state"], answer["missing"]) == ("sold", "30.00")
    assert Order.objects.get(number=answer["number"], source="till").net_minor == 3_000


def test_kept_sale__on_credit__takes_what_there_is(till: Client, story: Story) -> None:
    owner = story.customers["1502"]
    give_credit(owner, 1_250, "USD", key="k", reason="sorry", by=BY)

    answer = send(till, kept(till, amount="30", pays="credit")).json()

    assert answer["missing"] == "17.50"
    assert sum(one.minor for one in credit_of(owner, at=NOW)) == 0


def test_kept_sale__on_much_credit__asks_nobody_and_takes_none(till: Client, story: Story) -> None:
    take_unseen(5_000, confirm_credit_from_minor=2_000)
    owner = story.customers["1502"]
    give_credit(owner, 4_000, "USD", key="k", reason="sorry", by=BY)

    answer = send(till, kept(till, amount="30", pays="credit")).json()

    assert (answer["state"], answer["missing"]) == ("sold", "30.00")
    assert sum(one.minor for one in credit_of(owner, at=NOW)) == 4_000


def test_kept_sale__on_a_card_it_does_not_tell__is_refused(till: Client, story: Story) -> None:
    told = kept_on_card(till, "GC-X")
    for wrong in ({"card": None}, {"card": told["card"] | {"text": "!"}}):
        answer = send(till, told | wrong).json()
        assert (answer["state"], answer["code"]) == ("refused", "till.card_not_opened")
    assert not Sale.objects.exists()


def test_kept_sales__of_many_tills_on_one_card_at_once__take_it_once(till: Client, story: Story) -> None:
    card = sell_card(CardDraft(7_000, "USD"), by=BY)
    sales, start = [kept_on_card(till, card.code) for _ in range(6)], Barrier(6)
    session = till.cookies["sessionid"].value

    def race(told: dict[str, Any]) -> Any:
        tab = Client()
        tab.cookies["sessionid"] = session
        start.wait()
        try:
            return send(tab, told).json()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(race, sales))

    missing = sum(Decimal(one["missing"] or 0) for one in answers)
    assert {one["state"] for one in answers} == {"sold"}
    assert missing == 6 * 30 - 70
    assert sum(SaleDue.objects.values_list("minor", flat=True)) == missing * 100
    assert find_card(card.id, at=NOW).open_minor == 0
    prove()


def test_kept_sale__undone_before_it_was_paid__gives_back_only_what_was(till: Client, story: Story) -> None:
    card = sell_card(CardDraft(1_000, "USD"), by=BY)
    receipt = send(till, kept_on_card(till, card.code)).json()["receipt"]

    till.post(f"{receipt}/undo", {"reason": "mistake"})

    assert "돌려줄 돈 $0" in read(till.get(receipt))
    assert find_card(card.id, at=NOW).open_minor == 1_000
    assert "더 받아야 하는 판매" not in read(till.get("/till"))


def test_kept_sale__undone_and_made_anew__is_not_asked_for_what_was_missing_before(
    till: Client, story: Story
) -> None:
    card = sell_card(CardDraft(1_000, "USD"), by=BY)
    receipt = send(till, kept_on_card(till, card.code)).json()["receipt"]
    till.post(f"{receipt}/undo", {"reason": "mistake"})
    due = SaleDue.objects.get()
    assert (due.paid_at, due.ended_at) == (None, Sale.objects.get().ended_at)
    prove()

    reopen(due.sale_id, at=NOW)
    sale = commit(due.sale_id, source="again", number="1", at=NOW)

    assert (sale.state, due_of(sale), open_dues(store_id=None)) == (SaleState.COMMITTED, None, [])
    settle_due(due.sale_id, by=BY.actor, at=NOW)
    assert SaleDue.objects.get().paid_at is None


def test_open_dues__behind_many_of_other_stores_and_of_undone_sales__are_shown(
    till: Client, story: Story
) -> None:
    here, there = new_id(), new_id()
    send(till, kept_on_card(till, "GC-NOSUCHCARD"))
    SaleDue.objects.update(store_id=here)
    mine = SaleDue.objects.get()
    before = mine.noted_at - timedelta(days=1)
    for n in range(200):
        sale = Sale.objects.get(id=mine.sale_id)
        sale.id, sale.order_id = new_id(), new_id()
        sale.state = (SaleState.CANCELED, SaleState.COMMITTED)[n % 2]
        sale.save(force_insert=True)
        store = (here, there)[n % 2]
        SaleDue.objects.create(
            customer_id=sale.customer_id,
            sale_id=sale.id,
            minor=1,
            reason="x",
            store_id=store,
            noted_at=before,
        )

    assert [one.sale_id for one in open_dues(store_id=here)] == [mine.sale_id]
    assert len(open_dues(store_id=None)) == 101


def test_verify__open_due_of_a_sale_that_is_undone__is_found(till: Client, story: Story) -> None:
    send(till, kept_on_card(till, "GC-NOSUCHCARD"))
    prove()

    Sale.objects.update(state=SaleState.CANCELED)

    broken = [one.check.name for one in verify(all_checks()) if not one.is_kept]
    assert "sales.dues" in broken


def test_kept_sale__with_a_stamp_card_open_then__gives_its_stamps_and_takes_nothing_off(
    till: Client, story: Story
) -> None:
    create_program(ProgramDraft("커피", 10, GiftKind.POINTS, 500), key="coffee", actor=BY.actor, at=NOW)
    # Over since: what held when the sale was made counts.
    over = {"active_to": (NOW - timedelta(minutes=5)).isoformat()}
    offer({"kind": "stamps", "card": "coffee", "count": 2}, name="스탬프", **over)
    offer({"kind": "stamps", "card": "coffee", "count": 4}, percent(20), name="할인과 스탬프")

    number = send(till, kept(till)).json()["number"]
    let_worker_by(FOLLOW)

    assert Order.objects.get(number=number, source="till").net_minor == 12_000
    assert [one.stamps for one in cards_of(story.customers["1502"])] == [2]
