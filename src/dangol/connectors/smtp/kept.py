"""The mail server a shop has set on its pages: checked, kept sealed, and never shown with its password."""

from datetime import datetime
from email.headerregistry import Address
from typing import NamedTuple

import msgspec
from django.conf import settings

from dangol.connectors.smtp.errors import (
    HostUnfit,
    PasswordWanted,
    PortUnfit,
    SenderUnfit,
    SetElsewhere,
    TlsUnfit,
    UserUnfit,
)
from dangol.connectors.smtp.servers import Server, Tls, is_this_machine, read_from
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.messaging.senders import EMAIL
from dangol.core.messaging.ways import forget_way, keep_way, open_way
from dangol.core.people.actors import Actor
from dangol.core.people.data_keys import KeyStoreGone
from dangol.core.people.sealing import SealBroken
from dangol.core.storage.transactions import write_transaction

LONGEST_HOST, LONGEST_USER, LONGEST_PASSWORD, LONGEST_SENDER = 253, 254, 1_000, 254


class MailDraft(NamedTuple):
    """A mail server as it is typed. An empty password keeps the one that is kept."""

    host: str = ""
    port: str = ""
    tls: str = Tls.STARTTLS.value
    user: str = ""
    password: str = ""
    sender: str = ""


class MailView(NamedTuple):
    """The mail server that is used, without its password. `set_at` is None where the environment says it."""

    host: str
    port: int
    tls: str
    user: str
    sender: str
    has_password: bool
    set_at: datetime | None = None
    set_by: str = ""

    @property
    def is_override(self) -> bool:
        """Whether the environment says which server it is, whatever is kept."""
        return self.set_at is None


class _Kept(msgspec.Struct, frozen=True):
    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = ""


def set_mail(draft: MailDraft, *, actor: Actor, reason: str, at: datetime) -> None:
    """Let mail leave by this server from now on, and write down in the access log who said so.

    Raises SetElsewhere, HostUnfit, PortUnfit, TlsUnfit, UserUnfit, PasswordWanted, SenderUnfit or
    ReasonMissing; then nothing is changed.
    """
    if settings.SMTP_SERVER is not None:
        raise SetElsewhere
    with write_transaction():
        before = _read_kept()
        kept = _check(draft, before[0] if before else None)
        keep_way(EMAIL, msgspec.json.encode(kept).decode(), by=actor.name or actor.key, at=at)
        changed = [name for name in _Kept.__struct_fields__ if not before or _differs(before[0], kept, name)]
        _note(changed, actor=actor, reason=reason, at=at)


def forget_mail(*, actor: Actor, reason: str, at: datetime) -> None:
    """Let mail leave by no server any more, and write that down; where none was kept nothing happens."""
    with write_transaction():
        if forget_way(EMAIL):
            _note(["host"], actor=actor, reason=reason, at=at)


def find_mail() -> MailView | None:
    """Return which mail server is used, without its password; None where none is."""
    server, sender = settings.SMTP_SERVER, settings.MAIL_FROM
    if server is not None:
        told = str(sender) if sender else ""
        return MailView(server.host, server.port, server.tls.value, server.user, told, bool(server.password))
    kept = _read_kept()
    if kept is None:
        return None
    one, set_at, set_by = kept
    return MailView(one.host, one.port, one.tls, one.user, one.sender, bool(one.password), set_at, set_by)


def kept_server() -> tuple[Server, Address] | None:
    """Return the kept server and the address mail comes from, for the sender; None where none is kept."""
    kept = _read_kept()
    if kept is None:
        return None
    one = kept[0]
    return Server(one.host, one.port, Tls(one.tls), one.user, one.password), read_from(one.sender)


def _read_kept() -> tuple[_Kept, datetime, str] | None:
    try:
        found = open_way(EMAIL)
    except (KeyStoreGone, SealBroken):
        # The key store is gone or another one: pages still open, and the server is set anew.
        return None
    return (msgspec.json.decode(found.told, type=_Kept), found.set_at, found.set_by) if found else None


def _check(draft: MailDraft, before: _Kept | None) -> _Kept:
    host = draft.host.strip().rstrip(".").lower()
    if not host or len(host) > LONGEST_HOST or not _is_host(host):
        raise HostUnfit(field="host")
    port = draft.port.strip()
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65_535):
        raise PortUnfit(field="port")
    if draft.tls not in set(Tls) or (draft.tls == Tls.NONE and not is_this_machine(host)):
        raise TlsUnfit(field="tls")
    sender = draft.sender.strip()
    try:
        if len(sender) > LONGEST_SENDER:
            raise ValueError
        read_from(sender)
    except ValueError:
        raise SenderUnfit(field="sender") from None
    user, password = _check_user(draft, before, host, int(port))
    return _Kept(host, int(port), draft.tls, sender, user, password)


def _check_user(draft: MailDraft, before: _Kept | None, host: str, port: int) -> tuple[str, str]:
    """Return user and password; a kept password is used for the very server it was given for only.

    Whoever may change the server could else have the password sent to a server of their own.
    """
    user, password = draft.user.strip(), draft.password
    if len(user) > LONGEST_USER or len(password) > LONGEST_PASSWORD or not (user + password).isprintable():
        raise UserUnfit(field="user")
    if user and not password and before and before.password:
        if (user, host, port, draft.tls) != (before.user, before.host, before.port, before.tls):
            raise PasswordWanted(field="password")
        return user, before.password
    if bool(user) != bool(password):
        raise UserUnfit(field="password" if user else "user")
    return user, password


def _is_host(host: str) -> bool:
    """Say whether it may be the name or the address of a machine: nothing that could end a command."""
    return all(one.isalnum() or one in "-.:_" for one in host) and not host.startswith(("-", "."))


def _differs(before: _Kept, after: _Kept, name: str) -> bool:
    return bool(getattr(before, name) != getattr(after, name))


def _note(changed: list[str], *, actor: Actor, reason: str, at: datetime) -> None:
    names = [f"mail.{name}" for name in changed]
    record_access([AccessDraft(Access.CONFIGURE, actor, reason, seen=names, people=0)], at=at)
