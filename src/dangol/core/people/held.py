"""The identities a customer has, one by one: seen masked, added, changed, taken away, proved.

`profiles.set_people` replaces all identities of a kind at once, as files and the API tell them; here a person
decides about each.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Q, Subquery

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.carrying import find_keys, renew_tokens
from dangol.core.people.data_keys import Erased, find_data_keys
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import (
    Claim,
    Key,
    claim_identities,
    identity_keys,
    identity_place,
    release_identities,
)
from dangol.core.people.masking import mask_email, mask_identity
from dangol.core.people.models import Customer, Identity
from dangol.core.people.profiles import IdentityTaken, NotThemselves, UnknownCustomer
from dangol.core.people.refused_values import RefusedValue
from dangol.core.people.sealing import PersonErased, SealBroken, Sealed, open_many, open_with
from dangol.core.people.selectors import ERASED_KIND, MERGED, region_for
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import select_matching
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError, NotFound

# What staff may type; an anonymous id is a browser's or an app's to tell.
TYPED = (Kind.PHONE, Kind.EMAIL, Kind.CARD, Kind.EXTERNAL)
# The sources of what others than the member have told: staff on a member's page, and files.
BY_STAFF, BY_IMPORT = "staff", "import"
_SHOWN = ("customer_id", "kind", "value_hash", "value_sealed", "added_at", "source", "verified_at")


class UnknownIdentity(NotFound):
    """The customer has no such identity (any more)."""

    code = "people.unknown_identity"


class NotTyped(RefusedValue):
    """An identity of this kind is not typed by anybody."""

    code = "people.not_typed"


class LastIdentity(DomainError):
    """It is the last by which the customer is found: taking it away has to be said twice."""

    code = "people.last_identity"


class HeldIdentity(NamedTuple):
    """An identity, masked; `value` is None where it cannot be opened. An empty source: nobody said."""

    customer_id: Id
    kind: str
    value_hash: bytes
    value: str | None
    added_at: datetime
    source: str
    verified_at: datetime | None

    @property
    def name(self) -> str:
        """What a form calls it: its kind and its keyed hash, in which nothing personal can be read."""
        return f"{self.kind}:{self.value_hash.hex()}"


def read_name(text: str) -> Key:
    """Return the place that a form names; raises UnknownIdentity for what can be none."""
    kind, _, digest = text.partition(":")
    try:
        return Kind(kind), bytes.fromhex(digest)
    except ValueError:
        raise UnknownIdentity() from None


def held_by(customer_ids: Iterable[Id], *, region: str | None = None) -> list[HeldIdentity]:
    """Return what names these customers, masked, in the order of their kinds and then of when they came.

    `region` is the shop's, for callers who have it at hand: phones are shown as there.
    """
    rows = select_matching(
        Identity, _SHOWN, ("customer_id",), [(one,) for one in sorted(set(customer_ids))],
        order_by=("customer_id", "added_at", "value_hash"),
    )  # fmt: skip
    places = [Sealed(row[0], identity_place((row[1], bytes(row[2]))), row[3]) for row in rows]
    home = region_for([row[1] for row in rows]) if region is None else region
    order = list(Kind)
    held = []
    for row, text in zip(rows, open_many(places), strict=True):
        shown = None if text is None or isinstance(text, Erased) else mask_identity(row[1], text, home)
        held.append(HeldIdentity(row[0], row[1], bytes(row[2]), shown, *row[4:]))
    return sorted(held, key=lambda one: order.index(Kind(one.kind)))


def last_by_others(customer_id: Id, kind: Kind) -> datetime | None:
    """Return when staff or a file last put a value of this kind with the customer, of those there now.

    What a file told of somebody whom it made was put in nobody's place, and does not count.
    """
    made_at = Subquery(Customer.objects.filter(customer_id=customer_id).values("created_at")[:1])
    by_others = Q(source=BY_STAFF) | Q(source=BY_IMPORT, added_at__gt=made_at)
    held = Identity.objects.filter(by_others, customer_id=customer_id, kind=kind)
    last: datetime | None = held.aggregate(last=Max("added_at"))["last"]
    return last


def emails_in_use(customer_ids: Iterable[Id]) -> dict[Id, Sealed]:
    """Return the e-mail that each of these customers is written to, sealed; one statement.

    Who has none, and who is unknown, is left out.
    """
    keys = [(one, Kind.EMAIL.value) for one in sorted(set(customer_ids))]
    rows = select_matching(
        Identity, ("customer_id", "kind", "value_hash", "value_sealed"), ("customer_id", "kind"), keys,
        order_by=("customer_id", "added_at", "value_hash"),  # of several the latest is written to
    )  # fmt: skip
    return {row[0]: Sealed(row[0], identity_place((row[1], bytes(row[2]))), row[3]) for row in rows}


def open_emails(emails: Mapping[Id, Sealed], *, unmasked: bool = False) -> dict[Id, str]:
    """Return what `emails_in_use` has found, open; whose key is lost or destroyed is left out."""
    opened = {}
    for owner, key in find_data_keys(emails).items():
        if isinstance(key, Erased):
            continue
        with suppress(SealBroken):  # another key was made in the place of a lost one
            text = open_with(key, emails[owner])
            opened[owner] = text if unmasked else mask_email(text)
    return opened


def add_identity(customer_id: Id, kind: str, value: str, *, source: str, recorded_at: datetime) -> bool:
    """Let a value name this customer, too; False where it does already. What they had before stays.

    Must be called inside a write transaction, which whoever is refused lets go of. Raises RefusedValue,
    IdentityTaken, UnknownCustomer, NotThemselves, PersonErased or PersonKeyMissing.
    """
    claim = _claim_of(customer_id, kind, value)
    is_new = _claim(claim, source, recorded_at)
    if is_new:
        _renew(customer_id, {kind}, recorded_at)
    return is_new


def change_identity(customer_id: Id, key: Key, value: str, *, source: str, recorded_at: datetime) -> bool:
    """Put another value of the same kind in the place of one; False where it is the same one.

    Must be called inside a write transaction. Raises UnknownIdentity, and what `add_identity` does.
    """
    claim = _claim_of(customer_id, key[0], value)
    if claim.key == key:
        _require_held(customer_id, key)
        return False
    _claim(claim, source, recorded_at)
    # Under the lock that claiming ends with: of two who change the same one, one is told that it is gone.
    _require_held(customer_id, key)
    release_identities([key])
    _renew(customer_id, {key[0]}, recorded_at)
    return True


def remove_identity(customer_id: Id, key: Key, *, recorded_at: datetime, even_last: bool = False) -> None:
    """Let a value name this customer no more; anyone may then claim it.

    Must be called inside a write transaction. Raises UnknownIdentity, or LastIdentity for the last one unless
    `even_last` says that it is meant.
    """
    require_write_transaction()
    # Under the customer's lock, so that of two who each take one away the second sees that it is the last.
    lock_customers([customer_id])
    _require_held(customer_id, key)
    if not even_last and Identity.objects.filter(customer_id=customer_id).count() == 1:
        raise LastIdentity()
    release_identities([key])
    _renew(customer_id, {key[0]}, recorded_at)


def prove_email(customer_id: Id, *, told_until: datetime, at: datetime) -> None:
    """Note that the customer read what was sent to the e-mail they had at `told_until`, in a transaction."""
    require_write_transaction()
    mails = Identity.objects.filter(customer_id=customer_id, kind=Kind.EMAIL, added_at__lte=told_until)
    found = mails.order_by("-added_at", "-value_hash").values_list("value_hash", flat=True).first()
    if found is not None:
        Identity.objects.filter(kind=Kind.EMAIL, value_hash=found, customer_id=customer_id).update(
            verified_at=at
        )


def _claim_of(customer_id: Id, kind: str, value: str) -> Claim:
    if kind not in TYPED:
        raise NotTyped(field="kind")
    normal = (Kind(kind), normalize_identity(kind, value, region=region_for([kind])))
    return Claim(identity_keys([normal])[normal], normal[1], customer_id)


def _claim(claim: Claim, source: str, recorded_at: datetime) -> bool:
    """Claim before the customer is locked, as everywhere; returns whether it was not theirs before."""
    require_write_transaction()
    owner = claim.customer_id
    _require_living(owner)
    keys = find_keys([owner])
    known = Identity.objects.filter(kind=claim.key[0], value_hash=claim.key[1], customer_id=owner).exists()
    owners = claim_identities([claim], keys, recorded_at=recorded_at, source=source)
    if owners[claim.key] != owner:
        raise IdentityTaken(kind=str(claim.key[0]))
    lock_customers([owner])
    _require_living(owner)
    return not known


def _require_living(customer_id: Id) -> None:
    kind = Customer.objects.filter(customer_id=customer_id).values_list("kind", flat=True).first()
    shown = show_id(customer_id)
    if kind is None:
        raise UnknownCustomer(customer_id=shown)
    if kind == MERGED:
        raise NotThemselves(customer_id=shown)
    if kind == ERASED_KIND:
        raise PersonErased(customer_id=shown)


def _require_held(customer_id: Id, key: Key) -> None:
    held = Identity.objects.filter(kind=key[0], value_hash=key[1], customer_id=customer_id)
    if not held.exists():
        raise UnknownIdentity()


def _renew(customer_id: Id, kinds: set[str], recorded_at: datetime) -> None:
    renew_tokens([customer_id], find_keys([customer_id]))
    update = CustomerUpdated(fields=tuple(sorted(str(kind) for kind in kinds)))
    record_batch([Draft(customer_id, update, recorded_at)], recorded_at=recorded_at)
