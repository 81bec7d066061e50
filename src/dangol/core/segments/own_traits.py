"""The traits that people and their consents provide: read where they stand, and never copied."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from dangol.core.people.consents import CHANNELS, NO_CHANNEL
from dangol.core.people.models import Consent, Customer
from dangol.core.people.opening import Opened, open_people
from dangol.core.people.selectors import MEMBER, consents_of, stores_by_id
from dangol.core.segments.catalog import Provider, TraitSpec
from dangol.core.segments.purchases import bought_by
from dangol.core.segments.traits import kind_of
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Kind, TraitType, Value, properties_of

MEMBERSHIP, JOINED, LANGUAGE = "customer.is_member", "customer.joined_at", "customer.language"
ORDER_COUNT, LAST_ORDER = "customer.order_count", "customer.last_order_at"
HOME_STORE, BIRTHDAY, KNOWN_SINCE = "customer.home_store", "customer.birthday", "customer.known_since"
DECLARED = "declared."
_SAMPLE = 500
_CUSTOMER = [
    TraitSpec(MEMBERSHIP, TraitType(Kind.FLAG), _("회원")),
    TraitSpec(JOINED, TraitType(Kind.INSTANT), _("가입한 때")),
    TraitSpec(KNOWN_SINCE, TraitType(Kind.INSTANT), _("처음 안 때")),
    TraitSpec(BIRTHDAY, TraitType(Kind.DATE), _("생일")),
    TraitSpec(LANGUAGE, TraitType(Kind.TEXT), _("언어")),
    TraitSpec(HOME_STORE, TraitType(Kind.TEXT), _("단골 매장 번호")),
    TraitSpec(ORDER_COUNT, TraitType(Kind.NUMBER), _("구매 횟수")),
    TraitSpec(LAST_ORDER, TraitType(Kind.INSTANT), _("마지막 구매")),
]


def _read_customers(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    values = _read_people(customer_ids, names) if names - {ORDER_COUNT, LAST_ORDER} else {}
    if names.isdisjoint({ORDER_COUNT, LAST_ORDER}):
        return values
    for owner, bought in bought_by(customer_ids).items():
        own = values.setdefault(owner, {})
        own[ORDER_COUNT] = bought.orders
        if bought.last_at is not None:
            own[LAST_ORDER] = bought.last_at
    return values


def _read_people(customer_ids: Sequence[Id], names: frozenset[str]) -> dict[Id, dict[str, Value]]:
    opened = open_people(customer_ids, ("birthday_sealed",) if BIRTHDAY in names else (), strict=False)
    stores = stores_by_id(one.plain[5] for one in opened.values() if one.plain[5])
    numbers = {store_id: store.number for store_id, store in stores.items()}
    return {
        owner: {name: value for name, value in _facts(one, numbers).items() if value is not None}
        for owner, one in opened.items()
    }


def _facts(one: Opened, numbers: Mapping[Id, str]) -> dict[str, Value | None]:
    _, kind, joined_at, created_at, language, home_store_id = one.plain
    birthday = one.texts.get("birthday")
    return {
        MEMBERSHIP: kind == MEMBER,
        JOINED: joined_at,
        KNOWN_SINCE: created_at,
        LANGUAGE: language or None,
        HOME_STORE: numbers.get(home_store_id),
        BIRTHDAY: date.fromisoformat(birthday) if birthday else None,
    }


def _consent_specs() -> list[TraitSpec]:
    """Return a trait for each channel and purpose anybody was ever asked for, and for marketing by all."""
    purposes = {"marketing", *Consent.objects.order_by().values_list("purpose", flat=True).distinct()}
    return [
        TraitSpec(f"consent.{channel}.{purpose}", TraitType(Kind.FLAG), f"{channel} · {purpose}")
        for purpose in sorted(purposes)
        for channel in sorted(CHANNELS - {NO_CHANNEL})
    ]


def _read_consents(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    return {
        owner: {f"consent.{one.channel}.{one.purpose}": one.granted for one in states}
        for owner, states in consents_of(customer_ids).items()
    }


def _declared_specs() -> list[TraitSpec]:
    """Return what people have declared about themselves: sealed, so that some hundred of them tell it."""
    some = Customer.objects.filter(traits_sealed__isnull=False).order_by("customer_id")
    owners = list(some.values_list("customer_id", flat=True)[:_SAMPLE])
    values = [value for own in _declared_of(owners).values() for value in own.items()]
    kinds = {name: kind_of(value) for name, value in reversed(values)}
    return [TraitSpec(name, TraitType(kinds[name]), name.removeprefix(DECLARED)) for name in sorted(kinds)]


def _declared_of(customer_ids: Sequence[Id]) -> dict[Id, dict[str, Value]]:
    found: dict[Id, dict[str, Value]] = {}
    for owner, one in open_people(customer_ids, ("traits_sealed",), strict=False).items():
        declared: dict[str, Any] = msgspec.json.decode(one.texts.get("traits", "{}"))
        found[owner] = {DECLARED + name: value for name, value in properties_of(declared).items()}
    return found


def _read_declared(
    customer_ids: Sequence[Id], names: frozenset[str], as_of: datetime
) -> Mapping[Id, Mapping[str, Value]]:
    return _declared_of(customer_ids)


CUSTOMER_TRAITS = Provider("customer", lambda: _CUSTOMER, _read_customers)
CONSENTS = Provider("consent", _consent_specs, _read_consents)
DECLARED_TRAITS = Provider("declared", _declared_specs, _read_declared)
