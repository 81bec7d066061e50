"""A shop, a key to it, and a caller that asks as a program does."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from dangol.api.limits import forget_turns
from dangol.core.access.keys import forget_remembered_keys, make_key
from dangol.core.access.rights import Right
from dangol.core.people.shops import set_shop
from dangol.project.clock import now
from dangol.rooms.rewards.first_program import make_first_program


class Answered(NamedTuple):
    """What came back."""

    status: int
    data: Any
    headers: dict[str, str]
    raw: bytes


class Caller:
    """Asks with a key, and names each request it makes something with."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._client = Client(raise_request_exception=False)

    def get(self, path: str, **headers: str) -> Answered:
        """Ask for what is at a path below /api/v1."""
        return self.send("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, key: str | None = None, **headers: str) -> Answered:
        """Make something, under a fresh Idempotency-Key unless one is given."""
        named = {"Idempotency-Key": key if key is not None else str(uuid4())}
        return self.send("POST", path, body, **(named | headers))

    def send(self, method: str, path: str, body: Any, **headers: str) -> Answered:
        """Send anything; `headers` may be given with underscores."""
        given = {"Authorization": f"Bearer {self.secret}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = body if isinstance(body, bytes | str) else "" if body is None else json.dumps(body)
        response = self._client.generic(
            method,
            f"/api/v1{path}",
            content,
            headers=given,
            content_type=given.pop("Content-Type", "application/json"),
        )
        raw = response.content
        return Answered(response.status_code, json.loads(raw) if raw else None, dict(response.headers), raw)


@pytest.fixture(autouse=True)
def forgetting() -> Iterator[None]:
    """Let no test be held to what another one has asked."""
    forget_remembered_keys()
    forget_turns()
    yield
    forget_remembered_keys()


@pytest.fixture
def stopped() -> Iterator[None]:
    """Let no time pass, so that no minute of counting ends in between."""
    with time_machine.travel(now(), tick=False):
        yield


def open_shop() -> None:
    """Open a shop in Korea with the first program: a point for 100 won."""
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    make_first_program(currency="KRW", zone="Asia/Seoul", language="ko", recorded_at=now())


@pytest.fixture
def shop(transactional_db: None) -> None:
    """A shop in Korea with the first program: a point for 100 won."""
    open_shop()


def key_with(*scopes: Right, space: str = "live") -> str:
    """Return the secret of a new key with these scopes; with none of them, with all."""
    return make_key(
        name="시험", space=space, scopes=scopes or frozenset(Right), created_by="owner", at=now()
    ).secret


@pytest.fixture
def api(shop: None) -> Caller:
    """A program that may do everything."""
    return Caller(key_with())
