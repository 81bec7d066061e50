"""The pages of those who work here: invited, changed, suspended, recovered, and always somebody in charge."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.models import Grant, StaffRole, StaffSession
from dangol.core.access.rights import Role
from dangol.core.people.models import Staff
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NEW = "four words in a row"
WHO = {"username": "haneul", "name": "김하늘", "role": "agent", "store": "", "reason": "새 상담원"}


def link_in(answer: Any) -> str:
    """Return the path of the link a page shows."""
    found = re.search(
        r'<code class="secret">http://testserver(/welcome/[\w-]+)</code>', answer.content.decode()
    )
    assert found is not None, answer.content.decode()
    return found[1]


def accept(link: str, password: str = NEW) -> Any:
    """Choose a password by a link, in a browser that knows nothing."""
    return Client(headers={"accept-language": "ko"}).post(link, {"password": password, "again": password})


def test_invite__accepted__comes_in_and_must_set_up_a_second_factor(
    clerk: Client, story: Story, settings: Settings
) -> None:
    answer = clerk.post("/staff/invite", WHO)
    link = link_in(answer)
    # With `no-referrer` a browser says `Origin: null`, and every form would be refused.
    assert {answer["Referrer-Policy"], Client().get(link)["Referrer-Policy"]} == {"same-origin"}
    assert "no-store" in answer["Cache-Control"]

    answer = accept(link)

    assert answer["Location"] == "/sign-in?opened=1"
    settings.MFA_REQUIRED = True
    browser = Client()
    browser.post("/sign-in", {"login": "haneul", "password": NEW})
    assert browser.get("/members")["Location"] == "/account/second-factor"
    assert accept(link).status_code == HTTPStatus.NOT_FOUND
    assert link not in clerk.get("/staff").content.decode()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"username": "OWNER"}, "이미 다른 사람이 쓰는 아이디예요"),
        ({"username": "a b"}, "아이디로 쓸 수 없는 글자"),
        ({"role": ""}, "라는 역할은 없어요"),
        ({"role": "root"}, "라는 역할은 없어요"),
        ({"store": "367"}, "매장은 매장 직원에게만"),
        ({"role": "store", "store": "no"}, "no번 매장은 없어요"),
        ({"reason": " "}, "이유가 비었거나"),
    ],
)
def test_invite__what_cannot_be__says_why_and_keeps_what_was_typed(
    clerk: Client, story: Story, changed: dict[str, str], words: str
) -> None:
    answer = clerk.post("/staff/invite", WHO | changed)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert 'value="김하늘"' in page
    assert Staff.objects.count() == 1


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [
        ("short", "short", "15자 이상"),
        (NEW, "another row of words", "서로 달라요"),
        ("", "", "15자 이상"),
    ],
)
def test_welcome__unfit_password__says_why_and_the_link_stays(
    clerk: Client, story: Story, password: str, again: str, words: str
) -> None:
    link = link_in(clerk.post("/staff/invite", WHO))

    answer = Client(headers={"accept-language": "ko"}).post(link, {"password": password, "again": again})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert accept(link).status_code == HTTPStatus.FOUND


def test_welcome__address_made_up__says_the_same_as_a_used_one(client: Client, story: Story) -> None:
    for secret in ("x", "%00", "가" * 50, "a" * 2_000):
        answer = client.get(f"/welcome/{secret}", headers={"accept-language": "ko"})

        assert answer.status_code == HTTPStatus.NOT_FOUND, secret
        assert "이 링크로는 열 수 없어요" in answer.content.decode()


def test_suspend__on_the_page__their_browser_is_out_at_once(clerk: Client, story: Story) -> None:
    agent = make_staff("haneul", Role.AGENT)
    theirs = sign_in(Client(), "haneul")
    assert theirs.get("/members").status_code == HTTPStatus.OK

    clerk.post(f"/staff/{agent.pk}/suspend", {"reason": "그만뒀어요"})

    assert theirs.get("/members")["Location"].startswith("/sign-in")
    page = clerk.get(f"/staff/{agent.pk}").content.decode()
    assert "그만뒀어요" in page
    assert "다시 쓰게 하기" in page
    clerk.post(f"/staff/{agent.pk}/restore", {"reason": "돌아왔어요"})
    assert StaffRole.objects.get(staff=agent).suspended_at is None


def test_recover__on_the_page__shows_a_link_and_ends_everything(clerk: Client, story: Story) -> None:
    agent = make_staff("haneul", Role.AGENT)
    Authenticator.objects.create(user=agent, type=Authenticator.Type.TOTP, data={"secret": "x"})
    theirs = sign_in(Client(), "haneul")

    link = link_in(clerk.post(f"/staff/{agent.pk}/recover", {"reason": "휴대폰을 잃어버렸어요"}))

    assert theirs.get("/members")["Location"].startswith("/sign-in")
    assert not Authenticator.objects.exists()
    assert accept(link).status_code == HTTPStatus.FOUND


def test_role__to_a_store__is_kept_and_told(clerk: Client, story: Story) -> None:
    agent = make_staff("haneul", Role.AGENT)
    with write_transaction():
        upsert_stores([StoreRow("1", "강남점")], recorded_at=NOW)

    clerk.post(f"/staff/{agent.pk}/role", {"role": "store", "store": "1", "reason": "강남점으로 가요"})

    page = clerk.get(f"/staff/{agent.pk}").content.decode()
    assert "매장 직원 · 강남점 · 역할이 바뀌었어요" in page
    assert "강남점으로 가요" in page
    assert "강남점" in clerk.get("/staff").content.decode()


@pytest.mark.parametrize("act", ["role", "suspend", "restore", "recover"])
def test_change__of_oneself_by_hand__is_refused_in_words(clerk: Client, story: Story, act: str) -> None:
    me = Staff.objects.get(username="owner")

    answer = clerk.post(f"/staff/{me.pk}/{act}", {"role": "agent", "reason": "why"})

    assert answer.status_code == 422
    assert "자기 역할은 스스로 바꿀 수 없어요" in answer.content.decode()
    assert Grant.objects.count() == 1
    assert f'action="/staff/{me.pk}/' not in clerk.get(f"/staff/{me.pk}").content.decode()


@pytest.mark.parametrize("number", [0, 999_999, 2**63 - 1, 2**63, 10**30])
def test_person__nobody__is_not_found(clerk: Client, story: Story, number: int) -> None:
    assert clerk.get(f"/staff/{number}").status_code == HTTPStatus.NOT_FOUND
    assert clerk.post(f"/staff/{number}/suspend", {"reason": "x"}).status_code == HTTPStatus.NOT_FOUND


def test_auditor__on_the_pages__sees_and_changes_nothing(story: Story) -> None:
    agent = make_staff("haneul", Role.AGENT)
    browser = sign_in(Client(), "auditor", Role.AUDITOR)

    page = browser.get(f"/staff/{agent.pk}").content.decode()

    assert "역할의 기록" in page
    assert f"/staff/{agent.pk}/" not in page
    assert "/staff/invite" not in browser.get("/staff").content.decode()


def test_own_sessions__ended_one_by_one_and_all_others(story: Story) -> None:
    here, there, third = (sign_in(Client()) for _browser in range(3))
    mine, other, _last = StaffSession.objects.order_by("id")

    here.post(f"/account/sessions/{show_id(other.id)}/end")

    assert there.get("/design").status_code == HTTPStatus.FOUND
    assert third.get("/design").status_code == HTTPStatus.OK
    here.post("/account/sessions/end-others")
    assert third.get("/design").status_code == HTTPStatus.FOUND
    assert here.get("/design").status_code == HTTPStatus.OK
    assert [one.id for one in StaffSession.objects.filter(ended_at=None)] == [mine.id]


def test_session__of_another__cannot_be_ended(story: Story) -> None:
    theirs = sign_in(Client(), "haneul", Role.AGENT)
    session = StaffSession.objects.get()

    answer = sign_in(Client()).post(f"/account/sessions/{show_id(session.id)}/end")

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert theirs.get("/design").status_code == HTTPStatus.OK


def test_end_sessions__by_the_owner__they_may_sign_in_again(clerk: Client, story: Story) -> None:
    agent = make_staff("haneul", Role.AGENT)
    theirs = sign_in(Client(), "haneul")

    clerk.post(f"/staff/{agent.pk}/end-sessions")

    assert theirs.get("/design").status_code == HTTPStatus.FOUND
    sign_in(theirs, "haneul")
    assert theirs.get("/design").status_code == HTTPStatus.OK


def test_names__like_markup__are_text(clerk: Client, story: Story) -> None:
    link_in(clerk.post("/staff/invite", WHO | {"name": "<b>x</b>", "reason": "<script>alert(1)</script>"}))
    number = Staff.objects.get(username="haneul").pk

    page = clerk.get(f"/staff/{number}").content.decode()

    assert "<b>x</b>" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
