"""What forms of settings share: how a question is shown, and what proves that its changes were seen."""

import hashlib
from typing import NamedTuple

import msgspec

from dangol.web.settings_words import Question


class Answer(NamedTuple):
    """An answer that can be chosen, with what it comes to."""

    value: str
    words: str
    example: str


class Asked(NamedTuple):
    """A question as the form shows it; without answers it is typed in."""

    question: Question
    id: str
    value: str
    wrong: str
    answers: list[Answer]


def mark_of(content: msgspec.Struct | None) -> str:
    """Return what stands for a content whose changes were seen; nothing for what is not whole."""
    return "" if content is None else hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:24]


def read_number(text: str) -> int:
    """Return the number of the version a form was opened with; -1, which no version has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
