"""No personal field stands in the main database nor in an event, however it is spelled."""

from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import connection

from dangol.core.events.models import Event
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import ShopView, profiles_of
from dangol.core.people.services import resolve_customers
from dangol.core.storage.transactions import write_transaction

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
CANARIES = {
    "external": "CANARY-7741",
    "name": "황금방울새",
    "email": "canary.bird@example.com",
    "phone": "01055557741",
    "card": "880177415555",
    "birthday": "1987-06-05",
    "trait": "kept-a-canary",
}


def main_database() -> bytes:
    """Return all that the main database holds, as bytes: its files, or every row of every table."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    with connection.cursor() as cursor:
        held = b""
        for table in connection.introspection.table_names(cursor):
            with cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                held += b"".join(bytes(part) for part in copy)
    return held


def spellings(text: str) -> list[bytes]:
    plain = [text, text.casefold(), text.replace("-", ""), text[-8:]]
    return [form for one in plain for form in (one.encode(), one.encode().hex().encode())]


def test_main_database__people_stored_and_changed__no_canary_in_any_byte(
    korean_shop: ShopView, at: datetime
) -> None:
    with write_transaction():
        [member] = resolve_customers("external", [CANARIES["external"]], recorded_at=at).values()
        row = PersonRow(
            member, name=CANARIES["name"], email=CANARIES["email"], phone=CANARIES["phone"],
            card=CANARIES["card"], birthday=date.fromisoformat(CANARIES["birthday"]),
            traits={"hobby": CANARIES["trait"]},
        )  # fmt: skip
        assert set_people([row], recorded_at=at) == [None]
        set_people([PersonRow(member, name="다른이름")], recorded_at=at)
        set_people([row], recorded_at=at)

    held = main_database()
    events = "".join(Event.objects.values_list("payload", flat=True)).encode()

    assert profiles_of([member], unmasked=True)[member].person.name == CANARIES["name"]
    assert "골목 가게".encode() in held, "the search of the bytes finds what is there"
    assert b"customer.updated" in held
    for field, canary in CANARIES.items():
        for spelling in spellings(canary):
            assert spelling not in held, f"{field} stands in the main database"
            assert spelling not in events
