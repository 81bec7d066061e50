"""Passkeys in a real browser, with Chromium's virtual authenticator for a finger on the sensor."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page
from pytest_django.fixtures import Settings

from dangol.core.access.models import SignIn, StaffSession
from dangol.core.access.services import suspend_staff
from dangol.core.people.models import Staff
from dangol.project.clock import now
from tests.sizes import drawn
from tests.web.staff import PASSWORD, make_staff
from tests.web.story import Story
from tests.web.test_browser import find_violations, watch

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
Open = Callable[..., BrowserContext]


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    """Ask for a second factor, as an instance does."""
    settings.MFA_REQUIRED = True


@pytest.fixture
def page(open_context: Open, story: Story) -> Page:
    """Return a window that is not signed in, on a device that has a sensor."""
    context = open_context()
    context.clear_cookies()
    return with_sensor(context.new_page())


def with_sensor(page: Page, **changed: Any) -> Page:
    """Give the page's device an authenticator that is touched at once."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options | changed})
    return page


def give_password(page: Page, username: str = "owner") -> None:
    """Fill in the sign-in page."""
    page.goto("/sign-in")
    page.locator("#username").fill(username)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")


def sign_out(page: Page) -> None:
    """Sign out by the account button."""
    page.goto("/account")
    page.locator("[popovertarget=account]").click()
    page.locator("#account").get_by_role("button", name="로그아웃하기").click()
    page.wait_for_url("**/sign-in")


def add_passkey(page: Page, name: str = "사무실 노트북") -> None:
    """Set up a passkey from the page one is led to."""
    page.wait_for_url("**/account/second-factor")
    page.get_by_role("link", name="패스키로 하기").click()
    page.locator("#name").fill(name)
    page.get_by_role("button", name="더하기").click()
    page.wait_for_url("**/account/codes")


def test_passkey__set_up_at_the_first_sign_in__from_then_on_alone_lets_in(page: Page) -> None:
    complaints = watch(page)
    give_password(page)
    add_passkey(page)

    assert page.locator(".codes li").count() == 10
    assert not find_violations(page)
    page.get_by_role("link", name="적어 두었어요").click()
    page.wait_for_url("**/")
    sign_out(page)
    page.get_by_role("button", name="패스키로 로그인하기").click()
    page.get_by_role("heading", name="현황").wait_for()

    assert {"password", "passkey"} <= set(StaffSession.objects.values_list("how", flat=True))
    assert complaints == []


def test_passkey__after_the_password__is_the_second_factor(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    sign_out(page)
    give_password(page)
    page.wait_for_url("**/sign-in/code")
    assert not find_violations(page)

    page.get_by_role("button", name="패스키 쓰기").click()
    page.get_by_role("heading", name="현황").wait_for()

    assert "password+security_key" in set(StaffSession.objects.values_list("how", flat=True))


def test_passkey__next__leads_where_one_was_going(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    sign_out(page)
    page.goto("/members?sort=spend")

    page.get_by_role("button", name="패스키로 로그인하기").click()
    page.wait_for_url("**/members?sort=spend")


def test_passkey__another_device__says_so_in_words(page: Page, open_context: Open) -> None:
    give_password(page)
    add_passkey(page)
    context = open_context()
    context.clear_cookies()
    stranger = with_sensor(context.new_page())
    complaints = watch(stranger)
    stranger.goto("/sign-in")
    assert not stranger.get_by_text("패스키를 쓰지 못했어요").is_visible()

    stranger.get_by_role("button", name="패스키로 로그인하기").click()
    stranger.get_by_role("alert").wait_for()

    assert "패스키를 쓰지 못했어요" in stranger.get_by_role("alert").inner_text()
    assert not find_violations(stranger)
    assert complaints == []


def test_passkey__of_someone_suspended__is_answered_like_an_unknown_one(page: Page) -> None:
    clerk = make_staff("clerk", "agent")
    give_password(page, "clerk")
    add_passkey(page)
    suspend_staff(clerk.pk, reason="left", by=make_staff().pk, at=now())
    page.goto("/members")
    page.wait_for_url("**/sign-in?next=/members")

    page.get_by_role("button", name="패스키로 로그인하기").click()
    page.wait_for_url("**/sign-in?passkey=failed")

    assert "그 패스키로는 들어올 수 없어요" in page.get_by_role("alert").inner_text()
    assert not StaffSession.objects.filter(staff=clerk, ended_at=None).exists()


def test_passkey__renamed_and_removed__the_last_one_stays(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    page.goto("/account")

    page.get_by_role("link", name="이름 바꾸기").click()
    assert not find_violations(page)
    page.locator("#name").fill("새 이름")
    page.get_by_role("button", name="바꾸기").click()
    page.get_by_text("새 이름").first.wait_for()
    page.get_by_role("link", name="없애기 새 이름").click()

    assert "하나 남은 두 번째 인증은 없앨 수 없어요" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="없애기").count() == 0
    # The form itself is refused, too.
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(page.url, form={"csrfmiddlewaretoken": token}, headers={"Referer": page.url})
    assert answer.status == 422
    assert Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).count() == 1


def test_passkey__second_one__the_first_may_go(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    # One device keeps one passkey for each person: a second one lies on a key of its own.
    with_sensor(page, transport="usb")
    page.goto("/account/passkeys/add")
    page.locator("#name").fill("보안 키")
    page.locator("#passkey-alone").uncheck()
    page.get_by_role("button", name="더하기").click()
    page.wait_for_url("**/account")
    page.get_by_role("link", name="없애기 사무실 노트북").click()

    page.get_by_role("button", name="없애기").click()
    page.wait_for_url("**/account")

    names = [one.wrap().name for one in Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN)]
    assert names == ["보안 키"]


def test_passkey__address_of_digits__is_not_offered(page: Page, settings: Settings) -> None:
    make_staff()
    page.goto("/sign-in")
    base = page.url.replace("localhost", "127.0.0.1")

    page.goto(base)

    assert page.get_by_role("button", name="패스키로 로그인하기").count() == 0


def test_sign_ins__by_passkey__are_written_down(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    sign_out(page)
    page.get_by_role("button", name="패스키로 로그인하기").click()
    page.get_by_role("heading", name="현황").wait_for()

    rows = SignIn.objects.filter(staff=Staff.objects.get(username="owner")).order_by("id")
    told = [row for row in rows.values_list("outcome", "how") if row[1] != ""]
    assert told == [("signed_in", "password"), ("signed_out", "password"), ("signed_in", "passkey")]


@pytest.mark.parametrize(("language", "scheme"), drawn([("ko", "dark"), ("en", "light")], one_in=2))
def test_pages__of_one_s_factors__are_accessible_in_both_languages(
    open_context: Open, story: Story, language: str, scheme: str
) -> None:
    context = open_context(language=language, scheme=scheme, width=390)
    context.clear_cookies()
    page = with_sensor(context.new_page())
    complaints = watch(page)
    give_password(page)
    page.wait_for_url("**/account/second-factor")
    assert not find_violations(page)
    page.goto("/account/passkeys/add")
    page.locator("#name").fill("1")
    page.locator("#passkey-go").click()
    page.wait_for_url("**/account/codes")
    key = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).pk

    addresses = (
        "/account", "/account/codes", "/account/codes/new", "/account/app", "/account/password",
        "/account/again", "/account/again/code", "/account/again/passkey", "/account/passkeys/add",
        f"/account/passkeys/{key}/name", f"/account/passkeys/{key}/remove",
    )  # fmt: skip
    for address in drawn(addresses, one_in=3):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert page.url.endswith(address), page.url
        assert not find_violations(page), f"{address}: {find_violations(page)}"
        words = set(re.findall("[가-힣]+", page.locator("main").inner_text()))
        assert (words <= {"한국어"}) is (language == "en"), f"{address}: {words}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    assert complaints == []


def test_again__by_passkey__leads_on(page: Page) -> None:
    give_password(page)
    add_passkey(page)
    page.goto("/account/again/passkey?next=/account/app")

    page.get_by_role("button", name="패스키 쓰기").click()

    page.wait_for_url("**/account/app")
