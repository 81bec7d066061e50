"""Masks: enough to recognize one's own customer, too little to take along."""

import re
import unicodedata

import phonenumbers

from dangol.core.people.identities import Kind

_DIGIT = re.compile(r"\d")


def mask_name(name: str) -> str:
    """김하늘 → 김*늘, 김하 → 김*, Jane Doe → J*** D**."""
    words = name.split(" ")
    if len(words) == 1 and unicodedata.category(name[0]) == "Lo" and len(name) > 2:
        return name[0] + "*" * (len(name) - 2) + name[-1]
    return " ".join(word[:1] + "*" * (len(word) - 1) for word in words)


def show_phone(number: str, *, region: str) -> str:
    """+821012345678 → 010-1234-5678 in its own region, +82 10-1234-5678 elsewhere."""
    parsed = phonenumbers.parse(number)
    at_home = phonenumbers.region_code_for_number(parsed) == region
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, style.NATIONAL if at_home else style.INTERNATIONAL)


def mask_phone(shown: str) -> str:
    """010-1234-5678 → 010-1234-**78."""
    places = [match.start() for match in _DIGIT.finditer(shown)][-4:-2]
    return "".join("*" if place in places else sign for place, sign in enumerate(shown))


def mask_email(email: str) -> str:
    """haneul@example.com → ha***@example.com; a short name shows one letter."""
    local, _, domain = email.rpartition("@")
    return f"{local[: 2 if len(local) > 2 else 1]}***@{domain}"


def mask_card(digits: str) -> str:
    """1234567890 → ******7890; a short number shows half of it."""
    shown = min(4, len(digits) // 2)
    return "*" * (len(digits) - shown) + digits[-shown:]


def mask_birthday(birthday: str) -> str:
    """1990-03-14 → 1990-**-**."""
    return f"{birthday[:4]}-**-**"


_MASKS = {Kind.EMAIL: mask_email, Kind.PHONE: mask_phone, Kind.CARD: mask_card}


def mask_identity(kind: str, value: str, region: str) -> str:
    """Return a value that names somebody as pages show it; a shop's own number is not masked."""
    if kind == Kind.ANONYMOUS:
        return f"{value[:8]}…"
    text = show_phone(value, region=region) if kind == Kind.PHONE else value
    mask = _MASKS.get(Kind(kind))
    return mask(text) if mask else text
