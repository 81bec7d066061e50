"""The chain of the access log: made after the entries, so that nobody waits for it, and proved at any time.

Link n is `SHA-256(link n−1 · entry n)`, the entry as canonical JSON. A chain alone does not stop whoever
may write to the database: they could make all of it anew. So its head is shown, logged and exported;
a copy kept elsewhere holds everything before it.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from dangol.core.access.models import AccessCheckpoint, AccessEntry, AccessLink
from dangol.core.people.holds import held_among
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import (
    Row,
    delete_rows,
    insert_missing,
    insert_rows,
    select_matching,
)
from dangol.core.storage.transactions import write_transaction
from dangol.core.storage.walks import walk

logger = logging.getLogger(__name__)
CHAINED_AT_ONCE = 5_000
# An entry whose transaction was slow comes later than its instant; none takes a day.
SLOWEST = timedelta(days=1)
# What is younger need not be chained yet.
GRACE = timedelta(minutes=15)
START = bytes(32)
MOST_FAULTS = 100
_ENTRY = (
    "id", "at", "actor_kind", "actor", "actor_name", "address", "request",
    "action", "subject_id", "people", "seen", "reason",
)  # fmt: skip
_encoder = msgspec.json.Encoder()


class ChainHead(NamedTuple):
    """The last link: how many entries there have been, and the hash that holds them all."""

    number: int
    digest: bytes

    @property
    def text(self) -> str:
        """The head as `number:hex`, to be kept elsewhere."""
        return f"{self.number}:{self.digest.hex()}"


class Fault(NamedTuple):
    """Where the log is not what was written: `number` is the link (0: an entry without one)."""

    what: str
    number: int
    entry_id: Id | None


class Verdict(NamedTuple):
    """What a check of the whole log has found."""

    checked: int
    waiting: int
    first: int
    head: ChainHead
    faults: list[Fault]


def canonical(entry: Row) -> bytes:
    """Return an entry as the bytes that are hashed: a JSON array of its fields, ids and instants as text."""
    return _encoder.encode([_told(value) for value in entry])


def _told(value: Any) -> Any:
    if isinstance(value, bytes):
        return show_id(value)
    return value.isoformat() if isinstance(value, datetime) else value


def link(before: bytes, entry: Row) -> bytes:
    """Return the hash of a link: of the one before it and of its entry."""
    return sha256(before + canonical(entry)).digest()


def chain_entries(limit: int = CHAINED_AT_ONCE) -> int:
    """Link up to `limit` entries that have no link yet, in the order of their ids; returns how many.

    Any number of workers may call it: the lock of the checkpoint lets one through at a time.
    """
    with write_transaction():
        _lock_checkpoint()
        head = read_head()
        waiting = _unlinked(_low_water(head), limit)
        rows, digest = [], head.digest
        for number, entry in enumerate(waiting, start=head.number + 1):
            digest = link(digest, entry)
            rows.append((number, entry[0], digest))
        insert_rows(AccessLink, ("number", "entry_id", "digest"), rows)
    if rows:
        logger.info("access log head %s", ChainHead(rows[-1][0], digest).text)
    return len(rows)


def _lock_checkpoint() -> AccessCheckpoint:
    insert_missing(AccessCheckpoint, ("id", "number", "digest"), [(1, 0, START)])
    return AccessCheckpoint.objects.select_for_update().get(id=1)


def read_head() -> ChainHead:
    """Return the last link; that of the checkpoint where all are pruned, number 0 where none ever was."""
    last = AccessLink.objects.order_by("-number").values_list("number", "digest").first()
    last = last or AccessCheckpoint.objects.values_list("number", "digest").first()
    return ChainHead(last[0], bytes(last[1])) if last else ChainHead(0, START)


def _low_water(head: ChainHead) -> datetime | None:
    """Return from when on an entry may still be without a link."""
    linked = AccessLink.objects.filter(number=head.number).values_list("entry_id", flat=True).first()
    at = AccessEntry.objects.filter(id=linked).values_list("at", flat=True).first() if linked else None
    return at - SLOWEST if at else None


def _unlinked(since: datetime | None, limit: int) -> list[Row]:
    entries = AccessEntry.objects.exclude(id__in=AccessLink.objects.values("entry_id"))
    if since:
        entries = entries.filter(at__gte=since)
    return list(entries.order_by("id").values_list(*_ENTRY)[:limit])


def verify_chain(*, as_of: datetime, anchor: ChainHead | None = None) -> Verdict:
    """Compute the chain again from the entries, and say where it is not what was written.

    Finds changed, removed and added entries and links. With `anchor`, a head kept elsewhere, also a chain
    that was made anew as a whole.
    """
    checkpoint = AccessCheckpoint.objects.first()
    first = checkpoint.number if checkpoint else 0
    digest = bytes(checkpoint.digest) if checkpoint else START
    checked, number, faults = 0, first, list[Fault]()
    anchored = anchor is None or (anchor.number, anchor.digest) == (first, digest)
    for found, entry_id, kept, entry in _links():
        if found != number + 1:
            faults.append(Fault("removed", number + 1, None))
        number, checked = found, checked + 1
        if entry is None:
            faults.append(Fault("removed", number, entry_id))
        elif link(digest, entry) != kept:
            faults.append(Fault("changed", number, entry_id))
        # Go on from what is stored: one fault is then told once, where it is.
        digest = kept
        anchored = anchored or (anchor is not None and anchor == ChainHead(number, kept))
    if not anchored and anchor is not None and anchor.number >= first:
        faults.append(Fault("rewritten", anchor.number, None))
    waiting, strays = without_link(as_of)
    faults += [Fault("added", 0, entry_id) for entry_id in strays]
    return Verdict(checked, waiting, first, ChainHead(number, digest), faults[:MOST_FAULTS])


class Step(NamedTuple):
    """What a stretch of the chain came to: how many links, the last of them, and what is wrong."""

    checked: int
    head: ChainHead
    faults: list[Fault]


def check_links(number: int, digest: bytes, *, limit: int) -> Step:
    """Compute up to `limit` links again after the one given; as `verify_chain` does with all of them."""
    links = AccessLink.objects.filter(number__gt=number).order_by("number")
    rows = list(links.values_list("number", "entry_id", "digest")[:limit])
    entries = _entries([entry_id for _, entry_id, _ in rows])
    faults = []
    for found, entry_id, kept in rows:
        if found != number + 1:
            faults.append(Fault("removed", number + 1, None))
        entry = entries.get(entry_id)
        if entry is None:
            faults.append(Fault("removed", found, entry_id))
        elif link(digest, entry) != bytes(kept):
            faults.append(Fault("changed", found, entry_id))
        number, digest = found, bytes(kept)
    return Step(len(rows), ChainHead(number, digest), faults)


def _links() -> Iterator[tuple[int, Id, bytes, Row | None]]:
    """Yield each link in order, with its entry or, where that is gone, None."""
    names = ("number", "entry_id", "digest")
    for links in walk(AccessLink, names, ("number",), size=CHAINED_AT_ONCE):
        entries = _entries([entry_id for _, entry_id, _ in links])
        for number, entry_id, digest in links:
            yield number, entry_id, bytes(digest), entries.get(entry_id)


def _entries(entry_ids: Sequence[Id]) -> dict[Id, Row]:
    rows = select_matching(AccessEntry, _ENTRY, ("id",), [(one,) for one in entry_ids])
    return {row[0]: row for row in rows}


def without_link(as_of: datetime) -> tuple[int, list[Id]]:
    """Return how many entries wait for their link, and those that have waited too long to be honest.

    An entry added beside the log with an instant long past is never linked.
    """
    unlinked = AccessEntry.objects.exclude(id__in=AccessLink.objects.values("entry_id"))
    strays = list(
        unlinked.filter(at__lt=as_of - GRACE).order_by("id").values_list("id", flat=True)[:MOST_FAULTS]
    )
    return unlinked.filter(at__gte=as_of - GRACE).count(), strays


def prune_entries(*, before: datetime, as_of: datetime, limit: int = CHAINED_AT_ONCE) -> int:
    """Delete up to `limit` entries from before that instant, oldest link first; returns how many.

    The last link that goes is kept as the checkpoint from which the rest verifies. It stops at the first
    entry that is younger, or about somebody who is under a legal hold at `as_of`.
    """
    with write_transaction():
        _lock_checkpoint()
        links = list(
            AccessLink.objects.order_by("number").values_list("number", "entry_id", "digest")[:limit]
        )
        over = _over(links, before, as_of)
        if not over:
            return 0
        number, _, digest = over[-1]
        AccessCheckpoint.objects.filter(id=1).update(number=number, digest=bytes(digest), pruned_at=as_of)
        delete_rows(AccessEntry, ("id",), [(entry_id,) for _, entry_id, _ in over])
        delete_rows(AccessLink, ("number",), [(one,) for one, _, _ in over])
    return len(over)


def _over(
    links: Sequence[tuple[int, Id, Any]], before: datetime, as_of: datetime
) -> list[tuple[int, Id, Any]]:
    rows = _entries([entry_id for _, entry_id, _ in links])
    held = held_among({row[8] for row in rows.values() if row[8]}, at=as_of)
    over = []
    for one in links:
        entry = rows.get(one[1])
        if entry is None or entry[1] >= before or entry[8] in held:
            break
        over.append(one)
    return over


def export_chain() -> Iterator[bytes]:
    """Yield every link as a line of JSON: number, hash as hex, and the entry as it is hashed."""
    checkpoint = AccessCheckpoint.objects.first()
    if checkpoint:
        yield _encoder.encode({"checkpoint": checkpoint.number, "digest": bytes(checkpoint.digest).hex()})
    for number, _, digest, entry in _links():
        told = msgspec.json.decode(canonical(entry)) if entry else None
        yield _encoder.encode({"number": number, "digest": digest.hex(), "entry": told})
