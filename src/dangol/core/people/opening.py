"""Opening what is sealed about people, many at once; who cannot be opened is told apart, not guessed at."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from dangol.core.people.data_keys import Erased, find_data_keys
from dangol.core.people.lookup import identity_place
from dangol.core.people.models import Customer, Identity
from dangol.core.people.sealing import Place, Sealed, open_many
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching

PLAIN = ("customer_id", "kind", "joined_at", "created_at", "language", "home_store_id")


class Opened(NamedTuple):
    """A customer's plain fields and open texts; the key was destroyed, or is not at hand."""

    plain: tuple[Any, ...]
    texts: dict[str, str]
    is_destroyed: bool
    is_keyless: bool


def open_people(customer_ids: Iterable[Id], columns: Sequence[str], *, strict: bool) -> dict[Id, Opened]:
    """Return what stands in these sealed columns of these customers, and what names them.

    A key that is not there raises PersonKeyMissing where it is `strict`; else its person is keyless, as
    everybody is while the instance is shown without its key store.
    """
    wanted = [(customer_id,) for customer_id in set(customer_ids)]
    rows = select_matching(Customer, (*PLAIN, *columns), ("customer_id",), wanted)
    identities = select_matching(
        Identity,
        ("customer_id", "kind", "value_hash", "value_sealed"),
        ("customer_id",),
        wanted,
        order_by=("customer_id", "added_at", "value_hash"),  # of several of a kind the latest is shown
    )
    sealed = [
        (column.removesuffix("_sealed"), Sealed(row[0], Place("dg_customer", column), blob))
        for row in rows
        for column, blob in zip(columns, row[len(PLAIN) :], strict=True)
        if blob is not None
    ]
    sealed += [
        (kind, Sealed(owner, identity_place((kind, value_hash)), blob))
        for owner, kind, value_hash, blob in identities
    ]
    keys = find_data_keys(value.customer_id for _, value in sealed)
    keyless = set() if strict else {value.customer_id for _, value in sealed} - keys.keys()
    at_hand = [(field, value) for field, value in sealed if value.customer_id not in keyless]
    texts: dict[Id, dict[str, str]] = defaultdict(dict)
    shut: set[Id] = set()
    for (field, value), text in zip(at_hand, open_many([one for _, one in at_hand], keys), strict=True):
        if isinstance(text, Erased):
            shut.add(value.customer_id)
        elif text is not None:
            texts[value.customer_id][field] = text
    # Without the key store every key is out of reach: who was erased is known by their kind alone.
    destroyed = set() if settings.READ_ONLY == "keys" else shut
    keyless |= shut - destroyed
    return {
        row[0]: Opened(row[: len(PLAIN)], texts[row[0]], row[0] in destroyed, row[0] in keyless)
        for row in rows
    }
