"""Which address belongs to which shell."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("", include("dangol.web.urls"))]
handler400 = "dangol.web.pages.errors.bad_request"
handler403 = "dangol.web.pages.errors.forbidden"
handler404 = "dangol.web.pages.errors.not_found"
handler500 = "dangol.web.pages.errors.failed"
