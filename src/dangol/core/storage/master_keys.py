"""Master keys: the few secrets under which all data keys are kept.

They come from the environment or from a key file, as lines `name:base64`, the newest last; there is no
default. The newest wraps what is new; the others stay until `dangol keys rotate` has wrapped again what
they hold. Format and reasons: docs/algorithms/privacy.md.
"""

import os
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError

KEY_BYTES = 32
NONCE_BYTES = 12
WRAPPED_FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")
_CONTEXT = b"dangol wrapped key\0"


class NoMasterKey(DomainError):
    """There is no master key: a shop has one from its making on, so it was lost and must be put back."""

    code = "keys.no_master_key"


class UnknownMasterKey(DomainError):
    """A key is wrapped by a master key (`name`) that is no longer in the ring; put its line back."""

    code = "keys.unknown_master_key"


class WrappedKeyBroken(DomainError):
    """A wrapped key is not what was stored for this owner: changed, moved, or under another master key."""

    code = "keys.wrapped_key_broken"


class WrappedKey(NamedTuple):
    """A key as the key store holds it, and the name of the master key that opens it."""

    master: str
    blob: bytes


@dataclass(frozen=True, slots=True, eq=False)
class KeyRing:
    """The master keys at hand. `newest` names the one that wraps."""

    keys: Mapping[str, AESGCM]
    newest: str

    def wrap(self, key: bytes, *, owner: Id) -> WrappedKey:
        """Return `key` under the newest master key, bound to its owner."""
        name = self.newest.encode()
        header = bytes((WRAPPED_FORMAT, len(name))) + name + owner
        nonce = os.urandom(NONCE_BYTES)
        return WrappedKey(
            self.newest, header + nonce + self.keys[self.newest].encrypt(nonce, key, _CONTEXT + header)
        )

    def unwrap(self, blob: bytes, *, owner: Id) -> bytes:
        """Return the key in `blob`. Raises UnknownMasterKey, or WrappedKeyBroken if it is not the owner's."""
        if len(blob) < 2 or blob[0] != WRAPPED_FORMAT:
            raise WrappedKeyBroken()
        end = 2 + blob[1] + len(owner)
        header, nonce, sealed = blob[:end], blob[end : end + NONCE_BYTES], blob[end + NONCE_BYTES :]
        if header[2 + blob[1] :] != owner:
            raise WrappedKeyBroken()
        name = header[2 : 2 + blob[1]].decode("ascii", "replace")
        if name not in self.keys:
            raise UnknownMasterKey(name=name)
        try:
            return self.keys[name].decrypt(nonce, sealed, _CONTEXT + header)
        except (InvalidTag, ValueError):
            raise WrappedKeyBroken() from None


def parse_master_keys(text: str) -> dict[str, str]:
    """Return the master keys by name, newest last, from lines (or `;` separated parts) `name:base64`.

    Raises ValueError, which says what is wrong and never repeats the secret.
    """
    keys: dict[str, str] = {}
    for number, line in enumerate(text.replace(";", "\n").splitlines(), start=1):
        if not line.strip():
            continue
        name, _, value = line.strip().partition(":")
        if not _NAME.fullmatch(name) or not _is_key(value):
            raise ValueError(f"line {number} is not of the form `name:base64` with a key of 32 bytes")
        if name in keys:
            raise ValueError(f"line {number} names {name} a second time")
        keys[name] = value
    return keys


def _is_key(value: str) -> bool:
    try:
        return len(b64decode(value, validate=True)) == KEY_BYTES
    except Base64Error:
        return False


def new_master_key_line() -> str:
    """Return a line for the key file with a new random master key: a secret, for no screen and no log."""
    return f"mk-{secrets.token_hex(4)}:{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


@contextmanager
def hold_key_file(path: Path) -> Iterator[Callable[[str], None]]:
    """Hold the key file against every other process; gives what adds a line at its end.

    Two that read it at once would each write back what they had read, and one line would be lost, with all
    the keys already wrapped under it. The lock is a file beside it, for the key file itself is replaced;
    where the folder may only be read, nobody adds a line, and nothing is locked.
    """
    if not os.access(path.parent, os.W_OK):
        yield partial(_append, path)
        return
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(handle, LOCK_EX)
        yield partial(_append, path)
    finally:
        os.close(handle)


def append_master_key(path: Path, line: str) -> None:
    """Add a line at the end of the key file, in one step that a crash cannot leave half done.

    Waits for whoever holds the file: see `hold_key_file`.
    """
    with hold_key_file(path) as append:
        append(line)


def _append(path: Path, line: str) -> None:
    earlier = path.read_text() if path.exists() else ""
    handle, draft = mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{earlier.rstrip()}\n{line}\n".lstrip())
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def key_ring() -> KeyRing:
    """Return the master keys as they are now; raises NoMasterKey.

    A key file is read again when it has changed, so that processes that are already running follow a
    rotation at once.
    """
    path: Path | None = settings.MASTER_KEYS_FILE
    if path is None:
        return _ring(tuple(settings.MASTER_KEYS.items()))
    try:
        state = path.stat()
    except FileNotFoundError:
        raise NoMasterKey() from None
    return _ring_of_file(path, state.st_mtime_ns, state.st_ino)


@lru_cache(maxsize=2)
def _ring_of_file(path: Path, changed_ns: int, inode: int) -> KeyRing:
    return _ring(tuple(parse_master_keys(path.read_text()).items()))


@lru_cache(maxsize=4)
def _ring(lines: tuple[tuple[str, str], ...]) -> KeyRing:
    if not lines:
        raise NoMasterKey()
    return KeyRing({name: AESGCM(b64decode(value)) for name, value in lines}, newest=lines[-1][0])
