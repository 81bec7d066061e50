"""What a promotion would take off a cart as it stands: nothing is changed until it is known to apply."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dangol.domain.accrual import divide
from dangol.domain.promotions.benefits import (
    WHOLE,
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    By,
    FreeShipping,
    NewPrice,
    NthFree,
    Percent,
    Step,
    Tiered,
)
from dangol.domain.promotions.bundling import pick_bundles
from dangol.domain.promotions.effects import Limit, Reason
from dangol.domain.promotions.picking import Quota, Selection, as_chosen, pick_nth, pick_rounds
from dangol.domain.promotions.settings import Base, RoundedOn, Settings
from dangol.domain.promotions.tally import (
    Chosen,
    Cut,
    LineState,
    Taken,
    apply,
    cut_to,
    take_amount,
    take_down_to,
    take_each,
    take_percent,
)


class Missing(NamedTuple):
    """Why a benefit is not reached, and with it none of its promotion; with figures for what is not there."""

    reason: Reason
    needed: int | None = None
    found: int | None = None
    limit: Limit | None = None


@dataclass(slots=True)
class Draft:
    """What comes off, `amount` in all; where it is nothing, `why`; `missing`: what is not reached.

    `given`: the units on which what is no money is given.
    """

    chosen: Selection
    given: Sequence[Chosen] = ()
    cuts: list[Cut] = field(default_factory=list)
    shipping_minor: int = 0
    amount: int = 0
    why: Reason = Reason.NOTHING_TO_DISCOUNT
    missing: Missing | None = None


class Drafter:
    """Drafts promotions of one cart; `lines` are all that may be counted."""

    def __init__(self, lines: Sequence[LineState], settings: Settings) -> None:
        self.lines, self.settings = lines, settings

    def draft(
        self,
        benefits: Sequence[Benefit],
        chosen: Selection,
        *,
        most: int | None,
        shipping_minor: int,
        quota: Quota,
    ) -> Draft:
        """Return what the benefits take off the chosen units and the delivery, at most so much together.

        Of several, each finds what those before it have left. Whether they are reached is asked of the cart
        as it stands: if one is not, none is.
        """
        draft, is_one_of_several = Draft(chosen), len(benefits) > 1
        for benefit, (kind, reached) in zip(benefits, self._reached(benefits, chosen), strict=True):
            room = None if most is None else most - draft.amount
            if isinstance(benefit, FreeShipping):
                off = self._off_shipping(benefit, shipping_minor - draft.shipping_minor)
                off = off if room is None else min(off, room)
                draft.shipping_minor += off
                draft.amount += off
                continue
            found = reached if isinstance(reached, Missing) else self._cut(kind, reached, draft.chosen, quota)
            if isinstance(found, Missing):
                draft.missing = found
                break
            if found is None:
                continue
            amount = found.amount
            if room is not None and room < amount:
                found.takings, amount = cut_to(found.takings, room, self.settings.spare), room
            draft.cuts.append(found)
            draft.amount += amount
            if is_one_of_several:
                apply(found.takings)
                draft.chosen = Selection(chosen)
        if not draft.amount:
            self._say_if_floors_hold(draft)
        if is_one_of_several:
            for cut in draft.cuts:
                apply(cut.takings, sign=1)
            draft.chosen = chosen
        return draft

    def _reached(self, benefits: Sequence[Benefit], chosen: Selection) -> list[tuple[str, Benefit | Missing]]:
        """Return what each benefit is called and comes to: of steps, the one that is reached."""
        found: list[tuple[str, Benefit | Missing]] = []
        for benefit in benefits:
            if isinstance(benefit, Tiered):
                counted = self._counted(benefit, chosen)
                step = _reached(benefit, counted)
                first = Missing(Reason.MINIMUM_NOT_REACHED, benefit.steps[0].at_least, counted)
                found.append(("tiered", step.benefit if step else first))
            else:
                found.append((_KINDS.get(type(benefit), ""), benefit))
        return found

    def foretell(self, benefits: Sequence[Benefit], chosen: Selection, most: int | None) -> int | None:
        """Return what `draft` would come to, where that can be told without a split; None where not."""
        if len(benefits) > 1 or chosen.has_floors or self.settings.rounded_on is not RoundedOn.WHOLE:
            return None
        benefit: Benefit | None = benefits[0]
        if isinstance(benefit, Tiered):
            step = _reached(benefit, self._counted(benefit, chosen))
            benefit = step.benefit if step else None
        off = self._told(benefit, chosen)
        return off if off is None or most is None else min(off, most)

    def _told(self, benefit: Benefit | None, chosen: Selection) -> int | None:
        """Return what a benefit comes to, from the prices of what it is off alone."""
        if isinstance(benefit, Amount):
            return None if benefit.is_each else min(benefit.minor, chosen.left_minor)
        if self.settings.percent_of is not Base.REMAINING:
            return None
        match benefit:
            case Percent():
                money = chosen.left_minor
            case NthFree():
                money = sum([one.price for one in pick_nth(chosen, benefit, Quota()) or ()])
            case BuyGet():
                rounds = pick_rounds(self.lines, chosen, benefit, Quota())
                money = sum([one.price for one in rounds.got]) if rounds else 0
            case _:
                return None
        return divide(money * benefit.basis_points, WHOLE, self.settings.rounding)

    def _counted(self, benefit: Tiered, chosen: Selection) -> int:
        return chosen.money(self.settings.threshold_on) if benefit.by is By.AMOUNT else chosen.unit_count

    def _off_shipping(self, benefit: FreeShipping, shipping_minor: int) -> int:
        off = divide(shipping_minor * benefit.basis_points, WHOLE, self.settings.rounding)
        return off if benefit.most_minor is None else min(off, benefit.most_minor)

    def _say_if_floors_hold(self, draft: Draft) -> None:
        """Tell the price that may not fall from the one that is down to nothing."""
        if draft.cuts and any(
            state.floor and state.left[one] == state.floor
            for state, positions in draft.chosen
            for one in positions
        ):
            draft.why = Reason.FLOOR_PRICE

    def _cut(self, kind: str, benefit: Benefit, chosen: Selection, quota: Quota) -> Cut | Missing | None:
        match benefit:
            case Percent() | Amount() | NewPrice():
                return Cut(kind, self._plain(benefit, quota.of(chosen)))
            case NthFree():
                units = pick_nth(chosen, benefit, quota)
                if units is None:
                    return Missing(Reason.NOT_ENOUGH_UNITS, benefit.nth, chosen.unit_count)
                return Cut(kind, take_percent(as_chosen(units), benefit.basis_points, self.settings))
            case BuyGet():
                rounds = pick_rounds(self.lines, chosen, benefit, quota)
                if rounds is None:
                    needed = benefit.buy_count + benefit.get_count
                    return Missing(Reason.NOT_ENOUGH_UNITS, needed, chosen.unit_count)
                takings = take_percent(as_chosen(rounds.got), benefit.basis_points, self.settings)
                return Cut(kind, takings, sorted((one.key, one.position) for one in rounds.bought))
            case Bundle():
                return self._bundles(benefit, chosen, quota)
        return None

    def _plain(self, benefit: Percent | Amount | NewPrice, chosen: Sequence[Chosen]) -> list[Taken]:
        match benefit:
            case Percent(points):
                return take_percent(chosen, points, self.settings)
            case Amount(minor, is_each):
                return take_each(chosen, minor) if is_each else take_amount(chosen, minor, self.settings)
            case NewPrice(minor):
                return take_down_to(chosen, minor)

    def _bundles(self, benefit: Bundle, chosen: Selection, quota: Quota) -> Cut | Missing:
        size = sum(one.count for one in benefit.parts)
        if quota.most is not None and quota.most < size:
            return Missing(Reason.LIMIT_REACHED, size, quota.most, Limit.UNITS)
        bundles = pick_bundles(chosen, benefit, quota)
        if bundles is None:
            return Missing(Reason.NOT_ENOUGH_UNITS, size, chosen.unit_count)
        takings: list[Taken] = []
        for units in bundles:
            off = sum(unit.price for unit in units) - benefit.price_minor
            takings += take_amount(as_chosen(units), off, self.settings)
        return Cut("bundle", takings)


def _reached(benefit: Tiered, found: int) -> Step | None:
    return next((step for step in reversed(benefit.steps) if step.at_least <= found), None)


_KINDS: dict[type, str] = {
    Percent: "percent", Amount: "amount", NewPrice: "new_price", NthFree: "nth_free", BuyGet: "buy_get",
}  # fmt: skip
