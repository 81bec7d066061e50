"""A signed-in clerk, a small shop with a history, and a clock that stands still."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from dangol.core.access.rights import Role
from dangol.core.people.setups import begin_setup
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.first_program import make_first_program
from tests.web.paths import Shown, kept_shown
from tests.web.staff import sign_in
from tests.web.story import NOW, Story, kept_story
from tests.web.windows import be_patient


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let every page be of one instant."""
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW)
    return NOW


@pytest.fixture
def story(transactional_db: None, still_clock: datetime) -> Story:
    """Return the people of a shop with three months of history: told once, then put back as it was."""
    return kept_story()


@pytest.fixture
def shown(transactional_db: None, still_clock: datetime) -> Shown:
    """Return the story with something on each page; whoever signs in does so after it."""
    return kept_shown()


@pytest.fixture
def new_shop(transactional_db: None, still_clock: datetime) -> None:
    """Open a shop as `dangol init` does: it has a first program, and its setup waits."""
    with write_transaction():
        set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
        begin_setup(at=NOW)
        make_first_program(currency="KRW", zone="Asia/Seoul", language="ko", recorded_at=NOW)


@pytest.fixture
def clerk(transactional_db: None) -> Client:
    """Return a signed-in browser that speaks Korean."""
    return sign_in(Client(headers={"accept-language": "ko"}))


@pytest.fixture
def other(transactional_db: None) -> Client:
    """Return another owner than the clerk, signed in."""
    return sign_in(Client(), "second", Role.OWNER)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Return a browser; the database may be spoken to although its event loop runs in this thread."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_context(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """Return a maker of signed-in browser windows."""
    opened = []

    def make(
        *, language: str = "ko", scheme: Any = "light", width: int = 1440, scripts: bool = True
    ) -> BrowserContext:
        client = sign_in(Client())
        viewport: ViewportSize = {"width": width, "height": 900}
        context = be_patient(browser.new_context(
            base_url=live_server.url, locale=language, color_scheme=scheme, viewport=viewport,
            reduced_motion="reduce", java_script_enabled=scripts,
        ))  # fmt: skip
        cookie = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
