"""Splitting a whole number over several in proportion, so that the parts sum up to it exactly.

Each part is its exact share rounded down; the units that are then missing go one each to those whose share
was cut. Which of them is the only thing the field disagrees on, so it has a name: `Spare`.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Spare(StrEnum):
    """Who gets the units that rounding down has left: the first cut shares, the last, or the most cut."""

    FIRST = "first"
    LAST = "last"
    LARGEST_REMAINDER = "largest_remainder"


class Share(NamedTuple):
    """One to split over: its `weight`, and the `most` it can take; equal remainders go by `key`."""

    key: tuple[str, int]
    weight: int
    most: int


def split(amount: int, shares: Sequence[Share], spare: Spare = Spare.LARGEST_REMAINDER) -> list[int]:
    """Return a part for each share, in their order: in proportion to weights, none above its `most`.

    What one cannot take goes to the others, again in proportion. The parts sum up to `amount`, or to all
    that can be taken where that is less; a share of weight 0 takes nothing. By largest remainder the order
    of the shares makes no difference.
    """
    parts = [0] * len(shares)
    open_places = [place for place, one in enumerate(shares) if one.weight > 0 and one.most > 0]
    while amount > 0 and open_places:
        weights = sum([shares[place].weight for place in open_places])
        full = [one for one in open_places if amount * shares[one].weight >= shares[one].most * weights]
        if not full:
            _share_out(amount, shares, open_places, weights, parts, spare)
            break
        for place in full:
            parts[place] = shares[place].most
            amount -= shares[place].most
        open_places = [place for place in open_places if not parts[place]]
    return parts


def _share_out(
    amount: int,
    shares: Sequence[Share],
    places: Sequence[int],
    weights: int,
    parts: list[int],
    spare: Spare,
) -> None:
    """Write the parts of those that can all take their exact share: none is more than one unit from it."""
    cut = []
    missing = amount
    for place in places:
        parts[place], rest = divmod(amount * shares[place].weight, weights)
        missing -= parts[place]
        if rest:
            cut.append((-rest, shares[place].key, place))
    # As many units are missing as remainders add up to: fewer than there are shares that were cut.
    if spare is Spare.LARGEST_REMAINDER:
        cut.sort()
    elif spare is Spare.LAST:
        cut.reverse()
    for _, _, place in cut[:missing]:
        parts[place] += 1


def split_evenly(amount: int, count: int, spare: Spare = Spare.LARGEST_REMAINDER) -> list[int]:
    """Return what `split` does over so many equal shares that can take it, without looking at each."""
    whole, missing = divmod(amount, count)
    more, less = [whole + 1] * missing, [whole] * (count - missing)
    return less + more if spare is Spare.LAST else more + less
