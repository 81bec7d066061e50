"""What there is to choose from in a condition's form: traits, events with their properties, segments."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dangol.core.behavior.events import KNOWN_AS
from dangol.core.behavior.selectors import events_seen
from dangol.core.events.payloads import PAYLOADS
from dangol.core.segments.catalog import TraitSpec, list_traits
from dangol.core.segments.selectors import segment_names
from dangol.domain.conditions import Catalog, Kind, Labels
from dangol.web.condition_form.parts import GROUP, Part
from dangol.web.condition_form.units import Told, Unit
from dangol.web.condition_words import is_offered, property_name, trait_label, trait_values
from dangol.web.event_words import event_name
from dangol.web.scheme import find_program, tiers_of


class Offers:
    """What can be chosen now, each read once and when it is needed; with the words people know it by.

    `own` is the segment that is being written: it cannot ask about itself. `more` are traits that only what
    is being written knows, and come first; `values` are what theirs are called, `units` how their numbers
    are typed.
    """

    def __init__(
        self,
        own: str = "",
        more: Sequence[TraitSpec] = (),
        values: Mapping[str, Mapping[str, Promise]] = MappingProxyType({}),
        units: Mapping[str, Unit] = MappingProxyType({}),
    ) -> None:
        self._own, self._more, self._values = own, more, values
        self.units = units

    @cached_property
    def traits(self) -> Mapping[str, TraitSpec]:
        """All traits by their names, in the order in which they are offered."""
        return {spec.name: spec for spec in (*self._more, *list_traits())}

    @property
    def catalog(self) -> Catalog:
        """The traits' types, for checking."""
        return {name: spec.type for name, spec in self.traits.items()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """All segments' names by their short names."""
        return segment_names()

    @cached_property
    def events(self) -> Mapping[str, str]:
        """The events people ask about by their names: ours, orders first, then what apps have sent lately."""
        seen = {name: event_name(name) for name in events_seen() if name not in self._ours}
        return {**self._ours, **seen}

    @cached_property
    def _ours(self) -> Mapping[str, str]:
        names = {name: event_name(name) for name in PAYLOADS if is_offered(name)}
        return dict(sorted(names.items(), key=lambda one: (not one[0].startswith("order."), one[0])))

    @cached_property
    def segments(self) -> Mapping[str, str]:
        """The other segments by their short names."""
        return {slug: name for slug, name in self.names.items() if slug != self._own}

    def kinds_of(self, event: str) -> Mapping[str, Kind]:
        """Return the properties of an event with their kinds."""
        payload = PAYLOADS.get(event)
        return payload.property_kinds() if payload else {}

    @cached_property
    def labels(self) -> Labels:
        """The words for all of these, for sentences."""
        properties = {name for event in self._ours for name in self.kinds_of(event)}
        tiers = {one.key: one.name for one in tiers_of(find_program())}
        return Labels(
            events={**self._ours} | {name: event_name(name) for name in KNOWN_AS.values()},
            properties={name: property_name(name) for name in properties},
            traits={name: trait_label(spec) for name, spec in self.traits.items()},
            values={
                name: Told(self.units[name])
                if name in self.units
                else trait_values(spec, self._own_values(name, tiers))
                for name, spec in self.traits.items()
            },
            segments=self.names,
        )

    def _own_values(self, name: str, tiers: Mapping[str, str]) -> Mapping[str, str]:
        own = self._values.get(name)
        return {key: str(words) for key, words in own.items()} if own else tiers

    def place_of(self, root: Part, part: Part) -> str:
        """Return where a part stands as the form numbers its conditions: `2`, `2-1`; empty for the whole."""
        found = _way_to(root, part)
        return _("조건 {place}").format(place="-".join(found)) if found else ""


def _way_to(root: Part, part: Part) -> list[str]:
    for place, one in enumerate(root.parts if root.kind == GROUP else [], start=1):
        if part in one.walk():
            return [str(place), *_way_to(one, part)]
    return []
