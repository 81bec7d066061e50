"""Value given for nothing, as a card for free or under its face: so much a person does alone in a day.

A batch above that waits for a second person; single cards are refused then, and made as a batch.
"""

from datetime import timedelta
from typing import NamedTuple

import msgspec

from dangol.core.access.approvals import (
    ApprovalView,
    Ask,
    decide,
    find_asked,
    note_direct,
    note_request,
    size_of_all_since,
)
from dangol.core.people.actors import require_reason
from dangol.core.people.shops import lock_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.errors import TooMuchGiven
from dangol.rooms.rewards.stored_value.settings import read_settings

KIND = "gift_cards.given"
# Over what time small ones are added up: many small ones are a large one.
DAY = timedelta(days=1)


class Given(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is given: so many minor units in all. `batch`: the draft of one that waits, as its JSON."""

    currency: str
    minor: int
    count: int = 1
    batch: str = ""


class Asked(NamedTuple):
    """A batch that was made, or the request for it that waits for a second person."""

    batch_id: Id
    waits: ApprovalView | None


def note_given(subject_id: Id, given: Given, *, reason: str, by: By) -> None:
    """Write down that one person gives this value alone, in the caller's write transaction.

    What they, or all programs together, gave so in the last 24 hours counts with it. Raises ReasonMissing, or
    TooMuchGiven above the shop's `credit_limit_minor`.
    """
    require_write_transaction()
    if not given.minor:
        return
    why, most = require_reason(reason), read_settings().credit_limit_minor
    before = _given_before(by)
    if before + given.minor > most:
        raise TooMuchGiven(most=most, given=before, asked=given.minor)
    payload = msgspec.json.encode(given).decode()
    note_direct([subject_id], KIND, payload=payload, size=given.minor, actor=by.actor, reason=why, at=by.at)


def ask_for(batch_id: Id, given: Given, *, reason: str, by: By) -> ApprovalView | None:
    """Ask for a batch that is more than one person gives in a day; None where it may be made at once.

    Joins the caller's write transaction. Asked again under the same id it is the same request. Raises
    ReasonMissing or RequestReused.
    """
    lock_shop()
    payload = msgspec.json.encode(given).decode()
    ask = Ask(batch_id, KIND, batch_id, payload, given.minor, require_reason(reason))
    if earlier := find_asked(ask, actor=by.actor):
        return earlier
    if _given_before(by) + given.minor <= read_settings().credit_limit_minor:
        return None
    return note_request(ask, actor=by.actor, at=by.at, waits=True)


def read_given(payload: str) -> Given:
    """Return what a request asks for."""
    return msgspec.json.decode(payload, type=Given)


def decide_given(approval_id: Id, *, approves: bool, reason: str, by: By) -> tuple[ApprovalView, Given]:
    """Decide a request; raises as `access.approvals.decide`. Joins the caller's write transaction."""
    decided = decide(approval_id, approves=approves, actor=by.actor, reason=reason, at=by.at)
    return decided, read_given(decided.payload)


def _given_before(by: By) -> int:
    # Two of one person's at once wait for one another: each sees what the other gave.
    lock_shop()
    return size_of_all_since(KIND, actor=by.actor, since=by.at - DAY)
