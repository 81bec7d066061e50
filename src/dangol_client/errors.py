"""What can go wrong, as exceptions: a no that stays one, and an outcome nobody knows yet."""

from collections.abc import Mapping
from typing import Any

import msgspec

IN_FLIGHT = "idempotency.in_flight"


class Problem(msgspec.Struct, frozen=True):
    """A refusal as the API sends it (RFC 9457)."""

    code: str
    detail: str = ""
    param: str | None = None
    message: dict[str, str] = {}
    data: dict[str, Any] = {}
    request_id: str = ""
    errors: list[dict[str, Any]] | None = None


class DangolError(Exception):
    """The family of all that a call may raise beside ValueError for what could never be sent.

    `code` never changes its meaning; `message` is for people, by language (`ko`, `en`); `param` names the
    field that is wrong; `data` holds the facts; `request_id` finds the request in the server's log;
    `idempotency_key` is the key the request was sent with, for sending it again.
    """

    def __init__(
        self, problem: Problem, *, status: int | None = None, idempotency_key: str | None = None
    ) -> None:
        super().__init__(problem, status, idempotency_key)
        self.code = problem.code
        self.param = problem.param
        self.message: Mapping[str, str] = problem.message
        self.detail = problem.detail
        self.data: Mapping[str, Any] = problem.data
        self.request_id = problem.request_id
        self.errors = problem.errors or []
        self.status = status
        self.idempotency_key = idempotency_key

    def __str__(self) -> str:
        place = f" [{self.param}]" if self.param else ""
        named = f" (request {self.request_id})" if self.request_id else ""
        faults = "; ".join(f"{one.get('param')}: {_words(one.get('message'))}" for one in self.errors)
        return f"{self.code}{place}: {' '.join(filter(None, (self.detail, faults)))}{named}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross a process boundary whole."""
        problem, status, key = self.args
        return _restore, (type(self), problem, status, key)


class Refused(DangolError):
    """The shop says no, and will say so again: sending the same request once more is of no use."""


class NotFound(Refused):
    """What the address names is not there."""


class Unavailable(DangolError):
    """The time is up and the outcome is not known: no answer came, or the shop was busy or broken.

    Send it again later with the same `idempotency_key`: it will have happened once.
    """


class Unreadable(DangolError):
    """The shop carried it out, but its answer is not what this client knows: update the client."""


def _words(message: Any) -> str:
    return str(message.get("en", "")) if isinstance(message, dict) else ""


def _restore(kind: type[DangolError], problem: Problem, status: int | None, key: str | None) -> DangolError:
    return kind(problem, status=status, idempotency_key=key)


def read_problem(status: int, body: bytes, request_id: str) -> Problem:
    """Return what a refusal says; something that stands between (a proxy) may say it in its own way."""
    try:
        return msgspec.json.decode(body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Problem(
            f"http.{status}", f"The answer is {status} and no problem of the API.", request_id=request_id
        )


def may_go_again(status: int, code: str) -> bool:
    """Say whether the same request may succeed later: too many, still in flight, or broken."""
    return status == 429 or status >= 500 or (status == 409 and code == IN_FLIGHT)
