"""Amounts as people type them at a till."""

import re

from dangol.web.formats import minor_digits

MOST_MINOR = 10**11
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,4})?")


def read_amount(text: str, currency: str) -> int | None:
    """Return an amount in minor units: `12,450`, `12450원`, `82.5`; None where it is none, or nothing."""
    bare = re.sub(r"[\s,₩$원]", "", text)
    if not (bare.isascii() and _AMOUNT.fullmatch(bare)):
        return None
    whole, _, part = bare.partition(".")
    digits = minor_digits(currency)
    if len(part.rstrip("0")) > digits:
        return None
    minor = int(whole) * 10**digits + int(part[:digits].ljust(digits, "0") or 0)
    return minor if 0 < minor <= MOST_MINOR else None
