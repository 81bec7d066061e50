"""Ways out for tests: one that answers as it is told, and processes that send."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dangol.core.messaging import senders
from dangol.core.messaging.contents import OneTimeCode
from dangol.core.messaging.outbox import LEASE, Outbox
from dangol.core.messaging.senders import EMAIL, Answer, Letter, Outcome, Sender
from dangol.core.messaging.services import MessageDraft, leave_messages
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.waiting import PATIENCE

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TAKEN = Answer(Outcome.HANDED, receipt="250 queued")


class Scripted:
    """Answers each letter with the next of the answers it was given, and the last one for ever."""

    name, channel = "scripted", EMAIL

    def __init__(self, *answers: Answer | Exception, ready: bool = True) -> None:
        self.answers, self.ready = list(answers or [TAKEN]), ready
        self.seen: list[Letter] = []

    def is_ready(self) -> bool:
        return self.ready

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        for letter in letters:
            self.seen.append(letter)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, Exception):
                raise answer
            yield answer


class Lingering:
    """Writes each letter's id to a file; the first process that comes waits there to be killed."""

    name, channel = "lingering", EMAIL

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def is_ready(self) -> bool:
        return True

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        for letter in letters:
            first = not self._path.exists()
            with self._path.open("a") as told:
                told.write(f"{letter.id.hex()}\n")
            if first:
                time.sleep(2 * PATIENCE)
            yield TAKEN


def use(monkeypatch: pytest.MonkeyPatch, *ways: Sender) -> None:
    """Let these be all the ways out there are."""
    monkeypatch.setattr(senders, "all_senders", lambda: ways)


def send_through(path: str, lease: timedelta = LEASE) -> None:
    """Be a worker that sends until killed."""
    way = Lingering(path)
    senders.all_senders = lambda: (way,)  # type: ignore[assignment] # in a process of its own
    outbox = Outbox(now, lease=lease)
    while True:
        if not outbox.send_due():
            time.sleep(0.02)


def a_draft(customer_id: Id | None = None, number: int = 0, **more: Any) -> MessageDraft:
    """Return a message with a code in it."""
    content = OneTimeCode(shop="골목 가게", code=f"{number:06d}", minutes=5)
    draft = MessageDraft(f"one{number}@example.com", content, "ko", customer_id=customer_id)
    return draft._replace(**more)


def leave(*drafts: MessageDraft, at: datetime = AT) -> list[Id]:
    """Leave messages in the outbox."""
    with write_transaction():
        return leave_messages(drafts, at=at)
