"""The segments there are now, each with its condition, those that others ask about first."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from dangol.core.segments.catalog import current_orders, is_of_segment
from dangol.core.segments.models import Segment, SegmentVersion
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.conditions import Catalog, Condition, Kind, Needs, TraitType, needs, read_condition
from dangol.domain.conditions.dependencies import in_layers


class Running(NamedTuple):
    """A segment that is kept up to date."""

    id: Id
    slug: str
    version: int
    changed_at: datetime
    condition: Condition


def load_running() -> list[Running]:
    """Return all segments that are not archived, in the order in which they have to be decided."""
    found = {one.slug: one for one in read_segments()}
    layers = in_layers({slug: one.condition for slug, one in found.items()})
    return [found[slug] for layer in layers for slug in layer]


def read_segments() -> list[Running]:
    """Return all segments that are not archived, by their slugs."""
    live = list(Segment.objects.filter(archived_at=None).order_by("slug"))
    conditions = read_conditions([(one.id, one.version) for one in live])
    return [Running(one.id, one.slug, one.version, one.changed_at, conditions[one.id]) for one in live]


def read_conditions(versions: Sequence[tuple[Id, int]]) -> dict[Id, Condition]:
    """Return the conditions of these versions of segments, by the segments' ids."""
    rows = select_matching(
        SegmentVersion, ("segment_id", "condition", "types"), ("segment_id", "number"), versions
    )
    texts = {segment_id: (condition, stored_types(types)) for segment_id, condition, types in rows}
    orders = current_orders(name for _, types in texts.values() for name in types)
    return {segment_id: parse(*text, orders) for segment_id, text in texts.items()}


def users_of(slug: str) -> list[str]:
    """Return the slugs of the other segments that ask who is in this one, or for a trait of it."""
    return [one.slug for one in read_segments() if one.slug != slug and _asks(one.condition, slug)]


def _asks(condition: Condition, slug: str) -> bool:
    asked = needs(condition)
    return slug in asked.segments or any(is_of_segment(name, slug) for name in asked.traits)


def stored_types(text: str) -> Catalog:
    """Return the types a condition's traits had when it was saved."""
    return {
        name: TraitType(Kind(kind), tuple(order)) for name, (kind, order) in msgspec.json.decode(text).items()
    }


def parse(text: str, types: Catalog, orders: Catalog) -> Condition:
    """Return a stored condition. A trait that nobody provides any more is missing, and of its old type."""
    return _parse(text, tuple((name, orders.get(name, types[name])) for name in sorted(types)))


@lru_cache(maxsize=1_024)
def _parse(text: str, types: tuple[tuple[str, TraitType], ...]) -> Condition:
    return read_condition(text.encode(), dict(types))


def types_text(condition: Condition) -> str:
    """Return the types of the traits a condition asks about, as they are stored."""
    used = {name: (one.kind.value, one.order) for name, one in sorted(condition.types.items())}
    return msgspec.json.encode(used).decode()


def all_needs(conditions: Iterable[Condition]) -> Needs:
    """Return what has to be known of a customer to decide all of these."""
    return needs(*conditions)
