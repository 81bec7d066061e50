"""Which mail server: an address such as `smtps://user:password@host:465`, read strictly."""

from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_FORM = "write smtps://user:password@host:465, or smtp://user:password@host:587"


class Tls(StrEnum):
    """How what is said to the server is kept secret."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    # On this very machine only.
    NONE = "none"


class Server(NamedTuple):
    """A mail server, and who we are to it; without a user it asks for none."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = ""

    @property
    def shown(self) -> str:
        """The server without its secrets."""
        return f"{self.host}:{self.port} ({self.tls})"


def read_server(url: str) -> Server:
    """Return the server an address names; raises ValueError, which never repeats the address: it is secret.

    `smtps://` speaks TLS from the first byte. `smtp://` must change to it (STARTTLS) before anything is
    said, unless the server is this machine.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"cannot be read; {_FORM}, and odd characters of a password as %XX") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError(f"names no mail server; {_FORM}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"has something behind the host; {_FORM}, and odd characters of a password as %XX")
    if bool(parts.username) != bool(parts.password):
        raise ValueError(f"has a user or a password, but not both; {_FORM}")
    tls = Tls.IMPLICIT if parts.scheme == "smtps" else Tls.STARTTLS
    if tls is Tls.STARTTLS and is_this_machine(parts.hostname):
        tls = Tls.NONE
    default = 465 if tls is Tls.IMPLICIT else 587
    return Server(
        parts.hostname, port or default, tls, unquote(parts.username or ""), unquote(parts.password or "")
    )


def is_this_machine(host: str) -> bool:
    """Say whether a host is the one we run on, by its name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_from(text: str) -> Address:
    """Return the address messages come from, with or without a name before it; raises ValueError."""
    name, plain = parseaddr(text)
    user, _, domain = plain.rpartition("@")
    odd = any(not one.isprintable() for one in text)
    try:
        if odd or not user or "." not in domain.strip("."):
            raise ValueError
        return Address(display_name=name, username=user, domain=domain)
    except (ValueError, IndexError):
        raise ValueError("is no e-mail address; write shop@example.com or Shop <shop@example.com>") from None
