"""Pictures of pages, for the README and for looking at: `python -m tests.web.screens URL FOLDER [NAME …]`.

URL is a running instance; the owner's name and password come from `DANGOL_SCREENS_USER` and
`DANGOL_SCREENS_PASSWORD`. The member shown is `DANGOL_SCREENS_MEMBER` (a number), else the one who has
spent most. Without names all pictures are taken.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

# Name, address, language, width, color scheme. `{member}` and `{home}` are filled in.
PICTURES = (
    ("overview-ko", "/", "ko", 1440, "light"),
    ("overview-en", "/", "en", 1440, "light"),
    ("overview-ko-dark", "/", "ko", 1440, "dark"),
    ("overview-ko-390", "/", "ko", 390, "light"),
    ("members-ko", "/members", "ko", 1440, "light"),
    ("members-ko-390", "/members", "ko", 390, "light"),
    ("member-ko", "{member}", "ko", 1440, "light"),
    ("member-points-ko", "{member}?tab=points", "ko", 1440, "light"),
    ("member-orders-ko", "{member}?tab=orders", "ko", 1440, "light"),
    ("member-ko-390", "{member}", "ko", 390, "light"),
    ("member-home-ko", "{home}", "ko", 390, "light"),
    ("member-home-ko-dark", "{home}", "ko", 390, "dark"),
    ("member-home-en", "{home}", "en", 390, "light"),
    ("programs-ko", "/programs", "ko", 1440, "light"),
    ("programs-ko-390", "/programs", "ko", 390, "dark"),
    ("program-draft-ko", "/programs/draft", "ko", 1440, "light"),
    ("design-ko", "/design", "ko", 1440, "light"),
)
MOST_HEIGHT = 1_400


def main(base: str, folder: Path, names: list[str]) -> None:
    """Take the named pictures, or all, of the instance at `base` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("DANGOL_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, language, width, scheme in PICTURES:
            if names and name not in names:
                continue
            context = browser.new_context(
                base_url=base, locale=language, color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 900}, device_scale_factor=2 if width < 720 else 1,
            )  # fmt: skip
            page = context.new_page()
            sign_in(page)
            page.goto(find(page, path))
            if path.startswith("{member}"):
                open_first_why(page)
            # The whole page, with the menu as tall as it is.
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(height, MOST_HEIGHT)})
            page.screenshot(path=str(folder / f"{name}.png"))
            context.close()
        browser.close()


def open_first_why(page: Page) -> None:
    """Open the first why, if there is one."""
    why = page.locator("details.why").first
    if why.count():
        why.evaluate("(one) => { one.open = true }")


def sign_in(page: Page) -> None:
    """Sign in as the owner."""
    page.goto("/sign-in")
    page.locator("#username").fill(os.environ["DANGOL_SCREENS_USER"])
    page.locator("#password").fill(os.environ["DANGOL_SCREENS_PASSWORD"])
    page.locator("form button.primary").first.click()
    page.wait_for_selector("h1")


def find(page: Page, path: str) -> str:
    """Return the address with the member's page or home filled in."""
    if "{" not in path:
        return path
    number = os.environ.get("DANGOL_SCREENS_MEMBER", "")
    page.goto(f"/members?sort=spend&q={number}")
    member = page.locator("tbody a").first.get_attribute("href") or ""
    if "{home}" in path:
        page.goto(member)
        return page.locator("a[target=_blank]").first.get_attribute("href") or ""
    return path.replace("{member}", member)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
