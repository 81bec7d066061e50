"""How much of the event debugger's log is kept: seven days, and no more than 100,000 entries."""

from datetime import datetime, timedelta

from dangol.core.behavior.models import Entry
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import delete_rows
from dangol.core.storage.transactions import write_transaction

KEEP = timedelta(days=7)
MOST_ENTRIES = 100_000
DELETED_AT_ONCE = 5_000


def trim_entries(*, as_of: datetime, most: int = MOST_ENTRIES, limit: int = DELETED_AT_ONCE) -> int:
    """Delete up to `limit` entries that are too old or too many; returns how many.

    The events themselves are on the timeline, and message ids are known for good: nothing of that goes.
    """
    oldest = Entry.objects.order_by("id").values_list("id", "received_at")
    newest_over: Id | None = (
        Entry.objects.order_by("-id").values_list("id", flat=True)[most : most + 1].first()
    )
    doomed = [
        (key,)
        for key, at in oldest[:limit]
        if at < as_of - KEEP or (newest_over is not None and key <= newest_over)
    ]
    if not doomed:
        return 0
    with write_transaction():
        return delete_rows(Entry, ("id",), doomed)
