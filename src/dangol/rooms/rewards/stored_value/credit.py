"""Store credit: money of one member at the shop. It is never below nothing: what is not there is refused.

Credit lies under the id it was given under; a person's is read and spent under all their ids. So a merge
moves nothing, and when it is undone each has their own again.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dangol.core.access.approvals import (
    ApprovalState,
    ApprovalView,
    Ask,
    decide,
    find_asked,
    note_request,
    size_since,
)
from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import Actor, require_reason
from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.rows import insert_missing
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.stored_value import MOST_MINOR, Holding, InvalidAmount, Kind, NotEnoughValue
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.errors import ValueKeyReused
from dangol.rooms.rewards.stored_value.locks import lock_family
from dangol.rooms.rewards.stored_value.models import ValueAccount, ValueMove
from dangol.rooms.rewards.stored_value.paying import spread
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.rooms.rewards.stored_value.store import Held, Note, find_known, lock_accounts, save

# One kind for both ways, so that the day's sum counts them together.
KIND = "store_credit.by_hand"
# Over what time small ones are added up: many small ones are a large one.
DAY = timedelta(days=1)


class ByHand(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wanted: credit given (positive) or taken, in minor units, and the id of the store it is for."""

    currency: str
    minor: int
    expires_at: datetime | None = None
    store: str | None = None


class Outcome(NamedTuple):
    """What became of it: done, by a movement, or waiting for a second person."""

    approval: ApprovalView
    move_id: Id | None = None


def give_credit(
    customer_id: Id,
    minor: int,
    currency: str,
    *,
    key: str,
    reason: str,
    by: By,
    expires_at: datetime | None = None,
) -> Id:
    """Give a member credit; returns the movement, under a repeated key the first one.

    Without an `expires_at` it lapses as the shop's settings say. Raises InvalidAmount, ReasonMissing,
    OwnAccount or ValueKeyReused.
    """
    note = Note(by.actor, require_reason(reason), store_id=by.store_id)
    with write_transaction():
        require_not_own([customer_id], actor=by.actor)
        owner = lock_family(customer_id)[0]
        return put_credit(
            owner, minor, currency, kind=Kind.GIVEN, key=key, note=note, at=by.at, expires_at=expires_at
        )


def take_credit(customer_id: Id, minor: int, currency: str, *, key: str, reason: str, by: By) -> Id:
    """Take credit of a member's away, soonest to lapse first; returns the movement, repeated the first one.

    Raises NotEnoughValue where less is there, and whatever `give_credit` raises.
    """
    note = Note(by.actor, require_reason(reason), store_id=by.store_id)
    with write_transaction():
        require_not_own([customer_id], actor=by.actor)
        accounts = _lock_credit(lock_family(customer_id), currency)
        known = [one for held in accounts if (one := find_known(held, key, Kind.TAKEN))]
        if not known:
            return _draw(accounts, minor, key, note, by.at)
        if sum(one.minor for one in known) != -minor:
            raise ValueKeyReused(key=key)
        return known[0].id


def _draw(accounts: list[Held], minor: int, key: str, note: Note, at: datetime) -> Id:
    """Take so much out of a member's accounts, over all of them soonest to lapse first; returns the first
    movement.
    """
    if not 0 < minor <= MOST_MINOR:
        raise InvalidAmount(amount=minor, most=MOST_MINOR)
    there = sum(held.purse.open_minor(at) for held in accounts)
    if minor > there:
        raise NotEnoughValue(asked=minor, left=there, currency=accounts[0].currency if accounts else "")
    own = {held.id: held for held in accounts}
    made = []
    for account_id, part in spread([(held.id, held.purse) for held in accounts], minor, at):
        held = own[account_id]
        made.append(held.note(held.purse.draw(Kind.TAKEN, part, at, key=key), note))
    save(accounts, recorded_at=at)
    return made[0].id


def put_credit(
    owner: Id,
    minor: int,
    currency: str,
    *,
    kind: Kind,
    key: str,
    note: Note,
    at: datetime,
    expires_at: datetime | None = None,
    price_minor: int = 0,
) -> Id:
    """Put money on somebody's credit, in the caller's write transaction; returns the movement.

    `price_minor` is what it cost them: nothing for what is given, all of it for the money of a return. Raises
    InvalidAmount or ValueKeyReused.
    """
    require_write_transaction()
    lock_customers([owner])
    held = _open_account(owner, currency)
    if (known := find_known(held, key, kind, minor)) is not None:
        return known.id
    # What was paid for does not lapse: it is their money.
    end = None if price_minor else expires_at or usual_end(at)
    movement = held.purse.put(kind, minor, at, key=key, price_minor=price_minor, expires_at=end)
    held.note(movement, note)
    save([held], recorded_at=at)
    return movement.id


def usual_end(at: datetime) -> datetime | None:
    """Return when credit lapses that is given now without an end of its own; None: never."""
    days = read_settings().credit_valid_days
    return at + timedelta(days=days) if days else None


def _open_account(owner: Id, currency: str) -> Held:
    """Return a member's account in a currency, locked; made where there is none."""
    named = ValueAccount.objects.filter(
        customer_id=owner, currency=currency, holding=Holding.CREDIT.value
    ).values_list("id", flat=True)
    account_id = named.first()
    if account_id is None:
        names = ("id", "holding", "customer_id", "currency", "balance")
        insert_missing(ValueAccount, names, [(new_id(), Holding.CREDIT.value, owner, currency, 0)])
        account_id = named.all().first()
        assert account_id is not None, "it was made under its owner's lock"
    return lock_accounts([account_id])[account_id]


def _lock_credit(family: list[Id], currency: str) -> list[Held]:
    ids = ValueAccount.objects.filter(
        customer_id__in=family, currency=currency, holding=Holding.CREDIT.value
    ).values_list("id", flat=True)
    return list(lock_accounts(ids).values())


def move_by_hand(
    customer_id: Id, wanted: ByHand, *, form: Id, actor: Actor, reason: str, at: datetime
) -> Outcome:
    """Give or take credit by hand, or ask for it where it is more than the shop lets one person do in a day.

    What the same person has moved alone for this member in the last 24 hours counts with it. `form` names the
    form this comes from: sent twice it is done once. Raises as `give_credit` and `take_credit`, also where
    it would be asked for and can only fail, or RequestReused.
    """
    with write_transaction():
        require_not_own([customer_id], actor=actor)
        lock_family(customer_id)
        size = abs(wanted.minor)
        if not 0 < size <= MOST_MINOR or (wanted.expires_at and wanted.expires_at <= at):
            raise InvalidAmount(amount=wanted.minor, most=MOST_MINOR)
        ask = Ask(form, KIND, customer_id, msgspec.json.encode(wanted).decode(), size, require_reason(reason))
        if earlier := find_asked(ask, actor=actor):
            return Outcome(earlier, _moved_before(earlier))
        if wanted.minor < 0:
            _require_there(customer_id, wanted, at)
        before = size_since(customer_id, KIND, actor=actor, since=at - DAY)
        waits = before + size > read_settings().credit_limit_minor
        noted = note_request(ask, actor=actor, at=at, waits=waits)
        moved = _carry_out(noted, actor, at) if noted.state == ApprovalState.DIRECT else None
    return Outcome(noted, moved)


def _require_there(customer_id: Id, wanted: ByHand, at: datetime) -> None:
    accounts = _lock_credit(family_of(customer_id), wanted.currency)
    there = sum(held.purse.open_minor(at) for held in accounts)
    if -wanted.minor > there:
        raise NotEnoughValue(asked=-wanted.minor, left=there, currency=wanted.currency)


def read_by_hand(payload: str) -> ByHand:
    """Return what a request asks for."""
    return msgspec.json.decode(payload, type=ByHand)


def decide_credit(
    approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
) -> ApprovalView:
    """Approve a request about credit, or decline it; raises as `access.approvals.decide` and as moving it."""
    with write_transaction():
        decided = decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
        if approves:
            require_not_own([decided.subject_id], actor=actor)
            _carry_out(decided, actor, at)
    return decided


def _key(approval: ApprovalView) -> str:
    return f"by-hand:{show_id(approval.id)}"


def _moved_before(approval: ApprovalView) -> Id | None:
    family = family_of(approval.subject_id)
    found = ValueMove.objects.filter(customer_id__in=family, key=_key(approval))
    return found.values_list("id", flat=True).first()


def _carry_out(approval: ApprovalView, actor: Actor, at: datetime) -> Id:
    wanted = read_by_hand(approval.payload)
    by = By(actor, at, parse_id(wanted.store) if wanted.store else None)
    if wanted.minor < 0:
        return take_credit(
            approval.subject_id, -wanted.minor, wanted.currency, key=_key(approval), reason=approval.reason,
            by=by,
        )  # fmt: skip
    return give_credit(
        approval.subject_id, wanted.minor, wanted.currency, key=_key(approval), reason=approval.reason, by=by,
        expires_at=wanted.expires_at,
    )  # fmt: skip
