"""Logs: one JSON object a line, of named facts, with nothing in it that tells who somebody is.

Three nets. What we log ourselves is an event's name and facts of an allow-list; a fact that is not on it
is left out. What libraries log is their text, without the arguments of a request. And over every text
goes a filter that blanks what looks like a phone number, an address, a card or one of our keys.

An exception is told by its kind and the places it came through, never by its words: a database quotes
the row it refuses, a parser the text it cannot read.
"""

import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from pathlib import PurePath
from types import TracebackType
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "logger", "timestamp", "process", "pid", "thread", "request_id",
        # of a request
        "route", "method", "code", "ms", "bytes", "actor", "reason",
        # of work
        "job", "job_id", "task", "consumer", "position", "count", "attempt", "seconds", "name", "state",
        "endpoint_id", "delivery_id", "error", "at", "exception", "version", "port", "host", "place",
        "dropped",
    }
)  # fmt: skip
BLANK = "[…]"
_HEX = "0-9A-Fa-f"
SECRETS = re.compile(
    r"\b(?:dg_(?:live|test)_|whsec_|whsk_|whpk_|mk-[0-9a-f]{8}:)\S+"
    r"|[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
    # a mobile or land line, written nationally or with its country
    rf"|(?<![{_HEX}-])(?:\+\d{{1,3}}[ .-]?\(?\d{{1,4}}\)?|0\d{{1,2}})[ .-]?\d{{3,4}}[ .-]?\d{{4}}"
    rf"(?![{_HEX}-])"
    # a card of 13 to 19 digits, or a Korean resident's number
    rf"|(?<![{_HEX}-])\d(?:[ -]?\d){{12,18}}(?![{_HEX}-])"
    rf"|(?<!\d)\d{{6}}-[1-8]\d{{6}}(?!\d)",
)
_IDS = frozenset({"request_id", "job_id", "endpoint_id", "delivery_id", "timestamp", "at"})
# They quote the address that was asked for, which may be a member's own link.
_QUOTING = ("django.request", "django.security", "django.server", "httpx", "httpcore")


# Nearly all that is logged has been logged before: a route, a level, the name of a process.
@lru_cache(maxsize=1_024)
def blank_secrets(text: str) -> str:
    """Return a text without what looks like a phone number, an address, a card or one of our keys."""
    return SECRETS.sub(BLANK, text)


def name_places(trace: TracebackType | None) -> list[str]:
    """Return where an exception came through, the last last: `core/x.py:3 in f`, ours if there is one."""
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or list(frames)
    return [f"{'/'.join(PurePath(one.filename).parts[-3:])}:{one.lineno} in {one.name}" for one in ours]


def _tell_exception(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    raised = facts.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        kind = getattr(error, "code", None)
        told = kind if isinstance(kind, str) else type(error).__qualname__
        facts["exception"] = " at ".join([told, *name_places(error.__traceback__)[-3:]])
    facts.pop("stack_info", None)
    return facts


def _silence_quotes(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = facts.get("_record")
    if record is not None and record.name.startswith(_QUOTING):
        facts["event"] = f"{record.name}.{record.levelname.lower()}"
        code = getattr(record, "status_code", None)
        if isinstance(code, int):
            facts["code"] = code
    return facts


def _keep_allowed(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept: dict[str, Any] = {}
    dropped = 0
    for name, value in facts.items():
        if name.startswith("_"):
            kept[name] = value  # structlog's own, taken out before a line is written
        elif name in ALLOWED:
            kept[name] = _clean(name, value)
        else:
            dropped += 1
    if dropped:
        kept["dropped"] = dropped
    return kept


def _clean(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    return text if name in _IDS else blank_secrets(text)


def _name_process(logger: Any, method: str, facts: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    facts.setdefault("process", os.environ.get("DANGOL_PROCESS", "command"))
    facts.setdefault("pid", os.getpid())
    return facts


SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _name_process,
    _tell_exception,
)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes a record, ours or a library's, as one line: JSON, or for a person on a terminal."""

    def __init__(self, *, for_people: bool | None = None) -> None:
        is_person = sys.stderr.isatty() if for_people is None else for_people
        last: Any = (
            structlog.dev.ConsoleRenderer()
            if is_person
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )
        super().__init__(
            foreign_pre_chain=(structlog.stdlib.add_logger_name, *SHARED, _silence_quotes),
            processors=[_keep_allowed, structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what a library hung onto the record beside its text stays out."""
        if isinstance(record.args, Mapping):
            record.msg, record.args = record.getMessage(), ()
        return super().format(record)


def logging_settings() -> dict[str, Any]:
    """Return the settings of Python's logging: everything to stderr through the one formatter."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "dangol.core.logs.LineFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "dangol": {"level": "INFO"},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.request": {"level": "ERROR"},
        },
    }


def configure() -> None:
    """Let structlog's loggers write through Python's logging, and so through the same nets."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
