"""Whom an event is about: its ids joined with what is known already, within limits and by priorities.

The rule of Segment's identity graph, made careful where people could be mixed up: a person has one user id,
and five of each other kind. Where an event's ids would break that, its id of the lowest priority is dropped
and the rest is matched again. Two people become one by themselves only where one of them is nothing but
anonymous ids (a browser, an app); any other two are proposed to somebody who can tell.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

USER, EMAIL, ANONYMOUS = "external", "email", "anonymous"
LIMITS: Mapping[str, int] = {USER: 1}
OTHER_LIMIT = 5
_FIRST = {USER: 0, EMAIL: 1}
# What programs write where they have no id; zeros and dashes in any number are none either.
_ZEROS = re.compile(r"[0-]*")
BLOCKED = frozenset(
    {
        "-1",
        "null",
        "(null)",
        "none",
        "nil",
        "nan",
        "undefined",
        "anonymous",
        "n/a",
        "na",
        "unknown",
        "[object object]",
    }
)

P = TypeVar("P", bound=Hashable)
K = TypeVar("K", bound=Hashable)


def is_blocked(value: str) -> bool:
    """Say whether a value is no id: empty, zeros and dashes only, or a program's word for nothing."""
    text = value.strip().casefold()
    return not text or bool(_ZEROS.fullmatch(text)) or text in BLOCKED


def by_priority(kind: str) -> tuple[int, str]:
    """Return what kinds are sorted by: user id first, then e-mail, then the others by the alphabet."""
    return _FIRST.get(kind, 2), kind


class Known(NamedTuple, Generic[K]):
    """An id of an event: its kind, and the key that stands for its value."""

    kind: str
    key: K


class Match(NamedTuple, Generic[K, P]):
    """Whom an event is about, and what that took.

    `attached` are ids that name this person from now on; `absorbed` is who became part of them; `dropped` are
    the ids that were not used. `proposed` is somebody else who may be the same person.
    """

    person: P
    is_new: bool
    attached: tuple[Known[K], ...]
    absorbed: tuple[P, ...]
    dropped: tuple[Known[K], ...]
    proposed: P | None


@dataclass
class Graph(Generic[K, P]):
    """Who owns which id, and how many of each kind everybody has; matching an event changes it."""

    owners: dict[K, P]
    held: dict[P, Counter[str]] = field(default_factory=dict)

    def match(self, ids: Sequence[Known[K]], new_person: P) -> Match[K, P] | None:
        """Return whom these ids mean; None without any. Who is not known yet becomes `new_person`."""
        if len(ids) == 1 and (owner := self.owners.get(ids[0].key)) is not None:  # as most are
            return Match(owner, False, (), (), (), None)
        wanted = sorted(dict.fromkeys(ids), key=lambda one: by_priority(one.kind))
        dropped: list[Known[K]] = []
        proposed: P | None = None
        while wanted:
            owners = list(dict.fromkeys(self.owners[one.key] for one in wanted if one.key in self.owners))
            kept = self._kept(owners)
            if self._fits(owners, kept, wanted):
                return self._join(owners, kept, wanted, new_person, dropped, proposed)
            last = wanted.pop()
            dropped.append(last)
            if last.kind != ANONYMOUS:
                proposed = self.owners.get(last.key, proposed)
        return None

    def _kept(self, owners: Sequence[P]) -> P | None:
        """Return who goes on: the one who is known by more than a browser, else the first."""
        return next((one for one in owners if not self._is_anonymous(one)), owners[0] if owners else None)

    def _is_anonymous(self, person: P) -> bool:
        return self.held.get(person, Counter()).keys() <= {ANONYMOUS}

    def _fits(self, owners: Sequence[P], kept: P | None, wanted: Iterable[Known[K]]) -> bool:
        if any(one != kept and not self._is_anonymous(one) for one in owners):
            return False
        total: Counter[str] = Counter()
        for one in owners:
            total.update(self.held.get(one, Counter()))
        fresh = [one for one in wanted if one.key not in self.owners]
        only_browsers = len(owners) > 1 and kept is not None and self._is_anonymous(kept)
        if only_browsers and all(one.kind == ANONYMOUS for one in fresh):
            return False  # browsers are one person only where somebody known comes with them
        before = dict(total)
        total.update(one.kind for one in fresh)
        return all(
            count <= LIMITS.get(kind, OTHER_LIMIT)
            for kind, count in total.items()
            if len(owners) > 1 or count > before.get(kind, 0)
        )

    def _join(
        self,
        owners: Sequence[P],
        kept: P | None,
        wanted: Sequence[Known[K]],
        new_person: P,
        dropped: Sequence[Known[K]],
        proposed: P | None,
    ) -> Match[K, P]:
        person = new_person if kept is None else kept
        absorbed = tuple(one for one in owners if one != person)
        attached = tuple(one for one in wanted if one.key not in self.owners)
        mine = self.held.setdefault(person, Counter())
        mine.update(one.kind for one in attached)
        self.owners.update((one.key, person) for one in attached)
        for one in absorbed:
            mine.update(self.held.pop(one, Counter()))
        if absorbed:
            self.owners.update((key, person) for key, owner in list(self.owners.items()) if owner in absorbed)
        return Match(
            person, kept is None, attached, absorbed, tuple(dropped), None if proposed == person else proposed
        )
