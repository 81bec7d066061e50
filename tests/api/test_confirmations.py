"""Spending much: only when the member has confirmed it, by a code for this very amount or on their phone."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from dangol.core.access.acts import change_identity
from dangol.core.access.members.confirming import SETTLES_AFTER
from dangol.core.access.members.models import MemberCode
from dangol.core.access.members.sessions import How, open_session
from dangol.core.messaging.outbox import Outbox
from dangol.core.messaging.senders import Letter
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.held import BY_STAFF, held_by
from dangol.core.people.identities import Kind
from dangol.core.people.models import Identity
from dangol.core.storage.ids import parse_id
from dangol.core.tasks.runner import Runner
from dangol.project.clock import now
from tests.api.conftest import Caller, key_with
from tests.core.messaging.ways import Scripted, use
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
LIMIT = 1_000


class Shop:
    """Two members with points and mail, and a till that spends them."""

    def __init__(self, api: Caller, way: Scripted | None = None) -> None:
        self.api, self.way = api, way
        self.mina, self.other = (self.enroll(name) for name in ("mina", "other"))

    def enroll(self, name: str) -> str:
        member = self.api.post("/members", {"external_id": name, "email": f"{name}@example.com"}).data["id"]
        self.api.post(f"/members/{member}/points/adjust", {"points": 9_000, "reason": "시작"})
        return str(member)

    def code(self, member: str, points: int) -> str:
        """Ask for a code; returns what the member's mail says."""
        asked = self.api.post(f"/members/{member}/confirmations", {"points": points})
        assert (asked.status, asked.data["sent_by"], asked.data["code"]) == (202, "email", None)
        assert self.way is not None
        Runner(now).run_due()
        Outbox(now).send_due()
        return "".join(filter(str.isdigit, self.letter.text.split("\n")[0]))

    @property
    def letter(self) -> Letter:
        assert self.way is not None
        return self.way.seen[-1]

    def spend(self, member: str, points: int, code: str | None = None, **more: Any) -> Any:
        body = {"points": points, "reason": "쿠키"} | ({"confirmation": code} if code else {})
        return self.api.post(f"/members/{member}/points/spend", body, **more)

    def has(self, member: str) -> int:
        return int(self.api.get(f"/members/{member}/points").data["available"])


@pytest.fixture
def shop_of_two(api: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shop:
    settings.STEP_UP_POINTS = LIMIT
    way = Scripted()
    use(monkeypatch, way)
    return Shop(api, way)


def test_spend__below_the_limit__asks_nobody(shop_of_two: Shop) -> None:
    assert shop_of_two.spend(shop_of_two.mina, LIMIT - 1).status == 201


def test_spend__from_the_limit_on__is_refused_and_says_how(shop_of_two: Shop) -> None:
    refused = shop_of_two.spend(shop_of_two.mina, LIMIT)

    assert (refused.status, refused.data["code"]) == (409, "member.confirmation_required")
    assert (refused.data["param"], refused.data["data"]["limit"]) == ("confirmation", LIMIT)
    assert "confirmation" in refused.data["message"]["en"]
    assert shop_of_two.has(shop_of_two.mina) == 9_000


def test_spend__with_the_code__is_done_once(shop_of_two: Shop) -> None:
    mina, code = shop_of_two.mina, shop_of_two.code(shop_of_two.mina, 2_000)
    assert shop_of_two.letter.to == "mina@example.com"
    assert "2,000" in shop_of_two.letter.text

    done = shop_of_two.spend(mina, 2_000, code, key="s1")
    again = shop_of_two.spend(mina, 2_000, code, key="s1")
    other = shop_of_two.spend(mina, 2_000, code)

    assert (done.status, again.status, again.raw) == (201, 201, done.raw)
    assert (other.status, other.data["code"]) == (409, "member.wrong_code")
    assert shop_of_two.has(mina) == 7_000


def test_spend__code_for_another_amount_or_member__opens_nothing(shop_of_two: Shop) -> None:
    code = shop_of_two.code(shop_of_two.mina, 2_000)

    more = shop_of_two.spend(shop_of_two.mina, 2_001, code)
    others = shop_of_two.spend(shop_of_two.other, 2_000, code)

    assert {more.data["code"], others.data["code"]} == {"member.wrong_code"}
    assert (shop_of_two.has(shop_of_two.mina), shop_of_two.has(shop_of_two.other)) == (9_000, 9_000)
    assert shop_of_two.spend(shop_of_two.mina, 2_000, code).status == 201


def test_spend__code_that_is_five_minutes_old__opens_nothing(shop_of_two: Shop) -> None:
    code = shop_of_two.code(shop_of_two.mina, 2_000)
    MemberCode.objects.update(expires_at=now())

    assert shop_of_two.spend(shop_of_two.mina, 2_000, code).data["code"] == "member.wrong_code"


def wrong(code: str, step: int) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


@pytest.mark.parametrize("dry", ["", "?dry_run=true"])
def test_spend__guessed_five_times__the_right_code_opens_nothing_any_more(
    shop_of_two: Shop, dry: str
) -> None:
    mina, code = shop_of_two.mina, shop_of_two.code(shop_of_two.mina, 2_000)
    for step in range(1, 6):
        body = {"points": 2_000, "reason": "쿠키", "confirmation": wrong(code, step)}
        guess = shop_of_two.api.post(f"/members/{mina}/points/spend{dry}", body)
        assert guess.data["code"] == "member.wrong_code"

    assert shop_of_two.spend(mina, 2_000, code).data["code"] == "member.wrong_code"
    assert shop_of_two.has(mina) == 9_000


def test_spend__guessed_by_twelve_at_once__no_more_than_five_are_looked_at(shop_of_two: Shop) -> None:
    mina, code = shop_of_two.mina, shop_of_two.code(shop_of_two.mina, 2_000)
    told = []

    def guess(step: int) -> None:
        try:
            told.append(shop_of_two.spend(mina, 2_000, wrong(code, step)).data["code"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=(step,)) for step in range(1, 13)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert set(told) == {"member.wrong_code"}
    assert MemberCode.objects.get().tries_left == 0
    assert shop_of_two.spend(mina, 2_000, code).status == 409


def test_spend__same_code_by_eight_at_once__is_spent_once(shop_of_two: Shop) -> None:
    mina, code = shop_of_two.mina, shop_of_two.code(shop_of_two.mina, 2_000)
    MemberCode.objects.update(tries_left=20)
    told = []

    def act() -> None:
        try:
            told.append(shop_of_two.spend(mina, 2_000, code).status)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(told) == [201] + [409] * 7
    assert shop_of_two.has(mina) == 7_000


def test_spend__many_small_ones__are_one_large_one(shop_of_two: Shop) -> None:
    mina = shop_of_two.mina
    assert [shop_of_two.spend(mina, 400).status for _ in range(3)] == [201, 201, 409]
    assert shop_of_two.spend(mina, 400, shop_of_two.code(mina, 400)).status == 201
    assert shop_of_two.spend(shop_of_two.other, 400).status == 201


def test_spend__more_than_there_is__says_so_and_leaves_the_code(shop_of_two: Shop) -> None:
    mina, code = shop_of_two.mina, shop_of_two.code(shop_of_two.mina, 9_001)

    assert shop_of_two.spend(mina, 9_001, code).data["code"] == "points.insufficient"
    shop_of_two.api.post(f"/members/{mina}/points/adjust", {"points": 1, "reason": "사과"})
    assert shop_of_two.spend(mina, 9_001, code).status == 201


@pytest.mark.parametrize(("minutes", "statuses"), [(4, [201, 409]), (6, [409, 409])])
def test_spend__confirmed_on_the_members_phone__once_and_for_five_minutes(
    shop_of_two: Shop, minutes: int, statuses: list[int]
) -> None:
    mina = shop_of_two.mina
    open_session(parse_id(mina), How.CODE, at=datetime.now(UTC) - timedelta(minutes=minutes))

    assert shop_of_two.spend(shop_of_two.other, 2_000).status == 409
    assert [shop_of_two.spend(mina, 2_000).status for _ in range(2)] == statuses


def test_confirmation__member_without_mail__is_refused(shop_of_two: Shop) -> None:
    member = shop_of_two.api.post("/members", {"external_id": "silent"}).data["id"]

    refused = shop_of_two.api.post(f"/members/{member}/confirmations", {"points": 2_000})

    assert (refused.status, refused.data["code"]) == (409, "member.confirmation_unavailable")


def test_confirmation__by_an_address_that_staff_put_there__not_for_three_days(shop_of_two: Shop) -> None:
    member = parse_id(shop_of_two.mina)
    actor = Actor(ActorKind.STAFF, "seller")
    [mail] = [one for one in held_by([member]) if one.kind == Kind.EMAIL]
    early = shop_of_two.code(shop_of_two.mina, 2_000)
    change_identity(
        member, (Kind.EMAIL, mail.value_hash), "seller@example.com", source=BY_STAFF, actor=actor,
        reason="새 주소", at=now(),
    )  # fmt: skip

    asked = shop_of_two.api.post(f"/members/{shop_of_two.mina}/confirmations", {"points": 2_000})
    spent = shop_of_two.spend(shop_of_two.mina, 2_000, early)

    assert {asked.data["code"], spent.data["code"]} == {"member.confirmation_unsettled"}
    assert shop_of_two.has(shop_of_two.mina) == 9_000
    Identity.objects.filter(source=BY_STAFF).update(added_at=now() - SETTLES_AFTER)
    assert shop_of_two.spend(shop_of_two.mina, 2_000, shop_of_two.code(shop_of_two.mina, 2_000)).status == 201


def test_confirmation__sent_again__is_one_mail_and_too_many_are_refused(shop_of_two: Shop) -> None:
    path, body = f"/members/{shop_of_two.mina}/confirmations", {"points": 2_000}
    assert shop_of_two.api.post(path, body, key="c1").raw == shop_of_two.api.post(path, body, key="c1").raw
    Runner(now).run_due()
    Outbox(now).send_due()
    assert shop_of_two.way is not None
    assert len(shop_of_two.way.seen) == 1

    last = [shop_of_two.api.post(path, body) for _ in range(6)][-1]
    assert (last.status, last.data["code"]) == (429, "member.too_often")
    assert int(last.headers["Retry-After"]) > 1


def test_confirmation__with_a_test_key__is_in_the_answer(api: Caller, settings: Settings) -> None:
    settings.STEP_UP_POINTS = LIMIT
    with fresh_space("confirming") as space:
        shop = Shop(Caller(key_with(space=space)))
        asked = shop.api.post(f"/members/{shop.mina}/confirmations", {"points": 2_000}).data

        assert asked["sent_by"] == "answer"
        assert shop.spend(shop.mina, 2_000).status == 409
        assert shop.spend(shop.mina, 2_000, asked["code"]).status == 201
