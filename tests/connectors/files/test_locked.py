"""Archives that a passphrase opens, and nothing else."""

import io
import zlib
from collections.abc import Iterator

import pytest
import pyzipper

from dangol.connectors.files.exports.locked import (
    PASSPHRASE_BITS,
    lock_files,
    lock_lines,
    lock_stream,
    make_passphrase,
)

CANARY = "김하늘 haneul@example.com 010-9876-5432 "


def opened(locked: bytes, passphrase: str) -> dict[str, str]:
    with pyzipper.AESZipFile(io.BytesIO(locked)) as archive:
        archive.setpassword(passphrase.encode())
        return {name: archive.read(name).decode() for name in archive.namelist()}


def packed(way: str, passphrase: str, text: str) -> bytes:
    if way == "files":
        return lock_files({"members.csv": text.encode()}, passphrase)
    if way == "lines":
        return b"".join(lock_lines(text.splitlines(keepends=True), "members.csv", passphrase))
    target = io.BytesIO()
    with lock_stream(target, "members.csv", passphrase) as stream:
        stream.write(text.encode())
    return target.getvalue()


@pytest.mark.parametrize("way", ["files", "lines", "stream"])
@pytest.mark.parametrize("text", ["", CANARY, f"{CANARY}\r\n" * 20_000], ids=["empty", "short", "long"])
def test_archive__of_each_way__opens_by_its_passphrase_and_shows_nothing(way: str, text: str) -> None:
    passphrase = make_passphrase()

    locked = packed(way, passphrase, text)

    assert opened(locked, passphrase) == {"members.csv": text}
    for part in CANARY.split():
        assert part.encode() not in locked
    for wrong in (passphrase.lower(), passphrase.replace("-", ""), make_passphrase()):
        with pytest.raises(RuntimeError, match="Bad password"):
            opened(locked, wrong)
    info = pyzipper.AESZipFile(io.BytesIO(locked)).infolist()[0]
    # 256 bits, and no checksum of what is inside.
    assert (info.wz_aes_strength, info.wz_aes_version, info.CRC) == (3, 2, 0)


@pytest.mark.parametrize("at", [0.4, 0.8])
def test_archive__a_byte_changed__is_not_read(at: float) -> None:
    passphrase = make_passphrase()
    text = "".join(f"{number},{number * 7919 % 104729}\n" for number in range(5_000))
    locked = bytearray(lock_files({"members.csv": text.encode()}, passphrase))
    locked[int(len(locked) * at)] ^= 1

    with pytest.raises((pyzipper.BadZipFile, zlib.error)):
        opened(bytes(locked), passphrase)


def test_lines__many__come_as_they_are_packed_and_not_at_the_end() -> None:
    asked = 0

    def lines() -> Iterator[str]:
        nonlocal asked
        for number in range(200_000):
            asked = number
            yield f"{number},{number * 7919 % 104729}\n"

    parts = lock_lines(lines(), "members.csv", make_passphrase())

    assert next(parts).startswith(b"PK")
    assert asked < 100_000


def test_passphrase__made__is_of_125_bits_and_never_the_same() -> None:
    made = [make_passphrase() for _ in range(1_000)]

    assert len(set(made)) == len(made)
    groups = made[0].split("-")
    assert [len(one) for one in groups] == [5] * 5
    signs = set("".join(made)) - {"-"}
    assert len(signs) == 32
    assert PASSPHRASE_BITS == 125
