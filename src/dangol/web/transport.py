"""Knowing that the pages are reached by HTTPS, although what ends it stands before us."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class HttpsMiddleware:
    """Takes every request for one by HTTPS: installed where `DANGOL_HTTPS` says that they are.

    Without it Django would compare a form's origin with http:// and send no Strict-Transport-Security.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["wsgi.url_scheme"] = "https"
        return self._get_response(request)
