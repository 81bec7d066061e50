"""What every page is made in: one instant, one shop, one time zone."""

from collections.abc import Callable
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property

from dangol.core.access.approvals import count_waiting
from dangol.core.people.selectors import ShopView, find_shop
from dangol.core.tasks.selectors import Silence, silent_workers
from dangol.project.clock import now


class NoShopYet(Exception):
    """The instance has no shop: `dangol init` or `dangol demo` makes one."""


class Frame:
    """The instant a page shows, read once, and the shop it is of, read when it is needed."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    @cached_property
    def found_shop(self) -> ShopView | None:
        """The shop, or None in an instance that has none yet."""
        return find_shop()

    @property
    def shop(self) -> ShopView:
        """The shop; raises NoShopYet, which the middleware turns into a page that says what to do."""
        if self.found_shop is None:
            raise NoShopYet
        return self.found_shop

    @property
    def today(self) -> date:
        """The day it is in the shop."""
        return self.at.astimezone(self.shop.tz).date()

    @cached_property
    def silent(self) -> list[Silence]:
        """The processes that have given no sign of life for a while."""
        return silent_workers(self.at)

    @cached_property
    def approvals(self) -> int:
        """How many requests wait for a second person."""
        return count_waiting(at=self.at)


def frame_of(request: HttpRequest) -> Frame:
    """Return the request's frame."""
    frame = request.META["dangol.frame"]
    assert isinstance(frame, Frame)
    return frame


class FrameMiddleware:
    """Reads the clock once a request, and lets instants be written in the shop's zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        frame = request.META["dangol.frame"] = Frame(now())
        shop = frame.found_shop
        with timezone.override(shop.tz if shop else None):
            return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer with the page for an instance without a shop; leave every other error alone."""
        if isinstance(error, NoShopYet):
            return render(request, "web/no_shop.html", status=503)
        return None
