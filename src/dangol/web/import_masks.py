"""Cells of imported files as those see them who may not see people whole."""

import re
from collections.abc import Callable, Mapping

from dangol.connectors.files.columns import Kind
from dangol.core.people.masking import mask_birthday, mask_card, mask_email, mask_name, mask_phone

_MASKS: Mapping[str, Callable[[str], str]] = {
    "phone": mask_phone,
    "email": mask_email,
    "card": mask_card,
    "birthday": mask_birthday,
    "name": mask_name,
}
# What a mask is made for; anything else may be anything.
_FORMS = {
    "phone": re.compile(r"[\d\s()+./-]{7,40}"),
    "email": re.compile(r"[^@]+@[^@]+"),
    "birthday": re.compile(r"\d{4}-\d\d-\d\d"),
}
# The name of a product is nobody's.
_NAMES_PEOPLE = frozenset({Kind.CUSTOMERS})
# Cells that were refused may hold anybody's anything, in any form.
_ALL_OF_A_ROW = ""


def is_personal(kind: Kind, column: str) -> bool:
    """Say whether a column of such a file tells something about a person that is masked elsewhere."""
    return column in _MASKS and (column != "name" or kind in _NAMES_PEOPLE)


def mask_read(kind: Kind, column: str, text: str) -> str:
    """Return a cell that was understood, masked as everywhere where it is a person's."""
    if not text or not is_personal(kind, column):
        return text
    form = _FORMS.get(column)
    return mask_given(text) if form and not form.fullmatch(text) else _MASKS[column](text)


def mask_refused(kind: Kind, column: str, text: str) -> str:
    """Return a cell, or the beginning of a row, that was refused: of a person's only its first letter."""
    return mask_given(text) if column == _ALL_OF_A_ROW or is_personal(kind, column) else text


def mask_given(text: str) -> str:
    """Return the first letter of a text in no known form, and that there was more."""
    return f"{text[:1]}***" if text else ""
