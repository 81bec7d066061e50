"""Sealing: what is put in comes out at the same place for the same person, and nowhere else."""

from datetime import datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings, strategies as st

from dangol.core.people.data_keys import (
    ERASED,
    PersonKeyMissing,
    destroy_key,
    ensure_data_keys,
    find_data_keys,
    make_data_keys,
)
from dangol.core.people.models import PersonKey
from dangol.core.people.sealing import (
    PersonErased,
    Place,
    SealBroken,
    Sealed,
    open_many,
    open_sealed,
    open_with,
    seal,
    seal_with,
)
from dangol.core.storage.ids import random_id
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NAME, OTHER_COLUMN, OTHER_TABLE = Place("t", "name"), Place("t", "note"), Place("u", "name")
FIRST_ROW, OTHER_ROW = Place("t", "name", b"1"), Place("t", "name", b"2")
# The same letters, cut elsewhere: joined without care they would be the same bytes.
CUT_ELSEWHERE = Place("tn", "ame")


def test_seal__then_open__the_text_and_nothing_readable_between() -> None:
    member = random_id()

    blob = seal(member, NAME, "김하늘")

    assert open_sealed(member, NAME, blob) == "김하늘"
    assert blob.startswith(b"\x01" + member)
    assert "김하늘".encode() not in blob
    assert seal(member, NAME, "김하늘") != blob


@pytest.mark.parametrize("place", [OTHER_COLUMN, OTHER_TABLE, FIRST_ROW, CUT_ELSEWHERE])
def test_open_sealed__moved_to_another_place__refused(place: Place) -> None:
    member = random_id()
    blob = seal(member, NAME, "김하늘")

    with pytest.raises(SealBroken) as refused:
        open_sealed(member, place, blob)

    assert refused.value.data["column"] == place.column


def test_open_sealed__moved_to_another_row_of_the_same_person__refused() -> None:
    member = random_id()
    blob = seal(member, FIRST_ROW, "김하늘")

    with pytest.raises(SealBroken):
        open_sealed(member, OTHER_ROW, blob)


def test_open_sealed__another_person__refused() -> None:
    member, thief = random_id(), random_id()
    blob = seal(member, NAME, "김하늘")
    seal(thief, NAME, "이도둑")

    with pytest.raises(SealBroken):
        open_sealed(thief, NAME, blob)
    with pytest.raises(SealBroken):
        open_sealed(thief, NAME, blob[:1] + thief + blob[17:])


def test_open_sealed__any_byte_changed_or_missing__refused() -> None:
    member = random_id()
    blob = seal(member, NAME, "김하늘")
    key = find_data_keys([member])[member]
    assert isinstance(key, AESGCM)

    for place in range(len(blob)):
        changed = bytearray(blob)
        changed[place] ^= 1
        for broken in (bytes(changed), blob[:place]):
            with pytest.raises(SealBroken):
                open_with(key, Sealed(member, NAME, broken))


@settings(max_examples=SIZE.examples)
@given(text=st.text(), table=st.text("abc", min_size=1), column=st.text("abc", min_size=1), row=st.binary())
def test_open_with__sealed_with_the_same__is_the_text(text: str, table: str, column: str, row: bytes) -> None:
    key, member, place = AESGCM(b"k" * 32), b"m" * 16, Place(table, column, row)

    assert open_with(key, Sealed(member, place, seal_with(key, member, place, text))) == text


def test_open_with__lone_surrogate__comes_back_whole() -> None:
    key, member = AESGCM(b"k" * 32), b"m" * 16

    assert open_with(key, Sealed(member, NAME, seal_with(key, member, NAME, "\ud800"))) == "\ud800"


def test_open_many__destroyed_key__erased_and_the_others_open(at: datetime) -> None:
    leaver, member = random_id(), random_id()
    values = [
        Sealed(leaver, NAME, seal(leaver, NAME, "박떠남")),
        Sealed(member, NAME, seal(member, NAME, "김하늘")),
        Sealed(member, OTHER_COLUMN, None),
    ]
    open_many(values)

    assert destroy_key(leaver, at=at)

    assert open_many(values) == [ERASED, "김하늘", None]
    assert not destroy_key(leaver, at=at)
    with pytest.raises(PersonErased):
        seal(leaver, NAME, "박다시")


def test_destroy_key__no_key_yet__none_can_be_made(at: datetime) -> None:
    leaver = random_id()

    destroy_key(leaver, at=at)

    assert ensure_data_keys([leaver]) == {leaver: ERASED}
    assert PersonKey.objects.get().destroyed_at == at


def test_open_sealed__key_store_older_than_the_database__says_so() -> None:
    member = random_id()
    blob = seal(member, NAME, "김하늘")
    PersonKey.objects.all().delete()

    with pytest.raises(PersonKeyMissing):
        open_sealed(member, NAME, blob)


def test_ensure_data_keys__some_known__keeps_them() -> None:
    member, newcomer = random_id(), random_id()
    key = make_data_keys([member])[member]
    blob = seal_with(key, member, NAME, "김하늘")

    keys = ensure_data_keys([member, newcomer])

    assert set(keys) == {member, newcomer}
    assert open_many([Sealed(member, NAME, blob)], keys) == ["김하늘"]
