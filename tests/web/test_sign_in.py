"""Signing in without a browser: passwords, an app's codes, recovery codes, and what is refused."""

import re
import time
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.models import SignIn, StaffSession
from dangol.core.access.rights import Role
from dangol.core.access.services import suspend_staff
from dangol.core.people.models import Staff
from dangol.project.clock import now
from tests.web.staff import PASSWORD, code_of, give_password, is_in, make_staff, set_up_app, sign_in
from tests.web.story import Story, open_shop, set_working

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    """Ask for a second factor, as an instance does."""
    settings.MFA_REQUIRED = True


@pytest.fixture(autouse=True)
def still() -> Iterator[None]:
    """Let no code's half minute and no count's minute end between two steps of a test."""
    with time_machine.travel(now(), tick=False):
        yield


@pytest.fixture
def staff(transactional_db: None) -> Staff:
    """Return the owner of a shop that is open."""
    open_shop()
    set_working()
    return make_staff()


def test_first_sign_in__password_only__leads_to_a_second_factor_and_nowhere_else(staff: Staff) -> None:
    client = Client()

    answer = client.get(give_password(client)["Location"])

    assert answer["Location"] == "/account/second-factor"
    assert client.get("/account/second-factor").status_code == HTTPStatus.OK
    for address in ("/", "/members", "/staff", "/account", "/account/password", "/account/codes"):
        assert client.get(address)["Location"] == "/account/second-factor", address


def test_app__set_up__from_then_on_a_code_is_asked(staff: Staff) -> None:
    client = Client()
    give_password(client)
    secret, _codes = set_up_app(client)
    assert is_in(client)

    other = Client()
    answer = give_password(other)

    assert answer["Location"] == "/sign-in/code"
    assert not is_in(other)
    answer = other.post("/sign-in/code", {"code": code_of(secret)})
    assert answer["Location"] == "/start"
    assert is_in(other)
    assert set(StaffSession.objects.values_list("how", flat=True)) == {"password", "password+totp"}


def test_app__secret_in_the_database__is_sealed(staff: Staff) -> None:
    client = Client()
    give_password(client)
    secret, codes = set_up_app(client)

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in kept
    assert not [code for code in codes if code in kept]
    assert Authenticator.objects.count() == 2


@pytest.mark.parametrize("steps", [0, -1, 1])
def test_code__used_once__opens_nothing_again(staff: Staff, steps: int) -> None:
    client = Client()
    give_password(client)
    secret, _codes = set_up_app(client)
    code = code_of(secret, steps=steps)

    first, second = Client(), Client()
    for browser in (first, second):
        give_password(browser)
        browser.post("/sign-in/code", {"code": code})

    assert is_in(first)
    assert not is_in(second)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "이 칸을 적어 주세요"),
        ("000000", "코드가 맞지 않아요"),
        ("abcdef", "코드가 맞지 않아요"),
        ("1" * 5_000, "코드가 맞지 않아요"),
        ("１２３４５６", "코드가 맞지 않아요"),
        ("\0", 'aria-invalid="true"'),
    ],
)
def test_code__wrong__is_refused_in_words(staff: Staff, code: str, words: str) -> None:
    client = Client()
    give_password(client)
    secret, _codes = set_up_app(client)
    assert code_of(secret) != code
    other = Client()
    give_password(other)

    answer = other.post("/sign-in/code", {"code": code}, headers={"accept-language": "ko"})

    assert answer.status_code == HTTPStatus.OK
    assert words in answer.content.decode()
    assert not is_in(other)


def test_code__guessed__is_closed_after_five_and_a_right_password_does_not_open_it(staff: Staff) -> None:
    client = Client()
    give_password(client)
    secret, _codes = set_up_app(client)

    statuses = []
    for number in range(8):
        guesser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        give_password(guesser)
        page = guesser.post("/sign-in/code", {"code": "000000"}, headers={"accept-language": "ko"})
        statuses.append("잠시 닫아 두었어요" in page.content.decode())

    assert statuses == [False] * 5 + [True] * 3
    owner = Client(REMOTE_ADDR="203.0.113.200")
    give_password(owner)
    owner.post("/sign-in/code", {"code": code_of(secret)})
    assert not is_in(owner), "the right code waits as well"


def test_recovery_code__once__lets_in(staff: Staff) -> None:
    client = Client()
    give_password(client)
    _secret, codes = set_up_app(client)
    assert len(set(codes)) == 10

    came = []
    for _time in range(2):
        other = Client()
        give_password(other)
        other.post("/sign-in/code", {"code": codes[3]})
        came.append(is_in(other))

    assert came == [True, False]
    assert "password+recovery_code" in set(StaffSession.objects.values_list("how", flat=True))


def test_recovery_codes__seen_once__are_not_shown_again(staff: Staff) -> None:
    client = Client()
    give_password(client)
    _secret, codes = set_up_app(client)

    page = client.get("/account/codes").content.decode()

    assert not [code for code in codes if f"{code[:4]} {code[4:]}" in page or code in page]
    answer = client.post("/account/codes/new", follow=True)
    fresh = re.findall(r"<li><code>([\d ]+)</code></li>", answer.content.decode())
    assert len(fresh) == 10
    assert not {code.replace(" ", "") for code in fresh} & set(codes)
    download = re.search(r'href="data:text/plain;charset=utf-8,([^"]+)" download', answer.content.decode())
    assert download is not None
    assert download[1].count("%0A") == 10


def test_last_factor__removed__is_refused(staff: Staff) -> None:
    client = Client()
    give_password(client)
    set_up_app(client)

    page = client.post("/account/app/remove", headers={"accept-language": "ko"}).content.decode()

    assert "하나 남은 두 번째 인증은 없앨 수 없어요" in page
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).exists()


def test_password__wrong_five_times__is_closed_with_the_same_words_for_nobody(staff: Staff) -> None:
    def tell(username: str, address: str) -> list[str]:
        browser = Client(REMOTE_ADDR=address)
        pages = [give_password(browser, "wrong", username).content.decode() for _time in range(7)]
        found = [re.findall(r'role="alert"><svg.*?<span>(.*?)</span>', page, re.DOTALL) for page in pages]
        return [words for one in found for words in one]

    there, nobody = tell("owner", "203.0.113.1"), tell("nobody-is-called-so", "203.0.113.2")

    assert there == nobody
    assert len(set(there[:5])) == 1
    assert "1분 뒤에" in there[5]
    answer = give_password(Client(REMOTE_ADDR="203.0.113.3"))
    assert "잠시 닫아 두었어요" in answer.content.decode(), "the right password waits as well"


def test_password__suspended__is_answered_like_a_wrong_one(staff: Staff) -> None:
    clerk = make_staff("clerk", Role.AGENT)
    suspend_staff(clerk.pk, reason="left", by=staff.pk, at=now())

    right = give_password(Client(), username="clerk").content.decode()
    wrong = give_password(Client(), "wrong", "clerk").content.decode()

    assert "아이디나 비밀번호가 달라요" in right
    assert re.sub(r'value="[^"]*"', "", right) == re.sub(r'value="[^"]*"', "", wrong)


def test_sign_ins__of_all_kinds__are_written_down(staff: Staff) -> None:
    client = Client(REMOTE_ADDR="203.0.113.7", HTTP_USER_AGENT="Firefox/99")
    give_password(client, "wrong")
    give_password(client, "typed my password here", "s3cret-password-as-a-name")
    give_password(client)
    client.post("/sign-out")

    rows = list(SignIn.objects.order_by("id").values_list("outcome", "staff", "how", "address", "browser"))

    here = ("203.0.113.7", "Firefox/99")
    assert rows == [
        ("failed", staff.pk, "password", *here),
        ("failed", None, "password", *here),
        ("signed_in", staff.pk, "password", *here),
        ("signed_out", staff.pk, "password", *here),
    ]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.1", "203.0.113.7"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        # Past one of two proxies: what stands there is not believed.
        (2, "198.51.100.1", "203.0.113.7"),
        (1, "unknown", "203.0.113.7"),
    ],
)
def test_address__behind_proxies__is_what_they_vouch_for(
    staff: Staff, settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    give_password(Client(REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR=forwarded), "wrong")

    assert SignIn.objects.get().address == address


def test_session__before_and_after_signing_in__has_another_key(staff: Staff) -> None:
    client = Client()
    client.get("/account/app")
    session = client.session
    session["planted"] = "by a stranger"
    session.save()
    planted = str(session.session_key)
    client.cookies["sessionid"] = planted

    give_password(client)

    assert client.cookies["sessionid"].value != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert stranger.get("/account/second-factor")["Location"].startswith("/sign-in")


def test_password__changed__ends_all_other_sessions(staff: Staff, settings: Settings) -> None:
    settings.MFA_REQUIRED = False
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        give_password(client)
    new = "a quite different row of words"

    answer = here.post("/account/password", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert answer["Location"] == "/account"
    assert is_in(here)
    assert not is_in(elsewhere)
    assert StaffSession.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [
        ("short", "short", "15자 이상"),
        ("x" * 129, "x" * 129, "128자보다 길어요"),
        ("", "", "적어 주세요"),
    ],
)
def test_password__new_one_unfit__says_why(
    staff: Staff, settings: Settings, new: str, again: str, words: str
) -> None:
    settings.MFA_REQUIRED = False
    client = Client(headers={"accept-language": "ko"})
    give_password(client)

    page = client.post("/account/password", {"oldpassword": PASSWORD, "password1": new, "password2": again})

    assert words in page.content.decode()
    assert Staff.objects.get().check_password(PASSWORD)


def test_change__long_after_signing_in__asks_for_the_password_again(
    staff: Staff, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MFA_REQUIRED = False
    client = Client()
    give_password(client)
    later = time.time() + 301
    monkeypatch.setattr("time.time", lambda: later)

    answer = client.get("/account/app")

    assert answer["Location"] == "/account/again?next=%2Faccount%2Fapp"
    assert client.post("/account/again?next=/account/app", {"password": "wrong"}).status_code == HTTPStatus.OK
    answer = client.post("/account/again?next=/account/app", {"password": PASSWORD})
    assert answer["Location"] == "/account/app"
    assert client.get("/account/app").status_code == HTTPStatus.OK


def test_csrf__forms_from_elsewhere__are_refused(staff: Staff) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client)

    for address in ("/sign-in", "/sign-out", "/account/app", "/staff/invite", "/account/sessions/end-others"):
        assert client.post(address, {"login": "owner"}).status_code == HTTPStatus.FORBIDDEN, address


def test_sign_out__by_a_link__is_not_possible(staff: Staff, settings: Settings) -> None:
    settings.MFA_REQUIRED = False
    client = sign_in(Client())

    assert client.get("/sign-out").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert is_in(client)


def test_sign_up__of_the_library__has_no_address(client: Client, story: Story) -> None:
    for address in ("/signup", "/signup/", "/accounts/signup/", "/account/email", "/password/reset/"):
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND, address


def test_passkey__made_up__is_refused_and_written_down(staff: Staff) -> None:
    client = Client(headers={"accept-language": "ko"})
    for credential in (
        "",
        "{}",
        "[]",
        "null",
        '"x"',
        '{"id":"AA","rawId":"AA","response":{},"type":"public-key"}',
    ):
        client.get("/sign-in/passkey", headers={"accept": "application/json"})

        answer = client.post("/sign-in/passkey", {"credential": credential}, follow=True)

        assert answer.redirect_chain == [("/sign-in?passkey=failed", 302)], credential
        assert "그 패스키로는 들어올 수 없어요" in answer.content.decode()
    assert set(SignIn.objects.values_list("outcome", "how")) == {("failed", "passkey")}


def test_rate__many_requests__are_told_to_slow_down(staff: Staff) -> None:
    client = Client(headers={"accept-language": "ko"})

    answers = [client.post("/sign-in/passkey", {"credential": "{}"}) for _time in range(12)]

    assert answers[-1].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "조금 천천히" in answers[-1].content.decode()


def test_again__by_a_code__counts_like_the_password(staff: Staff) -> None:
    client = Client(headers={"accept-language": "ko"})
    give_password(client)
    secret, _codes = set_up_app(client)

    wrong = client.post("/account/again/code?next=/account", {"code": "000000"})
    right = client.post("/account/again/code?next=/account", {"code": code_of(secret)})

    assert "코드가 맞지 않아요" in wrong.content.decode()
    assert right["Location"] == "/account"


def test_app__removed_where_none_is_required__recovery_codes_go_with_it(
    staff: Staff, settings: Settings
) -> None:
    client = Client()
    give_password(client)
    set_up_app(client)
    settings.MFA_REQUIRED = False

    assert client.get("/account/app/remove").status_code == HTTPStatus.OK
    assert client.post("/account/app/remove").status_code == HTTPStatus.FOUND
    assert not Authenticator.objects.exists()
