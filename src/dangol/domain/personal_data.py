"""What is personal in what other programs send: told by what it is called, or by what it looks like.

Names are compared without case, spaces and marks, whole or at their end (`billing_phone`, `customerEmail`).
Values are looked at for an e-mail address, a telephone number, a Korean resident registration number
(YYMMDD-NNNNNNN with a real month and day) and a payment card (ISO/IEC 7812 lengths with a right check digit).
"""

import re
from functools import lru_cache

_MARKS = re.compile(r"[\W_]+")
# Personal whatever stands before it.
_ENDINGS = (
    "email", "emailaddress", "mail", "phone", "phonenumber", "telephone", "mobile", "mobilenumber",
    "cellphone",
    "firstname", "lastname", "middlename", "fullname", "surname", "givenname", "familyname", "customername",
    "username", "nickname", "birthday", "birthdate", "dateofbirth", "dob", "streetaddress", "address",
    "postalcode", "postcode", "zipcode", "ipaddress", "latitude", "longitude", "geolocation", "advertisingid",
    "adtrackingid", "deviceid", "deviceidentifier", "useragent", "password", "passwd", "secret",
    "accesstoken",
    "cardnumber", "accountnumber", "residentnumber", "socialsecuritynumber", "passportnumber", "ssn", "rrn",
    "이메일", "전화번호", "휴대폰", "휴대전화", "이름", "성명", "주소", "생일", "생년월일", "주민등록번호",
    "카드번호",
)  # fmt: skip
# Personal where nothing stands before it: `shipping` holds no `ip`.
_WHOLE = frozenset(
    {
        "name", "ip", "ipv4", "ipv6", "tel", "lat", "lng", "lon", "latlng", "location", "coordinates", "idfa",
        "idfv", "gaid", "aaid", "adid", "imei", "street", "zip", "city", "avatar", "photo", "gender", "sex",
        "token", "recipient", "title_of_person",
    }
)  # fmt: skip
_WORTH_A_LOOK = re.compile(r"@|\d[\d().\- ]{6,}\d")
# Looked for from the first sign of a word only, since from each of its signs a long word takes seconds.
_EMAIL = re.compile(r"(?<![^\s@<>])[^\s@<>]+@[^\s@<>]+\.[^\s@<>]{2,}")
_PHONE = re.compile(r"(?<![\w.])\(?0(?:1[016-9]|2|[3-6]\d|70)\)?[ .-]?\d{3,4}[ .-]?\d{4}(?!\w)")
_ABROAD = re.compile(r"(?<!\w)\+\d[\d ().-]{7,17}\d(?!\w)")
_RESIDENT = re.compile(r"(?<!\d)\d\d(\d\d)(\d\d)-?[1-8]\d{6}(?!\d)")
_CARD = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])")


@lru_cache(maxsize=4_096)
def is_personal_name(name: str) -> bool:
    """Say whether something of this name is personal, so that it is not kept among what anybody may read."""
    folded = _MARKS.sub("", name.casefold())
    return folded in _WHOLE or folded.endswith(_ENDINGS)


def looks_personal(text: str) -> bool:
    """Say whether a text has an e-mail address, a phone, a resident or a payment card number in it."""
    if not _WORTH_A_LOOK.search(text):
        return False
    return bool(
        _EMAIL.search(text)
        or _PHONE.search(text)
        or _ABROAD.search(text)
        or any(_is_month_and_day(*map(int, found.groups())) for found in _RESIDENT.finditer(text))
        or any(_is_card(found.group()) for found in _CARD.finditer(text))
    )


def _is_month_and_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _is_card(text: str) -> bool:
    """Check first digit, length and the last digit (ISO/IEC 7812-1, annex B)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + doubled) % 10 == 0
