"""The traits conditions may ask about, and who reads them: each app provides its own.

`project/traits.py` lists all providers, and with what the names begin that only the house itself tells.
What an app or a report has told (`traits.py`) is one of the providers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings

from dangol.core.storage.ids import Id
from dangol.domain.conditions import Catalog, TraitType, Value


class TraitSpec(NamedTuple):
    """A trait: its dotted name, its type, and what it is called on pages (a lazy text)."""

    name: str
    type: TraitType
    label: Any


class Provider(NamedTuple):
    """An app's traits: all whose name begins with `prefix` and a dot are its own.

    `specs` says which there are now. `read` returns, for some of these customers, values by trait as they
    stand at `as_of`; what it leaves out is missing. It is asked for names that somebody's condition needs.
    The order of a trait's values may change where it `has_orders`; everything else of a type is for good.
    """

    prefix: str
    specs: Callable[[], Sequence[TraitSpec]]
    read: Callable[[Sequence[Id], frozenset[str], datetime], Mapping[Id, Mapping[str, Value]]]
    has_orders: bool = False

    def owns(self, name: str) -> bool:
        """Say whether a trait of this name is one of these; without a prefix, any that is nobody else's."""
        return name.startswith(f"{self.prefix}.") if self.prefix else not is_provided(name)


@lru_cache(maxsize=1)
def providers() -> tuple[Provider, ...]:
    """Return all providers, in the order in which their traits are offered."""
    return tuple(import_module(settings.TRAIT_PROVIDERS).PROVIDERS)


@lru_cache(maxsize=1)
def reported_prefixes() -> frozenset[str]:
    """Return with what the names begin that only the house itself tells: its reports, and of a cart."""
    return frozenset(import_module(settings.TRAIT_PROVIDERS).REPORTED)


def is_provided(name: str) -> bool:
    """Say whether a name belongs to an app that provides it."""
    return any(one.prefix and name.startswith(f"{one.prefix}.") for one in providers())


def is_reported(name: str) -> bool:
    """Say whether a name is one that only the house itself tells."""
    prefix, dot, _ = name.partition(".")
    return bool(dot) and prefix in reported_prefixes()


def is_of_segment(name: str, slug: str) -> bool:
    """Say whether a trait is told only for as long as a segment is kept up to date."""
    prefix, _, rest = name.partition(".")
    prefixes: tuple[str, ...] = import_module(settings.TRAIT_PROVIDERS).OF_SEGMENTS
    return prefix in prefixes and rest.partition(".")[0] == slug.replace("-", "_")


def is_of_any_segment(name: str) -> bool:
    """Say whether a trait is about a segment, whichever."""
    prefix, dot, _ = name.partition(".")
    prefixes: tuple[str, ...] = import_module(settings.TRAIT_PROVIDERS).OF_SEGMENTS
    return bool(dot) and prefix in prefixes


def list_traits() -> list[TraitSpec]:
    """Return all traits there are now, in the order in which they are offered."""
    return [spec for provider in providers() for spec in provider.specs()]


def trait_types() -> Catalog:
    """Return what new conditions are checked against: each trait's type by its name."""
    return {spec.name: spec.type for spec in list_traits()}


def current_orders(names: Iterable[str]) -> Catalog:
    """Return the types of those of these traits whose order may have changed since a condition was saved."""
    wanted = frozenset(names)
    asked = [one for one in providers() if one.has_orders and any(one.owns(name) for name in wanted)]
    return {spec.name: spec.type for one in asked for spec in one.specs() if spec.name in wanted}


def read_traits(
    customer_ids: Sequence[Id], names: frozenset[str], *, as_of: datetime
) -> dict[Id, dict[str, Value]]:
    """Return the named traits of these customers; a constant number of statements for each provider asked."""
    values: dict[Id, dict[str, Value]] = defaultdict(dict)
    for provider in providers():
        if wanted := frozenset(name for name in names if provider.owns(name)):
            for customer_id, own in provider.read(customer_ids, wanted, as_of).items():
                values[customer_id].update(own)
    return values
