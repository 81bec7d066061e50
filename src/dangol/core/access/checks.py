"""Computing the log's chain again step by step: a row says how far, so that a job goes on where it was."""

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dangol.core.access.chain import CHAINED_AT_ONCE, MOST_FAULTS, START, Fault, check_links, without_link
from dangol.core.access.models import AccessCheck, AccessCheckpoint
from dangol.core.storage.transactions import write_transaction

# A check that has not moved for so long was cut off: another may begin.
CUT_OFF = timedelta(minutes=10)
_FIELDS = (
    "number", "checked", "faults", "waiting", "started_at", "seen_at", "finished_at", "asked_by",
)  # fmt: skip


_WRITTEN = ("number", "digest", "checked", "faults", "waiting", "seen_at", "finished_at")


class CheckView(NamedTuple):
    """How the last check stands: up to which link, what is wrong, and who asked (empty: the night)."""

    number: int
    checked: int
    faults: list[tuple[str, int]]
    waiting: int
    started_at: datetime
    seen_at: datetime
    finished_at: datetime | None
    asked_by: str

    def is_running(self, at: datetime) -> bool:
        """Say whether somebody is at it."""
        return self.finished_at is None and at - self.seen_at < CUT_OFF


def find_check() -> CheckView | None:
    """Return how the last check stands; None before the first one."""
    row = AccessCheck.objects.filter(id=1).values_list(*_FIELDS).first()
    if row is None:
        return None
    faults = [(str(what), int(number)) for what, number in msgspec.json.decode(row[2])]
    return CheckView(row[0], row[1], faults, *row[3:])


def start_check(*, asked_by: str, at: datetime) -> bool:
    """Begin a check from the first link that is kept; False where one is under way."""
    with write_transaction():
        running = find_check()
        if running and running.is_running(at):
            return False
        first = AccessCheckpoint.objects.first()
        fresh = {
            "number": first.number if first else 0, "digest": bytes(first.digest) if first else START,
            "checked": 0, "faults": "[]", "waiting": 0, "started_at": at, "seen_at": at,
            "finished_at": None, "asked_by": asked_by[:150],
        }  # fmt: skip
        AccessCheck.objects.update_or_create(id=1, defaults=fresh)
    return True


def check_more(*, at: datetime, limit: int = CHAINED_AT_ONCE) -> bool:
    """Go on with the check by up to `limit` links; False where it has come to the end.

    What was pruned meanwhile is left out: the check goes on from the checkpoint that stands for it.
    """
    with write_transaction():
        row = AccessCheck.objects.select_for_update().filter(id=1, finished_at=None).first()
        if row is None:
            return False
        first = AccessCheckpoint.objects.first()
        if first and first.number > row.number:
            row.number, row.digest = first.number, first.digest
        step = check_links(row.number, bytes(row.digest), limit=limit)
        faults = step.faults
        if not step.checked:
            row.waiting, strays = without_link(at)
            faults = [Fault("added", 0, entry_id) for entry_id in strays]
            row.finished_at = at
        told = msgspec.json.decode(row.faults) + [[one.what, one.number] for one in faults]
        row.faults = msgspec.json.encode(told[:MOST_FAULTS]).decode()
        row.number, row.digest = step.head.number, step.head.digest
        row.checked, row.seen_at = row.checked + step.checked, at
        row.save(update_fields=_WRITTEN)
    return row.finished_at is None
