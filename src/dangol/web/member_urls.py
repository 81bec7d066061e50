"""The addresses of the member's own pages."""

from django.urls import path

from dangol.web.pages.me import data, entering, pass_

urlpatterns = [
    path("me/", pass_.show_home, name="me"),
    path("me/barcode", pass_.show_barcode, name="me-barcode"),
    path("me/history", pass_.show_history, name="me-history"),
    path("me/manifest.webmanifest", pass_.show_manifest, name="me-manifest"),
    path("me/sign-in", entering.ask_to_come_in, name="me-sign-in"),
    path("me/code", entering.enter_code, name="me-code"),
    path("me/open/<str:secret>", entering.open_link, name="me-open"),
    path("me/sign-out", entering.sign_out, name="me-sign-out"),
    path("me/data", data.show_data, name="me-data"),
    path("me/data.json", data.download, name="me-download"),
    path("me/consents", data.take_back, name="me-consents"),
    path("me/confirm", data.confirm, name="me-confirm"),
    path("me/leave", data.leave, name="me-leave"),
    path("me/join", data.join, name="me-join"),
]
