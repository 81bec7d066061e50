"""What every page needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from dangol import __version__
from dangol.web.frame import Frame


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the values the page frame shows; nothing is read before a template asks for it."""
    frame = request.META.get("dangol.frame")
    if not isinstance(frame, Frame):
        return {}
    return {"frame": frame, "now": frame.at, "version": __version__, "read_only": settings.READ_ONLY}
