"""The ways out: who carries messages of a channel. Connectors have them; project/senders.py lists them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple, Protocol

from django.conf import settings

from dangol.core.storage.ids import Id

EMAIL = "email"


class Outcome(StrEnum):
    """What became of a try: taken, not this time, or never."""

    HANDED = "handed"
    FAILED = "failed"
    REFUSED = "refused"


class Letter(NamedTuple):
    """A message opened for whoever carries it. `id` stays the same at each try: a receiver knows it again.

    `html` says what `text` says, for those who show it; empty where there is the text only.
    """

    id: Id
    to: str
    subject: str
    text: str
    language: str
    made_at: datetime
    html: str = ""


class Answer(NamedTuple):
    """What became of a letter. `error` is a kind of failure (`timeout`), never a server's own words.

    `keep`: what it says stays readable for a day, since nobody has carried it anywhere.
    """

    outcome: Outcome
    error: str = ""
    receipt: str = ""
    keep: bool = False


class Sender(Protocol):
    """Carries the messages of one channel."""

    name: str
    channel: str

    def is_ready(self) -> bool:
        """Say whether it is configured."""
        ...

    def send(self, letters: Sequence[Letter]) -> Iterator[Answer]:
        """Hand the letters over one after the other; yields the answer to each as it comes, in order.

        What it raises stands for the answer to the letter it was at, and those behind it: not this time.
        """
        ...


@lru_cache(maxsize=1)
def all_senders() -> tuple[Sender, ...]:
    """Return every sender the instance knows, the one to be preferred first."""
    return tuple(import_module(settings.MESSAGE_SENDERS).SENDERS)


def find_sender(channel: str) -> Sender | None:
    """Return who carries this channel now; None where nobody is configured to."""
    return next((one for one in all_senders() if one.channel == channel and one.is_ready()), None)


def ready_senders() -> dict[str, Sender]:
    """Return who carries each channel that somebody carries."""
    found = ((channel, find_sender(channel)) for channel in {one.channel for one in all_senders()})
    return {channel: sender for channel, sender in found if sender}
