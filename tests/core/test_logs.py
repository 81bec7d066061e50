"""Logs: an allow-list first, a filter second, and an exception without its words."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given, strategies

from dangol.core.logs import BLANK, LineFormatter, blank_secrets


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Give what is written to the log during a test."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(LineFormatter(for_people=False))
    root = logging.getLogger()
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def told(lines: io.StringIO) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(lines.getvalue().splitlines()[-1])
    return line


def test_log__our_own_event__is_one_line_of_named_facts_in_utc(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="0123456789abcdef"):
        structlog.get_logger("dangol.web").info("request", route="web:member", code=200, ms=1.5)

    line = told(lines)
    assert line.items() >= {"event": "request", "route": "web:member", "code": 200, "ms": 1.5}.items()
    assert line["request_id"] == "0123456789abcdef"
    assert line["timestamp"].endswith("Z")
    assert (line["level"], line["logger"]) == ("info", "dangol.web")
    assert line["process"]


def test_log__fact_that_is_not_on_the_list__is_left_out_and_counted(lines: io.StringIO) -> None:
    structlog.get_logger("dangol.web").info("request", route="x", name_of_member="김하나", path="/m/secret")

    assert told(lines)["dropped"] == 2
    assert "김하나" not in lines.getvalue()
    assert "/m/secret" not in lines.getvalue()


def test_log__library_s_text_and_extras__lose_what_tells_who(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning(
        "could not send to %s", "kim@example.com", extra={"body": "hello 김하나"}
    )

    assert told(lines)["event"] == f"could not send to {BLANK}"
    assert "김하나" not in lines.getvalue()


@pytest.mark.parametrize("name", ["django.request", "django.security.DisallowedHost", "httpx"])
def test_log__library_that_quotes_addresses__is_told_by_its_name(lines: io.StringIO, name: str) -> None:
    logging.getLogger(name).error("Not Found: %s", "/m/the-key-of-a-page", extra={"status_code": 404})

    assert told(lines)["event"] == f"{name}.error"
    assert told(lines)["code"] == 404
    assert "the-key" not in lines.getvalue()


def test_log__exception__is_its_kind_and_place_without_its_words(lines: io.StringIO) -> None:
    try:
        raise ValueError("Key (email)=(kim@example.com) 김하나 already exists")
    except ValueError:
        logging.getLogger("dangol.core").exception("failed")

    assert told(lines)["exception"].startswith("ValueError at ")
    assert "test_logs.py" in told(lines)["exception"]
    assert "김하나" not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()


@pytest.mark.parametrize(
    "secret",
    [
        "010-1234-5678", "01012345678", "+82 10 1234 5678", "+821012345678", "02-312-4567",
        "+1 (206) 5550100",
        "kim.ha-na@shop.example.com", "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005",
        "dg_live_abcdefgh1234", "dg_test_abcdefgh1234", "whsec_c2VjcmV0", "whsk_c2VjcmV0", "850101-1234567",
        "mk-0123abcd:dGVzdC1tYXN0ZXIta2V5LW9mLTMyLWJ5dGVzLWxvbmc=",
    ],
)  # fmt: skip
def test_blank_secrets__in_a_sentence__nothing_of_it_is_left(secret: str) -> None:
    assert blank_secrets(f"refused for {secret}.").replace(".", "") == f"refused for {BLANK}".replace(".", "")


@pytest.mark.parametrize(
    "text",
    [
        "0192f0c8-7d1e-7abc-8123-0123456789ab", "0192f0c87d1e7abc81230123456789ab",
        "2026-03-01T09:30:00.000000Z",
        "position 1234567 to 1234999", "core/ledger/services.py:120 in apply", "1,234,567 rows", "exit 3",
        "12 ms", "port 8000", "17.2 GB",
    ],
)  # fmt: skip
def test_blank_secrets__what_tells_of_nobody__stays(text: str) -> None:
    assert blank_secrets(text) == text


@given(strategies.text(max_size=40), strategies.from_regex(r"010-?[0-9]{4}-?[0-9]{4}", fullmatch=True))
def test_blank_secrets__any_number_between_any_words__is_gone(words: str, number: str) -> None:
    assert number not in blank_secrets(f"{words} {number} {words}").replace(words, "") or number in words
