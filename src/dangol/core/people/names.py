"""Names: one form to show, one to be found by, and its leading parts."""

import re
import unicodedata

from dangol.core.people.normalizing import clean_text, fold_case

LONGEST_NAME = 100
LONGEST_PART = 8
# How pages in either language name a member of whom no name is known: by the number behind the word.
_SHOWN = re.compile(r"(?:회원|member)\s+(\S.*)", re.IGNORECASE)


def normalize_name(text: str) -> str:
    """Return a name as it is shown: NFC, trimmed, single spaces. Raises RefusedValue."""
    return clean_text(text, field="name", longest=LONGEST_NAME)


def fold_name(text: str) -> str:
    """Return a name as it is compared: without case and without spaces."""
    return "".join(_folded_words(text))


def leading_parts(name: str) -> frozenset[str]:
    """Return by what a name is found: the whole, and the beginnings of the whole and of each word.

    Beginnings have up to eight characters, and at least two; one is enough in scripts whose characters
    are syllables or words (한글, 漢字, かな). 김하늘 → 김, 김하, 김하늘.
    """
    words = _folded_words(name)
    whole = "".join(words)
    return frozenset([whole]).union(
        word[:length]
        for word in (whole, *words)
        for length in range(_shortest_part(word), min(len(word), LONGEST_PART) + 1)
    )


def parts_to_find(text: str) -> tuple[str, ...]:
    """Return the parts of which a wanted name has one; more than eight characters must then be compared."""
    folded = fold_name(text)
    return (folded,) if len(folded) <= LONGEST_PART else (folded, folded[:LONGEST_PART])


def begins_with(name: str, text: str) -> bool:
    """Say whether the name, or one of its words, begins with `text`."""
    wanted = fold_name(text)
    words = _folded_words(name)
    return any(word.startswith(wanted) for word in ("".join(words), *words))


def _folded_words(text: str) -> list[str]:
    return fold_case(unicodedata.normalize("NFC", text)).split()


def _shortest_part(word: str) -> int:
    # Letters without case ("Lo") are those of syllabic and ideographic scripts, give or take an alphabet.
    return 1 if word and unicodedata.category(word[0]) == "Lo" else 2


def number_shown(text: str) -> str:
    """Return the number of a member as pages show them, `회원 13`; nothing of any other text."""
    shown = _SHOWN.fullmatch(text)
    return shown[1] if shown else ""
