"""While nothing may be written: every page opens, and nothing that changes anything is let through."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dangol.web.pages.errors import refuse
from dangol.web.refused import READ_ONLY
from dangol.web.sealed_search import is_search

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Coming in, going out and the language touch nothing of the shop's.
ALLOWED = ("web:sign-in", "web:sign-out", "web:language", "account_", "mfa_")


class ReadOnlyMiddleware:
    """Refuses requests that would write, as `dangol serve` said when it started this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse before the view is called."""
        match = request.resolver_match
        name = match.view_name if match else ""
        if not settings.READ_ONLY or request.method in SAFE or (name or "").startswith(ALLOWED):
            return None
        if is_search(request, view):
            return None
        return refuse(request, READ_ONLY)
