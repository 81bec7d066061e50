"""A member asks for a one-time code; it leaves by mail.

Asking does the same work whoever is named: it counts, and leaves a job that knows the person by a keyed hash.
Whether that is somebody is found out by the worker, so neither the answer nor its time tells.
"""

from datetime import datetime, timedelta

import msgspec

from dangol.core.access.members.codes import VALID_FOR, issue_code
from dangol.core.access.members.confirming import ConfirmationUnavailable, challenge_of, require_settled
from dangol.core.access.members.paces import Limit, spend
from dangol.core.messaging.contents import Content, OneTimeCode, SpendingCode
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import find_owners, identity_keys
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import GUEST, names_of, profiles_of, region_for, shop
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.services import enqueue

# A person gets few codes, an address more (a shop's own network is one), the shop as many as it has regulars.
PER_PERSON = Limit("code-person", 5, timedelta(hours=1))
PER_PERSON_DAY = Limit("code-person-day", 15, timedelta(days=1))
PER_ADDRESS = Limit("code-address", 30, timedelta(minutes=15))
PER_SHOP = Limit("code-shop", 3_000, timedelta(hours=1))
# Tries at codes from one address, whoever they are for.
TRIES_PER_ADDRESS = Limit("try-address", 60, timedelta(minutes=15))


class CodeAsked(msgspec.Struct, frozen=True):
    """Who asked for a code: by what they are known, as a keyed hash, or by their id. Nothing in the clear."""

    challenge: bytes
    language: str
    asked_at: datetime
    kind: str = ""
    value_hash: bytes = b""
    customer_id: bytes = b""
    # What the code confirms the spending of; none: it opens the member's pages.
    points: int = 0


def ask_code(kind: Kind, value: str, *, language: str, address: str, at: datetime) -> Id:
    """Ask for a code for whoever an e-mail address or a phone number names; returns the challenge.

    Raises RefusedValue for what is neither, and TooOften.
    """
    normal = normalize_identity(kind, value, region=region_for([kind]))
    [(_kind, value_hash)] = identity_keys([(kind, normal)]).values()
    person = value_hash.hex()
    _count(person, address, at)
    return _enqueue(CodeAsked(new_id(), language, at, kind=kind.value, value_hash=value_hash), at)


def ask_again(customer_id: Id, *, language: str, address: str, at: datetime) -> Id:
    """Ask for a code for a member who is signed in, to confirm something; returns the challenge.

    Raises TooOften.
    """
    _count(customer_id.hex(), address, at)
    return _enqueue(CodeAsked(new_id(), language, at, customer_id=customer_id), at)


def count_spending_code(customer_id: Id, *, asker: str, at: datetime) -> None:
    """Count that a code for spending is asked for, by `asker`. Outside of a transaction; raises TooOften."""
    _count(customer_id.hex(), asker, at)


def ask_spending_code(customer_id: Id, points: int, *, at: datetime) -> None:
    """Ask for a code by which a member confirms that they spend so many points; it leaves by mail.

    Joins the write transaction. It takes the place of any other code of theirs.

    Raises ConfirmationUnavailable or ConfirmationUnsettled.
    """
    require_settled(customer_id, at=at)
    person = names_of([customer_id], unmasked=True).get(customer_id)
    if person is None or not person.email or person.kind == GUEST or find_sender(EMAIL) is None:
        raise ConfirmationUnavailable()
    language = profiles_of([customer_id])[customer_id].language
    challenge = challenge_of(customer_id, points)
    asked = CodeAsked(challenge, language, at, customer_id=customer_id, points=points)
    enqueue("messaging.send_code", asked, run_at=at)


def count_try(address: str, *, at: datetime) -> None:
    """Count a try at a code from this address; raises TooOften."""
    spend([(TRIES_PER_ADDRESS, address)], at=at)


def _count(person: str, address: str, at: datetime) -> None:
    spend([(PER_PERSON, person), (PER_PERSON_DAY, person), (PER_ADDRESS, address), (PER_SHOP, "")], at=at)


def _enqueue(asked: CodeAsked, at: datetime) -> Id:
    with write_transaction():
        enqueue("messaging.send_code", asked, run_at=at)
    return asked.challenge


def answer_code(asked: CodeAsked, *, at: datetime) -> None:
    """Issue the code that was asked for and leave it in the outbox, where there is somebody with an e-mail.

    Must be called inside a write transaction. A code asked for longer ago than it would live is not sent.
    """
    if at - asked.asked_at >= VALID_FOR:
        return
    owner = asked.customer_id or find_owners([(asked.kind, asked.value_hash)]).get(
        (asked.kind, asked.value_hash)
    )
    owner = resolve_merged([owner])[owner] if owner else None
    person = names_of([owner], unmasked=True).get(owner) if owner else None
    if person is None or not person.email or person.kind == GUEST:
        return
    code = issue_code(person.customer_id, asked.challenge, at=at)
    minutes = int(VALID_FOR / timedelta(minutes=1))
    content: Content = OneTimeCode(shop=shop().name, code=code, minutes=minutes)
    if asked.points:
        told = f"{asked.points:,}"
        content = SpendingCode(shop=shop().name, code=code, minutes=minutes, points=told)
    draft = MessageDraft(
        person.email, content, asked.language, customer_id=person.customer_id, expires_at=at + VALID_FOR
    )
    leave_messages([draft], at=at)
