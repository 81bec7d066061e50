"""Text as it comes from forms and files, brought into one form; and the refusal of what is no value."""

import re
import unicodedata
from typing import Literal

from dangol.core.people.refused_values import EmptyValue, PlaceholderValue, TooLong, UnseenCharacter

Form = Literal["NFC", "NFKC"]
_ZEROS = re.compile(r"[-+]?0+(?:[.,]0+)?")
# What programs write where they have nothing. A surname Na and a customer N1 are no such thing.
PLACEHOLDERS = frozenset(
    {"null", "(null)", "none", "nil", "nan", "n/a", "#n/a", "undefined", "unknown", "-", "--", "-1", "?"}
)


def clean_text(text: str, *, field: str, longest: int, form: Form = "NFC", may_be_zero: bool = False) -> str:
    """Return `text` in a Unicode normal form, trimmed, with single spaces inside.

    Raises RefusedValue for nothing, for a program's word for nothing, for zeros only (unless they may be
    meant), for characters that cannot be seen, and for more than `longest` characters.
    """
    clean = " ".join(unicodedata.normalize(form, text).split())
    if not clean:
        raise EmptyValue(field=field)
    if len(clean) > longest:
        raise TooLong(field=field)
    if not clean.isprintable() and any(map(_is_unseen, clean)):
        raise UnseenCharacter(field=field)
    if clean.casefold() in PLACEHOLDERS or (not may_be_zero and _ZEROS.fullmatch(clean)):
        raise PlaceholderValue(field=field)
    return clean


def _is_unseen(character: str) -> bool:
    # Two joiners are part of how some scripts are written; a byte order mark or a soft hyphen is of none.
    return unicodedata.category(character) in {"Cc", "Cs", "Cf"} and character not in "\u200c\u200d"


def fold_case(text: str, form: Form = "NFC") -> str:
    """Return `text` without case, so that folding it again changes nothing (Unicode, section 3.13, D146).

    Folding may leave text outside its normal form, and normalizing it may bring case back; hence until
    nothing changes.
    """
    folded = unicodedata.normalize(form, text.casefold())
    while folded != text:
        text, folded = folded, unicodedata.normalize(form, folded.casefold())
    return folded
