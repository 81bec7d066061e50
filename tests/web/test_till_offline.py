"""The till in a real browser whose network goes: what was kept survives, and each sale is rung up once."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Error, Page, Playwright, Route, sync_playwright
from pytest_django.live_server_helper import LiveServer

from dangol.core.commerce.models import Order
from dangol.rooms.rewards.promotions.models import CounterSale, Sale
from tests.waiting import wait_for
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_browser import find_violations
from tests.web.test_till import points_of
from tests.web.windows import be_patient
from tests.web.wire import Wire, wire_to

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PHONE = "212-555-0178"
AMOUNTS = ("120.00", "30.50", "7")
# The first brings them into the gold tier, in which the others earn half as much again: only in this order.
EARNED = 120 + 45 + 10
# Without the browser's own locks every tab sends: the shop alone keeps a sale from being two.
NO_LOCKS = "delete Navigator.prototype.locks"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Return what starts browsers; while its event loop runs here, the database may be spoken to."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started


@pytest.fixture
def wire(live_server: LiveServer) -> Iterator[Wire]:
    with wire_to(live_server.url) as one:
        yield one


@pytest.fixture
def start(
    playwright: Playwright,
    chromium: str,
    wire: Wire,
    story: Story,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., BrowserContext]]:
    """Return what starts the till's browser: each time with the same profile."""
    began = time.monotonic()
    # The shop's clock goes on while the network is gone.
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW + timedelta(seconds=time.monotonic() - began))
    started: list[BrowserContext] = []

    def make(language: str = "ko") -> BrowserContext:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium, args=["--no-sandbox"],
            base_url=wire.address, locale=language, viewport={"width": 390, "height": 844},
            reduced_motion="reduce",
        )  # fmt: skip
        be_patient(context)
        # A browser that was killed may have lost its cookie: then one signs in again.
        let_in(context, wire, "owner")
        started.append(context)
        return context

    yield make
    for context in started:
        # One that was killed is gone already.
        with suppress(Error):
            context.close()


def let_in(context: BrowserContext, wire: Wire, name: str) -> None:
    """Let somebody be signed in."""
    cookie = sign_in(Client(), name).cookies["sessionid"].value
    lasts = time.time() + 3_600
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": wire.address, "expires": lasts}])


def open_till(context: BrowserContext) -> Page:
    """Open the till and wait until the browser could do without the network."""
    page = context.pages[0] if context.pages else context.new_page()
    page.goto("/till")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function(
        "() => caches.match('/till/offline').then((it) => it && Boolean(navigator.serviceWorker.controller))"
    )
    page.wait_for_function(
        """() => import('/static/web/till_queue.js').then((queue) => queue.fact('seal')).then(Boolean)"""
    )
    return page


def keep(page: Page, amount: str, who: str = PHONE) -> None:
    """Take a sale as a scanner and a keyboard do."""
    page.locator("#number").fill(who)
    page.locator("#number").press("Enter")
    page.locator("#late #amount").fill(amount)
    page.locator("#late #amount").press("Enter")
    # Nobody serves two customers in less.
    page.wait_for_timeout(400)


def waits(page: Page, count: int) -> None:
    page.wait_for_function(
        "(count) => document.getElementById('late-count')?.textContent === String(count)", arg=count
    )


def mend(wire: Wire, page: Page, *, mute_after: bytes = b"") -> None:
    """Let the network be back, of which a browser tells its page; else it finds out within five seconds."""
    wire.mend()
    wire.mute_after = mute_after
    page.evaluate("dispatchEvent(new Event('online'))")


def kept_text(page: Page) -> str:
    return str(
        page.evaluate("import('/static/web/till_queue.js').then((queue) => queue.all()).then(JSON.stringify)")
    )


def test_network_gone__sales_kept__survive_reload_and_go_once_in_order(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    page = open_till(start())

    wire.cut()
    page.locator("#find").fill(PHONE)
    page.locator("#find").press("Enter")
    page.get_by_text("지금은 연결이 없어요").wait_for()
    assert page.locator("#number").input_value() == PHONE, "what was typed goes on here"
    for amount in AMOUNTS:
        keep(page, amount)
    waits(page, 3)
    page.reload()
    waits(page, 3)
    assert page.locator("#waiting b").inner_text() == "3"
    # What is random may hold three of its digits in a row, but no group of them by itself.
    assert not re.search(r"555\W?0178|\b0178\b", kept_text(page)), "the number is sealed"
    assert not find_violations(page), find_violations(page)
    assert not Sale.objects.exists()
    wire.mend()
    waits(page, 0)

    orders = Order.objects.filter(customer_id=owner, source="till", number__in=sold_in(page))
    assert sorted(one.net_minor for one in orders) == [700, 3_050, 12_000]
    placed = {one.net_minor: one.placed_at for one in orders}
    assert placed[12_000] < placed[3_050] < placed[700], "each at its own instant"
    assert points_of(owner) - before == EARNED
    assert page.locator("#waiting").is_hidden()


def sold_in(page: Page) -> list[str]:
    return [one.split(" ")[0] for one in page.locator("#late-sold [data-about]").all_inner_texts()]


def test_browser__closed_while_the_network_is_gone__has_them_when_started_again(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    context = start()
    page = open_till(context)
    wire.cut()
    page.goto("/till/offline")
    keep(page, "120.00")
    waits(page, 1)
    context.close()

    page = start().new_page()
    page.goto("/till")
    waits(page, 1)
    assert points_of(owner) == before
    mend(wire, page)
    waits(page, 0)

    assert points_of(owner) - before == 120


def test_browser__killed_before_the_answer_came__sends_again_and_it_is_one_sale(
    start: Callable[..., BrowserContext], wire: Wire, story: Story, tmp_path: Path
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    page = open_till(start())
    wire.cut()
    page.goto("/till/offline")
    for amount in AMOUNTS:
        keep(page, amount)
    waits(page, 3)

    # The shop hears of the first sale, and its answer never arrives.
    mend(wire, page, mute_after=b"POST /till/queue")
    wait_for(lambda: Sale.objects.filter(committed_at__isnull=False).exists())
    time.sleep(0.3)
    _kill(tmp_path / "profile")
    rung = Sale.objects.count()
    wire.mend()

    again = start().new_page()
    again.goto("/till/offline")
    waits(again, 0)
    assert rung >= 1
    assert Sale.objects.count() == 3
    assert points_of(owner) - before == EARNED


def _kill(profile: Path) -> None:
    """Kill the browser of this profile, and no other."""
    mark = f"--user-data-dir={profile}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in words and not any(one.startswith(b"--type=") for one in words):
                os.kill(int(folder.name), signal.SIGKILL)
    (profile / "SingletonLock").unlink(missing_ok=True)


@pytest.mark.parametrize("script", ["", NO_LOCKS])
def test_two_tabs__sending_the_same_queue_at_once__ring_up_each_sale_once(
    start: Callable[..., BrowserContext], wire: Wire, story: Story, script: str
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    context = start()
    if script:
        context.add_init_script(script)
    first = open_till(context)
    second = context.new_page()
    wire.cut()
    for page in (first, second):
        page.goto("/till/offline")
    for amount in AMOUNTS:
        keep(first, amount)
    waits(second, 3)
    posted: list[str] = []
    context.on("request", lambda one: posted.append(one.method) if one.url.endswith("/till/queue") else None)

    wire.mend()
    both = "import('/static/web/till_queue.js').then((queue) => { queue.replay(); })"
    for page in (first, second):
        page.evaluate(both)
    for page in (first, second):
        waits(page, 0)

    assert Sale.objects.count() == 3
    assert points_of(owner) - before == EARNED
    if not script:
        assert posted.count("POST") == 3, "one tab at a time sends"


def test_refused_sale__is_told_with_its_remedy_and_put_right_in_place(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    page = open_till(start())
    wire.cut()
    page.goto("/till/offline")
    keep(page, "120.00", who="999-000-1111")
    keep(page, "7")
    waits(page, 2)

    mend(wire, page)
    page.get_by_text("그 번호의 회원이 없어요. 회원 번호를 고치거나, 가입한 뒤 다시 보내세요.").wait_for()
    waits(page, 1)
    assert points_of(owner) - before == 7, "those behind it went on"
    assert not find_violations(page), find_violations(page)
    assert "bad" in (page.locator("#waiting").get_attribute("class") or "")
    page.locator("#late-list input").first.fill(PHONE)
    page.locator("#late-list input").first.press("Enter")
    waits(page, 0)

    # It was made before the other one, which earns in gold after all.
    assert points_of(owner) - before == 120 + 10


@pytest.mark.parametrize("status", [400, 404])
def test_answer__that_is_a_page_of_an_error__marks_that_sale_and_the_next_goes(
    start: Callable[..., BrowserContext], wire: Wire, story: Story, status: int
) -> None:
    owner = story.customers["1502"]
    before = points_of(owner)
    context = start()
    page = open_till(context)
    wire.cut()
    page.goto("/till/offline")
    keep(page, "120.00")
    keep(page, "7")
    waits(page, 2)

    def first_is_a_page(route: Route) -> None:
        if '"amount":"120.00"' in (route.request.post_data or ""):
            route.fulfill(status=status, content_type="text/html", body="<h1>Bad Request</h1>")
        else:
            route.continue_()

    context.route("**/till/queue", first_is_a_page)
    mend(wire, page)
    waits(page, 1)

    assert points_of(owner) - before == 7
    assert page.locator("#late-list [data-why]").inner_text() == page.locator("#late-said").get_attribute(
        "data-broken"
    )


def test_signed_out__kept_sales__wait_and_say_so(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    context = start("en")
    page = open_till(context)
    wire.cut()
    page.goto("/till/offline")
    keep(page, "7")
    waits(page, 1)
    context.clear_cookies()
    mend(wire, page)

    page.get_by_role("link", name="Sign in").wait_for()
    waits(page, 1)
    assert not Sale.objects.exists()


def test_shift__changed_while_sales_wait__each_is_the_sale_of_whoever_made_it(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    context = start()
    page = open_till(context)
    for name, amount, after in (("owner", "7", "choi"), ("choi", "8", "choi")):
        wire.cut()
        page.goto("/till/offline")
        keep(page, amount)
        waits(page, 1)
        let_in(context, wire, after)
        mend(wire, page)
        waits(page, 0)

        order = Order.objects.get(source="till", net_minor=int(amount) * 100, number__in=sold_in(page))
        assert CounterSale.objects.get(order_id=order.id).rung_by == name
        # The next one's browser knows whose it is now.
        page.goto("/till")
        page.wait_for_function(
            "(name) => import('/static/web/till_queue.js').then((queue) => queue.fact('seal'))"
            ".then((seal) => seal.holder.includes(name))",
            arg=after,
        )
