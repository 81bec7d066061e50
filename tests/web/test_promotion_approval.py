"""A second person on the pages: asked on the promotion, decided under approvals, told to who asked."""

import re

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.editing import find_promotion
from tests.web.promotions import address, draft
from tests.web.second_person import decide, limits
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def send(client: Client, promotion: Id, act: str = "/publish", reason: str = "가을 행사예요") -> None:
    form = re.search(r'name="form" value="([^"]+)"', client.get(address(promotion, "/diff")).content.decode())
    assert form
    answer = client.post(address(promotion, act), {"revision": "1", "form": form[1], "reason": reason})
    assert answer.status_code == 302, answer.content.decode()


def is_live(promotion: Id) -> bool:
    return find_promotion(promotion).state(NOW) == "live"


def test_diff__above_a_limit__says_why_and_asks(clerk: Client, story: Story) -> None:
    limits(approve_budget_above=100_000, approve_share_above=500)
    made = draft()

    page = clerk.get(address(made, "/diff")).content.decode()

    assert "다른 사람이 승인해야 발행돼요" in page
    assert "예산을 정하지 않았어요. 혼자서는 예산 $1,000까지 발행해요." in page
    assert "10%까지 깎아요. 혼자서는 5%까지 발행해요." in page
    assert address(made, "/ask") in page
    assert address(made, "/publish") not in page


def test_publication__asked_and_approved__is_live(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft(name="가을 할인")

    send(clerk, made)
    waits = clerk.get(address(made, "/diff")).content.decode()
    asked = other.get("/approvals").content.decode()
    before = is_live(made)
    decide(other, "approve")

    assert "님이 승인을 부탁했어요." in waits
    assert "‘가을 할인’ 발행하기" in asked
    assert address(made, "/diff") in asked
    assert (before, is_live(made)) == (False, True)


def test_publication__asked_by_oneself__cannot_be_decided(clerk: Client, story: Story) -> None:
    limits(approve_always=True)

    send(clerk, draft())

    page = clerk.get("/approvals").content.decode()
    assert "내가 요청한 일이라 다른 사람이 결정해야 해요." in page
    assert 'value="approve"' not in page


def test_publication__declined__says_who_and_why(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()

    send(clerk, made)
    decide(other, "decline", "너무 일러요")

    page = clerk.get(address(made, "/diff")).content.decode()
    assert "님이 거절했어요: 너무 일러요" in page
    assert "승인 부탁하기" in page
    assert not is_live(made)


def test_publication__of_a_marketer__is_asked_for_and_approved(clerk: Client, story: Story) -> None:
    marketer, made = sign_in(Client(), "marketer", Role.MARKETER), draft()

    send(marketer, made, "/ask")
    decide(clerk, "approve")

    assert is_live(made)


def test_publication__without_a_reason__is_told_on_the_page(clerk: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()
    page = clerk.get(address(made, "/diff")).content.decode()
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form

    answer = clerk.post(address(made, "/ask"), {"revision": "1", "form": form[1], "reason": " "})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_settings__limits_eased__wait_for_another_owner(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    body = {"version": "1", "do": "look", "confirm_minutes": "5", "hold_minutes": "30", "undo_minutes": "30",
            "floors_hold": "1", "gives_use_back": "1"}  # fmt: skip
    looked = clerk.post("/checkout-settings/edit", body).content.decode()
    seen, form = (re.search(rf'name="{one}" value="([^"]+)"', looked) for one in ("seen", "form"))
    assert seen
    assert form
    assert "다른 사람이 승인해야 바뀌어요" in looked

    saved = clerk.post(
        "/checkout-settings/edit",
        body | {"do": "save", "seen": seen[1], "form": form[1], "reason": "바쁜 철이에요"},
    )
    asked = other.get("/approvals").content.decode()
    before = read_checkout().approve_always
    decide(other, "approve")

    assert saved["Location"].endswith("?saved=waits")
    assert "언제나 승인해야 발행돼요 → 아래 기준을 넘을 때만" in asked
    assert (before, read_checkout().approve_always) == (True, False)
    assert "언제나 승인해야 발행돼요 → 아래 기준을 넘을 때만" in other.get("/approvals").content.decode()
