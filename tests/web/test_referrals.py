"""Referrals on pages: programs made and changed, the queue decided, codes told at the till and on a phone."""

import pytest
from django.test import Client
from django.urls import resolve

from dangol.core.people.selectors import find_by_identity
from dangol.core.storage.ids import new_id, show_id
from dangol.domain.referrals import EarnedBy, PromiseKind, Stage, WhenReturned
from dangol.rooms.rewards.referrals.codes import code_of
from dangol.rooms.rewards.referrals.models import Referral
from dangol.rooms.rewards.referrals.programs import archive_program
from dangol.rooms.rewards.referrals.selectors import (
    current_program,
    find_referral,
    find_referral_program,
    standing_of,
)
from tests.rooms.rewards.coupons.shop import batch
from tests.standing import stands_in
from tests.web.phones import come_in
from tests.web.referrals import CLERK, newcomer, tell_referrals
from tests.web.stamps import tell_stamps
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def typed(**more: str) -> dict[str, str]:
    given = {
        "form": show_id(new_id()), "name_ko": "친구 초대", "earned_by": "order", "nth": "2", "least": "12.50",
        "within_days": "60", "wait_days": "7", "tell_days": "3", "only_new": "1", "on_return": "keep",
        "referrer_gives": "points", "referrer_points": "1,000", "referrer_cost": "10", "friend_gives": "none",
        "cap_month": "3", "budget": "500",
    }  # fmt: skip
    return given | more


def test_make__form_sent_twice__is_one_program(clerk: Client, story: Story) -> None:
    given = typed()
    answers = [clerk.post("/referrals/programs/new", given) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    program = current_program()
    assert program is not None
    draft = program.draft
    assert (draft.earned_by, draft.nth, draft.least_minor) == (EarnedBy.ORDER, 2, 1_250)
    assert (draft.within_days, draft.wait_days, draft.tell_days) == (60, 7, 3)
    assert (draft.referrer.amount, draft.referrer.cost_minor, draft.budget_minor) == (1_000, 1_000, 50_000)
    assert (draft.friend.kind, draft.on_return, draft.cap_year) == (PromiseKind.NONE, WhenReturned.KEEP, None)


def test_make__second_program__says_that_one_is_open(clerk: Client, story: Story) -> None:
    tell_referrals(story)

    answer = clerk.post("/referrals/programs/new", typed())

    assert answer.status_code == 422
    assert "이미 친구를 받는 추천 프로그램이 있어요." in answer.content.decode()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name_ko": ""}, "name_ko"),
        ({"nth": "0"}, "nth"),
        ({"least": "x"}, "least"),
        ({"wait_days": ""}, "wait_days"),
        ({"tell_days": "90"}, "tell_days"),
        ({"cap_year": "0"}, "cap_year"),
        ({"referrer_points": ""}, "referrer_points"),
        ({"referrer_gives": "coupon"}, "referrer_batch"),
        ({"referrer_gives": "stamps", "referrer_stamps": "1"}, "referrer_card"),
        ({"referrer_gives": "none"}, "referrer_gives"),
        ({"referrer_cost": ""}, "referrer_cost"),
        ({"budget": "-1"}, "budget"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_and_keeps_the_rest(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    tell_stamps(story)  # so that there is a card to choose
    answer = clerk.post("/referrals/programs/new", typed(**more))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert f'id="{field}-e"' in page
    assert 'value="60"' in page


def test_make__coupon_for_the_friend_at_joining__is_kept(clerk: Client, story: Story) -> None:
    codes = batch()

    clerk.post(
        "/referrals/programs/new",
        typed(friend_gives="coupon", friend_batch=show_id(codes), friend_cost="5", is_early="1"),
    )

    program = current_program()
    assert program is not None
    assert (program.draft.friend.target_id, program.draft.is_early) == (codes, True)


def test_edit__by_two_at_once__the_later_is_told(clerk: Client, story: Story) -> None:
    made = tell_referrals(story).program_id
    address = f"/referrals/programs/{show_id(made)}/edit"
    page = clerk.get(address).content.decode()
    assert 'value="단골의 친구"' in page
    assert 'name="least" value="10"' in page

    first = clerk.post(address, typed(revision="1"))
    second = clerk.post(address, typed(revision="1", nth="9"))

    assert (first.status_code, second.status_code) == (302, 422)
    assert find_referral_program(made).draft.nth == 2


def test_archive__and_restore__are_each_a_press(clerk: Client, story: Story) -> None:
    made = tell_referrals(story).program_id

    clerk.post(f"/referrals/programs/{show_id(made)}/archive")
    assert find_referral_program(made).archived_at
    assert "단골의 친구" in clerk.get("/referrals").content.decode()
    clerk.post(f"/referrals/programs/{show_id(made)}/restore")

    assert find_referral_program(made).archived_at is None


def test_list__of_referrals__says_what_is_missing_and_what_is_to_be_looked_at(
    clerk: Client, story: Story
) -> None:
    told = tell_referrals(story)

    page = clerk.get("/referrals").content.decode()
    queue = clerk.get("/referrals?state=review").content.decode()

    assert "확인할 추천이 1건 있어요." in page
    assert "2월 20일까지 $10.00 이상 1번 더 사야 해요." in page
    assert show_id(told.suspicious) in queue
    assert show_id(told.waiting) not in queue
    assert clerk.get("/referrals?after=nothing&state=nothing").status_code == 200


@pytest.mark.parametrize(("way", "state"), [("approve", Stage.WAITING), ("refuse", Stage.REFUSED)])
def test_decide__suspicious_one__needs_a_reason_and_is_kept_with_it(
    clerk: Client, story: Story, way: str, state: Stage
) -> None:
    one = tell_referrals(story).suspicious
    address = f"/referrals/{show_id(one)}"
    assert "다른 친구와 같은 기기로 왔어요" in clerk.get(address).content.decode()

    refused = clerk.post(f"{address}/decide", {"way": way, "reason": " "})
    done = clerk.post(f"{address}/decide", {"way": way, "reason": "물어봤어요"})

    assert (refused.status_code, done.status_code) == (422, 302)
    assert find_referral(one).state is state
    assert "물어봤어요" in clerk.get(address).content.decode()
    assert clerk.post(f"{address}/decide", {"way": way, "reason": "다시"}).status_code == 422


def test_member__code_made_and_a_friends_told__in_the_back_office(clerk: Client, story: Story) -> None:
    told = tell_referrals(story)
    friend = newcomer("friend-3")
    address = f"/members/{show_id(friend)}/referral"

    assert clerk.post(f"{address}/code").status_code == 302
    wrong = clerk.post(f"{address}/friend", {"code": "000-000-000"})
    assert (wrong.status_code, 'value="000-000-000"' in wrong.content.decode()) == (422, True)
    assert clerk.post(f"{address}/friend", {"code": told.code.lower()}).status_code == 302

    page = clerk.get(address).content.decode()
    assert str(code_of(friend)) in page
    assert "친구의 추천으로 왔어요" in page
    assert Referral.objects.get(customer_id=friend).referrer_id == story.regular


def test_till__newcomer_with_a_friends_code__joins_with_it_or_not_at_all(clerk: Client, story: Story) -> None:
    told = tell_referrals(story)
    given = {"phone": "212-555-0199", "membership-none": "1", "friend_code": "000-000-000"}
    assert "friend_code" in clerk.get(f"/till/join?code={told.code}").content.decode()

    wrong = clerk.post("/till/join", given)
    assert wrong.status_code == 422
    assert 'id="friend_code-no"' in wrong.content.decode()
    assert find_by_identity("phone", ["212-555-0199"]) == {}
    link = f"http://testserver/r/{told.code}"
    assert clerk.post("/till/join", given | {"friend_code": link}).status_code == 302

    (friend,) = find_by_identity("phone", ["212-555-0199"]).values()
    assert Referral.objects.get(customer_id=friend).referrer_id == story.regular


def test_till__no_program__asks_for_no_code(clerk: Client, story: Story) -> None:
    assert "friend_code" not in clerk.get("/till/join").content.decode()


def test_phone__code_made_by_a_tap__is_shown_with_its_link(client: Client, story: Story) -> None:
    made = tell_referrals(story).program_id
    archive_program(made, actor=CLERK, at=NOW)
    phone = come_in(client, story.newcomer)
    assert "지금은 친구 추천을 받지 않아요" in phone.get("/me/referral").content.decode()
    archive_program(made, is_archived=False, actor=CLERK, at=NOW)
    assert code_of(story.newcomer) is None

    assert phone.post("/me/referral").status_code == 302

    page = phone.get("/me/referral").content.decode()
    code = code_of(story.newcomer)
    assert f"http://testserver/r/{code}" in page
    assert resolve(f"/r/{code}").view_name == "web:invited"


def test_phone__of_the_referrer__names_friends_masked_and_tells_no_suspicion(
    client: Client, story: Story
) -> None:
    tell_referrals(story)

    page = come_in(client, story.regular).get("/me/referral").content.decode()

    assert "박지우" not in page
    assert "박*우" in page
    assert "확인하고 있어요" in page
    assert "기기" not in page


def test_phone__friends_code__is_told_once_by_the_newcomer(client: Client, story: Story) -> None:
    told = tell_referrals(story)
    friend = newcomer("friend-3")
    phone = come_in(client, friend)
    assert f'value="{told.code}"' in phone.get(f"/me/referral?code={told.code}").content.decode()

    wrong = phone.post("/me/referral/friend", {"code": "000-000-000"})
    assert wrong.status_code == 422
    assert "그런 추천 코드가 없어요." in wrong.content.decode()
    assert 'aria-invalid="true" aria-describedby="refused code-h"' in wrong.content.decode()
    assert phone.post("/me/referral/friend", {"code": told.code}).status_code == 302

    assert standing_of(friend, at=NOW).came_by is not None
    assert "나도 친구의 초대로 왔어요" in phone.get("/me/referral").content.decode()
    for _ in range(4):
        phone.post("/me/referral/friend", {"code": "000-000-000"})
    assert "초 뒤에" in phone.post("/me/referral/friend", {"code": "000-000-000"}).content.decode()


def test_phone__member_of_old__is_asked_for_no_code(client: Client, story: Story) -> None:
    told = tell_referrals(story)
    phone = come_in(client, story.customers["1502"])

    assert 'action="/me/referral/friend"' not in phone.get("/me/referral").content.decode()
    assert phone.post("/me/referral/friend", {"code": told.code}).status_code == 422


def test_link__of_a_member__shows_the_code_without_a_cookie_or_a_name(client: Client, story: Story) -> None:
    told = tell_referrals(story)

    answer = client.get(f"/r/{told.code.replace('-', '').lower()}")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert told.code in page
    assert "300P" in page
    # Of who looks nothing is kept: the one cookie is that of the form that changes the language.
    assert set(answer.cookies) <= {"csrftoken"}
    assert not stands_in("1501", page)


def test_link__unknown_or_closed__says_so_and_guesses_are_counted(client: Client, story: Story) -> None:
    told = tell_referrals(story)
    assert client.get("/r/000-000-000").status_code == 404
    archive_program(told.program_id, actor=CLERK, at=NOW)
    closed = client.get(f"/r/{told.code}")
    assert (closed.status_code, "지금은 친구 추천을 받지 않아요." in closed.content.decode()) == (404, True)
    for _ in range(4):
        client.get("/r/000-000-000")

    assert client.get(f"/r/{told.code}").status_code == 429
