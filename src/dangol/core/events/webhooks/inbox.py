"""Taking in what other programs tell us: verified before it is read, and each message once.

A connector calls `verify` on the raw body, then, inside the write transaction of what the message does,
`take_in`. A message that was taken in before has done its work; its sender is answered as at first.
"""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.events.webhooks.errors import HeaderMissing
from dangol.core.events.webhooks.models import Received
from dangol.core.events.webhooks.signing import ID, Envelope, verify
from dangol.core.storage.ids import new_id
from dangol.core.storage.rows import insert_missing, select_matching
from dangol.core.storage.transactions import require_write_transaction

__all__ = ["Envelope", "take_in", "verify"]
_COLUMNS = ("source", "message", "receipt", "received_at")
LONGEST_MESSAGE = 255


def take_in(source: str, messages: Sequence[str], *, at: datetime) -> list[bool]:
    """Say of each message of a source whether it is new, and note that it has been taken in.

    Must be called first in the write transaction of what the messages do, so that both are there or
    neither is; another transaction with the same message waits for this one. Of equal ones in a batch the
    first is new. Raises HeaderMissing for a message without an id, or with one
    that cannot be kept: over 255 characters, or with a NUL in it.
    """
    require_write_transaction()
    if not all(0 < len(message) <= LONGEST_MESSAGE and "\0" not in message for message in messages):
        raise HeaderMissing(header=ID)
    receipt = new_id()
    # In one order everywhere, so that two batches with the same messages do not wait for each other.
    wanted = sorted(set(messages))
    insert_missing(Received, _COLUMNS, [(source, message, receipt, at) for message in wanted])
    found = select_matching(
        Received, ("message", "receipt"), ["source", "message"], [(source, message) for message in wanted]
    )
    new = {message for message, taken_by in found if taken_by == receipt}
    said: list[bool] = []
    for message in messages:
        said.append(message in new)
        new.discard(message)
    return said
