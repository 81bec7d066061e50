"""Bundles: as many, of those units, as take the most off; no other choice of units takes more.

A choice of units fills `count` bundles if, for every set of parts, no more units fit nothing outside of it
than `count` bundles have room for in it (Hall), and together they are as many as there is room for. Of such
choices the dearest is found by taking units from the dearest on wherever that stays true: they are the bases
of a transversal matroid. What one bundle more adds never grows, so the best count is where adding begins to
cost. It is judged by prices: floors are held when the money is taken off.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from dangol.domain.promotions.benefits import Bundle, Part
from dangol.domain.promotions.picking import Quota, Selection, Unit, dearest_first, is_among


class _Group(NamedTuple):
    """Units of one price that fit the same parts; `fits` has a bit for each part."""

    fits: int
    price: int
    units: list[Unit]


class _Room:
    """How many units more may fit nothing outside each set of parts, of those some bundles have room for."""

    def __init__(self, parts: Sequence[Part], count: int) -> None:
        self.left = {one: _size(parts, one) * count for one in range(1, 1 << len(parts))}

    def take(self, fits: int, wanted: int) -> int:
        """Take in as many of the units that fit these parts as there is room for; return how many."""
        around = [one for one in self.left if one & fits == fits]
        return self._lessen(around, wanted)

    def put(self, fits: int, place: int, wanted: int) -> int:
        """Put units that were taken in into one of the parts they fit; return how many.

        They are so many that all others still find a part: where they leave the others less room are the sets
        with this part that are not around all they fit.
        """
        narrower = [one for one in self.left if one >> place & 1 and one & fits != fits]
        return self._lessen(narrower, wanted)

    def _lessen(self, sets: Sequence[int], wanted: int) -> int:
        count = min([wanted, *(self.left[one] for one in sets)])
        for one in sets:
            self.left[one] -= count
        return count


def pick_bundles(chosen: Selection, benefit: Bundle, quota: Quota) -> list[list[Unit]] | None:
    """Return the units of each bundle, none where that takes nothing off; None where none is full.

    The dearest units go into the first bundle. Where the quota leaves too few units, there are fewer bundles.
    """
    groups = _groups(chosen, benefit.parts)
    most = _most(groups, benefit, quota)
    if not most:
        return None
    count = _best_count(groups, benefit, most)
    bundles = _filled(groups, benefit.parts, count)
    return [units for units in bundles if quota.admits_all(units)]


def _groups(chosen: Selection, parts: Sequence[Part]) -> list[_Group]:
    """Return the units that fit any part, the dearest first."""
    fitting: dict[str, int] = {}
    for state, _ in chosen:
        fitting[state.line.key] = sum(1 << n for n, part in enumerate(parts) if is_among(state, part.items))
    units = [one for one in dearest_first(chosen.units) if fitting[one.key]]
    grouped = groupby(units, key=lambda one: (fitting[one.key], one.price))
    return [_Group(*kind, list(alike)) for kind, alike in grouped]


def _size(parts: Sequence[Part], chosen: int) -> int:
    return sum(part.count for place, part in enumerate(parts) if chosen >> place & 1)


def _most(groups: Sequence[_Group], benefit: Bundle, quota: Quota) -> int:
    """Return how many full bundles there are units for, and may be."""
    parts, by_fits = benefit.parts, Counter[int]()
    for group in groups:
        by_fits[group.fits] += len(group.units)
    counts = [
        sum(count for fits, count in by_fits.items() if fits & one) // _size(parts, one)
        for one in range(1, 1 << len(parts))
    ]
    counts += [] if benefit.most is None else [benefit.most]
    counts += [] if quota.most is None else [quota.most // _size(parts, -1)]
    return min(counts)


def _best_count(groups: Sequence[_Group], benefit: Bundle, most: int) -> int:
    """Return the fewest bundles that take the most off."""

    def gain(count: int) -> int:
        """Return what one bundle more than so many adds."""
        return worth(count + 1) - worth(count) - benefit.price_minor

    def worth(count: int) -> int:
        room = _Room(benefit.parts, count)
        return sum(group.price * room.take(group.fits, len(group.units)) for group in groups)

    if gain(most - 1) > 0:
        return most
    return bisect_left(range(most), True, key=lambda count: gain(count) <= 0)


def _filled(groups: Sequence[_Group], parts: Sequence[Part], count: int) -> list[list[Unit]]:
    """Return the units of so many bundles that are together the dearest."""
    room = _Room(parts, count)
    taken = [(group.fits, group.units[: room.take(group.fits, len(group.units))]) for group in groups]
    by_fits = Counter[int]()
    for fits, units in taken:
        by_fits[fits] += len(units)
    places = range(len(parts))
    # How many of those that fit the same parts go into each of them.
    goes = {fits: dict[int, int]() for fits in by_fits}
    for fits, wanted in by_fits.items():
        for place in places:
            if fits >> place & 1:
                goes[fits][place] = room.put(fits, place, wanted)
                wanted -= goes[fits][place]
    filled: list[list[Unit]] = [[] for _ in parts]
    for fits, units in taken:
        for unit in units:
            still = [place for place, left in goes[fits].items() if left]
            place = min(still, key=lambda place: len(filled[place]) // parts[place].count)
            goes[fits][place] -= 1
            filled[place].append(unit)
    return [
        [unit for units, part in zip(filled, parts, strict=True) for unit in _nth(units, part.count, n)]
        for n in range(count)
    ]


def _nth(units: Sequence[Unit], count: int, n: int) -> Sequence[Unit]:
    return units[n * count : (n + 1) * count]
