"""Leaving messages in the outbox, in the same transaction as what they tell of."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from dangol.core.messaging.contents import Content
from dangol.core.messaging.models import Attempt, Message, State
from dangol.core.messaging.sealed_contents import HOUSE, Opened, keys_for_sealing, seal_content
from dangol.core.messaging.senders import EMAIL
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.reading import select_matching
from dangol.core.storage.rows import delete_rows, insert_missing
from dangol.core.storage.transactions import require_write_transaction, write_transaction

KEPT_FOR = timedelta(hours=24)
_COLUMNS = (
    "customer_id", "id", "staff", "channel", "template", "language", "sealed", "key",
    "made_at", "expires_at", "claimable_at", "state", "attempts", "receipt", "last_error",
)  # fmt: skip


class MessageDraft(NamedTuple):
    """A message to be left: to a customer, or to a member of staff by their sign-in name.

    `key` tells a repeat from a second message to the same person; `expires_at` is when it is too late for it.
    """

    to: str
    content: Content
    language: str
    customer_id: Id | None = None
    staff: str = ""
    channel: str = EMAIL
    expires_at: datetime | None = None
    key: str | None = None


def leave_messages(drafts: Sequence[MessageDraft], *, at: datetime, held: bool = False) -> list[Id]:
    """Leave messages in the outbox; returns their ids, of a repeated key the first one's, which stands.

    Must be called inside a write transaction: they are sent if and only if it commits. A constant number of
    statements. `held` ones wait for whoever asked to send them by hand. Raises PersonErased.
    """
    require_write_transaction()
    keys = keys_for_sealing(draft.customer_id or HOUSE for draft in drafts)
    rows = []
    for draft in drafts:
        owner, message_id = draft.customer_id or HOUSE, new_id()
        sealed = seal_content(keys[owner], owner, message_id, Opened(draft.to, draft.content))
        rows.append(
            (
                owner, message_id, draft.staff, draft.channel, draft.content.template, draft.language,
                sealed, draft.key, at, draft.expires_at, None if held else at,
                State.WAITING.value, 0, "", "",
            )
        )  # fmt: skip
    insert_missing(Message, _COLUMNS, rows)
    wanted = [(row[0], row[7]) for row in rows if row[7] is not None]
    found = select_matching(Message, ("customer_id", "key", "id"), ("customer_id", "key"), wanted)
    by_key = {(owner, key): message_id for owner, key, message_id in found}
    return [by_key.get((row[0], row[7]), row[1]) for row in rows]


def forget_messages(customer_ids: Iterable[Id]) -> int:
    """Delete all that was said to these customers, sent or not; returns how many messages there were."""
    require_write_transaction()
    keys = [(customer_id,) for customer_id in sorted(set(customer_ids))]
    delete_rows(Attempt, ("customer_id",), keys)
    return delete_rows(Message, ("customer_id",), keys)


def empty_kept(*, as_of: datetime) -> int:
    """Empty what was kept readable a day ago, since nobody had carried it anywhere; returns how many."""
    with write_transaction():
        kept = Message.objects.filter(ended_at__lte=as_of - KEPT_FOR, sealed__isnull=False)
        return kept.update(sealed=None)


def delete_ended(*, before: datetime, limit: int = 5_000) -> int:
    """Delete up to `limit` messages that were over before that instant, with their attempts."""
    with write_transaction():
        over = Message.objects.filter(ended_at__lt=before).order_by("ended_at")
        keys = list(over.values_list("customer_id", "id")[:limit])
        delete_rows(Attempt, ("customer_id", "message_id"), keys)
        return delete_rows(Message, ("customer_id", "id"), keys)
