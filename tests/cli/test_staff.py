"""`dangol staff`, and when staff may come in without a second factor: on real homes, with real processes."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.cli.instances import Instance, made_instance
from tests.ports import free_port
from tests.waiting import ONE_TRY, PATIENCE, wait_for

NEW = "four words in a row"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with made_instance(tmp_path_factory.mktemp("staff")) as instance:
        yield instance


@contextmanager
def opened(shop: Instance, **given: str) -> Iterator[httpx.Client]:
    """Open the shop's pages alone; yield a browser that is at them."""
    port = free_port()
    process = shop.start("serve", "--only", "web", "--port", str(port), **given)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as browser:
        wait_for(lambda: _answers(browser), "it did not open")
        yield browser
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE)


def _answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/sign-in", timeout=ONE_TRY).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def send(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Send a page's form, with the proof that it came from the page."""
    page = browser.get(path).text
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None, page
    return browser.post(path, data=fields | {"csrfmiddlewaretoken": found[1]})


def test_staff_list__fresh_shop__has_its_owner(shop: Instance) -> None:
    answer = shop.run("staff", "list", "--json")

    assert answer.code == 0
    assert answer.data["staff"] == [
        {"name": "owner", "role": "owner", "state": "open", "second_factor": False}
    ]


def test_staff_recover__unknown_name__is_refused(shop: Instance) -> None:
    answer = shop.run("staff", "recover", "nobody")

    assert answer.code == 3
    assert "‘nobody’" in answer.words
    assert answer.out == ""


@pytest.mark.parametrize(
    ("mode", "leads_to"), [("required", "/account/second-factor"), ("optional", "/setup")]
)
def test_staff_recover__owner_who_lost_everything__comes_in_again(
    shop: Instance, mode: str, leads_to: str
) -> None:
    told = shop.run("staff", "recover", "owner", "--url", "https://shop.example/", "--json").data
    assert re.fullmatch(r"https://shop\.example/welcome/[\w-]{43}", told["link"])
    path = told["link"].removeprefix("https://shop.example")
    assert shop.run("staff", "list", "--json").data["staff"][0]["state"] == "waiting"

    with opened(shop, DANGOL_MFA=mode) as browser:
        assert send(browser, path, password=NEW, again=NEW).headers["location"] == "/sign-in?opened=1"
        assert browser.get(path).status_code == httpx.codes.NOT_FOUND
        answer = send(browser, "/sign-in", login="owner", password=NEW)
        assert answer.headers["location"] == "/start"
        answer = browser.get("/start")

    assert answer.headers["location"] == leads_to
    assert shop.run("staff", "list", "--json").data["staff"][0]["state"] == "open"


def test_serve__no_second_factor_and_others_reach_it__is_refused(shop: Instance) -> None:
    for words in (("serve",), ("serve", "--only", "web")):
        answer = shop.run(*words, "--host", "0.0.0.0", DANGOL_MFA="optional")

        assert answer.code == 4
        assert "두 번째 인증 없이 열 수 없어요" in answer.words


def test_any_command__odd_word_for_the_second_factor__stops(shop: Instance) -> None:
    answer = shop.run("staff", "list", DANGOL_MFA="maybe")

    assert answer.code == 2
    assert "DANGOL_MFA" in answer.words


def test_failures__over_two_processes__are_counted_together(shop: Instance) -> None:
    with opened(shop) as first, opened(shop) as second:
        pages = [
            send(browser, "/sign-in", login="someone", password=f"wrong {number}").text
            for number in range(4)
            for browser in (first, second)
        ]

    closed = ["잠시 닫아" in page or "closed for a while" in page for page in pages]
    assert closed == [False] * 5 + [True] * 3
