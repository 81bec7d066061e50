"""A card taken at a till whose network is gone, in a real browser: sealed, sent once, the missing told."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from dangol.core.commerce.models import Order
from dangol.rooms.rewards.promotions.models import Sale
from dangol.rooms.rewards.stored_value.cards import CardDraft, sell_card
from dangol.rooms.rewards.stored_value.selectors import find_card
from dangol.rooms.rewards.stored_value.settings import StoredValueContent, write_settings
from tests.web.gift_cards import BY
from tests.web.story import NOW, Story
from tests.web.test_browser import find_violations
from tests.web.test_till_offline import (
    PHONE,
    kept_text,
    open_till,
    playwright,
    sold_in,
    start,
    waits,
    wire,
)
from tests.web.wire import Wire

__all__ = ["playwright", "start", "wire"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_card__taken_unseen__is_sealed_and_says_what_it_had_not_enough_for(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    write_settings(StoredValueContent(offline_minor=5_000), changed_by="owner", at=NOW)
    card = sell_card(CardDraft(1_000, "USD"), by=BY)
    page = open_till(start())
    wire.cut()
    page.goto("/till/offline")
    page.get_by_text("무엇으로 받았나요?").wait_for()
    assert page.get_by_text("상품권과 예치금은 얼마가 남았는지").is_hidden()

    _keep_on("card", page, "50.01", code=card.code)
    page.get_by_text("연결이 없을 때는 $50까지만 이렇게 받을 수 있어요.").wait_for()
    page.locator("#late #amount").fill("30")
    page.locator("#late #amount").press("Enter")
    waits(page, 1)
    page.reload()
    waits(page, 1)
    assert f"상품권 ··{card.code[-4:]}" in page.locator("#late-list").inner_text()
    assert card.code.replace("-", "")[:8] not in kept_text(page).replace("-", ""), "the code is sealed"
    assert not find_violations(page), find_violations(page)
    assert not Sale.objects.exists()
    wire.mend()
    waits(page, 0)

    page.get_by_text("$20 더 받아야 해요").wait_for()
    assert find_card(card.id, at=NOW).open_minor == 0
    assert Order.objects.get(source="till", number__in=sold_in(page)).net_minor == 3_000
    page.locator("#late-sold a").click()
    page.get_by_role("button", name="받았어요").click()
    page.get_by_text("$20을(를) 다른 방법으로 받았어요.").wait_for()


@pytest.mark.parametrize("means", ["card", "credit"])
def test_refusal__of_an_amount__gives_way_to_the_sale_that_is_kept(
    start: Callable[..., BrowserContext], wire: Wire, story: Story, means: str
) -> None:
    write_settings(StoredValueContent(offline_minor=3_000), changed_by="owner", at=NOW)
    page = open_till(start())
    wire.cut()
    page.goto("/till/offline")
    page.get_by_text("무엇으로 받았나요?").wait_for()
    said = page.locator("#late-said")

    _keep_on(means, page, "40")
    page.get_by_text("연결이 없을 때는 $30까지만 이렇게 받을 수 있어요.").wait_for()
    assert "bad" in str(said.get_attribute("class")).split()
    page.locator("#late #amount").fill("10")
    page.locator("#late #amount").press("Enter")
    waits(page, 1)

    page.get_by_text("받아 뒀어요. 연결되면 포인트가 쌓여요.").wait_for()
    assert "bad" not in str(said.get_attribute("class")).split()
    assert said.inner_text() == "받아 뒀어요. 연결되면 포인트가 쌓여요."


def _keep_on(means: str, page: Page, amount: str, *, code: str = "AAAA-BBBB-CCCC-DDDD") -> None:
    page.locator("#number").fill(PHONE)
    page.locator(f"#late-pays input[value={means}]").check()
    if means == "card":
        page.locator("#card").fill(code)
    page.locator("#late #amount").fill(amount)
    page.locator("#late #amount").press("Enter")


def test_card__where_the_shop_takes_none_unseen__is_not_asked_for(
    start: Callable[..., BrowserContext], wire: Wire, story: Story
) -> None:
    page = open_till(start())
    wire.cut()
    page.goto("/till/offline")

    page.get_by_text("상품권과 예치금은 얼마가 남았는지 볼 수 없어서 받지 않아요.").wait_for()
    assert page.locator("#late-pays").is_hidden()
