"""The leaves over what is known of a customer: traits, and other segments."""

from datetime import datetime
from typing import Any, Protocol

from dangol.domain.conditions.decisions import Reason
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.nodes import Member, Trait
from dangol.domain.conditions.operators import asks, asks_other
from dangol.domain.conditions.turns import value_turns
from dangol.domain.conditions.values import Catalog, Subject, of_kind


class LeafReading(Protocol):
    """A leaf made ready to be asked about one customer after another; it can say what it saw."""

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return an instant before which the answer stays as it is without new events; None: for good."""

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer with what it was decided on."""


class TraitReading:
    """A trait, compared with a value or with another trait."""

    def __init__(self, leaf: Trait, types: Catalog) -> None:
        self.leaf, self.type = leaf, types[leaf.trait]
        self.kind, self.name, self.other = self.type.kind, leaf.trait, leaf.other
        if leaf.other is None:
            self.asks = asks(self.kind, leaf.op, leaf.value, self.type.order)
        else:
            self.compares = asks_other(self.type, leaf.op)

    def _found(self, name: str, subject: Subject) -> Any:
        return of_kind(subject.traits.get(name), self.kind)

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        found = self._found(self.name, subject)
        if self.other is None:
            return self.asks(found, moment)
        return bool(self.compares(found, self._found(self.other, subject)))

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return when time alone changes the answer."""
        return value_turns(self._found(self.name, subject), self.leaf.op, self.leaf.value, moment)

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer with the trait's value."""
        other = self._found(self.other, subject) if self.other else None
        found = self._found(self.name, subject)
        return Reason(path, self.holds(subject, moment), value=found, other=other)


class MemberReading:
    """Membership of another segment."""

    def __init__(self, leaf: Member) -> None:
        self.segment = leaf.segment

    def holds(self, subject: Subject, moment: Moment) -> bool:
        """Return the answer."""
        return self.segment in subject.segments

    def turns(self, subject: Subject, moment: Moment) -> datetime | None:
        """Return None: whoever keeps the other segment knows when it changes."""
        return None

    def reason(self, subject: Subject, moment: Moment, path: str) -> Reason:
        """Return the answer."""
        return Reason(path, self.holds(subject, moment))
