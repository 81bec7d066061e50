"""Which units: those targeted, the n-th free, those bought and those given for it, those of a bundle.

Units are told apart by what they cost now, then by their line's key and their position, so that the choice
hangs on nothing else. What a customer has to buy is taken from the dear end, what they get from the cheap.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from dangol.domain.promotions.benefits import Bundle, BuyGet, Items, NthFree, Which
from dangol.domain.promotions.rules import Discounted, Target
from dangol.domain.promotions.settings import Base
from dangol.domain.promotions.tally import Chosen, LineState


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


class Selection(list[Chosen]):
    """Chosen units, with what many promotions ask of them counted once: for as long as no price changes."""

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
        return sum([sum(one.left) for one in self])

    @cached_property
    def has_floors(self) -> bool:
        """Whether any of them may not come down to nothing."""
        return any(one.state.floor for one in self)

    def money(self, base: Base) -> int:
        """Return what they cost, before all promotions or after those that have applied."""
        return self.initial_minor if base is Base.INITIAL else self.left_minor


def targeted(states: Sequence[LineState], target: Target, most_units: int | None) -> Selection:
    """Return the units of a target among lines that are in its `include` already.

    `most_units` is what a limit from outside leaves; the fewer of the two limits counts.
    """
    open_ones = [one for one in states if one.line.is_discountable and _counts(one, target)]
    limits = [one for one in (target.most_units, most_units) if one is not None]
    if not limits or sum(len(one.left) for one in open_ones) <= min(limits):
        return Selection(Chosen(one, range(len(one.left))) for one in open_ones)
    units = units_of(Chosen(one, range(len(one.left))) for one in open_ones)
    if not target.cheapest_first:
        units.sort(key=lambda unit: (-unit.price, unit.key, unit.position))
    return Selection(as_chosen(units[: min(limits)]))


def _counts(state: LineState, target: Target) -> bool:
    if target.exclude is not None and is_among(state, target.exclude):
        return False
    if target.discounted is Discounted.TAKE:
        return True
    is_reduced = target.discounted is Discounted.SKIP_ANY and any(one < state.unit for one in state.left)
    return not state.line.is_discounted and not is_reduced


def units_of(chosen: Iterable[Chosen]) -> list[Unit]:
    """Return single units, from the cheapest to the dearest."""
    units = [
        Unit(state.left[one], state.line.key, one, state) for state, positions in chosen for one in positions
    ]
    return sorted(units, key=lambda unit: unit[:3])


def as_chosen(units: Iterable[Unit]) -> list[Chosen]:
    """Return single units by their lines, in the order of keys and positions."""
    found: dict[str, tuple[LineState, list[int]]] = {}
    for unit in sorted(units, key=lambda unit: (unit.key, unit.position)):
        found.setdefault(unit.key, (unit.state, []))[1].append(unit.position)
    return [Chosen(*one) for one in found.values()]


def pick_nth(chosen: Selection, benefit: NthFree) -> list[Unit]:
    """Return the units that are free of every n."""
    units = chosen.units
    count = len(units) // benefit.nth
    if benefit.most_units is not None:
        count = min(count, benefit.most_units)
    if benefit.which is Which.CHEAPEST:
        return units[:count]
    dearest_first = sorted(units, key=lambda unit: (-unit.price, unit.key, unit.position))
    return dearest_first[benefit.nth - 1 :: benefit.nth][:count]


class Rounds(NamedTuple):
    """The units a buy-and-get needs, and those it gives."""

    bought: list[Unit]
    got: list[Unit]


def pick_rounds(lines: Sequence[LineState], chosen: Selection, benefit: BuyGet) -> Rounds:
    """Return as many full rounds as there are units for, no unit in two places.

    There are r rounds if there are r x buy_count units to buy, r x get_count to get, and enough of both
    together; of those that could be either, no more are got than buying can spare.
    """
    got_from = chosen.units
    if benefit.buy is None:
        bought_from = got_from
    else:
        buy = benefit.buy
        bought_from = units_of(Chosen(one, range(len(one.left))) for one in lines if is_among(one, buy))
    to_buy, to_get = {one[1:3] for one in bought_from}, {one[1:3] for one in got_from}
    counts = [
        len(to_buy) // benefit.buy_count,
        len(to_get) // benefit.get_count,
        len(to_buy | to_get) // (benefit.buy_count + benefit.get_count),
    ]
    rounds = min(counts if benefit.most_rounds is None else [*counts, benefit.most_rounds])
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
    gone = {one[1:3] for one in got}
    rest = [one for one in reversed(bought_from) if one[1:3] not in gone]
    return Rounds(rest[: rounds * benefit.buy_count], got)


def pick_bundles(chosen: Selection, benefit: Bundle) -> list[list[Unit]]:
    """Return the units of each bundle, the dearest first; parts that fewest units fit choose first."""
    units = chosen.units
    # Stacks, the dearest on top: what has gone into a bundle is thrown away as it comes up.
    fitting = [[unit for unit in units if is_among(unit.state, part.items)] for part in benefit.parts]
    order = sorted(range(len(fitting)), key=lambda place: (len(fitting[place]), place))
    used: set[tuple[str, int]] = set()
    bundles: list[list[Unit]] = []
    while benefit.most is None or len(bundles) < benefit.most:
        bundle: list[Unit] = []
        for place in order:
            bundle += _take_top(fitting[place], benefit.parts[place].count, used)
        if len(bundle) < sum(part.count for part in benefit.parts):
            break
        bundles.append(bundle)
    return bundles


def _take_top(stack: list[Unit], count: int, used: set[tuple[str, int]]) -> list[Unit]:
    taken: list[Unit] = []
    while stack and len(taken) < count:
        unit = stack.pop()
        if unit[1:3] not in used:
            used.add((unit.key, unit.position))
            taken.append(unit)
    return taken
