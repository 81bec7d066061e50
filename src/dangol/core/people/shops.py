"""Writing the shop's own facts and its stores."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import is_currency
from phonenumbers import SUPPORTED_REGIONS

from dangol.core.people.declared import check_language
from dangol.core.people.models import Shop, Store
from dangol.core.people.refused_values import EmptyValue, NotAZone, UnknownCode
from dangol.core.people.selectors import ShopView, find_stores
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import insert_missing, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.brand import read_color
from dangol.domain.errors import NotFound

# What a shop is taken to be where it is made by a machine that tells nothing of the place.
ELSEWHERE = {"zone": "UTC", "currency": "USD", "region": "US", "language": "en"}
_STORE = ("number", "name", "zone", "address")
# ISO 4217 keeps X for what no one country issues: metals, tests, "no currency", and these, which are money.
_MONEY_OF_UNIONS = ("XAF", "XCD", "XCG", "XOF", "XPF")


class ShopKind(StrEnum):
    """What kind of shop it is: by it the first rules are proposed."""

    CAFE = "cafe"
    RESTAURANT = "restaurant"
    STORE = "store"
    CLINIC = "clinic"
    ONLINE = "online"
    OTHER = "other"


class UnknownStore(NotFound):
    """The shop has no store of this number (`store`)."""

    code = "people.unknown_store"


class StoreRow(NamedTuple):
    """A store as the shop tells it. An empty zone is the shop's own."""

    number: str
    name: str = ""
    zone: str = ""
    address: str = ""


def check_shop(
    *,
    name: str,
    zone: str,
    currency: str,
    region: str,
    language: str = "ko",
    sample_shift_weeks: int | None = None,
    color: str = "",
    kind: str = "",
) -> ShopView:
    """Return the shop's facts as they are kept. Raises RefusedValue naming the odd field, or NotAColor.

    `zone` is an IANA name, `currency` ISO 4217 and money, `region` ISO 3166 in two letters, `color` `#rrggbb`
    or empty, `kind` one of ShopKind or empty.
    """
    if not name.strip():
        raise EmptyValue(field="name")
    if not is_currency(currency) or (currency.startswith("X") and currency not in _MONEY_OF_UNIONS):
        raise UnknownCode(field="currency")
    if region not in SUPPORTED_REGIONS:
        raise UnknownCode(field="region")
    if kind and kind not in set(ShopKind):
        raise UnknownCode(field="kind")
    _check_zone(zone)
    return ShopView(
        name.strip(), zone, currency, region, check_language(language), sample_shift_weeks,
        read_color(color) if color else "", kind,
    )  # fmt: skip


def set_shop(
    *,
    name: str,
    zone: str,
    currency: str,
    region: str,
    language: str = "ko",
    sample_shift_weeks: int | None = None,
    color: str = "",
    kind: str = "",
) -> ShopView:
    """Say whose instance this is, for the first time or anew. Raises what `check_shop` raises."""
    view = check_shop(
        name=name,
        zone=zone,
        currency=currency,
        region=region,
        language=language,
        sample_shift_weeks=sample_shift_weeks,
        color=color,
        kind=kind,
    )
    with write_transaction():
        Shop.objects.update_or_create(id=1, defaults=view._asdict())
    return view


def lock_shop() -> None:
    """Let nobody else change the shop's facts until the write transaction ends."""
    require_write_transaction()
    list(Shop.objects.select_for_update().filter(id=1).values_list("id"))


def upsert_stores(rows: Sequence[StoreRow], *, recorded_at: datetime) -> dict[str, Id]:
    """Add stores, or bring those known by their number up to date; returns their ids by number.

    Must be called inside a write transaction; a constant number of statements. Of two rows with one number
    the later one holds. What did not change is not written. Raises RefusedValue for an unknown zone.
    """
    require_write_transaction()
    wanted = {row.number: row for row in rows}
    for row in wanted.values():
        if not row.number.strip():
            raise EmptyValue(field="number")
        if row.zone:
            _check_zone(row.zone)
    known = select_matching(Store, _STORE, ("number",), [(number,) for number in wanted])
    unchanged = {row[0] for row in known if wanted[row[0]] == row}
    numbers = {row[0] for row in known}
    insert_missing(
        Store,
        ("id", *_STORE, "updated_at"),
        [(new_id(), *row, recorded_at) for number, row in sorted(wanted.items()) if number not in numbers],
    )
    update_rows(
        Store,
        ("number",),
        (*_STORE[1:], "updated_at"),
        [(*wanted[number], recorded_at) for number in sorted(numbers - unchanged)],
    )
    return find_stores(wanted)


def learn_stores(numbers: Sequence[str], *, recorded_at: datetime) -> dict[str, Id]:
    """Keep stores nobody told us of before, with nothing but their numbers; returns their ids by number.

    Must be called inside the write transaction. One that somebody else has told of meanwhile stays as it is.
    """
    require_write_transaction()
    if not numbers:
        return {}
    insert_missing(
        Store,
        ("id", *_STORE, "updated_at"),
        [(new_id(), *StoreRow(number), recorded_at) for number in sorted(set(numbers))],
    )
    return find_stores(numbers)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise NotAZone(field="zone") from None
