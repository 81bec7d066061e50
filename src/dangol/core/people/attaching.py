"""Ids that programs tell of people: any number of them, for people who are there and for new ones, at once.

`services` makes a customer for each value and `profiles` replaces a person's value of a kind; here it has
been decided already whose each value is, and only somebody else's being quicker can be in the way.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.data_keys import Erased, ensure_data_keys, make_data_keys
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.identities import Kind
from dangol.core.people.lookup import Claim, claim_identities, ending_tokens
from dangol.core.people.models import Customer, SearchToken
from dangol.core.people.selectors import CUSTOMER
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing, insert_rows
from dangol.core.storage.transactions import require_write_transaction


class Outrun(Exception):
    """Somebody else has taken one of the values meanwhile, or erased a person: decide again."""


def attach_identities(
    claims: Sequence[Claim],
    *,
    made: Collection[Id],
    locked: Collection[Id],
    recorded_at: datetime,
    source: str,
) -> None:
    """Let each value name its customer, who is made if among `made`; then lock all of these and `locked`.

    Must be called inside a write transaction, before any customer is locked. A constant number of statements.
    `customer.updated` is recorded for whom something else than a browser's id names from now on and who was
    there before. Raises Outrun, and then all of the transaction has to be let go.
    """
    require_write_transaction()
    owners = {claim.customer_id for claim in claims}
    keys = dict(make_data_keys(sorted(made))) if made else {}
    if others := owners - set(made):
        for owner, key in ensure_data_keys(others).items():
            if isinstance(key, Erased):
                raise Outrun
            keys[owner] = key
    if claims:
        now = claim_identities(claims, keys, recorded_at=recorded_at, source=source)
        if any(now[claim.key] != claim.customer_id for claim in claims):
            raise Outrun
    insert_rows(
        Customer,
        ("customer_id", "kind", "joined_at", "created_at", "language"),
        [(one, CUSTOMER, None, recorded_at, "") for one in sorted(made)],
    )
    insert_missing(SearchToken, ("kind", "token", "customer_id"), sorted(set(ending_tokens(claims))))
    lock_customers({*owners, *made, *locked})
    _tell(claims, made, recorded_at)


def _tell(claims: Sequence[Claim], made: Collection[Id], recorded_at: datetime) -> None:
    """Put on the timeline what names people from now on; their browsers' ids are no news of them."""
    fields: dict[Id, set[str]] = {}
    for claim in claims:
        kind = str(claim.key[0])
        if claim.customer_id not in made and kind != Kind.ANONYMOUS:
            fields.setdefault(claim.customer_id, set()).add(kind)
    drafts = [
        Draft(owner, CustomerUpdated(fields=tuple(sorted(kinds))), recorded_at)
        for owner, kinds in fields.items()
    ]
    record_batch(drafts, recorded_at=recorded_at)
