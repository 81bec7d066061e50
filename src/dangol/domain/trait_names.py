"""What traits are called: letters of any script, digits and `_`, in parts joined by dots.

Names are in Unicode's composed form (NFC, UAX #15) and without case (full case folding), so that what reads
the same is the same. A letter may have marks, as scripts of India write them.
"""

import re
import unicodedata

LONGEST_NAME = 64
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LETTERS, _MARKS, _DIGITS = ("L",), ("M",), ("Nd",)


def is_trait_name(name: str) -> bool:
    """Say whether a trait may have this name, such as `app.plan` or `app.단계`; at most 64 characters."""
    if len(name) > LONGEST_NAME or name != _folded(name) or not _is_of(name[:1], _LETTERS):
        return False
    return all(
        part and not _is_of(part[0], _MARKS) and all(sign == "_" or _is_word(sign) for sign in part)
        for part in name.split(".")
    )


def trait_words(told: str) -> str:
    """Return another program's name as part of a trait's: `favoriteColor` as `favorite_color`.

    Empty where nothing of it can be kept. It may be longer than a name may be.
    """
    spaced = _folded(_HUMP.sub("_", composed(told)))
    words = "".join(sign if _is_word(sign) else " " for sign in spaced).split()
    return "_".join(words)


def composed(name: str) -> str:
    """Return a name in NFC: programs on macOS send Korean in single letters that look the same."""
    return unicodedata.normalize("NFC", name)


def _folded(text: str) -> str:
    return composed(composed(text).casefold())


def _is_word(sign: str) -> bool:
    return _is_of(sign, (*_LETTERS, *_MARKS, *_DIGITS))


def _is_of(sign: str, categories: tuple[str, ...]) -> bool:
    return bool(sign) and unicodedata.category(sign).startswith(categories)
