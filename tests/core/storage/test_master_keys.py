"""Master keys: where they come from, and what they wrap."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from dangol.core.storage.master_keys import (
    NoMasterKey,
    UnknownMasterKey,
    WrappedKeyBroken,
    append_master_key,
    key_ring,
    new_master_key_line,
    parse_master_keys,
)

KEY = b64encode(b"k" * 32).decode()
OWNER, OTHER = b"o" * 16, b"p" * 16


def test_parse_master_keys__lines_and_parts__in_their_order() -> None:
    assert list(parse_master_keys(f"old:{KEY}\n\n new:{KEY};newest:{KEY}")) == ["old", "new", "newest"]


@pytest.mark.parametrize(
    "text",
    [KEY, f"a b:{KEY}", "short:" + b64encode(b"k" * 31).decode(), "a:not base64", f"a:{KEY}\na:{KEY}"],
)
def test_parse_master_keys__malformed__refused_without_repeating_the_secret(text: str) -> None:
    with pytest.raises(ValueError, match="line") as refused:
        parse_master_keys(text)

    assert KEY not in str(refused.value)


def test_new_master_key_line__twice__two_keys() -> None:
    first, second = new_master_key_line(), new_master_key_line()

    assert first != second
    assert len(parse_master_keys(f"{first}\n{second}")) == 2


def test_key_ring__no_key__refused(settings: Settings) -> None:
    settings.MASTER_KEYS = {}

    with pytest.raises(NoMasterKey):
        key_ring()


def test_key_ring__file_grown__followed_at_once(settings: Settings, tmp_path: Path) -> None:
    settings.MASTER_KEYS_FILE = path = tmp_path / "master.keys"
    with pytest.raises(NoMasterKey):
        key_ring()
    append_master_key(path, f"first:{KEY}")
    assert key_ring().newest == "first"

    append_master_key(path, new_master_key_line())

    oldest, newest = key_ring().keys
    assert (oldest, newest) == ("first", key_ring().newest)
    assert path.stat().st_mode & 0o777 == 0o600


def test_append_master_key__many_at_once__every_line_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "master.keys"
    lines = [f"mk-{number}:{KEY}" for number in range(32)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda line: append_master_key(path, line), lines))

    assert sorted(path.read_text().split()) == sorted(lines)
    assert {one.name for one in tmp_path.iterdir()} == {"master.keys", "master.keys.lock"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_wrap__by_the_newest__header_names_format_master_key_and_person(settings: Settings) -> None:
    settings.MASTER_KEYS = {"old": KEY, "new": b64encode(b"n" * 32).decode()}

    master, blob = key_ring().wrap(b"s" * 32, owner=OWNER)

    assert master == "new"
    assert blob.startswith(b"\x01\x03new" + OWNER)
    assert len(blob) == 2 + 3 + 16 + 12 + 32 + 16
    assert key_ring().unwrap(blob, owner=OWNER) == b"s" * 32


def test_unwrap__changed_in_any_byte_or_for_another_person__refused(settings: Settings) -> None:
    settings.MASTER_KEYS = {"only": KEY}
    blob = key_ring().wrap(b"s" * 32, owner=OWNER).blob

    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        with pytest.raises((WrappedKeyBroken, UnknownMasterKey)):
            key_ring().unwrap(bytes(changed), owner=OWNER)
    for cut in range(len(blob)):
        with pytest.raises((WrappedKeyBroken, UnknownMasterKey)):
            key_ring().unwrap(blob[:cut], owner=OWNER)
    with pytest.raises(WrappedKeyBroken):
        key_ring().unwrap(blob, owner=OTHER)


def test_unwrap__master_key_gone__names_it(settings: Settings) -> None:
    settings.MASTER_KEYS = {"old": KEY}
    blob = key_ring().wrap(b"s" * 32, owner=OWNER).blob
    settings.MASTER_KEYS = {"new": KEY}

    with pytest.raises(UnknownMasterKey) as refused:
        key_ring().unwrap(blob, owner=OWNER)

    assert refused.value.data == {"name": "old"}
