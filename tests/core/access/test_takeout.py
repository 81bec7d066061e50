"""All that is held about one person, handed to them: whole, from every app, and written down."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest

from dangol.connectors.files.exports.person import as_zip
from dangol.core.access.errors import NobodyThere
from dangol.core.access.log import EntryQuery, list_entries, unmask
from dangol.core.access.takeout import take_out
from dangol.core.behavior.events import BehaviorTracked
from dangol.core.duties.models import Notice
from dangol.core.duties.requests import note_request
from dangol.core.events.records import Draft
from dangol.core.events.services import record_batch
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS
from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.enrolling import Enrollment, enroll
from dangol.core.people.erasures import erase_customer
from dangol.core.people.guardians import GuardianDraft, record_guardian
from dangol.core.people.holds import place_hold
from dangol.core.people.identities import Kind
from dangol.core.people.merges import merge_customers
from dangol.core.people.notes import write_note
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.sealing import PersonErased
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.people.takeout import sections
from dangol.core.segments.placing import place_due
from dangol.core.segments.services import SegmentDraft, create_segment
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.segments.watching import Fall, fall_due
from dangol.core.storage.ids import Id, new_id, random_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.promotions import Cart, Line
from dangol.domain.redeeming import RewardKind
from dangol.domain.referrals import EarnedBy, PromiseKind as ReferralGift
from dangol.domain.stamps import GiftKind
from dangol.rooms.personalization.lists import keep_lists
from dangol.rooms.rewards.catalog.editing import RewardDraft, create_reward
from dangol.rooms.rewards.catalog.services import By, Payment, redeem_reward
from dangol.rooms.rewards.coupons.batches import BatchDraft, create_batch
from dangol.rooms.rewards.coupons.holding import issue
from dangol.rooms.rewards.coupons.models import BatchKind
from dangol.rooms.rewards.event_rules.consumers import FOLLOW as FOLLOW_DEEDS
from dangol.rooms.rewards.event_rules.editing import create_rule, publish as publish_rule
from dangol.rooms.rewards.households.pool import Wanted, spend_of_pool
from dangol.rooms.rewards.households.services import (
    By as HouseholdBy,
    accept,
    invite,
    make_household,
)
from dangol.rooms.rewards.households.settings import (
    HouseholdContent,
    write_settings as write_household_settings,
)
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.checkout import CheckoutContent, write_checkout
from dangol.rooms.rewards.promotions.dues import note_due
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from dangol.rooms.rewards.promotions.sales import reserve
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.programs import (
    ProgramDraft as ReferralDraft,
    Promise,
    create_program as create_referral_program,
)
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.rooms.rewards.stamps.editing import ProgramDraft, create_program as create_stamp_program
from dangol.rooms.rewards.stamps.services import add_stamps
from dangol.rooms.rewards.stored_value.credit import give_credit
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.shop import BREAD, Bought, Brought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2024, 3, 1, 15, tzinfo=UTC)
AGENT = Actor(ActorKind.STAFF, "agent-1", "상담 직원", "203.0.113.7")
BY_WISH: dict[str, Any] = {"actor": AGENT, "reason": "본인 요청"}


@pytest.fixture
def pair() -> list[Id]:
    """Two members of whom one was absorbed, with all that can be held about somebody; and a third."""
    set_shop(name="가게", zone="America/New_York", currency="USD", region="KR")
    open_program()
    with write_transaction():
        made = list(resolve_customers("external", ["K", "A", "X"], recorded_at=AT).values())
        kept, absorbed, other = made
        rows = [
            PersonRow(kept, name="=김하늘", email="haneul@example.com", birthday=date(1990, 3, 14)),
            PersonRow(absorbed, phone="010-1234-5678", traits={"pet": "cat"}),
            PersonRow(other, name="남남"),
        ]
        assert set_people(rows, recorded_at=AT) == [None] * 3
        record_consents([ConsentDraft(kept, "sms", "marketing", True, AT, "till", "v2")], recorded_at=AT)
    telling = Telling("t", customers=0)
    telling.customer_ids = made
    telling.ring_up(
        [
            Bought(0, "k1", AT, {BREAD: 60_000}),
            Bought(1, "a1", AT + timedelta(days=1), {BREAD: 30_000}),
            Brought(0, "r1", AT + timedelta(days=2), {BREAD: 60_000}, "k1"),
            Bought(2, "of-a-stranger", AT, {BREAD: 10_000}),
        ]
    )
    with write_transaction():
        record_guardian(kept, GuardianDraft("보호자", "010-1111-2222", "till"), at=AT)
    place_hold(kept, actor=AGENT, reason="소송", at=AT)
    sell(kept)
    write_note(kept, new_id(), "땅콩 알레르기", actor=AGENT, at=AT)
    unmask([kept], actor=AGENT, reason="전화 확인", at=AT)
    merge_customers(kept, absorbed, at=AT + timedelta(days=3), **BY_WISH)
    let_worker_by(FOLLOW_CUSTOMERS)
    note_request(absorbed, "access", came_on=AT.date(), actor=AGENT, at=AT, zone=ZoneInfo("Asia/Seoul"))
    Notice.objects.create(customer_id=kept, kind="use", year=2024, at=AT, by_mail=True)
    put_into_a_segment(kept)
    take_a_reward(kept)
    collect_stamps(kept)
    give_credit(kept, 500, "KRW", key="sorry", reason="사과", by=By(AGENT, AT))
    come_by_a_friend(kept)
    join_in(kept)
    live_together(kept)
    bread = {"product": show_id(new_id()), "times": 1}
    keep_lists("buy_again", {kept: [bread]}, as_of=AT.date(), version="0123456789abcdef")
    return made


def sell(customer_id: Id) -> None:
    """Sell something with a promotion."""
    content = {"name": "할인", "benefits": [{"kind": "percent", "basis_points": 1000}]}
    promotion_id = create_promotion(content, made_by="주인", at=AT)
    publish(promotion_id, revision=1, published_by="주인", at=AT)
    # It asks the member first: that, too, is held about them.
    write_checkout(CheckoutContent(confirm_coupons=True), changed_by="주인", at=AT)
    cart = Cart("USD", (Line("1", "L1", 1_000),))
    unique = BatchDraft(promotion_id, "가을", BatchKind.UNIQUE, "FALL-####-####-####-####", 2)
    batch_id = create_batch(unique, by="주인", at=AT)
    code = issue(batch_id, customer_id, "thanks", at=AT)
    sale = reserve(Asked(cart=cart, as_of=AT, customer_id=customer_id, codes=(code,)), at=AT)
    with write_transaction():
        note_due(sale.id, customer_id, 300, reason="unknown", store_id=None, at=AT)


def collect_stamps(customer_id: Id) -> None:
    draft = ProgramDraft("커피", 3, GiftKind.POINTS, 5)
    card = create_stamp_program(draft, key="coffee", actor=AGENT, at=AT)
    add_stamps(customer_id, card, count=2, key="two", reason="직접", by=By(AGENT, AT))


def come_by_a_friend(customer_id: Id) -> None:
    """Let somebody be brought by one member and bring another."""
    gift = Promise(ReferralGift.POINTS, 5)
    draft = ReferralDraft("친구", gift, gift, earned_by=EarnedBy.JOINING, wait_days=0, only_new=False)
    create_referral_program(draft, actor=AGENT, at=AT)
    with write_transaction():
        first, last = resolve_customers("external", ["R", "F"], recorded_at=AT).values()
    tell_code(customer_id, make_code(first, at=AT), by=By(AGENT, AT))
    tell_code(last, make_code(customer_id, at=AT), by=By(AGENT, AT))


def join_in(customer_id: Id) -> None:
    """Let a member do something twice that earns points once."""
    rule = {"name": "출석", "event": "Visit", "points": 5, "caps": {"ever": 1}}
    publish_rule(create_rule(rule, made_by="주인", at=AT), revision=1, published_by="주인", at=AT)
    visit = BehaviorTracked(
        source="app", message="1", kind="track", name="Visit", properties={}, context={}, original_at=None,
        sent_at=None, received_at=AT,
    )  # fmt: skip
    with write_transaction():
        record_batch([Draft(customer_id, visit, AT)] * 2, recorded_at=AT)
    let_worker_by(FOLLOW_DEEDS)


def live_together(customer_id: Id) -> None:
    """Let a member share points with somebody, and spend of both."""
    write_household_settings(HouseholdContent(is_open=True), changed_by="주인", at=AT)
    with write_transaction():
        partner = enroll(Enrollment({Kind.EXTERNAL: "P"}, joined_at=AT), recorded_at=AT)
    household = make_household(customer_id, name="우리 집", by=HouseholdBy(AGENT, AT))
    invite(household, partner, by=HouseholdBy(AGENT, AT))
    accept(partner, household, shares=True, by=HouseholdBy(AGENT, AT))
    for one, last_day in ((customer_id, 1), (partner, 2)):
        ends = AT + timedelta(days=last_day)
        earn_points(one, points=10, currency="P", key="together", at=AT, expires_at=ends)
    spend_of_pool(customer_id, Wanted(15, "P", "cake", "케이크"), at=AT)


def take_a_reward(customer_id: Id) -> None:
    earn_points(customer_id, points=50, currency="P", key="cup", at=AT)
    cup = create_reward(RewardDraft("컵", price=50), kind=RewardKind.ITEM, actor=AGENT, at=AT)
    redeem_reward(customer_id, cup, key="cup", payment=Payment(10**9), by=By(AGENT, AT))


def put_into_a_segment(customer_id: Id) -> None:
    """Let an app tell a trait of somebody, and a segment ask about it."""
    at = AT + timedelta(days=3)
    with write_transaction():
        report_traits([TraitDraft(customer_id, "app.plan", "gold", at, "app")], recorded_at=at)
    condition = {"type": "trait", "trait": "app.plan", "op": "equals", "value": "gold"}
    create_segment(SegmentDraft("gold", "Gold", "", condition), actor=AGENT, at=at)
    with write_transaction():
        fall_due([Fall(customer_id, at, None)])
    place_due(at)


def test_take_out__a_person__holds_something_of_every_section_and_of_nobody_else(pair: list[Id]) -> None:
    kept, absorbed, other = pair

    taken = take_out(absorbed, at=AT + timedelta(days=4), **BY_WISH)

    assert taken.ids == (kept, absorbed)
    assert {name for name, rows in taken.sections.items() if not rows} == set()
    assert list(taken.sections) == [one.name for one in sections()]
    text = taken.as_json().decode()
    document = json.loads(text)
    assert (document["schema"], document["customer_ids"]) == (
        "dangol.person/1",
        [show_id(kept), show_id(absorbed)],
    )
    assert [one["number"] for one in document["orders"]] == ["k1", "a1"]
    assert document["orders"][0]["lines"][0]["net_minor"] == 60_000
    assert {one["value"] for one in document["identities"]} == {
        "K",
        "A",
        "haneul@example.com",
        "+821012345678",
    }
    assert document["profile"][0]["name"] == "=김하늘"
    assert document["returns"][0]["lines"][0]["net_minor"] == 60_000
    assert document["whys"][0]["parts"][0]["points"] > 0
    assert [one["reason"] for one in document["access"]] == ["전화 확인"]
    for stranger in (show_id(other), "남남", "of-a-stranger", "203.0.113.7"):
        assert stranger not in text


def test_take_out__is_written_down_with_its_reason(pair: list[Id]) -> None:
    kept = pair[0]
    take_out(kept, at=AT + timedelta(days=4), **BY_WISH)

    [entry] = list_entries(EntryQuery(action="takeout"))
    assert (entry.subject_id, entry.actor, entry.reason) == (kept, "agent-1", "본인 요청")
    assert set(entry.seen) == {one.name for one in sections()}


def test_take_out__what_cannot_be__is_refused_and_not_written_down(pair: list[Id]) -> None:
    erase_customer(pair[2], at=AT, **BY_WISH)
    for who, refusal in ((random_id(), NobodyThere), (pair[2], PersonErased)):
        with pytest.raises(refusal):
            take_out(who, at=AT, **BY_WISH)
    with pytest.raises(ReasonMissing):
        take_out(pair[0], actor=AGENT, reason="", at=AT)

    assert list_entries(EntryQuery(action="takeout")) == []


def test_zip__of_a_person__a_file_for_each_section_that_no_spreadsheet_computes(pair: list[Id]) -> None:
    taken = take_out(pair[0], at=AT, **BY_WISH)

    with ZipFile(io.BytesIO(as_zip(taken.sections))) as archive:
        assert archive.namelist() == [f"{name}.csv" for name in taken.sections]
        read = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    tables = {name: list(csv.DictReader(io.StringIO(text, newline=""))) for name, text in read.items()}
    assert tables["profile.csv"][0]["name"] == "'=김하늘"
    assert json.loads(tables["orders.csv"][0]["lines"])[0]["quantity_milli"] == 1_000
    for name, rows in taken.sections.items():
        assert len(tables[f"{name}.csv"]) == len(rows)
