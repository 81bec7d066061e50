"""How the outbox stands, and what a sample shop's kept messages say."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min, Q

from dangol.core.messaging.contents import write
from dangol.core.messaging.models import Attempt, Message, State
from dangol.core.messaging.sealed_contents import Opened, open_contents
from dangol.core.storage.ids import Id, parse_id, show_id

PAGE = 20


class OutboxStatus(NamedTuple):
    """What waits and since when, what is tried again, and what was given up within the last day."""

    waiting: int
    oldest_at: datetime | None
    failed: int
    dead: int
    last_error: str


class LastResults(NamedTuple):
    """How messages have left of late: the last that was taken, the last that failed and why, what waits."""

    handed_at: datetime | None
    failed_at: datetime | None
    error: str
    status: OutboxStatus


class KeptMessage(NamedTuple):
    """A message that was kept to be read here instead of being carried anywhere."""

    id: Id
    to: str
    subject: str
    text: str
    at: datetime


class KeptPage(NamedTuple):
    """Kept messages, the latest first; `next_after` is empty on the last page."""

    messages: list[KeptMessage]
    next_after: str


class AttemptView(NamedTuple):
    """One try to hand a message over."""

    number: int
    sender: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str
    error: str


def outbox_status(as_of: datetime) -> OutboxStatus:
    """Return how the outbox stands: two statements."""
    pending = Message.objects.filter(claimable_at__isnull=False)
    counted = pending.aggregate(
        waiting=Count("id"), oldest=Min("made_at"), failed=Count("id", filter=Q(state=State.FAILED))
    )
    dead = Message.objects.filter(state=State.DEAD, ended_at__gt=as_of - timedelta(days=1))
    errors = list(dead.order_by("-ended_at").values_list("last_error", flat=True))
    return OutboxStatus(
        counted["waiting"], counted["oldest"], counted["failed"], len(errors), errors[0] if errors else ""
    )


def last_results(as_of: datetime) -> LastResults:
    """Return how messages have left of late; four statements."""
    over = Message.objects.filter(ended_at__isnull=False).order_by("-ended_at")
    handed = over.filter(state=State.HANDED).values_list("ended_at", flat=True).first()
    failed = over.filter(state=State.DEAD).values_list("ended_at", "last_error").first()
    return LastResults(
        handed, failed[0] if failed else None, failed[1] if failed else "", outbox_status(as_of)
    )


def list_kept(*, after: str = "", limit: int = PAGE) -> KeptPage:
    """Return the messages a sample shop keeps for a day; a place that makes no sense is the beginning."""
    kept = Message.objects.filter(state=State.HANDED, sealed__isnull=False)
    with suppress(ValueError):
        kept = kept.filter(id__lt=parse_id(after)) if after else kept
    rows = list(
        kept.order_by("-id").values_list("customer_id", "id", "template", "sealed", "language", "ended_at")[
            : limit + 1
        ]
    )
    opened = open_contents([(row[0], row[1], row[2], bytes(row[3] or b"")) for row in rows[:limit]])
    messages = []
    for (_owner, message_id, _template, _blob, language, at), found in zip(rows, opened, strict=False):
        if isinstance(found, Opened) and at is not None:
            written = write(found.content, language)
            messages.append(KeptMessage(message_id, found.to, written.subject, written.text, at))
    return KeptPage(messages, show_id(rows[limit - 1][1]) if len(rows) > limit else "")


def list_attempts(customer_id: Id, message_id: Id) -> list[AttemptView]:
    """Return the tries to hand a message over, the first one first."""
    tried = Attempt.objects.filter(customer_id=customer_id, message_id=message_id).order_by("number")
    return [AttemptView(*row) for row in tried.values_list(*AttemptView._fields)]
