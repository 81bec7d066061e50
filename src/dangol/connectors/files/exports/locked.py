"""Files as ZIP archives that only a passphrase opens: WinZip's AES-256 (AE-2), as ordinary programs read it.

The archive's format stretches a passphrase by a thousand rounds of PBKDF2 only, so the passphrase itself has
to be beyond guessing: it is made here, of 125 random bits, and kept nowhere. What lies in an archive goes by
the name of its kind, for names in it are not encrypted.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, cast

import pyzipper

# Crockford's Base32: five bits a sign, none of which is taken for another when read aloud.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 5, 5
PASSPHRASE_BITS = 5 * _GROUPS * _GROUP
_AT_ONCE = 64 * 1024


def make_passphrase() -> str:
    """Return a passphrase of 125 random bits, in five groups with hyphens, which belong to it."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def lock_files(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Return an archive of these files, by name, which the passphrase opens."""
    locked = BytesIO()
    with _archive(locked, passphrase) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return locked.getvalue()


@contextmanager
def lock_stream(target: BinaryIO, name: str, passphrase: str) -> Iterator[BinaryIO]:
    """Give a stream whose bytes become the one file of an archive in `target`, which stays open."""
    with _archive(target, passphrase) as archive, archive.open(name, "w", force_zip64=True) as stream:
        yield cast(BinaryIO, stream)


def lock_lines(lines: Iterable[str], name: str, passphrase: str) -> Iterator[bytes]:
    """Yield an archive of one file of these lines as they come; nothing lies unlocked anywhere meanwhile."""
    drain = _Drain()
    with lock_stream(cast(BinaryIO, drain), name, passphrase) as stream:
        for line in lines:
            stream.write(line.encode())
            if drain.waiting >= _AT_ONCE:
                yield drain.take()
    yield drain.take()


@contextmanager
def _archive(target: BinaryIO, passphrase: str) -> Iterator["pyzipper.AESZipFile"]:
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        archive.setpassword(passphrase.encode())
        archive.setencryption(pyzipper.WZ_AES, nbits=256)
        yield archive


class _Drain:
    """A stream that goes forward only, and from which what was written is taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.waiting = 0

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        self.waiting += len(part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: what is written is there."""

    def take(self) -> bytes:
        taken, self._parts, self.waiting = b"".join(self._parts), [], 0
        return taken
