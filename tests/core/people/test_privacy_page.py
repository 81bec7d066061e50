"""The bytes on the privacy page are the bytes the code makes."""

import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.blind_index import hash_values
from dangol.core.people.data_keys import shared_owner
from dangol.core.people.models import SharedKey
from dangol.core.people.sealing import Place, Sealed, open_with
from dangol.core.storage.ids import parse_id
from dangol.core.storage.master_keys import KeyRing, key_ring
from tests.house_rules import ROOT

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE = (Path(ROOT) / "docs/algorithms/privacy.md").read_text()
PERSON = parse_id("0f8fad5b-d9cb-469f-a165-70867728950e")
DATA_KEY, MASTER_KEY, INDEX_KEY = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))


def told(pattern: str) -> list[Any]:
    found = re.findall(pattern, PAGE, re.MULTILINE)
    assert found, pattern
    return found


def test_privacy_page__sealed_value__opens_as_told() -> None:
    [stored] = told(r"^\| stored \| `([0-9a-f]+)` \|")
    sealed = Sealed(PERSON, Place("dg_customer", "name_sealed"), bytes.fromhex(stored))

    assert open_with(AESGCM(DATA_KEY), sealed) == "김하늘"


def test_privacy_page__authenticated_bytes__are_header_and_place() -> None:
    [authenticated] = told(r"^\| authenticated \| `([0-9a-f]+)` \|")

    assert bytes.fromhex(authenticated) == b"\x01" + PERSON + b"\0dg_customer\0name_sealed\0"


def test_privacy_page__wrapped_key__unwraps_as_told() -> None:
    [wrapped] = told(r"^    (010b[0-9a-f]+)$")
    ring = KeyRing({"mk-1f2e3d4c": AESGCM(MASTER_KEY)}, newest="mk-1f2e3d4c")

    assert ring.unwrap(bytes.fromhex(wrapped), owner=PERSON) == DATA_KEY


def test_privacy_page__hashes__are_those_of_the_index_key() -> None:
    wrapped = key_ring().wrap(INDEX_KEY, owner=shared_owner("blind-index"))
    SharedKey.objects.create(name="blind-index", master=wrapped.master, wrapped=wrapped.blob)

    rows = told(r"^\| `(\w+)` \| (\S+) \| `([0-9a-f]{32})` \|")

    assert len(rows) == 5
    assert {(use, value): hash_values(use, [value])[value].hex() for use, value, _ in rows} == {
        (use, value): shown for use, value, shown in rows
    }
