"""Reading people: always many at once, masked unless asked otherwise, never sorted by what is sealed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Count, Q

from dangol.core.people.identities import Kind, normalize_identity
from dangol.core.people.lookup import (
    NAME,
    find_owners,
    identity_keys,
)
from dangol.core.people.masking import (
    mask_birthday,
    mask_card,
    mask_email,
    mask_name,
    mask_phone,
    show_phone,
)
from dangol.core.people.models import Consent, Customer, Shop, Store
from dangol.core.people.opening import Opened, open_people
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.reading import Select, all_of, matching, read_together
from dangol.core.storage.rows import select_matching, sorted_ids
from dangol.domain.errors import NotFound

GUEST, CUSTOMER, MEMBER = "guest", "customer", "member"
# Who has become part of another customer (merges.py), and of whom only the opaque id is left (erasures.py).
MERGED, ERASED_KIND = "merged", "erased"


class NoShop(NotFound):
    """The instance has no shop yet; `dangol init` or `dangol demo` makes it."""

    code = "people.no_shop"


class ShopView(NamedTuple):
    """The business this instance belongs to."""

    name: str
    zone: str
    currency: str
    region: str
    language: str
    sample_shift_weeks: int | None
    color: str = ""
    kind: str = ""

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which the shop's days begin and end."""
        return ZoneInfo(self.zone)


class StoreView(NamedTuple):
    """A place where the shop sells; an empty zone is the shop's."""

    id: Id
    number: str
    name: str
    zone: str
    address: str


class PersonView(NamedTuple):
    """Someone, as lists show them. `label` is the name, else the external id, else the id's start."""

    customer_id: Id
    kind: str
    label: str
    name: str | None
    email: str | None
    phone: str | None
    external_id: str | None
    joined_at: datetime | None
    erased: bool
    # What names them is there, and the key that opens it is not: the key store has to be restored.
    keyless: bool = False

    @property
    def is_open(self) -> bool:
        """Whether what names them can be read, so that something can be done to them."""
        return not self.erased and not self.keyless


class Profile(NamedTuple):
    """All we keep about someone. `birthday` is an ISO date, masked or whole."""

    person: PersonView
    card: str | None
    birthday: str | None
    language: str
    home_store_id: Id | None
    traits: dict[str, str | int | bool]
    created_at: datetime


class MemberRow(NamedTuple):
    """A member's place in the list of members."""

    customer_id: Id
    joined_at: datetime


class ConsentState(NamedTuple):
    """What someone said about one channel and purpose, and since when it holds."""

    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str
    wording: str


def find_shop() -> ShopView | None:
    """Return the shop, or None before it is set up."""
    (rows,) = read_together(all_of(Shop, ShopView._fields))
    return ShopView(*rows[0]) if rows else None


def shop() -> ShopView:
    """Return the shop: a read of one row, to be made once for a request or a batch. Raises NoShop."""
    found = find_shop()
    if found is None:
        raise NoShop()
    return found


def region_for(kinds: Collection[str]) -> str:
    """Return the shop's region if these kinds need it to be read, else an empty one. Raises NoShop."""
    return shop().region if Kind.PHONE in kinds else ""


def find_stores(numbers: Iterable[str]) -> dict[str, Id]:
    """Return the stores' ids by their numbers; unknown numbers are left out."""
    return dict(read_together(select_stores(numbers))[0])


def select_stores(numbers: Iterable[str]) -> Select:
    """Return what reads number and id of these stores."""
    return matching(Store, ("number", "id"), ("number",), [(number,) for number in sorted(set(numbers))])


def list_stores() -> list[StoreView]:
    """Return all stores by number."""
    return [StoreView(*row) for row in Store.objects.order_by("number").values_list(*StoreView._fields)]


def stores_by_id(store_ids: Iterable[Id]) -> dict[Id, StoreView]:
    """Return the stores that these ids name."""
    rows = select_matching(Store, StoreView._fields, ("id",), [(one,) for one in set(store_ids)])
    return {row[0]: StoreView(*row) for row in rows}


def home_stores_of(customer_ids: Iterable[Id]) -> dict[Id, Id | None]:
    """Return the store each of these customers is at home in, None for none; who is unknown is left out."""
    rows = select_matching(
        Customer, ("customer_id", "home_store_id"), ("customer_id",), [(one,) for one in set(customer_ids)]
    )
    return dict(rows)


def names_of(customer_ids: Iterable[Id], *, unmasked: bool = False) -> dict[Id, PersonView]:
    """Return how to show each of these people; masked unless `unmasked` says that there is a reason.

    Three statements whatever their number (four where a phone is shown); unknown ids are left out. Whose key
    is lost is `keyless`; unmasked, where nothing may be missing unnoticed, it raises PersonKeyMissing.
    """
    opened = open_people(customer_ids, ("name_sealed",), strict=unmasked)
    region = _region_to_show(opened)
    return {owner: _view(one, region, unmasked=unmasked) for owner, one in opened.items()}


def profiles_of(customer_ids: Iterable[Id], *, unmasked: bool = False) -> dict[Id, Profile]:
    """Return all that is kept about these people, as `names_of` does."""
    opened = open_people(customer_ids, ("name_sealed", "birthday_sealed", "traits_sealed"), strict=unmasked)
    region = _region_to_show(opened)
    return {owner: _profile(one, region, unmasked=unmasked) for owner, one in opened.items()}


def _region_to_show(opened: Mapping[Id, Opened]) -> str:
    has_phone = any(Kind.PHONE in one.texts for one in opened.values())
    found = find_shop() if has_phone else None
    return found.region if found else ""


def _shown(one: Opened, field: str, region: str, *, unmasked: bool) -> str | None:
    text = one.texts.get(field)
    if text is None:
        return None
    if field == Kind.PHONE:
        text = show_phone(text, region=region)
    return text if unmasked or field not in _MASKS else _MASKS[field](text)


_MASKS = {
    NAME: mask_name,
    Kind.EMAIL: mask_email,
    Kind.PHONE: mask_phone,
    Kind.CARD: mask_card,
    "birthday": mask_birthday,
}


def _view(one: Opened, region: str, *, unmasked: bool) -> PersonView:
    customer_id, kind, joined_at = one.plain[:3]
    name, email, phone, external = (
        _shown(one, field, region, unmasked=unmasked)
        for field in (NAME, Kind.EMAIL, Kind.PHONE, Kind.EXTERNAL)
    )
    label = name or external or show_id(customer_id)[:8]
    erased = kind == ERASED_KIND or one.is_destroyed
    return PersonView(
        customer_id,
        kind,
        label,
        name,
        email,
        phone,
        external,
        joined_at,
        erased,
        one.is_keyless and not erased,
    )


def _profile(one: Opened, region: str, *, unmasked: bool) -> Profile:
    _, _, _, created_at, language, home_store_id = one.plain
    return Profile(
        person=_view(one, region, unmasked=unmasked),
        card=_shown(one, Kind.CARD, region, unmasked=unmasked),
        birthday=_shown(one, "birthday", region, unmasked=unmasked),
        language=language,
        home_store_id=home_store_id,
        traits=msgspec.json.decode(one.texts.get("traits", "{}")),
        created_at=created_at,
    )


def find_by_identity(kind: str, values: Sequence[str]) -> dict[str, Id]:
    """Return whom each value names, by the value as given; unknown ones are left out. Raises RefusedValue."""
    region = region_for([kind])
    normal = {value: (Kind(kind), normalize_identity(kind, value, region=region)) for value in values}
    keys = identity_keys(normal.values())
    owners = find_owners(keys.values())
    return {value: owners[keys[one]] for value, one in normal.items() if keys[one] in owners}


def list_members(*, before: tuple[datetime, Id] | None = None, limit: int = 50) -> list[MemberRow]:
    """Return members, latest joined first; `before` is the last one of the page before."""
    members = Customer.objects.filter(kind=MEMBER)
    if before:
        at, customer_id = before
        members = members.filter(Q(joined_at__lt=at) | Q(joined_at=at, customer_id__lt=customer_id))
    rows = members.order_by("-joined_at", "-customer_id").values_list("customer_id", "joined_at")
    return [MemberRow(owner, cast(datetime, at)) for owner, at in rows[:limit]]


def ids_after(after: Id | None, *, limit: int) -> list[Id]:
    """Return the next customer ids in the order of the table, to walk through all of them."""
    everyone = Customer.objects.order_by("customer_id")
    if after is not None:
        everyone = everyone.filter(customer_id__gt=after)
    return list(everyone.values_list("customer_id", flat=True)[:limit])


def find_guests(customer_ids: Iterable[Id]) -> set[Id]:
    """Return which of these customers are guests."""
    keys = [(customer_id,) for customer_id in sorted_ids(customer_ids)]
    kinds = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), keys)
    return {customer_id for customer_id, kind in kinds if kind == GUEST}


def find_erased(customer_ids: Iterable[Id]) -> set[Id]:
    """Return which of these customers were erased: nothing may be told of them any more."""
    keys = [(customer_id,) for customer_id in sorted_ids(customer_ids)]
    kinds = select_matching(Customer, ("customer_id", "kind"), ("customer_id",), keys)
    return {customer_id for customer_id, kind in kinds if kind == ERASED_KIND}


def all_erased() -> set[Id]:
    """Return everybody who was erased; one statement, along the index of kinds."""
    return set(Customer.objects.filter(kind=ERASED_KIND).values_list("customer_id", flat=True))


def languages_of(customer_ids: Iterable[Id]) -> dict[Id, str]:
    """Return the language each of these customers is written to in, empty where nobody said."""
    keys = [(customer_id,) for customer_id in sorted_ids(customer_ids)]
    return dict(select_matching(Customer, ("customer_id", "language"), ("customer_id",), keys))


def count_by_kind() -> dict[str, int]:
    """Return how many guests, customers and members there are; who was merged or erased counts no more."""
    living = Customer.objects.filter(kind__in=(GUEST, CUSTOMER, MEMBER))
    counted = living.order_by().values_list("kind").annotate(Count("customer_id"))
    return {GUEST: 0, CUSTOMER: 0, MEMBER: 0} | dict(counted)


def consents_of(customer_ids: Iterable[Id]) -> dict[Id, list[ConsentState]]:
    """Return what holds now for each person, by channel and purpose; one statement.

    The latest fact counts; of two at the same instant the one that says no.
    """
    current: dict[Id, dict[tuple[str, str], ConsentState]] = defaultdict(dict)
    for owner, state in _consent_facts(customer_ids):
        current[owner][state.channel, state.purpose] = state
    return {owner: [states[key] for key in sorted(states)] for owner, states in current.items()}


def consent_history(customer_id: Id) -> list[ConsentState]:
    """Return all a person ever said, earliest first."""
    return [state for _, state in _consent_facts([customer_id])]


def _consent_facts(customer_ids: Iterable[Id]) -> list[tuple[Id, ConsentState]]:
    rows = select_matching(
        Consent,
        ("customer_id", "recorded_at", "id", *ConsentState._fields),
        ("customer_id",),
        [(one,) for one in set(customer_ids)],
    )
    facts = [(ConsentState(*row[3:]), row) for row in rows]
    facts.sort(key=lambda fact: (fact[0].at, not fact[0].granted, *fact[1][1:3]))
    return [(row[0], state) for state, row in facts]
