"""How a member comes in and goes, and what proves that it is they."""

import re

import pytest
from django.test import Client

from dangol.core.access.members.codes import WrongCode
from dangol.core.access.members.links import make_link
from dangol.core.access.members.models import MemberLink, MemberSession
from dangol.core.access.members.sessions import How
from dangol.core.messaging.sink import Sink
from dangol.core.people.held import held_by
from dangol.core.people.models import Shop
from dangol.core.people.selectors import consents_of
from dangol.core.storage.ids import show_id
from dangol.web.member_door import COOKIE
from tests.core.messaging.ways import Scripted, use
from tests.web.phones import PAGES, ask, come_in, deliver, give_email
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def sample_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is sent, as a sample shop does."""
    use(monkeypatch, Sink())


@pytest.fixture
def phone() -> Client:
    """Return a browser nobody is signed in at, which speaks Korean."""
    return Client(headers={"accept-language": "ko"})


@pytest.mark.parametrize("path", [*PAGES, "/me/data.json"])
def test_page__nobody_signed_in__leads_to_the_way_in(phone: Client, story: Story, path: str) -> None:
    answer = phone.get(path)

    assert (answer.status_code, answer["Location"]) == (302, "/me/sign-in")
    assert "no-store" in answer["Cache-Control"]


def test_page__staff_signed_in__is_no_member(clerk: Client, story: Story) -> None:
    assert clerk.get("/me/")["Location"] == "/me/sign-in"


def test_staff_page__member_signed_in__stays_closed(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)

    assert phone.get("/members")["Location"].startswith("/sign-in")


def test_sign_in__a_code_from_the_mail__opens_the_pass(phone: Client, story: Story) -> None:
    give_email(story.regular)
    ask(phone, "Kim@example.com")
    code = deliver()

    answer = phone.post("/me/code", {"code": code})

    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    cookie = answer.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/me")
    assert "1501" in phone.get("/me/").content.decode()
    assert phone.post("/me/code", {"code": code}).status_code == 422
    proved = {one.kind: one.verified_at for one in held_by([story.regular])}
    assert proved["email"]
    assert proved["external"] is None


def test_sign_in__code_in_another_browser__opens_nothing(phone: Client, story: Story) -> None:
    give_email(story.regular)
    ask(phone, "kim@example.com")
    code = deliver()

    answer = Client().post("/me/code", {"code": code})

    assert answer.status_code == 422
    assert COOKIE not in answer.cookies


def test_sign_in__member_or_nobody__answers_are_the_same(story: Story) -> None:
    give_email(story.regular)
    told = []
    for who in ("kim@example.com", "nobody@example.com", "212-555-0199"):
        browser = Client(headers={"accept-language": "en"})
        asked = browser.post("/me/sign-in", {"who": who})
        page = browser.get("/me/code").content
        wrong = browser.post("/me/code", {"code": "000000"}).content if "nobody" in who else b""
        told.append((asked.status_code, asked["Location"], _without_proof(page), len(asked.cookies)))
        assert b"not right" in wrong or not wrong

    assert told[0] == told[1]


def _without_proof(page: bytes) -> bytes:
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", page)


@pytest.mark.parametrize("who", ["", "kim", "12", "@", "a" * 500])
def test_sign_in__what_is_no_address__says_so_beside_the_field(phone: Client, story: Story, who: str) -> None:
    answer = phone.post("/me/sign-in", {"who": who})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_sign_in__asked_too_often__says_when(phone: Client, story: Story) -> None:
    for _ in range(5):
        ask(phone, "kim@example.com")

    answer = phone.post("/me/sign-in", {"who": "kim@example.com"})

    assert answer.status_code == 422
    assert "초 뒤에" in answer.content.decode()


def test_sign_in__nothing_can_be_sent__shows_the_counter_only(
    phone: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Scripted(ready=False))

    page = phone.get("/me/sign-in").content.decode()

    assert "QR" in page
    assert 'name="who"' not in page


def test_sign_in__signed_in_before__the_old_session_is_ended(phone: Client, story: Story) -> None:
    come_in(phone, story.newcomer)
    old = phone.cookies[COOKIE].value
    give_email(story.regular)
    ask(phone, "kim@example.com")

    phone.post("/me/code", {"code": deliver()})

    assert phone.cookies[COOKIE].value != old
    assert [row.customer_id for row in MemberSession.objects.all()] == [story.regular]


@pytest.mark.parametrize(
    ("wanted", "leads"),
    [
        ("/me/data", "/me/data"), ("https://elsewhere.example/me/", "/me/"),
        ("//elsewhere.example/me/", "/me/"), ("/members", "/me/"), ("javascript:alert(1)", "/me/"),
    ],
)  # fmt: skip
def test_sign_in__where_to_go_on__is_ours(phone: Client, story: Story, wanted: str, leads: str) -> None:
    give_email(story.regular)
    ask(phone, "kim@example.com")

    assert phone.post("/me/code", {"code": deliver(), "next": wanted})["Location"] == leads


def test_counter__qr__opens_on_the_phone_once(phone: Client, clerk: Client, story: Story) -> None:
    shown = clerk.post(f"/members/{show_id(story.regular)}/on-phone").content.decode()
    secret = make_link(story.regular, staff="owner", at=NOW)  # the one in the picture is read by cameras only
    path = f"/me/open/{secret}"

    looked = phone.get(path)
    answer = phone.post(path)

    assert '<svg role="img"' in shown
    assert looked.status_code == 200
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert phone.get("/me/").status_code == 200
    assert Client().post(path).status_code == 404
    assert MemberSession.objects.get().confirmed_at is None


def test_counter__staff_only_and_by_a_button__no_link_else(
    phone: Client, clerk: Client, story: Story
) -> None:
    path = f"/members/{show_id(story.regular)}/on-phone"

    assert phone.post(path).status_code == 302
    assert clerk.get(path).status_code == 405
    assert clerk.post(f"/members/{show_id(bytes(16))}/on-phone").status_code == 404
    assert not MemberLink.objects.exists()


def test_form__without_proof__changes_nothing(story: Story) -> None:
    strict = Client(enforce_csrf_checks=True)
    come_in(strict, story.regular)

    for path in ("/me/leave", "/me/consents", "/me/sign-out", "/me/confirm"):
        assert strict.post(path).status_code == 403, path
    assert consents_of([story.regular])[story.regular][0].granted


def test_sign_out__afterwards__this_browser_only(phone: Client, story: Story) -> None:
    other = come_in(Client(), story.regular)
    come_in(phone, story.regular)

    phone.post("/me/sign-out")

    assert phone.get("/me/").status_code == 302
    assert other.get("/me/").status_code == 200


def test_confirm__by_a_code__is_fresh_and_leads_back(phone: Client, story: Story) -> None:
    give_email(story.regular)
    come_in(phone, story.regular, How.LINK)
    assert "확인했어요" not in phone.get("/me/confirm").content.decode()

    phone.post("/me/confirm", {"send": "1"})
    code = deliver()
    assert phone.post("/me/confirm", {"code": "x"}).status_code == 422
    answer = phone.post("/me/confirm", {"code": code})

    assert answer["Location"] == "/me/confirm"
    assert "확인했어요" in phone.get("/me/confirm").content.decode()


def test_confirm__somebody_else_s_code__confirms_nothing(phone: Client, story: Story) -> None:
    give_email(story.newcomer, "other@example.com")
    ask(phone, "other@example.com")
    code = deliver()
    come_in(phone, story.regular, How.LINK)

    assert phone.post("/me/confirm", {"code": code}).status_code == 422
    assert MemberSession.objects.get(customer_id=story.regular).confirmed_at is None


def test_confirm__no_email__says_what_else(phone: Client, story: Story) -> None:
    come_in(phone, story.regular, How.LINK)

    assert "신분을 확인" in phone.get("/me/confirm").content.decode()


def test_kept_messages__a_sample_shop__shows_the_code(clerk: Client, phone: Client, story: Story) -> None:
    assert "없어요" in clerk.get("/messages").content.decode()
    give_email(story.regular)
    ask(phone, "kim@example.com")
    code = deliver()

    page = clerk.get("/messages").content.decode()

    assert code in page
    assert "kim@example.com" in page
    assert 'href="/messages"' in page
    assert phone.get("/messages").status_code == 302


def test_kept_messages__a_real_shop__shows_none(clerk: Client, story: Story) -> None:
    Shop.objects.update(sample_shift_weeks=None)

    page = clerk.get("/messages").content.decode()

    assert "남기지 않아요" in page
    assert 'href="/messages"' not in page


def test_wrong_code__its_words__tell_nothing() -> None:
    assert WrongCode().data == {}
