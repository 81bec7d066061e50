"""Sending one message: to a checked address, within fifteen seconds, without trusting the answer.

The name is resolved once, every address it has is checked, and the connection goes to one of those very
addresses, with the name kept for TLS and in the Host header: a name server that changes its mind between
the look and the call ("rebinding") changes nothing. Redirects are failures, and no proxy of the
environment is asked.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

import httpx

from dangol.core.events.webhooks.errors import UrlMalformed, UrlNotPublic
from dangol.domain.public_addresses import is_nearby, is_public

TIMEOUT_SECONDS = 15.0
ANSWER_CHARACTERS, ANSWER_BYTES, ANSWER_SECONDS = 1_000, 4_000, 2.0
HTTPS_PORT = 443
LONGEST_URL = 2_000
ADDRESSES_TRIED = 3
USER_AGENT = "Dangol-Webhooks/1"
Resolve = Callable[[str], Awaitable[list[str]]]


class Failure(StrEnum):
    """Why a try was none. Never the error's own words: they may quote what was sent."""

    STATUS = "status"
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    NAME_UNKNOWN = "name_unknown"
    ADDRESS_REFUSED = "address_refused"
    CONNECT = "connect_failed"
    TLS = "tls_failed"
    CLOSED_EARLY = "closed_early"
    # Its secret cannot be opened: a master key is gone.
    SECRET = "secret_unreadable"
    # Something here went wrong; the log says what.
    SENDER = "sender_failed"


class Reply(NamedTuple):
    """What came of sending a message; `failure` is empty for a success, `status` None without an answer."""

    status: int | None
    failure: str
    answer: str
    retry_after: str | None
    duration_ms: int


class AddressRefused(Exception):
    """A name has an address that may not be called."""


class NameUnknown(Exception):
    """A name has no address."""


def look_up(host: str) -> list[str]:
    """Return all addresses of a name; raises OSError. It may take as long as name servers let it."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Looks names up, each in a thread of its own and once at a time.

    A name whose server does not answer holds one thread, however many messages wait for it; in a pool that
    all names share, a few such would keep every other name waiting. Threads end with the process.
    """

    def __init__(self, look: Callable[[str], list[str]] = look_up) -> None:
        self._look = look
        self._asked: dict[str, asyncio.Future[list[str]]] = {}

    async def resolve(self, host: str) -> list[str]:
        """Return all addresses of a name; raises OSError."""
        asked = self._asked.get(host)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = self._asked[host] = loop.create_future()
            threading.Thread(
                target=self._ask, args=(loop, host, asked), name="name lookup", daemon=True
            ).start()
        # One who stops waiting must not stop it for the others.
        return await asyncio.shield(asked)

    def _ask(self, loop: asyncio.AbstractEventLoop, host: str, asked: "asyncio.Future[list[str]]") -> None:
        found: list[str] | OSError | UnicodeError
        try:
            found = self._look(host)
        except (OSError, UnicodeError) as error:
            found = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._tell, host, asked, found)

    def _tell(
        self, host: str, asked: "asyncio.Future[list[str]]", found: list[str] | OSError | UnicodeError
    ) -> None:
        del self._asked[host]
        if isinstance(found, Exception):
            asked.set_exception(found)
            asked.exception()  # it may be that nobody waits for it any more
        else:
            asked.set_result(found)


def check_url(url: str, *, allow_private: bool) -> str:
    """Return the URL of an endpoint if it may be one; raises UrlMalformed or UrlNotPublic.

    Public ones begin with https:// and have no other port than 443. With `allow_private` also http, any
    port, and addresses of this machine and of private networks: for development.
    """
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise UrlMalformed(field="url", url=url[:80])
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise UrlMalformed(field="url", url=url[:80]) from None
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not parts.host or parts.userinfo or parts.fragment:
        raise UrlMalformed(field="url", url=url[:80])
    if not allow_private and parts.port not in (None, HTTPS_PORT):
        raise UrlMalformed(field="url", url=url[:80])
    host = parts.host.rstrip(".").lower()
    is_local_name = (
        host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host
    )
    if not allow_private and ((is_local_name and ":" not in host) or not _may_call_number(host)):
        raise UrlNotPublic(field="url", url=url[:80])
    return url


def _may_call_number(host: str) -> bool:
    """Say whether a host, where it is an address and no name, is public, however oddly it is written."""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return True
    return all(is_public(str(entry[4][0])) for entry in found)


class Caller:
    """Calls endpoints. `allow_private` lets it call this machine and private networks, too."""

    def __init__(
        self,
        *,
        allow_private: bool,
        timeout: float = TIMEOUT_SECONDS,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private, self._timeout = allow_private, timeout
        self._resolve = resolve or Resolver().resolve
        self._context = context or httpx.create_ssl_context(trust_env=False)

    async def send(self, url: str, headers: Mapping[str, str], body: str) -> Reply:
        """Post a message; never raises for what the other side does."""
        began = time.monotonic()
        try:
            # Checked again: the endpoint may be older than the setting.
            checked = httpx.URL(check_url(url, allow_private=self._allow_private))
            status, answer, retry_after = await self._post(checked, headers, body.encode())
            failure = _failure_of(status)
        except _FAILURES as error:
            return Reply(None, _kind_of(error), "", None, _since(began))
        return Reply(status, failure, answer, retry_after, _since(began))

    async def _post(
        self, url: httpx.URL, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str, str | None]:
        sent = {
            **headers, "host": url.netloc.decode(), "content-type": "application/json",
            "user-agent": USER_AGENT, "accept-encoding": "identity", "connection": "close",
        }  # fmt: skip
        # No connection is kept: one that was opened to an address belongs to the name it was opened for.
        async with httpx.AsyncHTTPTransport(verify=self._context, trust_env=False) as transport:
            async with asyncio.timeout(self._timeout):
                addresses = await self._addresses(url.raw_host.decode())
                response = await self._reach(transport, addresses, url, sent, body)
            answer = await _read_start(response)
            return response.status_code, answer, response.headers.get("retry-after")

    async def _reach(
        self,
        transport: httpx.AsyncHTTPTransport,
        addresses: list[str],
        url: httpx.URL,
        headers: Mapping[str, str],
        body: bytes,
    ) -> httpx.Response:
        """Return the answer from the first of the addresses that can be reached."""
        waits = httpx.Timeout(self._timeout).as_dict()
        extensions = {"sni_hostname": url.raw_host.decode(), "timeout": waits}
        for place, address in enumerate(addresses, start=1):
            to = url.copy_with(host=address)
            request = httpx.Request("POST", to, headers=headers, content=body, extensions=extensions)
            try:
                return await transport.handle_async_request(request)
            except httpx.ConnectError:
                if place == len(addresses):
                    raise
        raise NameUnknown

    async def _addresses(self, host: str) -> list[str]:
        try:
            found = await self._resolve(host)
        except (OSError, UnicodeError):
            raise NameUnknown from None
        if not found:
            raise NameUnknown
        if not all(is_public(one) or (self._allow_private and is_nearby(one)) for one in found):
            raise AddressRefused
        return found[:ADDRESSES_TRIED]


async def _read_start(response: httpx.Response) -> str:
    """Return the start of an answer; what is not to be had of it does not matter: its status has come."""
    read = b""
    with contextlib.suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            async for part in response.aiter_raw():
                read += part
                if len(read) >= ANSWER_BYTES:
                    break
    await response.aclose()
    # PostgreSQL keeps no NUL.
    return read.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")[:ANSWER_CHARACTERS]


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _failure_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return Failure.REDIRECT if 300 <= status < 400 else Failure.STATUS


# The first that fits; the network's own errors are all of the last two kinds.
_KINDS: Mapping[type[Exception], Failure] = {
    AddressRefused: Failure.ADDRESS_REFUSED,
    UrlMalformed: Failure.ADDRESS_REFUSED,
    UrlNotPublic: Failure.ADDRESS_REFUSED,
    NameUnknown: Failure.NAME_UNKNOWN,
    httpx.TimeoutException: Failure.TIMEOUT,
    TimeoutError: Failure.TIMEOUT,
    httpx.ConnectError: Failure.CONNECT,
    httpx.TransportError: Failure.CLOSED_EARLY,
    OSError: Failure.CONNECT,
}
_FAILURES = tuple(_KINDS)


def _kind_of(error: Exception) -> Failure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Failure.TLS
        cause = cause.__cause__ or cause.__context__
    return next(failure for kind, failure in _KINDS.items() if isinstance(error, kind))
