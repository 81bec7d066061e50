"""Whether a short word stands in a text: random ids and tokens hold any few digits now and then."""

import re


def stands_in(word: str, text: str) -> bool:
    """Say whether a word stands in a text by itself, not within a longer one of ASCII letters and digits."""
    return re.search(rf"(?<![0-9A-Za-z_]){re.escape(word)}(?![0-9A-Za-z_])", text) is not None
