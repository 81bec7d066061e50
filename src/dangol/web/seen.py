"""What a page shows or sends by itself, written down before it does: nothing is shown that was not kept."""

from django.conf import settings
from django.http import HttpRequest

from dangol.core.access.log import AccessDraft, record_access
from dangol.web.frame import frame_of


class NotKept(Exception):
    """While nothing may be written, what has to be written down is not shown; the guard says so."""


def record_seen(request: HttpRequest, draft: AccessDraft) -> None:
    """Write down what the page is about to show. Raises NotKept while the instance is for looking only."""
    if settings.READ_ONLY:
        raise NotKept
    record_access([draft], at=frame_of(request).at)
