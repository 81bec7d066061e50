"""The member's pages in a real browser: accessible, narrow, without scripts, by keys alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from dangol.core.access.members.links import make_link
from dangol.core.access.members.sessions import How, open_session
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import normalize
from dangol.web.member_door import COOKIE
from tests.sizes import SEED, drawn
from tests.web.coupons import tell_coupons
from tests.web.story import NOW, Story
from tests.web.test_browser import (
    LANGUAGES,
    LOOKS,
    Open,
    find_violations,
    looks_at,
    open_at,
    watch,
)
from tests.web.till_shop import hold_points
from tests.web.windows import be_patient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def on_phone(browser: Browser, live_server: LiveServer, story: Story) -> Iterator[object]:
    """Return a maker of a member's browser windows."""
    with write_transaction():
        row = PersonRow(story.regular, name="김하늘", email="kim@example.com", phone="212-555-0123")
        assert set_people([row], recorded_at=NOW) == [None]
    opened: list[BrowserContext] = []

    def make(*, language: str = "ko", scripts: bool = True, width: int = 390) -> BrowserContext:
        context = be_patient(browser.new_context(
            base_url=live_server.url, locale=language, viewport={"width": width, "height": 844},
            java_script_enabled=scripts, reduced_motion="reduce",
        ))  # fmt: skip
        token = open_session(story.regular, How.CODE, at=NOW)
        context.add_cookies([{"name": COOKIE, "value": token, "url": f"{live_server.url}/me/"}])
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


def me_paths(story: Story) -> dict[str, str]:
    """Return an address of each of the member's pages, by a name for its picture."""
    hold_points(story.regular)
    secret = make_link(story.regular, staff="owner", at=NOW)
    secret, told = make_link(story.regular, staff="owner", at=NOW), tell_coupons(story)
    return {
        "me-coupons": "/me/coupons", "me-coupon": f"/me/coupons/{normalize(told.held)}",
        "me-coupon-used": f"/me/coupons/{normalize(told.used)}",
        "me": "/me/", "me-barcode": "/me/barcode", "me-history": "/me/history",
        "me-history-none": "/me/history?kind=expired", "me-data": "/me/data", "me-leave": "/me/leave",
        "me-confirm": "/me/confirm", "me-sign-in": "/me/sign-in", "me-code": "/me/code",
        "me-open": f"/me/open/{secret}", "me-link-over": "/me/open/nothing",
        "me-asks": "/me/asks",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page__320_pixels_and_axe__no_sideways_scroll_no_violation(
    on_phone: Open, story: Story, language: str
) -> None:
    page = on_phone(language=language).new_page()
    complaints = watch(page)

    for place, path in drawn(list(enumerate(me_paths(story).values())), one_in=2):
        for look in looks_at((place + SEED) // 2, language):
            open_at(page, path, look)
    assert [one for one in complaints if "404" not in one] == []


def test_consents_language_and_leaving__no_scripts_keys_only__work(on_phone: Open, story: Story) -> None:
    page = on_phone(scripts=False).new_page()
    page.goto("/me/data")

    page.get_by_role("button", name="그만 받기").first.press("Enter")
    page.get_by_text("이제 보내지 않아요.").wait_for()
    page.get_by_role("button", name="English").press("Enter")
    page.get_by_role("link", name="Leave").press("Enter")
    page.get_by_role("button", name="Leave").press("Enter")

    page.get_by_role("heading", name="Left the program").wait_for()
    page.goto("/me/")
    assert page.url.endswith("/me/sign-in")


def test_counter__qr_page__axe_and_opens_for_a_phone(
    on_phone: Open,
    open_context: Open,
    story: Story,
) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto(f"/members/{show_id(story.regular)}")
    page.get_by_role("button", name="회원 휴대폰에 열기").click()

    page.get_by_role("img", name="회원 휴대폰에 여는 QR").wait_for()
    for look in drawn(LOOKS[:4], one_in=4):
        page.set_viewport_size({"width": look.width, "height": 900})
        page.emulate_media(color_scheme=look.scheme)
        assert not find_violations(page), f"{look}: {find_violations(page)}"
    page.goto("/messages")
    assert not find_violations(page)
    assert complaints == []


def test_home__installed__has_what_a_phone_asks_for(on_phone: Open, story: Story) -> None:
    page = on_phone().new_page()
    page.goto("/me/")

    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")

    assert told["errors"] == []
    assert told["url"].endswith("/me/manifest.webmanifest")
