"""Which address belongs to which shell."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("dangol.web.urls")),
    path("", include("dangol.web.sign_in.urls")),
]
handler400 = "dangol.web.pages.errors.bad_request"
handler403 = "dangol.web.pages.errors.forbidden"
handler404 = "dangol.web.pages.errors.not_found"
handler429 = "dangol.web.pages.errors.too_many"
handler500 = "dangol.web.pages.errors.failed"
