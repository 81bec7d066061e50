"""A cart while promotions apply to it: what each unit still costs, and how much may still come off it.

Lines stand in the order of their keys, so that nothing hangs on the order they were added in but what a
setting says does (the spare unit to the first or to the last).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import add, sub
from typing import NamedTuple

from dangol.domain.accrual import divide
from dangol.domain.promotions.carts import Line, tokens_of
from dangol.domain.promotions.settings import Base, RoundedOn, Settings
from dangol.domain.splitting import Share, Spare, split, split_evenly

# Makes named tuples of the very tuples that `zip` yields: carts have thousands of them, and their own
# constructors take most of the time.
_share: Callable[[tuple[tuple[str, int], int, int]], Share] = partial(tuple.__new__, Share)


class LineState:
    """One line: `left` is what each of its units still costs; `floor` is what each has to cost."""

    __slots__ = ("floor", "key", "left", "left_minor", "line", "place", "tokens", "unit", "whole")

    def __init__(self, line: Line, place: int, *, floors_hold: bool) -> None:
        self.line, self.place, self.unit, self.tokens = line, place, line.unit_minor, tokens_of(line)
        self.floor = min(line.floor_minor, line.unit_minor) if floors_hold else 0
        self.key = (line.key, 0)
        self.left = [line.unit_minor] * line.quantity
        # All of them together, counted along.
        self.left_minor = line.unit_minor * line.quantity
        # All units of it, which is what is nearly always chosen.
        self.whole = Chosen(self, range(line.quantity))


class Chosen(NamedTuple):
    """Some units of a line, by their positions from the first on."""

    state: LineState
    positions: Sequence[int]

    @property
    def left(self) -> Sequence[int]:
        """What each of them still costs; to be read, and not kept."""
        state, positions = self
        # Nearly always these are all units of the line.
        return state.left if len(positions) == len(state.left) else [state.left[one] for one in positions]

    @property
    def left_minor(self) -> int:
        """What they all still cost."""
        state, positions = self
        if len(positions) == len(state.left):
            return state.left_minor
        return sum([state.left[one] for one in positions])

    @property
    def rooms(self) -> Sequence[int]:
        """How much may still come off each."""
        floor = self.state.floor
        return [one - floor if one > floor else 0 for one in self.left] if floor else self.left

    def prices(self, base: Base) -> Sequence[int]:
        """Return what each costs, before all promotions or after those that have applied."""
        return [self.state.unit] * len(self.positions) if base is Base.INITIAL else self.left


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
        return sum([sum(taken.amounts) for taken in self.takings])


def apply(takings: Iterable[Taken], sign: int = -1) -> None:
    """Take amounts off what units cost; with sign +1, put them back."""
    change = sub if sign < 0 else add
    for state, positions, amounts in takings:
        if len(positions) == len(state.left):
            state.left = list(map(change, state.left, amounts))
        else:
            for position, amount in zip(positions, amounts, strict=True):
                state.left[position] += sign * amount
        state.left_minor += sign * sum(amounts)


def take_percent(chosen: Sequence[Chosen], basis_points: int, settings: Settings) -> list[Taken]:
    """Take a share off, rounded on what the setting says; what a floor holds back goes to no other unit."""
    is_of_left = settings.percent_of is Base.REMAINING
    bases = [one.prices(settings.percent_of) for one in chosen]
    if settings.rounded_on is RoundedOn.UNIT:
        wanted = [[divide(one * basis_points, 10_000, settings.rounding) for one in line] for line in bases]
    else:
        sums = [one.left_minor for one in chosen] if is_of_left else [sum(line) for line in bases]
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
    rooms = [one.rooms for one in chosen]
    prices = [one.left for one in chosen]
    sums = [one.left_minor for one in chosen]
    most = [
        sum(line) if one.state.floor else left for one, line, left in zip(chosen, rooms, sums, strict=True)
    ]
    by_line = _over_lines(minor, chosen, sums, most, settings.spare)
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
    wanted = [[max(one - minor, 0) for one in each.left] for each in chosen]
    return _held_back(chosen, wanted)


def spread(amount: int, chosen: Sequence[Chosen], weights: Sequence[Sequence[int]]) -> list[Taken]:
    """Return an amount spread over units by their weights: what is no price, and has no room to keep to."""
    sums, spare = [sum(line) for line in weights], Spare.LARGEST_REMAINDER
    by_line = _over_lines(amount, chosen, sums, [amount] * len(chosen), spare)
    return [
        Taken(*one, _over_units(part, line, [amount] * len(line), spare))
        for one, part, line in zip(chosen, by_line, weights, strict=True)
    ]


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


def _held_back(chosen: Sequence[Chosen], wanted: Sequence[Sequence[int]]) -> list[Taken]:
    return [Taken(*one, list(map(min, line, one.rooms))) for one, line in zip(chosen, wanted, strict=True)]


def _over_lines(
    amount: int, chosen: Sequence[Chosen], weights: Sequence[int], most: Sequence[int], spare: Spare
) -> list[int]:
    """Split over lines: the first and the last are those of the cart as it came."""
    shares = list(map(_share, zip([one.state.key for one in chosen], weights, most, strict=True)))
    if spare is Spare.LARGEST_REMAINDER:
        return split(amount, shares, spare)
    order = sorted(range(len(chosen)), key=lambda place: chosen[place].state.place)
    parts = split(amount, [shares[place] for place in order], spare)
    by_place = dict(zip(order, parts, strict=True))
    return [by_place[place] for place in range(len(chosen))]


def _over_units(amount: int, weights: Sequence[int], most: Sequence[int], spare: Spare) -> list[int]:
    if not amount:
        return [0] * len(weights)
    if len(weights) == 1:
        return [min(amount, most[0]) if weights[0] else 0]
    # Units of a line nearly always cost the same: then there is nothing to weigh.
    if len(set(weights)) == 1 and amount <= min(most) * len(weights):
        return split_evenly(amount, len(weights), spare)
    shares = [Share(("", n), *pair) for n, pair in enumerate(zip(weights, most, strict=True))]
    return split(amount, shares, spare)
