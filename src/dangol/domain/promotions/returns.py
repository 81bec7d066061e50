"""Returns: what comes back with goods, by the split that was stored when they were sold.

Nothing is spread anew after the sale. Each unit carries what was paid for it in money and in points, and the
points it has earned; a unit that comes back takes exactly these with it. An amount that is given back without
goods comes off what the units still carry, in proportion, so that both ways may be mixed and all that was
paid is given back in the end, to the won, in whatever order.

Delivery has its own part beside the units: what was paid for it after its discounts. Whether it comes back
with the last unit, where somebody says so, or never, is the shop's setting.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from dangol.domain.promotions.effects import Discount, Evaluation, PointsGiven, ShippingDiscount
from dangol.domain.promotions.settings import DeliveryBack
from dangol.domain.splitting import Share, split

# A unit of the sale: its line's key and its position.
UnitKey: TypeAlias = tuple[str, int]
# Stands for the delivery among units where an amount is spread; no unit has such a position.
_DELIVERY: UnitKey = ("", -1)


class Carried(NamedTuple):
    """What a unit carries, or what comes back: minor units paid in money, points paid, points earned.

    `spent_minor` is what the points paid were worth at the sale. `discount_minor` is what promotions took
    off: with the unit it comes back to their budgets. `stored_minor` was paid with gift cards and store
    credit, and goes back to them; it is not part of `money_minor`.
    """

    money_minor: int = 0
    spent_minor: int = 0
    spent_points: int = 0
    earned_points: int = 0
    discount_minor: int = 0
    stored_minor: int = 0

    def less(self, other: "Carried") -> "Carried":
        """Return what is left without the other."""
        return Carried(*(one - gone for one, gone in zip(self, other, strict=True)))


NOTHING = Carried()


class Refused(StrEnum):
    """Why goods, delivery or an amount cannot come back, or a sale cannot have been paid so."""

    UNKNOWN_UNIT = "unknown_unit"
    ALREADY_BACK = "already_back"
    GIVEN_TWICE = "given_twice"
    MORE_THAN_LEFT = "more_than_left"
    NOT_POSITIVE = "not_positive"
    NOT_GIVEN_BACK = "not_given_back"
    MORE_THAN_IT_COSTS = "more_than_it_costs"
    POINTS_WITHOUT_WORTH = "points_without_worth"
    NEGATIVE = "negative"


class NotSold(ValueError):
    """A sale that cannot have been paid, or have earned, as is said; `refused` is why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.value)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale as it is stored: what each unit and the delivery still carry, and which units are back."""

    units: Mapping[UnitKey, Carried]
    back: frozenset[UnitKey] = field(default_factory=frozenset)
    delivery: Carried = NOTHING
    is_delivery_back: bool = False

    @property
    def carried(self) -> Carried:
        """What all units still carry together, without the delivery."""
        return total(self.units.values())


class Tender(NamedTuple):
    """What was paid with points, so many, worth so many minor units, and what with stored value."""

    points: int = 0
    minor: int = 0
    stored_minor: int = 0


NO_TENDER = Tender()


def total(parts: Iterable[Carried]) -> Carried:
    """Return all together."""
    sums = [0] * len(NOTHING)
    for part in parts:
        sums = [one + more for one, more in zip(sums, part, strict=True)]
    return Carried(*sums)


def sold_of(
    evaluation: Evaluation,
    tender: Tender = NO_TENDER,
    points: Mapping[UnitKey, int] = {},
    *,
    pays_delivery: bool = False,
) -> Sold:
    """Return what each unit of an evaluated cart carries, and its delivery.

    Points paid are spread over the units, and over the delivery where they `pays_delivery`, by what these
    cost, and never pay more for one than that; `points` are those that earning rules give besides the
    promotions, by unit. Stored value is spread over what is left of all that and of the delivery. Raises
    NotSold where no such sale can be: more paid than it costs, points that are worth nothing or worth without
    points, anything below nothing, points of a unit that is not in it.
    """
    net = {(one.key, n): left for one in evaluation.lines for n, left in enumerate(one.left_minor)}
    keys = sorted(net)
    costs = {key: net[key] for key in keys}
    if pays_delivery:
        costs[_DELIVERY] = evaluation.shipping_minor
    payable = sum(net.values()) + evaluation.shipping_minor
    if (refused := _unpayable(tender, points, costs, net, payable)) is not None:
        raise NotSold(refused)
    paid = _spread(tender.minor, costs)
    paid_points = _spread(tender.points, paid, most=tender.points)
    earned, off, off_delivery = dict(points), dict.fromkeys(keys, 0), 0
    for effect in evaluation.effects:
        match effect:
            case PointsGiven():
                _add_parts(earned, effect)
            case Discount():
                _add_parts(off, effect)
            case ShippingDiscount():
                off_delivery += effect.amount_minor
    by_points = paid.get(_DELIVERY, 0)
    due = {key: net[key] - paid[key] for key in keys} | {_DELIVERY: evaluation.shipping_minor - by_points}
    stored = _spread(tender.stored_minor, due)
    return Sold(
        {
            key: Carried(
                due[key] - stored[key], paid[key], paid_points[key], earned.get(key, 0), off[key], stored[key]
            )
            for key in keys
        },
        delivery=Carried(
            due[_DELIVERY] - stored[_DELIVERY], by_points, paid_points.get(_DELIVERY, 0), 0, off_delivery,
            stored[_DELIVERY],
        ),
    )  # fmt: skip


def _unpayable(
    tender: Tender,
    points: Mapping[UnitKey, int],
    costs: Mapping[UnitKey, int],
    net: Mapping[UnitKey, int],
    payable: int,
) -> Refused | None:
    if min(*tender, *points.values()) < 0:
        return Refused.NEGATIVE
    if tender.minor > sum(costs.values()) or tender.minor + tender.stored_minor > payable:
        return Refused.MORE_THAN_IT_COSTS
    if bool(tender.points) != bool(tender.minor):
        return Refused.POINTS_WITHOUT_WORTH
    return Refused.UNKNOWN_UNIT if points.keys() - net.keys() else None


def _add_parts(sums: dict[UnitKey, int], effect: Discount | PointsGiven) -> None:
    for line in effect.lines:
        for unit in line.units:
            key = (line.key, unit.position)
            sums[key] = sums.get(key, 0) + unit.amount


def _spread(amount: int, weights: Mapping[UnitKey, int], most: int | None = None) -> dict[UnitKey, int]:
    shares = [Share(key, weight, weight if most is None else most) for key, weight in weights.items()]
    return dict(zip(weights, split(amount, shares), strict=True))


class Back(NamedTuple):
    """What comes back, by unit and of the delivery, and how the sale stands then."""

    units: Mapping[UnitKey, Carried]
    sold: Sold
    delivery: Carried = NOTHING

    @property
    def total(self) -> Carried:
        """All that comes back."""
        return total([*self.units.values(), self.delivery])


def return_units(
    sold: Sold, units: Sequence[UnitKey], delivery_back: DeliveryBack = DeliveryBack.ASKED
) -> Back | Refused:
    """Return what these units take back with them: all they still carry. One refused refuses all.

    By `DeliveryBack.LAST_UNIT` the delivery comes back with the last unit of the sale.
    """
    if len(set(units)) < len(units):
        return Refused.GIVEN_TWICE
    for unit in units:
        if unit not in sold.units:
            return Refused.UNKNOWN_UNIT
        if unit in sold.back:
            return Refused.ALREADY_BACK
    taken = {unit: sold.units[unit] for unit in units}
    back = _without(sold, taken, sold.back | taken.keys())
    is_the_last = bool(units) and len(back.sold.back) == len(sold.units) and not sold.is_delivery_back
    return _with_delivery(back) if is_the_last and delivery_back is DeliveryBack.LAST_UNIT else back


def return_delivery(sold: Sold, delivery_back: DeliveryBack = DeliveryBack.ASKED) -> Back | Refused:
    """Return what was paid for the delivery, by itself: once, and only where the shop gives it back so."""
    if delivery_back is not DeliveryBack.ASKED:
        return Refused.NOT_GIVEN_BACK
    return Refused.ALREADY_BACK if sold.is_delivery_back else _with_delivery(Back({}, sold))


def _with_delivery(back: Back) -> Back:
    sold = replace(back.sold, delivery=NOTHING, is_delivery_back=True)
    return Back(back.units, sold, back.sold.delivery)


def return_amount(sold: Sold, minor: int) -> Back | Refused:
    """Return what comes back with an amount of what was paid, in every way it was paid, without goods.

    Every figure comes back in the proportion of the amount to what is still paid, rounded down, and with
    the last of it whatever is left. Goods, and with them the promotions' budgets, stay where they
    are, and so does the delivery.
    """
    carried = sold.carried
    paid = carried.money_minor + carried.stored_minor + carried.spent_minor
    if minor < 1:
        return Refused.NOT_POSITIVE
    if minor > paid:
        return Refused.MORE_THAN_LEFT
    spent = carried.spent_minor * minor // paid
    by_money = carried.money_minor + carried.stored_minor
    stored = carried.stored_minor * (minor - spent) // by_money if by_money else 0
    # Goods stay, and with them what promotions took off.
    figures = Carried(
        minor - spent - stored,
        spent,
        carried.spent_points * minor // paid,
        carried.earned_points * minor // paid,
        stored_minor=stored,
    )
    columns = [
        _spread(figure, {key: one[place] for key, one in sold.units.items()})
        for place, figure in enumerate(figures)
    ]
    taken = {key: Carried(*(column[key] for column in columns)) for key in sold.units}
    return _without(sold, taken, sold.back)


def _without(sold: Sold, taken: Mapping[UnitKey, Carried], back: frozenset[UnitKey]) -> Back:
    left = {key: one.less(taken.get(key, NOTHING)) for key, one in sold.units.items()}
    return Back(
        {key: one for key, one in taken.items() if one != NOTHING}, replace(sold, units=left, back=back)
    )


def points_by_giver(points: int, given: Mapping[bytes, int], left: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return how many of the points that come back each giver loses: all of them together, to the last one.

    In proportion to what each has `given` on what comes back, none more than it has `left`. What amounts that
    came back before have taken elsewhere than they were given goes to the others that have some left.
    """
    keys = list(left)
    parts = split(points, [Share((key.hex(), 0), given.get(key, 0), left[key]) for key in keys])
    rest = {key: left[key] - part for key, part in zip(keys, parts, strict=True)}
    more = split(points - sum(parts), [Share((key.hex(), 0), most, most) for key, most in rest.items()])
    return {key: part + also for key, part, also in zip(keys, parts, more, strict=True)}


def rejudged_refund(*, paid_minor: int, refunded_minor: int, kept_net_minor: int) -> int:
    """Return what is given back where thresholds are judged again: what was paid less what is kept is worth.

    `kept_net_minor` is what the goods that stay cost when they are evaluated alone, as of the sale: who sends
    back five of six and had a discount for six pays the difference. Never below nothing; what that leaves
    is taken off the next refund, so that bringing everything back gives back all that was paid.
    """
    return max(paid_minor - refunded_minor - kept_net_minor, 0)
