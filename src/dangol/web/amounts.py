"""Amounts as people type them at a till."""

import re

from dangol.web.formats import minor_digits

MOST_MINOR = 10**11
MOST_POINTS = 10**8
_PERCENT = re.compile(r"\d{1,3}(\.\d{1,2})?")
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


def read_points(text: str) -> int | None:
    """Return points as people type them, `1,200` or `1200P`; None where it is none, nothing, or too many."""
    bare = re.sub(r"[\s,]", "", text).removesuffix("P").removesuffix("p")
    points = int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= len(str(MOST_POINTS)) else 0
    return points if 0 < points <= MOST_POINTS else None


def read_share(text: str) -> int | None:
    """Return a share in basis points as people type it, `50`, `12.5%`; None where it is none or above all."""
    bare = text.removesuffix("%").strip()
    if not (bare.isascii() and _PERCENT.fullmatch(bare)):
        return None
    whole, _, part = bare.partition(".")
    share = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return share if share <= 100 * 100 else None


def type_decimal(value: int, digits: int) -> str:
    """Return a number of the smallest parts as it is typed, without needless zeros: `12.5` for 1250 of 2."""
    whole, part = divmod(value, 10**digits)
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".") if digits and part else str(whole)
