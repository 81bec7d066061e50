"""Formulas in cells: text that a spreadsheet would obey is marked on the way out and unmarked on the way in.

The mark is an apostrophe, one more than the text has of its own before such a sign, so that taking one
off always gives the text back (`parsing.cleaned` does).
"""

import re

_OBEYED = re.compile(r"'*[=+@\t\r-]")


def guarded(text: str) -> str:
    """Return the text so that no spreadsheet computes it."""
    return f"'{text}" if _OBEYED.match(text) else text


def unguarded(text: str) -> str:
    """Return what `guarded` was given."""
    return text[1:] if text.startswith("'") and _OBEYED.match(text) else text
