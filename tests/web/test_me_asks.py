"""What the till asks a member on their phone: what and how much, yes or no, and nobody else's."""

from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.access.members.sessions import How, open_session
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.promotions.counter import confirmation_of
from dangol.web.member_door import COOKIE
from tests.web.story import NOW, Story
from tests.web.till_shop import hold_points, spendable

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def phone_of(customer_id: Id) -> Client:
    phone = Client(headers={"accept-language": "ko"})
    phone.cookies[COOKIE] = open_session(customer_id, How.CODE, at=NOW)
    return phone


def test_asks__of_a_held_sale__say_what_and_how_much_on_every_page_that_leads_there(story: Story) -> None:
    phone = phone_of(story.newcomer)
    assert phone.get("/me/asks/count").json() == {"waiting": 0}
    assert "지금은 확인할 것이 없어요" in phone.get("/me/asks").content.decode()

    hold_points(story.newcomer)

    page = phone.get("/me/asks").content.decode()
    assert phone.get("/me/asks/count").json() == {"waiting": 1}
    for words in ("이렇게 쓸까요?", "1,000P", "$10만큼 내요", "$49"):
        assert words in page
    assert "계산대에서 확인을 기다려요" in phone.get("/me/").content.decode()


@pytest.mark.parametrize(("says", "state", "left"), [("yes", "confirmed", 0), ("no", "declined", 1_000)])
def test_answer__yes_or_no__is_kept_once_and_a_no_gives_back(
    story: Story, says: str, state: str, left: int
) -> None:
    sale_id, phone = hold_points(story.newcomer), phone_of(story.newcomer)

    answers = [phone.post(f"/me/asks/{show_id(sale_id)}", {"says": says}) for _ in range(2)]

    told = confirmation_of(sale_id)
    assert told is not None
    assert (told.state, told.how) == (state, "phone")
    assert [one.get("Location") for one in answers] == [f"/me/asks?said={says}"] * 2
    assert spendable(story.newcomer) == left
    assert phone.get("/me/asks/count").json() == {"waiting": 0}


def test_answer__by_another_too_late_or_neither__changes_nothing(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale_id = hold_points(story.newcomer)
    address = f"/me/asks/{show_id(sale_id)}"
    mine, others = phone_of(story.newcomer), phone_of(story.regular)

    strange = others.post(address, {"says": "yes"})
    neither = mine.post(address, {"says": "maybe"})
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + timedelta(minutes=5))
    late = mine.post(address, {"says": "yes"})

    assert (strange.status_code, neither.status_code, late.status_code) == (404, 302, 409)
    assert "확인할 시간이 지났어요" in late.content.decode()
    assert others.get("/me/asks/count").json() == {"waiting": 0}
    told = confirmation_of(sale_id)
    assert told is not None
    assert told.state == "waiting"


def test_asks__without_a_session__lead_to_sign_in(story: Story) -> None:
    sale_id = hold_points(story.newcomer)

    for address in ("/me/asks", "/me/asks/count", f"/me/asks/{show_id(sale_id)}"):
        assert Client().get(address)["Location"] == "/me/sign-in"
    told = confirmation_of(sale_id)
    assert told is not None
    assert told.state == "waiting"
