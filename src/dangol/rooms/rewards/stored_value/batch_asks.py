"""Batches of given cards with a second person: asked for, and made once they let it happen."""

from datetime import datetime

import msgspec

from dangol.core.access.approvals import ApprovalView
from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.stored_value.cards import BatchDraft, check_batch, given_by, make_batch
from dangol.rooms.rewards.stored_value.giving import Asked, ask_for, decide_given


def ask_batch(draft: BatchDraft, *, by: By, batch_id: Id | None = None) -> Asked:
    """Make a batch, or ask for it where it gives more than one person may in a day.

    Sent twice under one `batch_id` it is done once. Raises as `make_batch`, or RequestReused.
    """
    made = batch_id or new_id()
    check_batch(draft, at=by.at)
    with write_transaction():
        if draft.is_given:
            given = msgspec.structs.replace(given_by(draft), batch=msgspec.json.encode(draft).decode())
            asked = ask_for(made, given, reason=draft.reason, by=by)
            if asked is not None:
                return Asked(made, asked)
        return Asked(make_batch(draft, by=by, batch_id=made), None)


def read_batch(text: str) -> BatchDraft:
    """Return the batch a request asks for."""
    return msgspec.json.decode(text, type=BatchDraft)


def decide_batch(approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime) -> ApprovalView:
    """Approve a batch of given cards, which is then made, or decline it; raises as
    `access.approvals.decide` and as making it.
    """
    by = By(actor, at)
    with write_transaction():
        decided, given = decide_given(approval_id, approves=approves, reason=reason, by=by)
        if approves:
            make_batch(read_batch(given.batch), by=by, batch_id=decided.subject_id, is_approved=True)
    return decided
