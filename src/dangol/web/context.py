"""What every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dangol import __version__
from dangol.web.frame import Frame
from dangol.web.guard import find_visitor_of
from dangol.web.menu import grouped, menu_of, place_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the values the page frame shows; nothing is read before a template asks for it."""
    frame = request.META.get("dangol.frame")
    if not isinstance(frame, Frame):
        return {}
    told: dict[str, Any] = {"frame": frame, "now": frame.at, "version": __version__}
    told["read_only"] = settings.READ_ONLY
    told["second_factor_is_optional"] = not settings.MFA_REQUIRED
    visitor = find_visitor_of(request)
    is_set_up = visitor is not None and (visitor.has_factor or not settings.MFA_REQUIRED)
    # Before the second factor there is no menu to show: nothing in it would open.
    told["base_page"] = "web/frame.html" if is_set_up else "web/lone.html"
    if visitor is None:
        return told
    shop = frame.found_shop
    menu = list(menu_of(visitor, sample=shop is not None and shop.sample_shift_weeks is not None))
    match = request.resolver_match
    here = place_of(request.path, match.view_name if match else "", menu)
    return told | {"visitor": visitor, "menu": menu, "menu_groups": grouped(menu), "here": here}
