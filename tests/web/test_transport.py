"""Over HTTPS: cookies keep to it, browsers are told to, and forms come from where they should."""

import os
import subprocess
import sys
from http import HTTPStatus

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from dangol.web.transport import HttpsMiddleware
from tests.house_rules import ROOT
from tests.web.staff import make_staff
from tests.web.story import open_shop

PROGRAM = """
import json
from dangol.project import settings as s
print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, vars(s).get("SECURE_HSTS_SECONDS", 0),
                  s.MIDDLEWARE[0], s.MFA_REQUIRED, s.ALLAUTH_TRUSTED_PROXY_COUNT, s.BREACHED_PASSWORDS_URL]))
"""


def read_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the product's settings in a process of their own, with nothing else said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DANGOL_")}
    path = {"PYTHONPATH": f"{ROOT / 'src'}", "DANGOL_HOME": "/nowhere"}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=kept | path | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_settings__https__keep_cookies_to_it_and_tell_browsers_for_two_years() -> None:
    told = read_settings(DANGOL_HTTPS="1").stdout

    assert told.startswith('[true, true, 63072000, "dangol.web.transport.HttpsMiddleware", true, 0, ""]')


def test_settings__nothing_said__second_factor_required_and_no_proxy_trusted() -> None:
    assert '"dangol.web.watch.WatchMiddleware", true, 0, ""]' in read_settings().stdout


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DANGOL_MFA", "off", "write required or optional"),
        ("DANGOL_MFA", "0", "write required or optional"),
        ("DANGOL_PROXIES", "-1", "no whole number of at least 0"),
        ("DANGOL_PROXIES", "one", "no whole number of at least 0"),
        ("DANGOL_BREACHED_URL", "http://example.com", "must begin with https://"),
    ],
)
def test_settings__what_cannot_be__stops_with_the_remedy(name: str, value: str, words: str) -> None:
    told = read_settings(**{name: value})

    assert told.returncode != 0
    assert words in told.stderr


def test_middleware__request__counts_as_secure() -> None:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    HttpsMiddleware(answer)(RequestFactory().get("/"))

    assert seen[0].is_secure()


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://testserver", HTTPStatus.FOUND),
        ("http://testserver", HTTPStatus.FORBIDDEN),
        ("https://evil.example", HTTPStatus.FORBIDDEN),
    ],
)
def test_form__behind_what_ends_tls__comes_from_our_origin_only(
    settings: Settings, origin: str, status: int
) -> None:
    settings.MIDDLEWARE = ["dangol.web.transport.HttpsMiddleware", *settings.MIDDLEWARE]
    settings.SECURE_HSTS_SECONDS = 63072000
    open_shop()
    make_staff()
    client = Client(enforce_csrf_checks=True)
    page = client.get("/sign-in")

    answer = client.post(
        "/sign-in",
        {
            "login": "owner",
            "password": "a-long-enough-password",
            "csrfmiddlewaretoken": client.cookies["csrftoken"].value,
        },
        headers={"origin": origin, "host": "testserver"},
    )

    assert page["Strict-Transport-Security"] == "max-age=63072000"
    assert answer.status_code == status
