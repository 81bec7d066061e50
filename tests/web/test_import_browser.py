"""The import page in a real browser: a real file by keys alone, without scripts, accessible."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django.fixtures import Settings

from dangol.core.commerce.models import OrderNumber
from tests.sizes import SIZE
from tests.web.files import ORDERS, work
from tests.web.story import Story
from tests.web.test_browser import LOOKS, Open, find_violations, watch

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    """Return a file of orders as an older program writes it; the home is one of the test's own."""
    settings.HOME = tmp_path / "home"
    path = tmp_path / "주문.csv"
    path.write_bytes(ORDERS.encode("cp949"))
    return path


def look(page: Page) -> None:
    for one in LOOKS[: SIZE.looks]:
        page.set_viewport_size({"width": one.width, "height": 900})
        page.emulate_media(color_scheme=one.scheme)
        assert not find_violations(page), f"{page.url} {one}: {find_violations(page)}"


def press(page: Page, name: str) -> None:
    """Reach a button or link and press it, by keys."""
    found = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    found.focus()
    page.keyboard.press("Enter")


def test_import__real_file_by_keys__seen_imported_mended_undone(
    open_context: Open, story: Story, file: Path
) -> None:
    page = open_context().new_page()
    complaints = watch(page)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/import")
    look(page)
    page.locator("#file").set_input_files(file)
    press(page, "올리기")
    page.wait_for_url("**/import/*")
    look(page)
    work()
    page.get_by_role("button", name="2줄 가져오기").wait_for()  # the page has looked by itself
    look(page)
    press(page, "2줄 가져오기")
    page.get_by_role("progressbar").wait_for()
    look(page)
    work()
    page.get_by_role("link", name="되돌리기").wait_for()
    look(page)
    with page.expect_download() as download:
        press(page, "잘못된 줄 내려받기")
    rows = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))
    press(page, "되돌리기")
    page.wait_for_url("**/undo")
    look(page)
    press(page, "되돌리기")
    page.get_by_role("progressbar").wait_for()
    work()
    page.get_by_text("되돌린 것").wait_for()
    look(page)

    assert [row[:3] for row in rows[1:]] == [["주문.csv", "4", "amount"]]
    assert OrderNumber.objects.filter(number__in=("F-1", "F-2")).count() == 2
    assert complaints == []


def test_import__without_scripts__goes_all_the_way(open_context: Open, story: Story, file: Path) -> None:
    page = open_context(scripts=False, width=390).new_page()
    page.goto("/import")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="올리기").click()
    work()
    page.get_by_role("button", name="2줄 가져오기").wait_for()  # the page comes again by itself
    page.get_by_role("button", name="2줄 가져오기").click()
    work()
    page.get_by_role("link", name="되돌리기").wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert OrderNumber.objects.filter(number="F-1").exists()
