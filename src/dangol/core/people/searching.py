"""Finding people by what somebody types: whole identities, endings, names. By hashes, sealed as they are."""

from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import (
    ENDING_LENGTH,
    ENDINGS,
    NAME,
    Value,
    find_owners,
    hash_ending,
    hash_names,
    identity_keys,
)
from dangol.core.people.models import SearchToken
from dangol.core.people.names import LONGEST_PART, begins_with, fold_name, number_shown, parts_to_find
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.selectors import find_shop, names_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching

MOST_CANDIDATES = 1_000
_SEARCHED = (Kind.EXTERNAL, Kind.EMAIL, Kind.PHONE, Kind.CARD)


def find_customers(text: str, *, limit: int = 50) -> list[Id]:
    """Return whom a search means, in no order of names: whole identities first, then endings and names.

    A whole external id, e-mail, phone or card; the last four digits of a phone or card; a name or its
    beginning; or, as pages show who has no name, `회원 13`. Found by hashes only; sealed names are opened
    only to compare more than eight letters.
    """
    text = text.strip()
    if not text:
        return []
    as_shown = find_whole(number_shown(text))
    return list(dict.fromkeys([*as_shown, *find_whole(text), *_find_tokens(text, limit)]))[:limit]


def find_whole(text: str) -> list[Id]:
    """Return whom this text names as a whole identity: what somebody tells who stands there themselves."""
    keys = identity_keys(_readings(text))
    owners = find_owners(keys.values())
    named = (owners[keys[value]] for value in sorted(keys, key=_place) if keys[value] in owners)
    return list(dict.fromkeys(named))


def _place(value: Value) -> int:
    return _SEARCHED.index(value[0])


def _readings(text: str) -> list[Value]:
    """Return what a search text may be, read as each kind of identity."""
    found = find_shop()
    readings = []
    for kind in _SEARCHED:
        if kind == Kind.PHONE and not found:
            continue
        try:
            readings.append((kind, normalize_identity(kind, text, region=found.region if found else "")))
        except RefusedValue:
            continue
    return readings


def _find_tokens(text: str, limit: int) -> list[Id]:
    tokens = [(NAME, token) for token in hash_names(parts_to_find(text)).values()]
    if len(text) == ENDING_LENGTH and text.isascii() and text.isdigit():
        tokens += [(kind, hash_ending([text])[text]) for kind in ENDINGS]
    must_compare = len(fold_name(text)) > LONGEST_PART
    rows = select_matching(
        SearchToken,
        ("customer_id",),
        ("kind", "token"),
        tokens,
        limit=MOST_CANDIDATES if must_compare else limit,
    )
    found = [owner for (owner,) in rows]
    if not must_compare:
        return found
    people = names_of(found, unmasked=True)
    return [owner for owner in found if begins_with(people[owner].name or "", text)]
