"""Sealing what messages say: under the person's own key, and what goes to staff under the house's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dangol.core.messaging.contents import CONTENTS, Content
from dangol.core.people.data_keys import Erased, ensure_data_keys, find_data_keys, shared_key, shared_owner
from dangol.core.people.sealing import PersonErased, Place, Sealed, open_many, seal_with
from dangol.core.storage.ids import Id, show_id

KEY = "messages"
# Whose messages to staff are: nobody's in particular.
HOUSE: Id = shared_owner(KEY)


class Opened(NamedTuple):
    """Where a message goes, and what it says."""

    to: str
    content: Content


class _Stored(msgspec.Struct, frozen=True):
    to: str
    content: msgspec.Raw


def _place(message_id: Id) -> Place:
    return Place("dg_message", "sealed", message_id)


def keys_for_sealing(owners: Iterable[Id]) -> dict[Id, AESGCM]:
    """Return the keys under which messages of these owners are sealed; raises PersonErased."""
    people = {owner for owner in owners if owner != HOUSE}
    keys: dict[Id, AESGCM] = {}
    for owner, key in ensure_data_keys(people).items():
        if isinstance(key, Erased):
            raise PersonErased(customer_id=show_id(owner))
        keys[owner] = key
    return keys | {HOUSE: AESGCM(shared_key(KEY))}


def seal_content(key: AESGCM, owner: Id, message_id: Id, opened: Opened) -> bytes:
    """Return where a message goes and what it says, sealed for its row."""
    stored = _Stored(opened.to, msgspec.Raw(msgspec.json.encode(opened.content)))
    return seal_with(key, owner, _place(message_id), msgspec.json.encode(stored).decode())


def open_contents(rows: Sequence[tuple[Id, Id, str, bytes | None]]) -> list[Opened | Erased | None]:
    """Open messages given as owner, id, template and what is sealed; None where it has been emptied.

    ERASED stands for one whose person was erased meanwhile. Raises SealBroken, PersonKeyMissing.
    """
    people = {owner for owner, _, _, blob in rows if owner != HOUSE and blob is not None}
    keys: Mapping[Id, AESGCM | Erased] = find_data_keys(people) | {HOUSE: AESGCM(shared_key(KEY))}
    texts = open_many([Sealed(owner, _place(one), blob) for owner, one, _, blob in rows], keys)
    return [_read(text, row[2]) for text, row in zip(texts, rows, strict=True)]


def _read(text: str | Erased | None, template: str) -> Opened | Erased | None:
    if text is None or isinstance(text, Erased):
        return text
    stored = msgspec.json.decode(text, type=_Stored)
    return Opened(stored.to, msgspec.json.decode(stored.content, type=CONTENTS[template]))
