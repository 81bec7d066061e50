"""The docs' pictures of the till, on the sample's data: `python -m tests.web.till_screens URL FOLDER`.

URL is a running instance with the sample (`dangol demo`); the owner's name and password come from
`DANGOL_SCREENS_USER` and `DANGOL_SCREENS_PASSWORD`. It publishes three promotions, gives the member who has
spent most (or `DANGOL_SCREENS_MEMBER`) coupons, and sells: run it on nothing but a demo. Promotions that are
there already are taken as they are.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from dangol_client import Dangol, Promotion
from tests.web.screens import find, sign_in

MONEY = "USD"
SCOPES = (
    "members.read", "catalog.read", "programs.read", "programs.write", "programs.publish", "coupons.read",
    "coupons.write",
)  # fmt: skip
TENDER = {"points": 1, "minor": 1, "least_points": 100, "step_points": 100, "most_share": 5_000}
# A budget, so that no limit of approval stands in the way.
LIMITS = {"budget_minor": 50_000}
THANKS: dict[str, Any] = {
    "name": "가을 감사 할인", "currency": MONEY, "limits": LIMITS,
    "benefits": [{"kind": "percent", "basis_points": 1_000}],
}  # fmt: skip
FROM_THIRTY: dict[str, Any] = {
    "name": "30달러부터 5달러", "currency": MONEY, "limits": LIMITS, "needs_code": True,
    "minimum": {"minor": 3_000}, "benefits": [{"kind": "amount", "minor": 500}],
}  # fmt: skip
REGULARS: dict[str, Any] = {
    "name": "단골 쿠폰 3달러", "currency": MONEY, "limits": LIMITS, "needs_code": True,
    "benefits": [{"kind": "amount", "minor": 300}],
}  # fmt: skip
WIDTH, PATTERN = 1_120, "FALL-####-####-####-####"


def main(base: str, folder: Path) -> None:
    """Set the scene, and take a sale with what it refuses, its receipt, and a return of one of three."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("DANGOL_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = open_page(browser, base)
        member = find(page, "{member}").rpartition("/")[2]
        with Dangol(base, make_key(page)) as dangol:
            set_scene(dangol, member)
            product = next(iter(dangol.products.each())).number
        take_sale(page, member, folder)
        take_return(page, member, product, folder)
        browser.close()


def open_page(browser: Browser, base: str) -> Page:
    """Return a page on which the owner is signed in."""
    context = browser.new_context(
        base_url=base, locale="ko", viewport={"width": WIDTH, "height": 900}, color_scheme="light"
    )
    page = context.new_page()
    sign_in(page)
    return page


def make_key(page: Page) -> str:
    """Make an API key of the shop itself; returns its secret."""
    page.goto("/keys/new")
    page.locator("#name").fill("그림")
    page.locator("[name=space][value=live]").check()
    for box in page.locator("[name=scopes]").all():
        box.set_checked(box.get_attribute("value") in SCOPES)
    page.locator("form.card button.primary").click()
    return page.locator("#secret").inner_text()


def set_scene(dangol: Dangol, member: str) -> None:
    """Publish the promotions, let points pay, and give the member a coupon of each that asks for one."""
    dangol.checkout.change_settings(dangol.checkout.settings().content | {"tender": TENDER})
    there = {one.name: one.id for one in dangol.promotions.each() if one.state == "live"}
    for content in (THANKS, FROM_THIRTY, REGULARS):
        made = there.get(content["name"]) or publish(dangol, content)
        if content.get("needs_code"):
            for earlier in list(dangol.coupons.each(promotion=made)):
                dangol.coupons.block_batch(earlier.id)
            batch = dangol.coupons.create(made, content["name"], "unique", pattern=PATTERN, count=1)
            code = next(iter(dangol.coupons.codes(batch.id))).coupon
            dangol.coupons.bind(code, member)


def publish(dangol: Dangol, content: dict[str, Any]) -> str:
    """Publish a promotion; returns its id."""
    made = dangol.promotions.create(content)
    published = dangol.promotions.publish(made.id, revision=1)
    assert isinstance(published, Promotion), "the budget is within the shop's limits"
    return made.id


def take_sale(page: Page, member: str, folder: Path) -> None:
    """Show a sale of 25: one promotion and coupon apply, another coupon and the points do not."""
    page.goto(f"/till/members/{member}")
    for box in page.locator("[name=coupon]").all():
        box.check()
    page.locator("#amount").fill("25")
    page.locator("#points").fill("99900")
    page.wait_for_selector(".till-no")
    page.wait_for_load_state("networkidle")
    for why in page.locator(".till-no details.why").all():
        why.evaluate("(one) => { one.open = true }")
    shoot(page, folder / "till-sale-ko.png")


def take_return(page: Page, member: str, product: str, folder: Path) -> None:
    """Sell three of a product, show the receipt, and what one that comes back gives back."""
    page.goto(f"/till/members/{member}")
    page.locator("#scan").fill(product)
    page.locator("#scan").press("Enter")
    page.wait_for_selector("[name=price]")
    page.locator("[name=price]").first.fill("4.50")
    page.locator("[name=count]").first.fill("3")
    page.wait_for_load_state("networkidle")
    page.locator("#sell").click()
    page.wait_for_selector("#h-rec")
    shoot(page, folder / "till-receipt-ko.png")
    page.locator("a[href$='/return']").click()
    page.locator("[name^=units-]").first.select_option("1")
    page.locator("button[value=look]").click()
    page.wait_for_selector("button[value=return]")
    page.wait_for_load_state("networkidle")
    shoot(page, folder / "till-return-ko.png")


def shoot(page: Page, file: Path) -> None:
    """Take a picture of the whole page."""
    page.set_viewport_size({"width": WIDTH, "height": 600})
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.screenshot(path=str(file))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
