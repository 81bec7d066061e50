"""Taking in what sites and apps tell: set-based, one transaction a batch, each message once for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from babel.core import get_global
from babel.numbers import get_currency_precision

from dangol.core.behavior.entries import Written, write_entries
from dangol.core.behavior.errors import TraitRefused
from dangol.core.behavior.events import BehaviorTracked, BehaviorViewed, TraitsTold
from dangol.core.behavior.identities import SOURCE, Person, find_people
from dangol.core.behavior.messages import Message, Sender
from dangol.core.behavior.preparing import Prepared, prepare
from dangol.core.behavior.purchases import Bought, Placed, carry_out
from dangol.core.events.payloads import Payload
from dangol.core.events.records import Draft, Recorded
from dangol.core.events.services import record_batch
from dangol.core.events.webhooks.inbox import take_in
from dangol.core.people.attaching import Outrun
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import find_shop
from dangol.core.storage.faults import Busy
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.commerce_events import Viewed
from dangol.domain.conditions import properties_of

MOST_TRIES, MOST_LEARNED = 5, 20


def decimal_places(currency: str) -> int | None:
    """Return how many decimals a currency has (ISO 4217); None for one that does not exist."""
    return get_currency_precision(currency) if currency in get_global("all_currencies") else None


def take_in_messages(messages: Sequence[Message], *, sender: Sender, received_at: datetime) -> int:
    """Take in a batch; returns how many were new: those told before have done their work.

    All of it is written, or nothing: each event with its person, what it became (an order, a return, traits),
    and its entry for the debugger. Problems of single events refuse nothing. The number of statements does
    not depend on how many there are, but for merges. Raises Busy where others were quicker again and again.
    """
    found = find_shop()
    currency = found.currency if found else ""
    events = [
        prepare(one, sender, received_at=received_at, currency=currency, places=decimal_places)
        for one in messages
    ]
    for _ in range(MOST_TRIES):
        noted = [len(one.problems) for one in events]
        try:
            with write_transaction():
                return _take_in(events, sender, received_at)
        except Outrun:  # somebody claimed one of the ids between our look and our claim
            for one, count in zip(events, noted, strict=True):
                del one.problems[count:]
    raise Busy(seconds=0)


def _take_in(events: Sequence[Prepared], sender: Sender, received_at: datetime) -> int:
    keys = [one.key for one in events]
    fresh = take_in(sender.source, keys, at=received_at)
    new = [_Work(new_id(), one) for one, is_new in zip(events, fresh, strict=True) if is_new]
    if not new:
        return 0
    people = find_people([one.event for one in new], sender=sender, recorded_at=received_at)
    for work, person in zip(new, people, strict=True):
        work.person = person
    _seal(new, received_at)
    _record(new, sender, received_at)
    placed = [Placed(one.event, one.person.customer_id if one.person else None) for one in new]
    bought = carry_out(placed, sender=sender, recorded_at=received_at)
    written = [one.written(thing) for one, thing in zip(new, bought, strict=True)]
    write_entries(written, source=sender.shown, received_at=received_at)
    return len(new)


@dataclass(slots=True)
class _Work:
    """One new event while it is carried out."""

    id: Id
    event: Prepared
    person: Person | None = None
    event_id: Id | None = None
    caused: list[tuple[str, str]] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)

    def written(self, bought: Bought | None) -> Written:
        """Return it as it is written down."""
        return Written(
            id=self.id, event=self.event, person=self.person, event_id=self.event_id, bought=bought,
            caused=tuple(self.caused), sealed=tuple(self.sealed),
        )  # fmt: skip


def _seal(new: Sequence[_Work], received_at: datetime) -> None:
    """Keep what events tell of people where personal data is kept: sealed, with the person."""
    rows: list[tuple[_Work, str, PersonRow]] = []
    for work in new:
        person, told = work.person, work.event.personal
        if person is None:
            continue
        work.sealed += [kind for kind in person.attached if kind in ("email", "phone")]
        if told.name is not None:
            rows.append((work, "name", PersonRow(person.customer_id, name=told.name)))
        if told.birthday is not None:
            rows.append((work, "birthday", PersonRow(person.customer_id, birthday=told.birthday)))
    if not rows:
        return
    refusals = set_people([row for *_, row in rows], recorded_at=received_at, source=SOURCE)
    for (work, field_name, _), refusal in zip(rows, refusals, strict=True):
        if refusal:
            work.event.problems.append(TraitRefused(field=field_name, why=refusal.code))
        else:
            work.sealed.append(field_name)


def _record(new: Sequence[_Work], sender: Sender, received_at: datetime) -> None:
    """Put on the timeline what happened, and note with each which event it became."""
    told = [(work, draft) for work in new for draft in _drafts(work, sender, received_at)]
    recorded = record_batch([draft for _, draft in told], recorded_at=received_at)
    for (work, _), event in zip(told, recorded, strict=True):
        _note(work, event)


def _note(work: _Work, event: Recorded) -> None:
    payload = event.payload
    if isinstance(payload, TraitsTold):
        work.caused += [("traits", name) for name in _learned(payload.traits)[:MOST_LEARNED]]
    elif isinstance(payload, BehaviorViewed):
        work.caused.append(("view", payload.product or payload.category))
    if work.event_id is None:
        work.event_id = event.id


def _learned(traits: Mapping[str, object]) -> list[str]:
    """Return the names of what may be known from now on: an object stands on the timeline only."""
    values = properties_of(traits)
    return [name for name, value in traits.items() if value is None or name in values]


def _drafts(work: _Work, sender: Sender, received_at: datetime) -> list[Draft]:
    event, person = work.event, work.person
    if person is None:
        return []
    payloads: list[Payload] = []
    message = event.message
    if message.kind != "identify":
        payloads.append(
            BehaviorTracked(
                source=sender.shown,
                message=event.key,
                kind=message.kind,
                name=event.name,
                properties=_properties(event),
                context=event.context,
                original_at=message.original_at,
                sent_at=message.sent_at,
                received_at=received_at,
            )
        )
    elif event.traits:
        payloads.append(TraitsTold(source=sender.shown, message=event.key, traits=event.traits))
    if isinstance(viewed := event.commerce, Viewed):
        payloads.append(
            BehaviorViewed(
                source=sender.shown, message=event.key, product=viewed.product, category=viewed.category
            )
        )
    return [Draft(person.customer_id, payload, event.occurred_at, work.id) for payload in payloads]


def _properties(event: Prepared) -> dict[str, object]:
    """Return an event's values; a group call tells the traits of the group."""
    return event.properties | ({"traits": event.traits} if event.traits else {})
