"""Identities: the values that name a customer, each kind in one form.

External id: as the shop writes it, trimmed, NFC. E-mail: NFKC, its domain without case; the part before
the @ is kept as written, but found without regard to case; dots and +tags stay, since only the mail's
own host knows what they mean. Phone: E.164, read as a number of the shop's region if it has no country
code. Card: the shop's own membership card, digits only. Anonymous id: what a browser or an app was given.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from functools import partial

import phonenumbers

from dangol.core.people.normalizing import clean_text, fold_case
from dangol.core.people.refused_values import (
    NotAnEmail,
    NotAPhone,
    NotDigits,
    PaymentCard,
    PlaceholderValue,
    ResidentNumber,
    WrongLength,
)

LONGEST_EXTERNAL = 64
LONGEST_ANONYMOUS = 128
LONGEST_EMAIL, LONGEST_LOCAL = 254, 64  # RFC 5321, section 4.5.3.1
SHORTEST_CARD, LONGEST_CARD = 4, 24
_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\\\]]+")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?")
_CARD_MARKS = re.compile(r"[\s-]+")
_RESIDENT_NUMBER = re.compile(r"(\d\d)(\d\d)(\d\d)-([1-8])\d{6}")
# Leading digits and lengths (ISO/IEC 7812) of Visa, Mastercard, Amex, JCB, UnionPay and Discover.
_PAYMENT_CARD = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|35[2-8]\d{13}|62\d{14,17}|6(?:011|5\d\d)\d{12}"
)


class Kind(StrEnum):
    """The kinds of identity."""

    EXTERNAL = "external"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    ANONYMOUS = "anonymous"


def normalize_identity(kind: str, value: str, *, region: str) -> str:
    """Return the one form of `value`; normalizing that again changes nothing.

    `region` is the shop's (ISO 3166, two letters) and read for phones only. Raises RefusedValue.
    """
    if kind == Kind.PHONE:
        return normalize_phone(value, region=region)
    return _NORMALIZERS[Kind(kind)](value)


def index_form(kind: str, normal: str) -> str:
    """Return the form that is hashed: for e-mail without case, else the normal form itself."""
    return fold_case(normal, "NFKC") if kind == Kind.EMAIL else normal


def normalize_email(value: str) -> str:
    """Return an e-mail address in its one form. Raises RefusedValue."""
    clean = clean_text(value, field=Kind.EMAIL, longest=LONGEST_EMAIL, form="NFKC")
    local, _, domain = clean.rpartition("@")
    domain = fold_case(domain.removesuffix("."), "NFKC")
    if not _LOCAL.fullmatch(local) or len(local) > LONGEST_LOCAL or not _DOMAIN.fullmatch(domain):
        raise NotAnEmail(field=Kind.EMAIL)
    return f"{local}@{domain}"


def normalize_phone(value: str, *, region: str) -> str:
    """Return a phone number as E.164, `+` and digits. Raises RefusedValue for a number nobody can have."""
    clean = clean_text(value, field=Kind.PHONE, longest=40, form="NFKC")
    try:
        number = phonenumbers.parse(clean, region)
    except phonenumbers.NumberParseException:
        raise NotAPhone(field=Kind.PHONE) from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise NotAPhone(field=Kind.PHONE)
    if str(number.national_number).endswith("0000000"):
        raise PlaceholderValue(field=Kind.PHONE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalize_card(value: str) -> str:
    """Return a membership card's digits. Raises RefusedValue, also for the number of a payment card.

    The law asks for more than this store gives to payment cards, and loyalty needs none: so none is kept.
    """
    clean = clean_text(value, field=Kind.CARD, longest=2 * LONGEST_CARD, form="NFKC")
    digits = _CARD_MARKS.sub("", clean)
    if not (digits.isascii() and digits.isdigit()):
        raise NotDigits(field=Kind.CARD)
    if not digits.strip("0"):
        raise PlaceholderValue(field=Kind.CARD)
    if not SHORTEST_CARD <= len(digits) <= LONGEST_CARD:
        raise WrongLength(field=Kind.CARD)
    if _PAYMENT_CARD.fullmatch(digits) and _passes_luhn(digits):
        raise PaymentCard(field=Kind.CARD)
    return digits


def _passes_luhn(digits: str) -> bool:
    """Check the last digit (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(int(digit) for digit in digits[::-2]) + sum(doubled)) % 10 == 0


def _normalize_plain(value: str, *, kind: Kind, longest: int) -> str:
    clean = clean_text(value, field=kind, longest=longest)
    if (found := _RESIDENT_NUMBER.fullmatch(clean)) and _is_day(*map(int, found.groups()[1:3])):
        raise ResidentNumber(field=kind)
    return clean


def _is_day(month: int, day: int) -> bool:
    try:
        return bool(date(2000, month, day))
    except ValueError:
        return False


_NORMALIZERS: Mapping[Kind, Callable[[str], str]] = {
    Kind.EXTERNAL: partial(_normalize_plain, kind=Kind.EXTERNAL, longest=LONGEST_EXTERNAL),
    Kind.ANONYMOUS: partial(_normalize_plain, kind=Kind.ANONYMOUS, longest=LONGEST_ANONYMOUS),
    Kind.EMAIL: normalize_email,
    Kind.CARD: normalize_card,
}
