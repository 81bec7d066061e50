"""Gift cards and store credit on pages: sold, found, loaded, shut, paid out, printed, and on a phone."""

import re
from datetime import date, timedelta

import pytest
from django.test import Client

from dangol.core.access.approvals import ApprovalState
from dangol.core.access.models import Approval
from dangol.core.access.rights import Role
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import new_id, show_id
from dangol.domain.calendars import start_of_day
from dangol.domain.promotions.carts import Cart, Line
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.sales import reserve
from dangol.rooms.rewards.stored_value.cards import CardDraft, sell_card
from dangol.rooms.rewards.stored_value.codes import refs_of
from dangol.rooms.rewards.stored_value.credit import give_credit, take_credit
from dangol.rooms.rewards.stored_value.lapsing import lapse_due
from dangol.rooms.rewards.stored_value.models import GiftCard, GiftCardAct, GiftCardBatch, ValueLot
from dangol.rooms.rewards.stored_value.selectors import cards_of, credit_of, find_card, list_batches
from tests.web.gift_cards import BY, tell_gift_cards
from tests.web.phones import come_in
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
DAY = timedelta(days=1)
CODE = re.compile(r"GC-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def sell(client: Client, amount: str = "50", **more: str) -> tuple[str, str]:
    """Sell a card on the page; returns its address and its code."""
    answer = client.post("/gift-cards/new", {"form": show_id(new_id()), "amount": amount, **more})
    assert answer.status_code == 200
    text = answer.content.decode()
    found = CODE.search(text)
    assert found
    address = re.search(r'href="(/gift-cards/[0-9a-f-]{36})"', text)
    assert address
    return address[1], found[0]


def balance(address: str) -> int:
    card = GiftCard.objects.get(id=bytes.fromhex(address.rpartition("/")[2].replace("-", "")))
    return find_card(card.id, at=NOW).open_minor


def test_sell__form_sent_twice__is_one_card_whose_code_is_shown_to_its_seller_alone(
    clerk: Client, story: Story
) -> None:
    form = {"form": show_id(new_id()), "amount": "50", "price": "45", "reason": "단골 할인"}
    first, again = (clerk.post("/gift-cards/new", form).content.decode() for _ in range(2))
    address, code = sell(clerk)

    assert CODE.findall(first) == CODE.findall(again)
    assert GiftCard.objects.count() == 2
    assert code not in clerk.get(address).content.decode()
    # Whoever names another's card as their form is told nothing.
    other = sign_in(Client(), "another", Role.OWNER)
    stolen = other.post("/gift-cards/new", {"form": address.rpartition("/")[2], "amount": "50"})
    assert stolen.status_code == 404
    assert code not in stolen.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [({"amount": ""}, "amount"), ({"price": "60"}, "price"), ({"last_day": "2001-01-01"}, "last_day")],
)
def test_sell__what_no_card_can_be__says_so_in_place(
    clerk: Client, story: Story, given: dict[str, str], field: str
) -> None:
    answer = clerk.post("/gift-cards/new", {"form": show_id(new_id()), "amount": "50", **given})

    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.content.decode()
    assert GiftCard.objects.count() == 0


def test_sell_and_give__until_a_day__last_to_the_end_of_it_in_the_shop(clerk: Client, story: Story) -> None:
    day, end = "2031-01-31", start_of_day(date(2031, 2, 1), shop().tz)
    batch = {"form": show_id(new_id()), "name": "설날", "amount": "10", "count": "2", "last_day": day}
    given = {"form": show_id(new_id()), "amount": "5", "reason": "사과", "last_day": day}

    sold = clerk.post("/gift-cards/new", {"form": show_id(new_id()), "amount": "50", "last_day": day})
    made = clerk.post("/gift-cards/batches/new", batch)
    credit = clerk.post(f"/members/{show_id(story.regular)}/credit/move", given)

    assert [answer.status_code for answer in (sold, made, credit)] == [200, 302, 302]
    assert ValueLot.objects.filter(expires_at=end).count() == 2
    assert GiftCardBatch.objects.get().expires_at == end


def test_card__found_loaded_shut_and_paid_out(clerk: Client, story: Story) -> None:
    address, code = sell(clerk)

    assert clerk.post("/gift-cards/find", {"code": code.lower()}).headers["Location"] == address
    assert clerk.post("/gift-cards/find", {"code": "GC-0"}).status_code == 422
    assert code[-4:] in clerk.get(f"/gift-cards?q={code[-4:]}").content.decode()
    for _ in range(2):
        clerk.post(f"{address}/top-up", {"form": address.rpartition("/")[2], "amount": "10"})
    assert balance(address) == 6_000
    assert clerk.post(f"{address}/block", {"reason": ""}).status_code == 422
    clerk.post(f"{address}/block", {"reason": "분실"})
    assert clerk.post(f"{address}/top-up", {"form": show_id(new_id()), "amount": "10"}).status_code == 422
    clerk.post(f"{address}/block", {"way": "open", "reason": "찾음"})
    clerk.post(f"{address}/refund", {"form": show_id(new_id()), "reason": "환불"})

    assert balance(address) == 0
    page = clerk.get(address).content.decode()
    assert "분실" in page
    assert "환불" in page


def test_batch__made_printed_and_sent__each_time_written_down(clerk: Client, story: Story) -> None:
    form = {"form": show_id(new_id()), "name": "설", "amount": "20", "count": "3"}
    first = clerk.post("/gift-cards/batches/new", form).headers["Location"]
    assert clerk.post("/gift-cards/batches/new", form).headers["Location"] == first
    assert clerk.post("/gift-cards/batches/new", {**form, "count": "0"}).status_code == 422

    asked = clerk.get(f"{first}/sheets").content.decode()
    sheets = clerk.post(f"{first}/sheets", {"reason": "설 인쇄", "each": "8"}).content.decode()
    file = clerk.post(f"{first}/codes.csv", {"reason": "인쇄소"}).getvalue().decode()
    for path in ("sheets", "codes.csv"):
        assert clerk.post(f"{first}/{path}", {"reason": " "}).status_code == 422
    assert clerk.get(f"{first}/codes.csv").status_code == 405

    assert CODE.findall(asked) == []
    assert len(set(CODE.findall(sheets))) == 3
    assert set(CODE.findall(file)) == set(CODE.findall(sheets))
    assert sorted(GiftCardAct.objects.filter(act="shown").values_list("reason", flat=True)) == (
        ["설 인쇄"] * 3 + ["인쇄소"] * 3
    )
    assert [(one.card_count, one.active_count) for one in list_batches()] == [(3, 0)]
    card = GiftCard.objects.first()
    assert card is not None
    clerk.post(f"/gift-cards/{show_id(card.id)}/activate", {"form": show_id(new_id())})
    assert find_card(card.id, at=NOW).open_minor == 2_000


def test_member__given_and_taken__once_and_much_waits_for_a_second(clerk: Client, story: Story) -> None:
    address = f"/members/{show_id(story.regular)}/credit"
    form = {"form": show_id(new_id()), "amount": "30", "reason": "사과"}

    for _ in range(2):
        assert clerk.post(f"{address}/move", form).status_code == 302
    taken = clerk.post(f"{address}/move", {**form, "form": show_id(new_id()), "way": "take", "amount": "10"})
    much = clerk.post(f"{address}/move", {**form, "form": show_id(new_id()), "amount": "5000"})
    wrong = clerk.post(f"{address}/move", {**form, "form": show_id(new_id()), "amount": "x"})

    assert (taken.status_code, wrong.status_code) == (302, 422)
    assert much.headers["Location"] == address
    assert "예치금 $5,000 주기: 다른 사람의 승인을 기다려요." in clerk.get(address).content.decode()
    assert [one.minor for one in credit_of(story.regular, at=NOW)] == [2_000]
    assert "예치금 $5,000 주기" in clerk.get("/approvals").content.decode()


def test_store__sells_but_neither_pays_out_nor_gives_credit(story: Story) -> None:
    held, _, _ = tell_gift_cards(story)
    store = sign_in(Client(), "till", Role.STORE)
    address = f"/gift-cards/{show_id(held)}"

    assert store.get(address).status_code == 200
    assert sell(store)
    for path in (f"{address}/refund", f"{address}/block", "/gift-cards/batches/new"):
        assert store.post(path, {"reason": "x"}).status_code == 403


def test_phone__card_added_by_its_code__shows_it_and_its_history(clerk: Client, story: Story) -> None:
    _, code = sell(clerk)
    phone = come_in(Client(), story.regular)

    wrong = phone.post("/me/money", {"code": "GC-0000"})
    added = phone.post("/me/money", {"code": code})

    assert (wrong.status_code, added.status_code) == (422, 302)
    assert [one.open_minor for one in cards_of(story.regular, at=NOW)] == [5_000]
    assert code in phone.get("/me/money").content.decode()
    for _ in range(5):
        last = phone.post("/me/money", {"code": "GC-0000"})
    assert last.status_code == 422
    assert "너무 여러 번" in last.content.decode()


def test_store__gives_nothing_away_and_sells_for_what_is_on_it(story: Story) -> None:
    store = sign_in(Client(), "till", Role.STORE)
    form = {"form": show_id(new_id()), "amount": "50", "reason": "사은"}

    page = store.get("/gift-cards/new").content.decode()
    for more in ({"given": "1"}, {"price": "1"}):
        assert store.post("/gift-cards/new", {**form, **more}).status_code == 422

    assert 'name="given"' not in page
    assert 'name="price"' not in page
    assert GiftCard.objects.count() == 0
    assert sell(store)


def test_given__without_a_reason_or_too_much__is_said_and_a_batch_waits(clerk: Client, story: Story) -> None:
    form = {"form": show_id(new_id()), "amount": "50", "given": "1"}
    assert clerk.post("/gift-cards/new", form).status_code == 422
    batch = {**form, "name": "개업", "amount": "500", "count": "3", "reason": "개업"}

    waits = clerk.post("/gift-cards/batches/new", batch)

    assert waits.headers["Location"] == "/gift-cards/batches?waits=1"
    assert "승인을 기다려요" in clerk.get("/gift-cards/batches?waits=1").content.decode()
    assert list_batches() == []
    other = sign_in(Client(), "second", Role.OWNER)
    page = other.get("/approvals").content.decode()
    assert "상품권 3장, 모두 $1,500 무료로 주기" in page
    found = re.search(r'action="(/approvals/[^"]+)"', page)
    assert found
    assert other.post(found[1], {"choice": "approve", "reason": ""}).status_code == 302
    assert [(one.card_count, one.active_count) for one in list_batches()] == [(3, 3)]


def test_sheets__of_a_large_batch__come_ten_at_a_time_each_code_once(clerk: Client, story: Story) -> None:
    form = {"form": show_id(new_id()), "name": "설", "amount": "20", "count": "85"}
    sheets = clerk.post("/gift-cards/batches/new", form).headers["Location"] + "/sheets"
    asked = {"reason": "인쇄", "each": "8"}

    first = clerk.post(sheets, asked).content.decode()
    after = re.search(r'name="after" value="([^"]+)"', first)
    assert after
    rest = clerk.post(sheets, {**asked, "after": after[1]}).content.decode()

    assert (len(CODE.findall(first)), len(CODE.findall(rest))) == (80, 5)
    assert set(CODE.findall(first)).isdisjoint(CODE.findall(rest))
    assert "81–85" in rest
    assert 'name="after"' not in rest
    assert clerk.post(sheets, {**asked, "after": "x"}).status_code == 404


def test_list__by_a_whole_code__is_refused_and_finds_nothing(clerk: Client, story: Story) -> None:
    address, code = sell(clerk)

    answer = clerk.get("/gift-cards", {"q": code})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert address not in page
    assert f'value="{code}"' not in page
    assert re.search(r'name="q"[^>]*maxlength="4"', clerk.get("/gift-cards").content.decode())
    assert address in clerk.get("/gift-cards", {"q": code[-4:].lower()}).content.decode()


def test_phone__moves_by_hand__do_not_tell_the_reason_staff_wrote(clerk: Client, story: Story) -> None:
    form = {"form": show_id(new_id()), "amount": "30", "reason": "환불을 자주 요구함"}
    clerk.post(f"/members/{show_id(story.regular)}/credit/move", form)

    page = come_in(Client(), story.regular).get("/me/money").content.decode()

    assert "무료로 줌" in page
    assert "자주 요구함" not in page


def told(page: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))  # type: ignore[attr-defined]


def test_card__used_up_or_over__says_so_and_is_found_so(clerk: Client, story: Story) -> None:
    address, code = sell(clerk)
    before = BY._replace(at=NOW - 2 * DAY)
    ended = sell_card(CardDraft(1_000, "USD", expires_at=NOW - DAY), by=before)
    lapse_due(as_of=NOW)
    clerk.post(f"{address}/refund", {"form": show_id(new_id()), "reason": "환불"})

    used, over = told(clerk.get(address)), told(clerk.get(f"/gift-cards/{show_id(ended.id)}"))
    spent, active = told(clerk.get("/gift-cards?state=spent")), told(clerk.get("/gift-cards?state=active"))

    assert "다 썼어요" in used
    assert "기간이 지났어요" in over
    assert f"•••• {code[-4:]}" in spent
    assert f"•••• {ended.code[-4:]}" in spent
    assert f"•••• {code[-4:]}" not in active


def test_card__its_history__tells_the_sale_what_was_paid_and_top_ups(clerk: Client, story: Story) -> None:
    address, _ = sell(clerk, price="45", reason="단골 할인")
    clerk.post(f"{address}/top-up", {"form": show_id(new_id()), "amount": "10"})

    page = told(clerk.get(address))

    assert re.search(r"판매 \$50\.00 .{0,40}받은 돈 \$45", page)
    assert re.search(r"충전 \$10\.00 .{0,40}받은 돈 \$10", page)


def test_top_up__of_a_card_that_was_used__warns_that_the_count_begins_anew(
    clerk: Client, story: Story
) -> None:
    address, code = sell(clerk)
    assert "환급 기준" not in told(clerk.get(address))

    pay(code, 2_000)
    partly = told(clerk.get(address))
    pay(code, 2_000)
    mostly = told(clerk.get(address))

    assert "지금까지 쓴 $20은(는) 충전하면 환급 기준에서 빠져요." in partly
    assert "지금은 $10을(를) 환급받을 수 있어요. 충전하면 환급 기준을 처음부터 다시 세서" in mostly


def pay(code: str, minor: int) -> None:
    """Let a card pay so much."""
    cart = Cart("USD", (Line("one", "coffee", minor, 1),))
    reserve(Asked(cart=cart, as_of=NOW, gift_cards=refs_of([code])), at=NOW)


def test_approvals__of_credit__tell_before_and_after_the_limit_and_what_stands_against_it(
    clerk: Client, story: Story
) -> None:
    agent = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    give_credit(story.regular, 150_000, "USD", key="k", reason="사과", by=BY)
    address = f"/members/{show_id(story.regular)}/credit"
    form = {"amount": "1200", "reason": "실수", "way": "take"}
    agent.post(f"{address}/move", {**form, "form": show_id(new_id())})

    before = told(clerk.get("/approvals"))
    take_credit(story.regular, 100_000, "USD", key="t", reason="실수", by=BY)
    after = told(clerk.get("/approvals"))
    more = agent.post(f"{address}/move", {**form, "form": show_id(new_id())})

    assert "예치금 $1,200 빼기" in before
    assert "예치금 $1,500 → $300" in before
    assert "한 사람이 하루에 혼자 하는 한도 $1,000" in before
    assert "남아 있지 않아요." not in before
    assert "지금은 예치금이 그만큼 남아 있지 않아요." in after
    assert more.status_code == 422
    assert "잔액이 모자라요: $1,200 가운데 $500만 있어요." in told(more)
    assert Approval.objects.filter(state=ApprovalState.WAITING).count() == 1


def test_credit__asked_for_and_approved__names_who_asked_and_who_approved(
    clerk: Client, story: Story
) -> None:
    agent = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    address = f"/members/{show_id(story.regular)}/credit"
    agent.post(f"{address}/move", {"form": show_id(new_id()), "amount": "1500", "reason": "사과"})
    agent.post(f"{address}/move", {"form": show_id(new_id()), "amount": "3", "reason": "혼자"})

    clerk.post(
        f"/approvals/{show_id(Approval.objects.get(state=ApprovalState.WAITING).id)}", {"choice": "approve"}
    )
    page = told(clerk.get(address))

    assert "agent 요청, owner 승인 · 사과" in page
    assert "· agent · 혼자" in page


def test_request__taken_back_by_who_asked__waits_no_more(clerk: Client, story: Story) -> None:
    agent = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    address = f"/members/{show_id(story.regular)}/credit"
    agent.post(f"{address}/move", {"form": show_id(new_id()), "amount": "5000", "reason": "사과"})
    request = f"/approvals/{show_id(Approval.objects.get().id)}"
    assert f'action="{request}/withdraw"' in agent.get(address).content.decode()
    assert f'action="{request}/withdraw"' not in clerk.get(address).content.decode()

    assert clerk.post(f"{request}/withdraw").status_code == 404
    for _ in range(2):
        assert agent.post(f"{request}/withdraw", {"back": "credit"})["Location"] == address
    late = clerk.post(request, {"choice": "approve"})

    assert late.status_code == 422
    assert "거둠" in told(clerk.get("/approvals"))
    assert credit_of(story.regular, at=NOW) == []


def test_approvals__of_a_batch__tell_how_many_of_what_and_until_when(clerk: Client, story: Story) -> None:
    agent = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    form = {"name": "개업", "amount": "500", "count": "3", "given": "1", "reason": "개업"}
    sent = {"form": show_id(new_id()), "last_day": "2027-01-31", **form}
    agent.post("/gift-cards/batches/new", sent)

    page = told(clerk.get("/approvals"))

    assert "가게 · 상품권 3장, 모두 $1,500 무료로 주기" in page
    assert "묶음 이름 개업 상품권 $500짜리 3장 마지막 날 2027년 1월 31일" in page
