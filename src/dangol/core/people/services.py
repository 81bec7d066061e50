"""Making customers: found by an identity, or made when nobody has it, any number at a time.

Identities are claimed before customers are locked, here and in profiles.py: whoever does both in one
transaction keeps this order, or two of them could wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.absences import end_absences
from dangol.core.people.data_keys import make_data_keys
from dangol.core.people.events import CustomerJoined
from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import (
    Claim,
    Key,
    claim_identities,
    ending_tokens,
    find_owners,
    identity_keys,
    replace_tokens,
)
from dangol.core.people.models import Customer, Identity, SearchToken
from dangol.core.people.selectors import CUSTOMER, GUEST, MEMBER, region_for
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.plans import Overtaken, current_plan
from dangol.core.storage.rows import delete_rows, insert_rows, select_matching, sorted_ids, update_rows
from dangol.core.storage.transactions import require_write_transaction

_CUSTOMER = ("customer_id", "kind", "joined_at", "created_at", "language")


def resolve_customers(
    kind: str,
    values: Sequence[str],
    *,
    recorded_at: datetime,
    join: bool = True,
    joined_at: Mapping[str, datetime] | None = None,
    source: str = "",
) -> dict[str, Id]:
    """Return whom each value names, making those nobody knows yet; a constant number of statements.

    Must be called inside a write transaction. New ones are members and `customer.joined` is recorded,
    at `joined_at` of their value if given, else at `recorded_at`; with `join=False` they are customers only.
    Those already known stay as they are. Two transactions that make the same value at once end up with
    the same customer. `source` is kept with what is new: where it was told. Raises RefusedValue if any value
    is none (`normalize_identity` tells beforehand).
    """
    return _resolve(kind, values, recorded_at, (joined_at or {}) if join else None, source)[0]


class Found(NamedTuple):
    """Whom each value names, and who of them did not exist before."""

    owners: dict[str, Id]
    made: frozenset[Id]


def find_or_make_customers(
    kind: str, values: Sequence[str], *, recorded_at: datetime, source: str = ""
) -> Found:
    """Return whom each value names, as `resolve_customers` without joining, and whom this call made.

    For callers that may yet refuse what they were told: they give back the ones nothing was accepted of
    with `unmake_customers`, and let the others join with `join_members`.
    """
    owners, made = _resolve(kind, values, recorded_at, None, source)
    return Found(owners, made)


def unmake_customers(customer_ids: Iterable[Id]) -> None:
    """Take away customers made in this very transaction, of whom nothing was recorded: nobody saw them.

    Their data keys stay in the key store, which is another database; a key without a person does no harm.
    """
    require_write_transaction()
    keys = [(customer_id,) for customer_id in sorted_ids(customer_ids)]
    for model in (SearchToken, Identity, Customer):
        delete_rows(model, ("customer_id",), keys)


def _resolve(
    kind: str,
    values: Sequence[str],
    recorded_at: datetime,
    joined_at: Mapping[str, datetime] | None,
    source: str,
) -> tuple[dict[str, Id], frozenset[Id]]:
    require_write_transaction()
    kind = Kind(kind)
    region = region_for([kind])
    normal = {value: normalize_identity(kind, value, region=region) for value in dict.fromkeys(values)}
    table = identity_keys((kind, value) for value in normal.values())
    keys = {value: table[kind, form] for value, form in normal.items()}
    owners = find_owners(keys.values())
    missing = {key: normal[value] for value, key in keys.items() if key not in owners}
    made: frozenset[Id] = frozenset()
    if missing:
        if current_plan():  # a plan locks customers first, and keys are another database's
            raise Overtaken
        since = None
        if joined_at is not None:
            since = {keys[value]: at for value, at in joined_at.items() if value in keys}
        claimed, made = _make_customers(missing, since, recorded_at, source)
        owners |= claimed
    return {value: owners[key] for value, key in keys.items()}, made


def _make_customers(
    values: Mapping[Key, str],
    joined_at: Mapping[Key, datetime] | None,
    recorded_at: datetime,
    source: str,
) -> tuple[dict[Key, Id], frozenset[Id]]:
    """Make a customer for each identity that nobody else claims meanwhile; returns who owns each one,
    and which of them are new.

    They are members where `joined_at` is given, since then or since now; else customers.
    """
    claims = [Claim(key, value, random_id()) for key, value in values.items()]
    data_keys = make_data_keys([claim.customer_id for claim in claims])
    owners = claim_identities(claims, data_keys, recorded_at=recorded_at, source=source)
    ours = [claim for claim in claims if owners[claim.key] == claim.customer_id]
    kind = CUSTOMER if joined_at is None else MEMBER
    instants = [None if joined_at is None else joined_at.get(claim.key, recorded_at) for claim in ours]
    insert_rows(
        Customer,
        _CUSTOMER,
        [(claim.customer_id, kind, at, recorded_at, "") for claim, at in zip(ours, instants, strict=True)],
    )
    replace_tokens(ending_tokens(ours), fresh=True)
    record_batch(
        [
            Draft(claim.customer_id, CustomerJoined(via=claim.key[0]), at)
            for claim, at in zip(ours, instants, strict=True)
            if at
        ],
        recorded_at=recorded_at,
    )
    return owners, frozenset(claim.customer_id for claim in ours)


def make_guests(count: int, *, recorded_at: datetime) -> list[Id]:
    """Make `count` customers without an identity, for orders nobody has claimed; they need no key."""
    require_write_transaction()
    guests = [random_id() for _ in range(count)]
    insert_rows(Customer, _CUSTOMER, [(guest, GUEST, None, recorded_at, "") for guest in guests])
    return guests


def join_members(
    customer_ids: Sequence[Id],
    *,
    recorded_at: datetime,
    joined_at: Mapping[Id, datetime] | None = None,
    via: Mapping[Id, str] | None = None,
) -> int:
    """Make members of customers and guests; returns how many were none before.

    Must be called inside a write transaction; `customer.joined` is recorded for each new member, with the
    kind of identity in `via` for those who were not known before.
    """
    require_write_transaction()
    lock_customers(customer_ids)
    rows = select_matching(
        Customer, ("customer_id", "kind"), ("customer_id",), [(owner,) for owner in set(customer_ids)]
    )
    joining = {
        owner: (joined_at or {}).get(owner, recorded_at)
        for owner, kind in sorted(rows)
        if kind in (GUEST, CUSTOMER)  # neither who is one already, nor who is somebody else now, or nobody
    }
    update_rows(
        Customer,
        ("customer_id",),
        ("kind", "joined_at"),
        [(owner, MEMBER, at) for owner, at in joining.items()],
    )
    end_absences(joining, recorded_at=recorded_at)
    record_batch(
        [Draft(owner, CustomerJoined(via=(via or {}).get(owner, "")), at) for owner, at in joining.items()],
        recorded_at=recorded_at,
    )
    return len(joining)
