"""Windows of a browser: as patient as all tests are, and looked at once they are whole."""

from playwright.sync_api import BrowserContext, Page

from tests.waiting import PATIENCE


def be_patient(context: BrowserContext) -> BrowserContext:
    """Let all of a browser's windows wait as long as tests wait; returns it."""
    context.set_default_timeout(PATIENCE * 1_000)
    return context


def step_back(page: Page) -> str:
    """Step back to what the same page showed before; returns the address it stands at then.

    `Page.go_back` ends with the next change of the address, which may still be of the step before: the
    pages write their own address once more when they are put back.
    """
    address: str = page.evaluate(
        """() => new Promise(done => {
            addEventListener("popstate", () => done(location.href), {once: true});
            history.back();
        })"""
    )
    return address


def wait_until_drawn(page: Page) -> None:
    """Wait until what was asked for is drawn and listens, and nothing more is on its way."""
    # A function: an expression is evaluated at each look, which the page forbids from the second one on.
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-added, .htmx-settling')"
    )
