"""The till: found, enrolled, earned in three taps, and put right."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from dangol.core.commerce.catalog import ensure_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order
from dangol.core.commerce.services import place_orders
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.guardians import guardians_of
from dangol.core.people.leaving import leave_members
from dangol.core.people.models import Customer
from dangol.core.people.selectors import consent_history, find_by_identity
from dangol.core.people.services import make_guests
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.web.amounts import read_amount
from dangol.web.pages.till import LATE
from tests.web.seeking import seek
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


CHILD = {"phone": "212-555-0199", "birthday": "2013-01-01", "membership-none": "1"}
GUARDIAN = {"guardian_name": "보호자", "guardian_phone": "212-555-0111", "guardian_confirmed": "1"}


@pytest.fixture
def till(clerk: Client, story: Story) -> Client:
    return clerk


def points_of(customer_id: Id) -> int:
    balance = balances_of([customer_id], CURRENCY)[customer_id]
    return balance.available + balance.pending


def sell(till: Client, customer_id: Id, amount: str = "120.00", key: str = "") -> str:
    sold = till.post(
        f"/till/members/{show_id(customer_id)}/earn", {"amount": amount, "key": key or str(uuid4())}
    )
    assert sold.status_code == 302
    return sold["Location"].removeprefix("/till/sales/")


@pytest.mark.parametrize("text", ["212-555-0178", "0178", "김하늘", "1502"])
def test_find__one_member__is_shown_at_once(till: Client, story: Story, text: str) -> None:
    found = seek(till, "/till", text)

    assert found["Location"] == f"/till/members/{show_id(story.customers['1502'])}"


def test_find__nobody__offers_to_join_with_the_number(till: Client) -> None:
    page = seek(till, "/till", "010-1111-2222").content.decode()

    assert "찾는 회원이 없어요" in page
    join = re.search(r'href="(/till/join\?q=~[^"]+)"', page)
    assert join
    assert 'value="010-1111-2222"' in till.get(join[1]).content.decode()


def test_sale__previewed__writes_nothing_and_says_why(till: Client, story: Story) -> None:
    before, points = Order.objects.count(), points_of(story.newcomer)

    page = till.get(f"/till/members/{show_id(story.newcomer)}", {"amount": "120"}).content.decode()

    assert "적립하면" in page
    assert "왜?" in page
    assert (Order.objects.count(), points_of(story.newcomer)) == (before, points)


def test_sale__of_who_left__earns_nothing_and_says_why_before_and_after(till: Client, story: Story) -> None:
    points = points_of(story.newcomer)
    with write_transaction():
        assert leave_members([story.newcomer], source="phone", recorded_at=NOW - timedelta(days=1)) == 1

    preview = till.get(f"/till/members/{show_id(story.newcomer)}", {"amount": "120"}).content.decode()
    number = sell(till, story.newcomer)

    order = Order.objects.get(source="till", number=number)
    assert order.customer_id == story.newcomer
    assert points_of(story.newcomer) == points
    for page in (
        preview,
        till.get(f"/till/sales/{number}").content.decode(),
        till.get(f"/orders/till/{number}").content.decode(),
    ):
        assert "탈퇴한 동안 산 것이라" in page


def test_sale__sent_twice__is_one_sale_and_earns_what_the_preview_said(till: Client, story: Story) -> None:
    key, points = str(uuid4()), points_of(story.newcomer)

    first, second = (sell(till, story.newcomer, key=key) for _ in range(2))

    earned = points_of(story.newcomer) - points
    page = till.get(f"/till/sales/{first}").content.decode()
    assert first == second
    assert earned > 0
    assert f"+{earned:,}P" in page
    assert Order.objects.filter(source="till", number=first).count() == 1


def test_sale__undone__takes_its_points_and_is_no_longer_the_last(till: Client, story: Story) -> None:
    points = points_of(story.newcomer)
    number = sell(till, story.newcomer)
    assert f"/till/sales/{number}" in till.get("/till").content.decode()

    for _ in range(2):
        till.post(f"/till/sales/{number}/undo", {"reason": "금액을 잘못 적었어요"})

    assert points_of(story.newcomer) == points
    assert f"/till/sales/{number}" not in till.get("/till").content.decode()
    assert "되돌렸어요" in till.get(f"/till/sales/{number}").content.decode()


def test_sale__moved__is_reversed_here_and_earned_there(till: Client, story: Story) -> None:
    here, there = points_of(story.newcomer), points_of(story.customers["1511"])
    number = sell(till, story.newcomer)
    earned = points_of(story.newcomer) - here

    moved = till.post(f"/till/sales/{number}/move", {"to": show_id(story.customers["1511"])})
    again = till.post(f"/till/sales/{number}/move", {"to": show_id(story.newcomer)})

    assert moved["Location"] == f"/till/members/{show_id(story.customers['1511'])}"
    assert points_of(story.newcomer) == here
    assert points_of(story.customers["1511"]) >= there + earned
    assert again.status_code == 409


@pytest.mark.parametrize("to", ["", "x", "01a215b7-c1dd-726d-a565-e693eb3ead0a"])
def test_sale__moved_to_nobody__is_404(till: Client, story: Story, to: str) -> None:
    assert till.post(f"/till/sales/{sell(till, story.newcomer)}/move", {"to": to}).status_code == 404


@pytest.mark.parametrize("amount", ["", "0", "-5", "1e5", "12,0x", "1.234", "9" * 16])
def test_sale__of_no_amount__is_not_rung_up(till: Client, story: Story, amount: str) -> None:
    before = Order.objects.count()
    member = f"/till/members/{show_id(story.newcomer)}"

    sold = till.post(f"{member}/earn", {"amount": amount, "key": str(uuid4())})

    assert Order.objects.count() == before
    assert sold.status_code == 422
    if amount:
        for page in (sold, till.get(member, {"amount": amount})):
            assert "금액을 숫자로" in page.content.decode()
    else:
        assert "아직 팔 것이 없어요" in sold.content.decode()


def test_sale__with_a_key_that_is_none__is_404(till: Client, story: Story) -> None:
    sold = till.post(f"/till/members/{show_id(story.newcomer)}/earn", {"amount": "5", "key": "x"})

    assert sold.status_code == 404


def test_join__agreed__is_a_member_with_the_versions_that_were_shown(till: Client) -> None:
    joined = till.post(
        "/till/join",
        {"phone": "212-555-0199", "name": "표본", "membership-none": "1", "marketing-sms": "1"},
    )

    owner = find_by_identity("phone", ["212-555-0199"])["212-555-0199"]
    assert joined["Location"] == f"/till/members/{show_id(owner)}"
    told = [(one.channel, one.granted, one.wording) for one in consent_history(owner)]
    assert sorted(told) == [
        ("none", True, "membership-2026-11-27"),
        ("sms", True, "marketing-sms-2026-11"),
    ]


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"phone": "212-555-0199"}, 422, "꼭 필요한 동의에 표시해야"),
        ({"phone": "", "membership-none": "1"}, 422, "번호를 적어 주세요"),
        ({"phone": "12", "membership-none": "1"}, 422, "전화번호가 아니에요"),
        ({"phone": "212-555-0199", "email": "x", "membership-none": "1"}, 422, "이메일 주소가 아니에요"),
        (CHILD | {"birthday": "x"}, 422, "2000-01-31처럼"),
        (CHILD, 422, "법정대리인이 동의해야"),
        (CHILD | GUARDIAN | {"guardian_confirmed": None}, 422, "확인했다고 표시하세요"),
        (CHILD | GUARDIAN | {"guardian_name": ""}, 422, 'id="guardian_name-no"'),
        (CHILD | GUARDIAN | {"guardian_phone": "12"}, 422, 'id="guardian_phone-no"'),
    ],
)  # fmt: skip
def test_join__that_cannot_be__keeps_what_was_typed_and_makes_nobody(
    till: Client, given: dict[str, str | None], status: int, said: str
) -> None:
    before = Customer.objects.count()
    typed = {name: value for name, value in given.items() if value is not None}

    page = till.post("/till/join", typed | {"name": "표본"})

    assert page.status_code == status
    assert said in page.content.decode()
    assert 'value="표본"' in page.content.decode()
    assert Customer.objects.count() == before


def test_join__under_fourteen_with_a_guardian__is_a_member_and_the_guardian_kept(till: Client) -> None:
    joined = till.post("/till/join", CHILD | GUARDIAN)

    owner = find_by_identity("phone", ["212-555-0199"])["212-555-0199"]
    assert joined["Location"] == f"/till/members/{show_id(owner)}"
    guardian = guardians_of([owner])[owner]
    assert (guardian.name, guardian.phone, guardian.source) == ("보호자", "+12125550111", "till")


def test_join__with_a_number_somebody_has__shows_that_member(till: Client, story: Story) -> None:
    joined = till.post("/till/join", {"phone": "212-555-0178", "membership-none": "1"})

    assert joined["Location"] == f"/till/members/{show_id(story.customers['1502'])}"


def test_late_receipt__claimed__once_and_within_its_days(till: Client, story: Story) -> None:
    with write_transaction():
        fresh, old = make_guests(2, recorded_at=NOW)
        product = ensure_products(["2"], recorded_at=NOW)["2"]
        line = LineDraft(product.id, "2", product.category, 1_000, 9_900, 0, 9_900)
        for number, guest, days in (("G1", fresh, 1), ("G2", old, LATE.days + 1)):
            place_orders(
                [OrderDraft(guest, "pos", number, NOW - timedelta(days=days), "USD", [line], is_guest=True)],
                recorded_at=NOW,
            )
    path = f"/till/members/{show_id(story.newcomer)}/claim"
    points = points_of(story.newcomer)

    taken = till.post(path, {"number": "G1", "source": "pos"})
    other = till.post(f"/till/members/{show_id(story.regular)}/claim", {"number": "G1", "source": "pos"})
    late = till.post(path, {"number": "G2", "source": "pos"})
    unknown = till.post(path, {"number": "G9", "source": "pos"})

    assert taken["Location"] == f"/till/members/{show_id(story.newcomer)}?claimed=1"
    assert points_of(story.newcomer) > points
    assert [other.status_code, late.status_code, unknown.status_code] == [409, 409, 409]
    assert "14일이 지난 영수증" in late.content.decode()


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12,450", "KRW", 12_450),
        ("12450원", "KRW", 12_450),
        ("₩ 12,450", "KRW", 12_450),
        ("82.5", "USD", 8_250),
        ("$82.05", "USD", 8_205),
        ("82.50", "KRW", None),
        ("82.005", "USD", None),
        ("0", "KRW", None),
        ("", "KRW", None),
        ("٣", "KRW", None),
    ],
)
def test_read_amount__as_people_type_it__is_minor_units(text: str, currency: str, minor: int | None) -> None:
    assert read_amount(text, currency) == minor
