"""Codes of gift cards: money to whoever has one, so none is stored as it is written.

A code is found by its keyed hash, told apart by its last characters, and kept sealed under the house's key,
since whoever holds the card sees it on their phone, and a batch is printed again when the printer jams.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.people.blind_index import hash_values
from dangol.core.people.data_keys import Erased, shared_key, shared_owner
from dangol.core.people.sealing import Place, Sealed, open_many, seal_with
from dangol.core.storage.ids import Id
from dangol.domain.coupon_codes import normalize
from dangol.rooms.rewards.stored_value.models import TAIL

KEY = "gift-cards"
DEFAULT_PATTERN = "GC-####-####-####-###"
_OWNER: Id = shared_owner(KEY)


class CardRef(NamedTuple):
    """A code as it is carried on: its hash as hexadecimal text, and its last characters."""

    hash: str
    tail: str


def refs_of(codes: Iterable[str]) -> tuple[CardRef, ...]:
    """Return what stands for each code from here on, in the order given; nobody can read it back."""
    keys = [normalize(code) for code in codes]
    hashes = hash_values("gift_card", set(keys))
    return tuple(CardRef(hashes[key].hex(), key[-TAIL:]) for key in keys)


def seal_code(card_id: Id, code: str) -> bytes:
    """Return a code sealed for its card's row."""
    return seal_with(AESGCM(shared_key(KEY)), _OWNER, _place(card_id), code)


def open_codes(rows: Sequence[tuple[Id, bytes]]) -> list[str]:
    """Return the codes of cards, given by id and what is sealed, as they are printed. Raises SealBroken."""
    keys: dict[Id, AESGCM | Erased] = {_OWNER: AESGCM(shared_key(KEY))}
    sealed = [Sealed(_OWNER, _place(card_id), bytes(blob)) for card_id, blob in rows]
    return [str(text) for text in open_many(sealed, keys)]


def _place(card_id: Id) -> Place:
    return Place("dg_gift_card", "sealed", card_id)
