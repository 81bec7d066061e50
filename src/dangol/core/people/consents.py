"""Consent: facts, added and never changed. What holds now is read from them (selectors.consents_of)."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

import msgspec

from dangol.core.events.records import Draft
from dangol.core.events.services import lock_customers, record_batch
from dangol.core.people.events import ConsentGranted, ConsentWithdrawn
from dangol.core.people.models import Consent, Customer
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.refused_values import NotAChannel, NotAPurpose, TooLong
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import insert_rows, select_matching
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError

# What is agreed to need be no way to be reached: that one's data is kept at all is agreed to as well.
NO_CHANNEL = "none"
CHANNELS = frozenset({"email", "sms", "kakao", "push", "call", "post", NO_CHANNEL})
_PURPOSE = re.compile(r"[a-z][a-z_]{0,31}")
_FACT = ("channel", "purpose", "granted", "at", "source", "wording")
_KEYED = (*_FACT, "id", "customer_id", "key")
_Fact: TypeAlias = tuple[str, str, bool, datetime, str, str]


class ConsentKeyReused(DomainError):
    """The key of this fact already names another one of the same person (`key`)."""

    code = "people.consent_key_reused"


class ConsentDraft(NamedTuple):
    """That someone agreed (`granted`) or took it back, at `at`, to be reached by a channel for a purpose.

    `wording` names the version of the text they saw. `key` tells a repeat from a second fact; without one
    the fact's own content does.
    """

    customer_id: Id
    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str
    wording: str = ""
    key: str = ""


class ConsentOutcome(NamedTuple):
    """What became of a draft: stored or `repeated` under `id`, or refused."""

    id: Id | None
    repeated: bool = False
    refusal: DomainError | None = None


def record_consents(drafts: Sequence[ConsentDraft], *, recorded_at: datetime) -> list[ConsentOutcome]:
    """Store consents and record `consent.granted` or `consent.withdrawn`; returns an outcome for each draft.

    Must be called inside a write transaction; a constant number of statements. A repeat, by its key, is no
    second fact. Refusals: RefusedValue, UnknownCustomer, ConsentKeyReused.
    """
    require_write_transaction()
    known = _known_customers(drafts)
    lock_customers(known)
    earlier = _find_facts(drafts)
    outcomes: list[ConsentOutcome] = []
    fresh: list[tuple[Id, str, ConsentDraft]] = []
    for draft in drafts:
        refusal = _check(draft, known)
        if refusal:
            outcomes.append(ConsentOutcome(None, refusal=refusal))
            continue
        key = draft.key or _content_key(draft)
        fact = draft[1:7]
        found = earlier.get((draft.customer_id, key))
        if found is None:
            fact_id = new_id()
            earlier[draft.customer_id, key] = (fact_id, fact)
            fresh.append((fact_id, key, draft))
            outcomes.append(ConsentOutcome(fact_id))
        elif found[1] == fact:
            outcomes.append(ConsentOutcome(found[0], repeated=True))
        else:
            outcomes.append(ConsentOutcome(None, refusal=ConsentKeyReused(key=key)))
    _store(fresh, recorded_at)
    return outcomes


def _known_customers(drafts: Sequence[ConsentDraft]) -> set[Id]:
    wanted = [(owner,) for owner in {draft.customer_id for draft in drafts}]
    return {owner for (owner,) in select_matching(Customer, ("customer_id",), ("customer_id",), wanted)}


def _find_facts(drafts: Sequence[ConsentDraft]) -> dict[tuple[Id, str], tuple[Id, _Fact]]:
    wanted = {(draft.customer_id, draft.key or _content_key(draft)) for draft in drafts}
    rows = select_matching(Consent, _KEYED, ("customer_id", "key"), sorted(wanted))
    return {(owner, key): (fact_id, tuple(fact)) for *fact, fact_id, owner, key in rows}


def _check(draft: ConsentDraft, known: set[Id]) -> DomainError | None:
    if draft.customer_id not in known:
        return UnknownCustomer(customer_id=show_id(draft.customer_id))
    if draft.channel not in CHANNELS:
        return NotAChannel(field="channel")
    if not _PURPOSE.fullmatch(draft.purpose):
        return NotAPurpose(field="purpose")
    for field in ("source", "wording", "key"):
        if len(getattr(draft, field)) > 64:
            return TooLong(field=field)
    return None


def _content_key(draft: ConsentDraft) -> str:
    return blake2b(msgspec.json.encode(draft[1:7]), digest_size=16).hexdigest()


def _store(fresh: Sequence[tuple[Id, str, ConsentDraft]], recorded_at: datetime) -> None:
    insert_rows(
        Consent,
        ("id", "key", "customer_id", *_FACT, "recorded_at"),
        [(fact_id, key, *draft[:7], recorded_at) for fact_id, key, draft in fresh],
    )
    record_batch(
        [Draft(draft.customer_id, _payload(draft), draft.at, fact_id) for fact_id, _, draft in fresh],
        recorded_at=recorded_at,
    )


def _payload(draft: ConsentDraft) -> ConsentGranted | ConsentWithdrawn:
    kind = ConsentGranted if draft.granted else ConsentWithdrawn
    return kind(channel=draft.channel, purpose=draft.purpose, source=draft.source, wording=draft.wording)
