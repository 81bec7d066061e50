"""Two stores and two members: what staff of a store see, find and do, on every address that names somebody.

The addresses come from the URL resolver: a new one that takes a part is in one of the two tables, or a test
fails.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest
from django.test import Client

from dangol.core.access.approvals import Ask, note_request
from dangol.core.access.rights import Role
from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, Product
from dangol.core.commerce.services import place_orders
from dangol.core.duties.requests import note_request as note_request_of
from dangol.core.ledger.in_bulk import BULK, want
from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.models import Customer
from dangol.core.people.notes import write_note
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import make_guests
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import PromiseKind
from dangol.rooms.rewards.catalog.services import By, Payment, redeem_reward
from dangol.rooms.rewards.promotions.models import CounterSale
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise, create_program, open_program
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.web.guard import Door, Route, routes
from dangol.web.pages.till import LATE
from dangol.web.present import STAYS
from tests.sizes import drawn
from tests.snapshots import Kept
from tests.standing import stands_in
from tests.web.referrals import newcomer
from tests.web.rewards import tell_rewards
from tests.web.seeking import seek, settled
from tests.web.segments import tell_segments
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story, tell_story
from tests.web.till_shop import hold_points

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
CLERK = Actor(ActorKind.STAFF, "somebody")
# What stands in an address that is neither a member nor an order: nothing of these belongs to a store.
ELSEWHERE = (
    "programs/", "staff/", "keys/", "webhooks/", "jobs/", "welcome/", "account/", "api/", "static/", "me/",
    "m/", "sign-in", "import/", "members/views/", "setup/", "incidents/", "access-log/",
    "incoming", "segments/", "rewards/", "promotions/",
    "incoming", "segments/", "rewards/", "coupons/",
    "incoming", "segments/", "rewards/", "stamp-cards/",
    "referrals/programs/", "event-rules/",
    "incoming", "segments/", "rewards/", "stamp-cards/", "gift-cards/",
)  # fmt: skip


class Side(NamedTuple):
    """A store, its member, and what concerns them."""

    store_id: Id
    member: Id
    sale: str
    note_id: Id
    approval_id: Id
    request_id: Id
    redemption_id: Id
    held: Id
    phone: str
    referral_id: Id


@pytest.fixture
def sides(transactional_db: None, still_clock: datetime) -> dict[str, Side]:
    """Two stores, each with a member at home there, who bought there, was noted about, and waits."""
    return {**_kept_sides()}


def _tell_sides() -> dict[str, Side]:
    story = tell_story()
    tell_segments(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
    return {
        number: _side(story, number, story.customers[member], stores[number], phone)
        for number, member, phone in (("1", "1501", "212-555-0101"), ("2", "1502", "212-555-0202"))
    }


_kept_sides = Kept(_tell_sides)


def _side(story: Story, number: str, member: Id, store_id: Id, phone: str) -> Side:
    note_id, sale, ask = new_id(), f"sale-{number}", new_id()
    with write_transaction():
        set_people([PersonRow(member, phone=phone, home_store_id=store_id)], recorded_at=NOW)
        place_orders([_order(member, sale, store_id, number)], recorded_at=NOW)
        wanted = Ask(ask, "points.by_hand", member, '{"currency":"PTS","points":5}', 5, "표본")
        note_request(wanted, actor=CLERK, at=NOW, waits=True)
    write_note(member, note_id, "표본", actor=CLERK, at=NOW)
    asked = note_request_of(member, "access", came_on=NOW.date(), actor=CLERK, at=NOW, zone=ZoneInfo("UTC"))
    return Side(
        store_id,
        member,
        sale,
        note_id,
        ask,
        asked,
        _take_cup(story, member),
        hold_points(member),
        phone,
        _be_brought(member, number),
    )


def _be_brought(member: Id, number: str) -> Id:
    """Let a member be brought by somebody who is at home in no store."""
    if open_program() is None:
        gift = Promise(PromiseKind.POINTS, 10)
        draft = ProgramDraft("친구", friend=gift, only_new=False, within_days=365, tell_days=365)
        create_program(draft, actor=CLERK, at=NOW)
    code = make_code(newcomer(f"brings-{number}"), at=NOW)
    return tell_code(member, code, by=By(CLERK, NOW))


def _take_cup(story: Story, member: Id) -> Id:
    cup = tell_rewards(story)[0]
    earn_points(member, points=100, currency=CURRENCY, key="cup", at=NOW)
    return redeem_reward(member, cup, key="cup", payment=Payment(10**9), by=By(CLERK, NOW))


def _order(member: Id, sale: str, store_id: Id, number: str, *, is_guest: bool = False) -> OrderDraft:
    product = Product.objects.get(number="2")
    line = LineDraft(product.id, "2", product.category, 1_000, 900, 0, 900)
    at = NOW - timedelta(minutes=5)
    return OrderDraft(member, "till", sale, at, "USD", [line], store_id, number, is_guest=is_guest)


def fill(route: Route, side: Side) -> str:
    """Return the address filled in with what is of one side."""
    parts = {
        "<id:customer_id>": show_id(side.member), "<id:note_id>": show_id(side.note_id),
        "<id:transfer_id>": show_id(new_id()), "<id:hold_id>": show_id(new_id()),
        "<id:approval_id>": show_id(side.approval_id), "<str:source>": "till", "<path:number>": side.sale,
        "<slug:segment>": "buyers", "<str:number>": side.sale, "<id:request_id>": show_id(side.request_id),
        "<id:stamp_id>": show_id(new_id()), "<id:program_id>": show_id(new_id()),
        "<id:referral_id>": show_id(side.referral_id),
        "<id:redemption_id>": show_id(side.redemption_id), "<id:sale_id>": show_id(side.held),
    }  # fmt: skip
    address = route.path
    for part, value in parts.items():
        address = address.replace(part, value)
    return address


def about_somebody() -> list[Route]:
    """Return every address of staff that names a member, an order, or what waits for one."""
    return [
        one
        for one in routes()
        if one.access and one.access.door in (Door.STAFF, Door.SETUP)
        and "<" in one.path
        and ("<id:customer_id>" in one.path or not one.path.removeprefix("/").startswith(ELSEWHERE))
    ]  # fmt: skip


def ask(client: Client, address: str) -> Any:
    answer = client.get(address)
    return (
        client.post(address, {"key": str(uuid4()), "amount": "12"}) if answer.status_code == 405 else answer
    )


def test_addresses__each_with_a_part__is_about_somebody_or_listed_as_not(sides: dict[str, Side]) -> None:
    filled = {one.path: fill(one, sides["1"]) for one in about_somebody()}

    assert [path for path, address in filled.items() if "<" in address] == [], "say in fill() what it names"
    assert {one.name for one in about_somebody()} >= {
        "web:member", "web:member-link", "web:till-earn", "web:till-undo", "web:order", "web:member-note",
    }  # fmt: skip


@pytest.mark.parametrize("role", [Role.OWNER, Role.STORE])
@pytest.mark.parametrize(("bound", "other"), [("1", "2"), ("2", "1")])
def test_addresses__of_the_other_store__lead_nowhere(
    sides: dict[str, Side], bound: str, other: str, role: Role
) -> None:
    client = sign_in(Client(), f"{role}-{bound}", role, store_id=sides[bound].store_id)
    # With a transfer or a hold that nobody has, nothing due, another's request, and for a right the role
    # has not, the other answer stands; what was asked for in bulk is below.
    shut = {
        "web:member-undo", "web:member-release", "web:member-unmerge", "web:bulk", "web:till-paid",
        "web:approval-withdraw",
    }  # fmt: skip
    wrong = []
    for route in drawn(about_somebody(), one_in=4):
        hers = ask(client, fill(route, sides[other])).status_code
        mine = ask(client, fill(route, sides[bound])).status_code

        if mine == 403:
            assert hers == 403, route.path
        elif hers != 404 or (mine == 404 and route.name not in shut):
            wrong.append((route.path, mine, hers))
    assert wrong == []


def test_lists__bound_to_a_store__hold_its_own_only(sides: dict[str, Side]) -> None:
    client = sign_in(Client(), "bound", Role.OWNER, store_id=sides["1"].store_id)
    mine, hers = show_id(sides["1"].member), show_id(sides["2"].member)

    for address in (
        "/members", "/members?q=15", "/orders", "/segments/buyers", "/members?segment=buyers",
        "/approvals", "/redemptions", f"/members/{mine}/merge?q=1502", "/requests",
        f"/order-acts/move/till/{sides['1'].sale}?q=1502",
    ):  # fmt: skip
        page = client.get(settled(client, address)).content.decode()

        assert hers not in page, address
        assert sides["2"].sale not in page, address
    assert not stands_in("0202", client.get("/members.csv").getvalue().decode())


def test_bulk__asked_for_by_another__is_shown_to_no_one_bound_to_a_store(sides: dict[str, Side]) -> None:
    wanted = want([sides["2"].member], 5, currency="PTS")
    asked = Ask(new_id(), BULK, new_id(), msgspec.json.encode(wanted).decode(), 5, "표본")
    with write_transaction():
        note_request(asked, actor=CLERK, at=NOW, waits=True)
    bound = sign_in(Client(), "bound", Role.OWNER, store_id=sides["1"].store_id)

    assert bound.get(f"/members/bulk/{show_id(asked.id)}").status_code == 404
    assert sign_in(Client(), "boss", Role.OWNER).get(f"/members/bulk/{show_id(asked.id)}").status_code == 200


@pytest.mark.parametrize(
    ("typed", "finds"),
    [("212-555-0202", True), ("1502", True), ("0202", False), ("김하", False), ("김하늘", False)],
)
def test_till__member_of_another_store__is_found_by_what_they_tell_themselves(
    sides: dict[str, Side], typed: str, finds: bool
) -> None:
    client = sign_in(Client(), "bound", Role.STORE, store_id=sides["1"].store_id)
    till = f"/till/members/{show_id(sides['2'].member)}"
    assert client.get(till).status_code == 404

    answer = seek(client, "/till", typed)

    assert (answer.status_code == 302) is finds
    assert show_id(sides["2"].member) not in answer.content.decode()
    assert (client.get(till).status_code == 200) is finds
    assert client.get(f"/members/{show_id(sides['2'].member)}").status_code == 404


def test_till__member_of_another_store__earns_here_and_the_sale_is_this_store_s(
    sides: dict[str, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(Client(), "bound", Role.STORE, store_id=sides["1"].store_id)
    there = sign_in(Client(), "there", Role.STORE, store_id=sides["2"].store_id)
    till = f"/till/members/{show_id(sides['2'].member)}"
    seek(client, "/till", sides["2"].phone)

    sold = client.post(f"{till}/earn", {"amount": "12", "key": str(uuid4())})["Location"]

    assert Order.objects.get(number=sold.rpartition("/")[2]).store_id == sides["1"].store_id
    assert client.get(sold).status_code == 200
    assert there.get(sold).status_code == 404
    assert there.post(f"{sold}/undo").status_code == 404
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + STAYS)
    assert client.get(till).status_code != 200


def test_till__sale_moved_to_another_store_s_member__only_who_told_their_number(
    sides: dict[str, Side],
) -> None:
    client = sign_in(Client(), "bound", Role.STORE, store_id=sides["1"].store_id)
    move, to = f"/till/sales/{sides['1'].sale}/move", {"to": show_id(sides["2"].member)}
    sold = Order.objects.get(number=sides["1"].sale)
    CounterSale.objects.create(customer_id=sold.customer_id, order_id=sold.id, rung_by="bound", rung_at=NOW)

    assert client.post(move, to).status_code == 404
    assert show_id(sides["2"].member) not in seek(client, move, "김하늘").content.decode()
    assert show_id(sides["2"].member) in seek(client, move, sides["2"].phone).content.decode()
    assert client.post(move, to).status_code == 302


@pytest.mark.parametrize(("store", "status"), [("1", 302), ("2", 409)])
def test_till__receipt_without_a_name__of_this_store_only(
    sides: dict[str, Side], store: str, status: int
) -> None:
    client = sign_in(Client(), "bound", Role.STORE, store_id=sides["1"].store_id)
    with write_transaction():
        [guest] = make_guests(1, recorded_at=NOW)
        place_orders([_order(guest, "G1", sides[store].store_id, store, is_guest=True)], recorded_at=NOW)
    assert timedelta(minutes=5) < LATE

    answer = client.post(f"/till/members/{show_id(sides['1'].member)}/claim", {"number": "G1"})

    assert answer.status_code == status


def test_join__at_a_store_s_till__is_at_home_there(sides: dict[str, Side]) -> None:
    client = sign_in(Client(), "bound", Role.STORE, store_id=sides["1"].store_id)
    agreed = {"phone": "212-555-0303", "membership-none": "on"}

    answer = client.post("/till/join", agreed)

    assert answer.status_code == 302
    owner = answer["Location"].rpartition("/")[2]
    assert client.get(f"/till/members/{owner}").status_code == 200
    homes = set(Customer.objects.values_list("home_store_id", flat=True))
    assert sides["1"].store_id in homes
