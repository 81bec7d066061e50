"""The sender: takes what is due, a few of each endpoint, sends all of it side by side, and notes what came.

Each endpoint has a queue of its own and a few places of its own in flight, so that a dead one delays nobody.
Two threads share the work: the caller's talks to the database, a second one runs an event loop that talks
to the world. A delivery is taken, and that committed, before it is sent, under a lease: a sender that is
killed has told nothing, and what it had taken falls due again when the lease runs out. So each message
arrives at least once, and twice only where somebody was killed between sending and noting it.
"""

import asyncio
import contextlib
import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from django.db import connection

from dangol.core.events.webhooks.models import Delivery, DeliveryState, Endpoint, Message
from dangol.core.events.webhooks.outcomes import Outcome, Taken, record_outcomes
from dangol.core.events.webhooks.sealed_secrets import signing_keys
from dangol.core.events.webhooks.signing import SigningKey, sign
from dangol.core.events.webhooks.transport import Caller, Failure, Reply
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.rows import read_rows, select_matching, table, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.errors import describe_error
from dangol.domain.errors import DomainError
from dangol.domain.webhooks import EndpointState

logger = logging.getLogger(__name__)
# Well above the longest a try may take.
LEASE = timedelta(seconds=60)
# How many deliveries of an endpoint are in flight at once, and of one that fails.
AT_ONCE, AT_ONCE_FAILING = 8, 1
# Of all endpoints together: each has a socket.
IN_FLIGHT = 400
REST_SECONDS = 0.05
_KEY = ("endpoint_id", "message_id")


class Sender:
    """One process's hands for webhooks. All methods are called from one thread at a time."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        caller: Callable[[], Caller],
        chance: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._clock, self._make_caller, self._chance, self._lease = clock, caller, chance, lease
        self._finished: SimpleQueue[Outcome] = SimpleQueue()
        self._in_flight: Counter[Id] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._caller: Caller | None = None
        self._sending: list[Future[None]] = []
        self._unnoted: list[Outcome] = []

    def turn(self) -> int:
        """Note what has come back, take what is due and begin to send it; returns how much that was."""
        noted = self._note_finished()
        taken = self._take_due()
        self._begin(taken)
        return noted + len(taken)

    def deliver_due(self) -> int:
        """Send all that is due now and wait until it is noted; returns how many tries were made."""
        tries = 0
        while True:
            taken = self._take_due()
            if not taken:
                return tries
            self._begin(taken)
            tries += len(taken)
            self._wait()

    def close(self) -> None:
        """Wait for what is in flight, note it, and end the second thread."""
        self._wait()
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = self._caller = None

    def _wait(self) -> None:
        for one in self._sending:
            one.result()
        self._note_finished()

    def _note_finished(self) -> int:
        self._sending = [one for one in self._sending if not one.done()]
        # Kept until they are noted: where the database does not answer, the next turn tries again.
        outcomes = self._unnoted
        with contextlib.suppress(Empty):
            while True:
                outcomes.append(self._finished.get_nowait())
        record_outcomes(outcomes, chances=[self._chance() for _one in outcomes])
        self._unnoted = []
        self._in_flight.subtract(one.taken.endpoint_id for one in outcomes)
        self._in_flight = +self._in_flight
        return len(outcomes)

    def _take_due(self) -> list[Taken]:
        now = self._clock()
        free = IN_FLIGHT - self._in_flight.total()
        wanted: list[tuple[Id, int]] = []
        for endpoint_id, at_once in endpoints_due(now):
            count = min(free, at_once - self._in_flight[endpoint_id])
            if count > 0:
                wanted.append((endpoint_id, count))
                free -= count
        return take(wanted, at=now, lease=self._lease) if wanted else []

    def _begin(self, taken: Sequence[Taken]) -> None:
        if not taken:
            return
        loop = self._running_loop()
        now = self._clock()
        urls = dict(
            Endpoint.objects.filter(pk__in={one.endpoint_id for one in taken}).values_list("pk", "url")
        )
        rows = [(message_id,) for message_id in sorted({one.message_id for one in taken})]
        bodies: dict[Id, str] = dict(select_matching(Message, ("id", "body"), ["id"], rows))
        keys = _keys_of({one.endpoint_id for one in taken}, now)
        for one in taken:
            self._in_flight[one.endpoint_id] += 1
            signed_by = keys.get(one.endpoint_id)
            if not signed_by or one.endpoint_id not in urls or one.message_id not in bodies:
                self._finished.put(Outcome(one, Reply(None, Failure.SECRET, "", None, 0), now))
                continue
            body = bodies[one.message_id]
            headers = sign(signed_by, message=show_id(one.message_id), at=now, body=body)
            sending = self._send(one, urls[one.endpoint_id], headers, body)
            self._sending.append(asyncio.run_coroutine_threadsafe(sending, loop))

    async def _send(self, one: Taken, url: str, headers: dict[str, str], body: str) -> None:
        assert self._caller is not None, "the loop has a caller from its start"
        try:
            reply = await self._caller.send(url, headers, body)
        except Exception as error:
            logger.error("webhooks: sending failed: %s", describe_error(error))
            reply = Reply(None, Failure.SENDER, "", None, 0)
        self._finished.put(Outcome(one, reply, self._clock()))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._caller = self._make_caller()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="webhooks sending", daemon=True
            )
            self._thread.start()
        return self._loop


def endpoints_due(at: datetime) -> list[tuple[Id, int]]:
    """Return the endpoints something is due for, and how many may be in flight to each; one statement."""
    rows = read_rows(
        Endpoint,
        ("id", "state"),
        f"SELECT e.id, e.state FROM {table(Endpoint)} AS e WHERE e.state <> %s"  # noqa: S608 - our own names
        " AND (e.resting_until IS NULL OR e.resting_until <= %s)"
        f" AND EXISTS (SELECT 1 FROM {table(Delivery)} AS d WHERE d.endpoint_id = e.id AND d.due_at <= %s)"
        " ORDER BY e.id",
        [EndpointState.DISABLED.value, *[connection.ops.adapt_datetimefield_value(at)] * 2],
    )
    return [(pk, AT_ONCE_FAILING if state == EndpointState.FAILING else AT_ONCE) for pk, state in rows]


def take(wanted: Sequence[tuple[Id, int]], *, at: datetime, lease: timedelta) -> list[Taken]:
    """Take up to so many due deliveries of each endpoint, oldest first; nobody else takes them meanwhile."""
    claim = new_id()
    taken: list[Taken] = []
    with write_transaction():
        for endpoint_id, count in wanted:
            due = Delivery.objects.select_for_update(skip_locked=True).filter(
                endpoint_id=endpoint_id, due_at__lte=at
            )
            found = due.order_by("due_at", "message_id").values_list(
                "message_id", "tries", "attempts", "is_test"
            )
            taken += [
                Taken(endpoint_id, message_id, claim, tries, attempts, is_test)
                for message_id, tries, attempts, is_test in found[:count]
            ]
        rows = [(*one[:2], DeliveryState.SENDING.value, claim, at + lease) for one in taken]
        update_rows(Delivery, _KEY, ("state", "claim", "due_at"), rows)
    return taken


def _keys_of(endpoint_ids: set[Id], at: datetime) -> dict[Id, list[SigningKey]]:
    """Return what each endpoint's messages are signed with; those that cannot be opened are left out."""
    keys: dict[Id, list[SigningKey]] = {}
    for endpoint_id in sorted(endpoint_ids):
        try:
            keys |= signing_keys([endpoint_id], at=at)
        except DomainError:
            continue
    return keys
