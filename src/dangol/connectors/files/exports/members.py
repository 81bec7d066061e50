"""Members as an import of customers takes them, with points and tier beside; and what they agreed to."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.base import BATCH, name_customers
from dangol.connectors.files.exports.cells import Field
from dangol.connectors.files.mapping import TRAIT
from dangol.core.ledger.models import PointCurrency
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.models import Consent, Customer
from dangol.core.people.selectors import MEMBER, profiles_of, stores_by_id
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import Row
from dangol.core.storage.walks import walk

# A tier is told from a member's orders, some dozens each.
_MEMBERS = 1_000
_PERSON = (
    Field("customer"), Field("phone"), Field("email"), Field("card"), Field("name"), Field("birthday"),
    Field("joined_at", Type.INSTANT), Field("language"),
)  # fmt: skip
_STANDING = (
    Field("home_store"), Field("tier"), Field("tier_since", Type.INSTANT), Field("tier_until", Type.DAY),
)  # fmt: skip
_CONSENT = ("customer_id", "id", "channel", "purpose", "granted", "at", "wording", "source")


class Tier(NamedTuple):
    """Where a member stands in the program; `until` is exclusive."""

    key: str
    since: datetime | None
    until: datetime | None


TiersOf = Callable[[Sequence[Id]], Mapping[Id, Tier]]


def last_day(until: datetime | None, zone: ZoneInfo) -> date | None:
    """Return the last of the zone's days before an exclusive end."""
    return (until - timedelta(microseconds=1)).astimezone(zone).date() if until else None


def point_currencies() -> list[str]:
    """Return the codes of all kinds of points."""
    return list(PointCurrency.objects.order_by("code").values_list("code", flat=True))


class Members:
    """Every member in the order of our ids; personal fields are masked unless `unmasked`.

    What members declared about themselves takes a column each, so all are read once before they are written.
    """

    def __init__(self, *, tiers_of: TiersOf, zone: ZoneInfo, unmasked: bool = False) -> None:
        self._tiers_of, self._zone, self._unmasked = tiers_of, zone, unmasked

    @cached_property
    def _currencies(self) -> list[str]:
        return point_currencies()

    @cached_property
    def _traits(self) -> list[str]:
        return sorted({key for ids in self._walk() for key in _traits_of(ids)})

    @property
    def fields(self) -> Sequence[Field]:
        """The person, what they declared, where they stand, and a column for each kind of points."""
        several = len(self._currencies) > 1
        points = [f"points.{code}" if several else "points" for code in self._currencies]
        return (
            *_PERSON,
            *(Field(TRAIT + key) for key in self._traits),
            *_STANDING,
            *(Field(name, Type.POINTS) for name in points),
        )

    def count(self) -> int:
        """Return how many members there are."""
        return Customer.objects.filter(kind=MEMBER).count()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the members."""
        for ids in self._walk():
            yield self._rows(ids)

    def _walk(self) -> Iterator[list[Id]]:
        key = ("customer_id",)
        for rows in walk(Customer, key, key, size=_MEMBERS, where="kind = %s", params=[MEMBER]):
            yield [customer_id for (customer_id,) in rows]

    def _rows(self, ids: Sequence[Id]) -> list[Row]:
        profiles = profiles_of(ids, unmasked=self._unmasked)
        tiers = self._tiers_of(ids)
        balances = [balances_of(ids, currency) for currency in self._currencies]
        stores = stores_by_id(one.home_store_id for one in profiles.values() if one.home_store_id)
        rows: list[Row] = []
        for customer_id in ids:
            profile, tier = profiles[customer_id], tiers.get(customer_id)
            person = profile.person
            rows.append(
                (
                    person.external_id or show_id(customer_id),
                    person.phone, person.email, profile.card, person.name, profile.birthday,
                    person.joined_at, profile.language or None,
                    *(_shown(profile.traits.get(key)) for key in self._traits),
                    stores[profile.home_store_id].number if profile.home_store_id else None,
                    tier.key if tier else None,
                    tier.since if tier else None,
                    last_day(tier.until, self._zone) if tier else None,
                    *(found[customer_id].available for found in balances),
                )
            )  # fmt: skip
        return rows


def _traits_of(ids: Sequence[Id]) -> set[str]:
    return {key for profile in profiles_of(ids).values() for key in profile.traits}


def _shown(value: str | int | bool | None) -> str | None:
    """Return a trait as text: words as they are, numbers and yes or no as JSON has them."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


class Consents:
    """Every fact of agreement and withdrawal, each person's in the order in which we learned them."""

    fields = (
        Field("customer"), Field("channel"), Field("purpose"), Field("granted", Type.FLAG),
        Field("at", Type.INSTANT), Field("wording"), Field("source"),
    )  # fmt: skip

    def count(self) -> int:
        """Return how many facts there are."""
        return Consent.objects.count()

    def batches(self) -> Iterator[list[Row]]:
        """Yield the facts."""
        for facts in walk(Consent, _CONSENT, ("customer_id", "id"), size=BATCH):
            customers = name_customers([fact[0] for fact in facts])
            yield [(customers[owner], *fact) for owner, _, *fact in facts]
