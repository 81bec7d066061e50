"""Addresses of which one is forgotten to be declared."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def forgotten(request: HttpRequest) -> HttpResponse:
    """Answer whoever comes: nobody should."""
    return HttpResponse("secret")


urlpatterns = [path("forgotten", forgotten), path("", include("dangol.project.urls"))]
handler403 = "dangol.web.pages.errors.forbidden"
