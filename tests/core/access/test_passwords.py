"""Passwords: long enough, not everybody's, and compared with leaked ones only where that is switched on."""

from collections.abc import Iterator
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from time import monotonic
from typing import ClassVar

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from dangol.core.access.passwords import SECONDS_TO_ANSWER
from tests.waiting import PATIENCE

LEAKED, KEPT = "correct horse battery staple", "a password nobody has leaked"


class Range(BaseHTTPRequestHandler):
    """A service like Pwned Passwords', which may also misbehave."""

    mode: ClassVar[str] = "good"
    asked: ClassVar[list[str]] = []
    release: ClassVar[Event] = Event()

    def do_GET(self) -> None:
        """Answer with the rest of the leaked password's hash, among others."""
        self.asked.append(self.path)
        if self.mode == "silent":
            self.release.wait(PATIENCE)
            return
        if self.mode in ("broken", "moved"):
            self.send_response(500 if self.mode == "broken" else 302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        digest = sha1(LEAKED.encode(), usedforsecurity=False).hexdigest().upper()
        count = "0" if self.mode == "padding" else "37"
        body = f"{'0' * 35}:1\r\n{digest[5:]}:{count}\r\n{'F' * 35}:0\r\n".encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\x00\xff garbage" if self.mode == "garbage" else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's word
        """Say nothing."""


@pytest.fixture
def service(settings: Settings) -> Iterator[type[Range]]:
    server = HTTPServer(("127.0.0.1", 0), Range)
    Range.mode, Range.asked = "good", []
    Range.release.clear()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.BREACHED_PASSWORDS_URL = f"http://127.0.0.1:{server.server_port}/range/"
    yield Range
    Range.release.set()
    server.shutdown()
    server.server_close()


def codes(password: str) -> set[str | None]:
    """Return why a password is refused."""
    try:
        validate_password(password)
    except ValidationError as error:
        return {one.code for one in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("a" * 14, {"password_too_short"}),
        ("a" * 15, set()),
        ("한국어로도열다섯글자면충분해요", set()),
        ("x" * 128, set()),
        ("x" * 129, {"password_too_long"}),
        ("", {"password_too_short"}),
        ("password", {"password_too_short", "password_too_common"}),
        ("               ", set()),
    ],
)
def test_password__length_and_habit__only_that_is_asked(password: str, refused: set[str]) -> None:
    assert codes(password) == refused


def test_password__leaked__is_refused_where_it_is_compared(service: type[Range]) -> None:
    assert codes(LEAKED) == {"password_breached"}
    assert codes(KEPT) == set()

    assert all(len(path.rpartition("/")[2]) == 5 for path in service.asked), "five digits and no more"


def test_password__nothing_named__nobody_is_asked(service: type[Range], settings: Settings) -> None:
    settings.BREACHED_PASSWORDS_URL = ""

    assert codes(LEAKED) == set()
    assert service.asked == []


@pytest.mark.parametrize("mode", ["broken", "moved", "silent", "garbage", "padding"])
def test_password__service_misbehaves__is_taken_in_time(service: type[Range], mode: str) -> None:
    service.mode = mode
    began = monotonic()

    with capture_logs() as logs:
        assert codes(LEAKED) == set()

    assert monotonic() - began < PATIENCE  # for which the silent one says nothing
    assert SECONDS_TO_ANSWER < 5
    assert "/elsewhere" not in service.asked
    if mode in ("broken", "moved", "silent"):
        assert [one["event"] for one in logs] == ["passwords.not_compared"]
        assert LEAKED not in str(logs)


def test_password__service_gone__is_taken_and_the_log_says_so(settings: Settings) -> None:
    settings.BREACHED_PASSWORDS_URL = "http://127.0.0.1:9/range"

    with capture_logs() as logs:
        assert codes(LEAKED) == set()

    assert [one["event"] for one in logs] == ["passwords.not_compared"]


def test_password__kept__as_argon2id(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

    kept = make_password(KEPT)

    assert kept.startswith("argon2$argon2id$")
    assert check_password(KEPT, kept)
