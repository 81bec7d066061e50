"""What a promotion would take off a cart as it stands: nothing is changed until it is known to apply."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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
from dangol.domain.promotions.effects import Reason
from dangol.domain.promotions.picking import Selection, Unit, as_chosen, pick_bundles, pick_nth, pick_rounds
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


@dataclass(slots=True)
class Draft:
    """What comes off, `amount` in all; where it is nothing, `why`, with figures for what is not reached."""

    chosen: Selection
    cuts: list[Cut] = field(default_factory=list)
    shipping_minor: int = 0
    amount: int = 0
    why: Reason = Reason.NOTHING_TO_DISCOUNT
    needed: int | None = None
    found: int | None = None


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
    ) -> Draft:
        """Return what the benefits take off the chosen units and the delivery, at most so much together.

        Of several, each finds what those before it have left.
        """
        draft, is_one_of_several = Draft(chosen), len(benefits) > 1
        for benefit in benefits:
            room = None if most is None else most - draft.amount
            if isinstance(benefit, FreeShipping):
                off = self._off_shipping(benefit, shipping_minor - draft.shipping_minor)
                off = off if room is None else min(off, room)
                draft.shipping_minor += off
                draft.amount += off
                continue
            cut = self._cut(benefit, draft)
            if cut is None:
                continue
            amount = cut.amount
            if room is not None and room < amount:
                cut.takings, amount = cut_to(cut.takings, room, self.settings.spare), room
            draft.cuts.append(cut)
            draft.amount += amount
            if is_one_of_several:
                apply(cut.takings)
                draft.chosen = Selection(chosen)
        if not draft.amount:
            self._say_if_floors_hold(draft)
        if is_one_of_several:
            for cut in draft.cuts:
                apply(cut.takings, sign=1)
            draft.chosen = chosen
        return draft

    def foretell(self, benefits: Sequence[Benefit], chosen: Selection, most: int | None) -> int | None:
        """Return what `draft` would come to, where that can be told without a split; None where not."""
        if len(benefits) > 1 or chosen.has_floors or self.settings.rounded_on is not RoundedOn.WHOLE:
            return None
        benefit: Benefit | None = benefits[0]
        if isinstance(benefit, Tiered):
            step = _reached(benefit, self._counted(benefit, chosen))
            benefit = step.benefit if step else None
        if isinstance(benefit, Percent) and self.settings.percent_of is Base.REMAINING:
            off = divide(chosen.left_minor * benefit.basis_points, WHOLE, self.settings.rounding)
        elif isinstance(benefit, Amount) and not benefit.is_each:
            off = min(benefit.minor, chosen.left_minor)
        else:
            return None
        return off if most is None else min(off, most)

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

    def _cut(self, benefit: Benefit, draft: Draft) -> Cut | None:
        chosen = draft.chosen
        match benefit:
            case Percent() | Amount() | NewPrice():
                return Cut(_KINDS[type(benefit)], self._plain(benefit, chosen))
            case Tiered():
                return self._tiered(benefit, draft)
            case NthFree():
                units = as_chosen(pick_nth(chosen, benefit))
                return self._of_units(benefit, draft, units, [], benefit.nth)
            case BuyGet():
                bought, got = pick_rounds(self.lines, chosen, benefit)
                needed = benefit.buy_count + benefit.get_count
                return self._of_units(benefit, draft, as_chosen(got), bought, needed)
            case Bundle():
                return self._bundles(benefit, draft)
        return None

    def _plain(self, benefit: Percent | Amount | NewPrice, chosen: Sequence[Chosen]) -> list[Taken]:
        match benefit:
            case Percent(points):
                return take_percent(chosen, points, self.settings)
            case Amount(minor, is_each):
                return take_each(chosen, minor) if is_each else take_amount(chosen, minor, self.settings)
            case NewPrice(minor):
                return take_down_to(chosen, minor)

    def _tiered(self, benefit: Tiered, draft: Draft) -> Cut | None:
        found = self._counted(benefit, draft.chosen)
        step = _reached(benefit, found)
        if step is None:
            draft.why = Reason.MINIMUM_NOT_REACHED
            draft.needed, draft.found = benefit.steps[0].at_least, found
            return None
        return Cut("tiered", self._plain(step.benefit, draft.chosen))

    def _of_units(
        self,
        benefit: NthFree | BuyGet,
        draft: Draft,
        units: Sequence[Chosen],
        bought: Sequence[Unit],
        needed: int,
    ) -> Cut | None:
        if not units:
            draft.why = Reason.NOT_ENOUGH_UNITS
            draft.needed, draft.found = needed, draft.chosen.unit_count
            return None
        takings = take_percent(units, benefit.basis_points, self.settings)
        return Cut(_KINDS[type(benefit)], takings, sorted((one.key, one.position) for one in bought))

    def _bundles(self, benefit: Bundle, draft: Draft) -> Cut | None:
        bundles = pick_bundles(draft.chosen, benefit)
        if not bundles:
            draft.why = Reason.NOT_ENOUGH_UNITS
            draft.needed, draft.found = sum(one.count for one in benefit.parts), draft.chosen.unit_count
            return None
        takings: list[Taken] = []
        for units in bundles:
            off = sum(unit.price for unit in units) - benefit.price_minor
            if off > 0:
                takings += take_amount(as_chosen(units), off, self.settings)
        return Cut("bundle", takings)


def _reached(benefit: Tiered, found: int) -> Step | None:
    return next((step for step in reversed(benefit.steps) if step.at_least <= found), None)


_KINDS: dict[type, str] = {
    Percent: "percent", Amount: "amount", NewPrice: "new_price", NthFree: "nth_free", BuyGet: "buy_get",
}  # fmt: skip
