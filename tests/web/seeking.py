"""Searching for people as a page's form does, and the addresses that come of it."""

from http import HTTPStatus
from typing import Any

from django.test import Client


def sent(client: Client, path: str, text: str, *, field: str = "q", **more: str) -> str:
    """Send a page's search; return the address it leads to."""
    answer = client.post(path, {field: text, **more})
    assert answer.status_code == HTTPStatus.SEE_OTHER, (path, answer.status_code)
    return answer["Location"]


def seek(client: Client, path: str, text: str, *, field: str = "q", **more: str) -> Any:
    """Send a page's search; return what it leads to."""
    return client.get(sent(client, path, text, field=field, **more))


def settled(client: Client, address: str) -> str:
    """Return where an address leads in which somebody typed whom they look for; any other as it is."""
    answer = client.get(address)
    return answer["Location"] if answer.status_code == HTTPStatus.SEE_OTHER else address
