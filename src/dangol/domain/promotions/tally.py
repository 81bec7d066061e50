"""A cart while promotions apply to it: what each unit still costs, and how much may still come off it.

Lines stand in the order of their keys, so that nothing hangs on the order they were added in but what a
setting says does (the spare unit to the first or to the last).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dangol.domain.accrual import divide
from dangol.domain.promotions.carts import Line
from dangol.domain.promotions.settings import Base, RoundedOn, Settings
from dangol.domain.splitting import Share, Spare, split, split_evenly


class LineState:
    """One line: `left` is what each of its units still costs; `floor` is what each has to cost."""

    __slots__ = ("floor", "left", "line", "place", "unit")

    def __init__(self, line: Line, place: int, *, floors_hold: bool) -> None:
        self.line, self.place, self.unit = line, place, line.unit_minor
        self.floor = min(line.floor_minor, line.unit_minor) if floors_hold else 0
        self.left = [line.unit_minor] * line.quantity

    def price(self, position: int, base: Base) -> int:
        """Return what a unit costs, before all promotions or after those that have applied."""
        return self.unit if base is Base.INITIAL else self.left[position]


class Chosen(NamedTuple):
    """Some units of a line, by their positions from the first on."""

    state: LineState
    positions: Sequence[int]


class Taken(NamedTuple):
    """What comes off some units of a line, in the order of `positions`."""

    state: LineState
    positions: Sequence[int]
    amounts: Sequence[int]

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(self.amounts)


@dataclass(slots=True)
class Cut:
    """What one benefit takes off the units: `bought` are units it needs and does not reduce."""

    kind: str
    takings: list[Taken]
    bought: list[tuple[str, int]] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """All of it, in minor units."""
        return sum([taken.amount for taken in self.takings])


def apply(takings: Iterable[Taken], sign: int = -1) -> None:
    """Take amounts off what units cost; with sign +1, put them back."""
    for state, positions, amounts in takings:
        for position, amount in zip(positions, amounts, strict=True):
            state.left[position] += sign * amount


def take_percent(chosen: Sequence[Chosen], basis_points: int, settings: Settings) -> list[Taken]:
    """Take a share off, rounded on what the setting says; what a floor holds back goes to no other unit."""
    bases = [[state.price(one, settings.percent_of) for one in positions] for state, positions in chosen]
    if settings.rounded_on is RoundedOn.UNIT:
        wanted = [[divide(one * basis_points, 10_000, settings.rounding) for one in line] for line in bases]
    else:
        sums = [sum(line) for line in bases]
        if settings.rounded_on is RoundedOn.LINE:
            by_line = [divide(one * basis_points, 10_000, settings.rounding) for one in sums]
        else:
            whole = divide(sum(sums) * basis_points, 10_000, settings.rounding)
            by_line = _over_lines(whole, chosen, sums, sums, settings.spare)
        wanted = [
            _over_units(amount, line, line, settings.spare)
            for amount, line in zip(by_line, bases, strict=True)
        ]
    return _held_back(chosen, wanted)


def take_amount(chosen: Sequence[Chosen], minor: int, settings: Settings) -> list[Taken]:
    """Take an amount off all together, in proportion to what they cost; what one cannot give, others do."""
    rooms = [_rooms(one) for one in chosen]
    prices = [[state.left[one] for one in positions] for state, positions in chosen]
    sums = [sum(line) for line in prices]
    by_line = _over_lines(minor, chosen, sums, [sum(line) for line in rooms], settings.spare)
    amounts = [
        _over_units(amount, line, room, settings.spare)
        for amount, line, room in zip(by_line, prices, rooms, strict=True)
    ]
    return [Taken(*one, part) for one, part in zip(chosen, amounts, strict=True)]


def take_each(chosen: Sequence[Chosen], minor: int) -> list[Taken]:
    """Take an amount off each unit."""
    return _held_back(chosen, [[minor] * len(one.positions) for one in chosen])


def take_down_to(chosen: Sequence[Chosen], minor: int) -> list[Taken]:
    """Take off each unit what it costs more than the new price."""
    wanted = [[max(state.left[one] - minor, 0) for one in positions] for state, positions in chosen]
    return _held_back(chosen, wanted)


def cut_to(takings: Sequence[Taken], most: int, spare: Spare) -> list[Taken]:
    """Return the takings lessened to `most` in all, each in proportion to what it was."""
    sums = [one.amount for one in takings]
    if sum(sums) <= most:
        return list(takings)
    by_line = _over_lines(most, [Chosen(one.state, one.positions) for one in takings], sums, sums, spare)
    return [
        Taken(one.state, one.positions, _over_units(amount, one.amounts, one.amounts, spare))
        for one, amount in zip(takings, by_line, strict=True)
    ]


def _rooms(one: Chosen) -> list[int]:
    state, positions = one
    return [max(state.left[position] - state.floor, 0) for position in positions]


def _held_back(chosen: Sequence[Chosen], wanted: Sequence[Sequence[int]]) -> list[Taken]:
    return [
        Taken(*one, [min(pair) for pair in zip(line, _rooms(one), strict=True)])
        for one, line in zip(chosen, wanted, strict=True)
    ]


def _over_lines(
    amount: int, chosen: Sequence[Chosen], weights: Sequence[int], most: Sequence[int], spare: Spare
) -> list[int]:
    """Split over lines: the first and the last are those of the cart as it came."""
    shares = [
        Share((one.state.line.key, 0), weight, limit)
        for one, weight, limit in zip(chosen, weights, most, strict=True)
    ]
    if spare is Spare.LARGEST_REMAINDER:
        return split(amount, shares, spare)
    order = sorted(range(len(chosen)), key=lambda place: chosen[place].state.place)
    parts = split(amount, [shares[place] for place in order], spare)
    by_place = dict(zip(order, parts, strict=True))
    return [by_place[place] for place in range(len(chosen))]


def _over_units(amount: int, weights: Sequence[int], most: Sequence[int], spare: Spare) -> list[int]:
    if not amount:
        return [0] * len(weights)
    # Units of a line nearly always cost the same: then there is nothing to weigh.
    if len(set(weights)) == 1 and amount <= min(most) * len(weights):
        return split_evenly(amount, len(weights), spare)
    shares = [Share(("", n), *pair) for n, pair in enumerate(zip(weights, most, strict=True))]
    return split(amount, shares, spare)
