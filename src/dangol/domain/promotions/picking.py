"""Which units: those targeted, the n-th free, those bought and those given for it.

Units are told apart by what they cost now, then by their line's key and their position, so that the choice
hangs on nothing else. What a customer has to buy is taken from the dear end, what they get from the cheap.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache, partial
from itertools import repeat
from typing import NamedTuple, TypeAlias

from dangol.domain.promotions.benefits import BuyGet, Items, NthFree, Which
from dangol.domain.promotions.rules import Discounted, Target
from dangol.domain.promotions.settings import Base
from dangol.domain.promotions.tally import Chosen, LineState

# A unit by its line's key and its position.
UnitKey: TypeAlias = tuple[str, int]


class Unit(NamedTuple):
    """One unit; units sort from the cheapest to the dearest."""

    price: int
    key: str
    position: int
    state: LineState


@lru_cache(maxsize=16_384)
def tokens(items: Items) -> frozenset[tuple[str, str]]:
    """Return the names of lines that `Items` asks for."""
    kinds = (
        ("product", items.products), ("sku", items.skus), ("category", items.categories), ("tag", items.tags),
    )  # fmt: skip
    return frozenset((kind, name) for kind, names in kinds for name in names)


def is_among(state: LineState, items: Items) -> bool:
    """Say whether a line is one of these."""
    return not tokens(items).isdisjoint(state.tokens)


_unit: Callable[[tuple[int, str, int, LineState]], Unit] = partial(tuple.__new__, Unit)


class Selection(list[Chosen]):
    """Chosen units, with what many promotions ask of them counted once: for as long as no price changes."""

    def forget_prices(self) -> None:
        """Count anew what hangs on prices, once it is asked for."""
        for name in ("units", "left_minor"):
            self.__dict__.pop(name, None)

    @cached_property
    def units(self) -> list[Unit]:
        """Single units, from the cheapest to the dearest; to be read."""
        return units_of(self)

    @cached_property
    def unit_count(self) -> int:
        """How many units these are."""
        return sum([len(one.positions) for one in self])

    @cached_property
    def initial_minor(self) -> int:
        """What they cost before all promotions."""
        return sum([one.state.unit * len(one.positions) for one in self])

    @cached_property
    def left_minor(self) -> int:
        """What they still cost."""
        return sum([one.left_minor for one in self])

    @cached_property
    def has_floors(self) -> bool:
        """Whether any of them may not come down to nothing."""
        return any(one.state.floor for one in self)

    def money(self, base: Base) -> int:
        """Return what they cost, before all promotions or after those that have applied."""
        return self.initial_minor if base is Base.INITIAL else self.left_minor


class Targeted(NamedTuple):
    """The units a promotion is for, and those of them that may be reduced: nearly always the same."""

    units: Selection
    reducible: Selection

    def forget_prices(self) -> None:
        """Count anew what hangs on prices, once it is asked for."""
        self.units.forget_prices()
        self.reducible.forget_prices()


def targeted(states: Sequence[LineState], target: Target) -> Targeted:
    """Return the units of a target among lines that are in its `include` already."""
    chosen = Selection(one.whole for one in states if _counts(one, target))
    if all(one.state.line.is_discountable for one in chosen):
        return Targeted(chosen, chosen)
    return Targeted(chosen, Selection(one for one in chosen if one.state.line.is_discountable))


def _counts(state: LineState, target: Target) -> bool:
    if target.exclude is not None and is_among(state, target.exclude):
        return False
    if target.discounted is Discounted.TAKE:
        return True
    is_reduced = target.discounted is Discounted.SKIP_ANY and any(one < state.unit for one in state.left)
    return not state.line.is_discounted and not is_reduced


def units_of(chosen: Iterable[Chosen]) -> list[Unit]:
    """Return single units, from the cheapest to the dearest."""
    units: list[Unit] = []
    for one in chosen:
        key, positions = one.state.line.key, one.positions
        units.extend(map(_unit, zip(one.left, repeat(key), positions, repeat(one.state))))
    # No two have the same price, key and position, so that states are never compared.
    units.sort()
    return units


def as_chosen(units: Iterable[Unit]) -> list[Chosen]:
    """Return single units by their lines, in the order of keys and positions."""
    found: dict[str, tuple[LineState, list[int]]] = {}
    for unit in sorted(units, key=lambda unit: (unit.key, unit.position)):
        found.setdefault(unit.key, (unit.state, []))[1].append(unit.position)
    return [Chosen(*one) for one in found.values()]


class Quota:
    """How many units one promotion may reduce, and which it has; `most` None: without a limit.

    What counts for a threshold, or has to be bought, is not limited. Of several benefits all together keep
    to the limit: a unit that one of them has reduced is no new one for the next.
    """

    def __init__(self, most: int | None = None, *, cheapest_first: bool = False) -> None:
        self.most, self._cheapest_first = most, cheapest_first
        self._taken: set[UnitKey] = set()

    def binds(self, chosen: Selection) -> bool:
        """Say whether not all of these may be reduced."""
        return self.most is not None and chosen.unit_count > self.most

    def of(self, chosen: Selection) -> Sequence[Chosen]:
        """Return those of the units that may be reduced: the dearest, or the cheapest, where not all may."""
        if self.most is None:
            return chosen
        units = chosen.units if self._cheapest_first else dearest_first(chosen.units)
        return as_chosen(self.admit(units))

    def admit(self, units: Sequence[Unit]) -> list[Unit]:
        """Take in the units that may be reduced, in their order, and return them."""
        if self.most is None:
            return list(units)
        new = [one for one in units if one[1:3] not in self._taken][: self.most - len(self._taken)]
        self._taken.update(one[1:3] for one in new)
        return [one for one in units if one[1:3] in self._taken]

    def admits_all(self, units: Sequence[Unit]) -> bool:
        """Take in the units if all of them may be reduced, and say whether they may."""
        if self.most is None:
            return True
        together = self._taken | {one[1:3] for one in units}
        if len(together) > self.most:
            return False
        self._taken = together
        return True


def dearest_first(units: Iterable[Unit]) -> list[Unit]:
    """Return units from the dearest to the cheapest, those of one price in the order of lines."""
    return sorted(units, key=lambda unit: (-unit.price, unit.key, unit.position))


def pick_nth(chosen: Selection, benefit: NthFree, quota: Quota) -> list[Unit] | None:
    """Return the units that are free of every n; None where there are fewer than n."""
    units = chosen.units
    count = len(units) // benefit.nth
    if not count:
        return None
    if benefit.most_units is not None:
        count = min(count, benefit.most_units)
    if benefit.which is Which.CHEAPEST:
        return quota.admit(units[:count])
    return quota.admit(dearest_first(units)[benefit.nth - 1 :: benefit.nth][:count])


class Rounds(NamedTuple):
    """The units a buy-and-get needs, and those it gives."""

    bought: list[Unit]
    got: list[Unit]


def pick_rounds(
    lines: Sequence[LineState], chosen: Selection, benefit: BuyGet, quota: Quota
) -> Rounds | None:
    """Return as many full rounds as there are units for, no unit in two places; None where there is none.

    There are r rounds if there are r x buy_count units to buy, r x get_count to get, and enough of both
    together; of those that could be either, no more are got than buying can spare. The last round gives
    what the quota leaves of it.
    """
    got_from = chosen.units
    if (buy := benefit.buy) is None:
        return _rounds_of_one_kind(got_from, benefit, quota)
    bought_from = units_of(one.whole for one in lines if is_among(one, buy))
    to_buy = {one[1:3] for one in bought_from}
    to_get = {one[1:3] for one in got_from}
    counts = [
        len(to_buy) // benefit.buy_count,
        len(to_get) // benefit.get_count,
        len(to_buy | to_get) // (benefit.buy_count + benefit.get_count),
    ]
    rounds = _round_count(benefit, counts, quota)
    if not rounds:
        return None
    spare = len(to_buy) - rounds * benefit.buy_count
    got: list[Unit] = []
    for unit in got_from:
        if len(got) == rounds * benefit.get_count:
            break
        if unit[1:3] in to_buy:
            if not spare:
                continue
            spare -= 1
        got.append(unit)
    got = quota.admit(got)
    gone = {one[1:3] for one in got}
    rest = [one for one in reversed(bought_from) if one[1:3] not in gone]
    given_in = -(-len(got) // benefit.get_count)
    return Rounds(rest[: given_in * benefit.buy_count], got)


def _rounds_of_one_kind(units: Sequence[Unit], benefit: BuyGet, quota: Quota) -> Rounds | None:
    """Return the rounds where what is bought is of those that are got: the cheap end, and the dear one."""
    rounds = _round_count(benefit, [len(units) // (benefit.buy_count + benefit.get_count)], quota)
    if not rounds:
        return None
    got = quota.admit(units[: rounds * benefit.get_count])
    bought = -(-len(got) // benefit.get_count) * benefit.buy_count
    return Rounds(list(reversed(units[len(units) - bought :])), got)


def _round_count(benefit: BuyGet, counts: list[int], quota: Quota) -> int:
    if benefit.most_rounds is not None:
        counts.append(benefit.most_rounds)
    if quota.most is not None:
        counts.append(-(-quota.most // benefit.get_count))
    return min(counts)
