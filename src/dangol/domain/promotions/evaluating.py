"""The evaluation of a cart: lanes one after another, and inside a lane by priority or the best.

A pure function: the same cart, promotions, settings and context give the same answer, and the order in which
lines, promotions and codes were put down makes no difference, but to who gets the spare unit where a setting
gives it to the first line or to the last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC
from typing import NamedTuple

from dangol.domain.conditions import Reason as DecidingLeaf, Subject, Value
from dangol.domain.conditions.moments import Moment
from dangol.domain.promotions.admission import admit
from dangol.domain.promotions.benefits import Benefit
from dangol.domain.promotions.book import OFF_MONEY, Book, Entry
from dangol.domain.promotions.carts import Cart, LeftOut, delivery_fault, faulty_lines, with_all_above
from dangol.domain.promotions.catalog import CART_SHIPPING, CART_TOTAL, COUPON_CODE, time_traits
from dangol.domain.promotions.drafting import Draft, Drafter
from dangol.domain.promotions.effects import (
    Discount,
    Effect,
    Evaluation,
    Limit,
    PricedLine,
    Reason,
    Rejection,
    ShippingDiscount,
    Source,
)
from dangol.domain.promotions.giving import give, line_parts
from dangol.domain.promotions.picking import Quota, Selection, Targeted, targeted
from dangol.domain.promotions.rules import NO_LIMIT, Context, Discounted, Minimum, Promotion, Target
from dangol.domain.promotions.settings import Base, Choice, OverBudget, Settings
from dangol.domain.promotions.stacking import Bar, Company
from dangol.domain.promotions.tally import Chosen, LineState, apply

_EFFECTLESS = (Reason.NOTHING_TO_DISCOUNT, Reason.FLOOR_PRICE)


def evaluate(cart: Cart, book: Book, settings: Settings, context: Context) -> Evaluation:
    """Return what promotions do to a cart, and of every promotion and code that does nothing, why.

    Lines that cannot be counted are left out with their fault, promotions that are broken likewise: the
    rest is evaluated without them. Nothing is raised for what a till may send.
    """
    found = _Run(cart, book, settings, context).evaluation()
    refused = [one for one in found.rejections if one.code]
    if not (settings.all_or_nothing and refused):
        return found
    without = _Run(cart, book, settings, replace(context, coupons=())).evaluation()
    sources = {one.source for one in found.effects if one.source.code}
    refused += [Rejection(Reason.ALL_OR_NOTHING, *source) for source in sources]
    named = {one.promotion_id for one in refused}
    kept = [
        one for one in without.rejections if one.reason is not Reason.NO_CODE or one.promotion_id not in named
    ]
    return replace(without, rejections=_in_order([*kept, *refused]))


def _in_order(rejections: list[Rejection]) -> tuple[Rejection, ...]:
    return tuple(sorted(rejections, key=lambda one: (one.promotion_id or b"", one.code)))


class _Awaited(NamedTuple):
    """A benefit that hangs on what is really paid in the end."""

    benefit: Benefit
    source: Source
    chosen: Sequence[Chosen]


class _Run:
    """One evaluation under way."""

    def __init__(self, cart: Cart, book: Book, settings: Settings, context: Context) -> None:
        self.cart, self.book, self.settings, self.context = cart, book, settings, context
        self.faults = faulty_lines(cart.lines)
        states = [
            LineState(line, place, floors_hold=settings.floors_hold)
            for place, line in enumerate(cart.lines)
            if line.key not in self.faults
        ]
        self.states = sorted(states, key=lambda state: state.line.key)
        self.everything = Selection(one.whole for one in self.states)
        # Those known, with how often prices had changed when they were last counted.
        self.selections: dict[Target, tuple[Targeted, int]] = {}
        self.price_changes = 0
        self.lines_of = book.lines_of(self.states)
        self.drafter = Drafter(self.states, settings)
        self.delivery_fault = delivery_fault(cart)
        self.shipping_minor = 0 if self.delivery_fault else cart.shipping_minor
        self.moment = Moment(context.as_of.astimezone(UTC), context.zone)
        self.traits = self._traits()
        # One subject for all: what moves in its traits is put there before it is asked.
        self.subject = Subject(self.traits, context.customer.happenings, context.customer.segments)
        self.admitted = admit(book, cart.currency, settings, context)
        self.company = Company(settings)
        self.applied: list[Entry] = []
        self.effects: list[Effect | _Awaited] = []
        self.rejections = self.admitted.rejections

    def evaluation(self) -> Evaluation:
        """Run all lanes and return the answer."""
        for lane in self.settings.lanes:
            entries = self.admitted.by_lane[lane.key]
            if lane.choice is Choice.BEST:
                self._apply_best([one for one in entries if one.takes_money])
                entries = [one for one in entries if not one.takes_money]
            for entry in entries:
                self._consider(entry)
        effects = tuple(self._given())
        effective = {one.source.promotion_id for one in effects}
        # Points of what is free in the end are none: then it has done nothing, and its code is not used up.
        empty = [one for one in self.applied if one.promotion.id not in effective]
        self.rejections += [self._refuse(one, Reason.NOTHING_TO_DISCOUNT) for one in empty]
        return Evaluation(
            effects=effects,
            rejections=_in_order(self.rejections),
            left_out=tuple(LeftOut(*one) for one in sorted(self.faults.items())),
            lines=tuple(PricedLine(one.line.key, one.unit, tuple(one.left)) for one in self.states),
            shipping_minor=self.shipping_minor,
            used_codes=tuple(sorted(self._used_codes(effects))),
            delivery_fault=self.delivery_fault,
        )

    def _traits(self) -> dict[str, Value]:
        lines = [state.line for state in self.states]
        return {
            **self.context.customer.traits,
            **time_traits(self.context.as_of, self.context.zone),
            CART_TOTAL: self.everything.initial_minor,
            CART_SHIPPING: self.shipping_minor,
            "cart.quantity": sum(line.quantity for line in lines),
            "cart.line_count": len(lines),
            "cart.currency": self.cart.currency,
            "cart.products": tuple(line.product for line in lines),
            "cart.skus": tuple(line.sku for line in lines if line.sku),
            "cart.categories": tuple(with_all_above(one for line in lines for one in line.categories)),
            "cart.tags": tuple(sorted({tag for line in lines for tag in line.tags})),
            "coupon.codes": tuple(sorted(one.code for one in self.context.coupons)),
            "sale.channel": self.context.channel,
            "sale.store": self.context.store,
        }

    def _consider(self, entry: Entry) -> None:
        answer = self._answer(entry)
        if isinstance(answer, Draft):
            self._apply(entry, answer)
        elif answer is not None:
            self.rejections.append(answer)

    def _apply_best(self, entries: list[Entry]) -> None:
        """Apply the one that takes most off; of equals, the first in order."""
        best: tuple[Entry, Draft] | None = None
        beaten: list[Entry] = []
        for entry in entries:
            answer = self._answer(entry, to_beat=best[1].amount if best else 0)
            if isinstance(answer, Rejection):
                self.rejections.append(answer)
            elif best and (answer is None or answer.amount <= best[1].amount):
                beaten.append(entry)
            elif answer is not None:
                beaten += [best[0]] if best else []
                best = entry, answer
        if best:
            self._apply(*best)
            winner = best[0].promotion.id
            self.rejections += [self._refuse(one, Reason.NOT_BEST, other=winner) for one in beaten]

    def _refuse(
        self,
        entry: Entry,
        reason: Reason,
        other: bytes | None = None,
        needed: int | None = None,
        found: int | None = None,
        leaves: tuple[DecidingLeaf, ...] = (),
        limit: Limit | None = None,
    ) -> Rejection:
        promotion = entry.promotion
        code = self.admitted.codes.get(promotion.id, "")
        return Rejection(reason, promotion.id, promotion.version, code, other, limit, needed, found, leaves)

    def _answer(self, entry: Entry, to_beat: int = 0) -> Draft | Rejection | None:
        """Return what a promotion would do to the cart as it stands, or why it does nothing.

        None: it would take something off, but, as can be told at a glance, no more than `to_beat`.
        """
        promotion = entry.promotion
        if (bar := self._bar(promotion)) is not None:
            return self._refuse(entry, *bar)
        states = self.lines_of.get(entry.place)
        if not states:
            return self._refuse(entry, Reason.NO_TARGET)
        if (untrue := self._untrue(entry)) is not None:
            return untrue
        chosen = self._chosen(states, promotion.target)
        counted = chosen.reducible if entry.is_off_goods else chosen.units
        if not counted:
            return self._refuse(entry, Reason.NO_TARGET)
        if (short := self._short(entry, promotion.minimum, counted)) is not None:
            return short
        remaining = self.context.remaining.get(promotion.id, NO_LIMIT)
        limits = [one for one in (promotion.target.most_units, remaining.units) if one is not None]
        quota = Quota(min(limits, default=None), cheapest_first=promotion.target.cheapest_first)
        answer: Draft | Rejection | None = Draft(counted)
        if entry.takes_money:
            answer = self._money(entry, counted, quota, remaining.budget_minor, to_beat)
        if isinstance(answer, Draft) and entry.gives:
            answer.given = quota.of(chosen.units)
        return answer

    def _bar(self, promotion: Promotion) -> Bar | None:
        """Return why a promotion may not stand beside those that have applied; None if it may.

        Where its code is one too many and it needs none, only the code is refused.
        """
        code = self.admitted.codes.get(promotion.id)
        bar = self.company.bars(promotion, has_code=code is not None)
        if bar is None or code is None or promotion.needs_code:
            return bar
        without = self.company.bars(promotion, has_code=False)
        if without is None:
            entry = self.book.by_id[promotion.id]
            self.rejections.append(self._refuse(entry, *bar))
            del self.admitted.codes[promotion.id]
        return without

    def _chosen(self, states: Sequence[LineState], target: Target) -> Targeted:
        """Return the units of a target, found once for all promotions that have it.

        What hangs on prices is counted anew once one has changed.
        """
        known, counted_at = self.selections.get(target, (None, 0))
        if known is None or (target.discounted is Discounted.SKIP_ANY and counted_at != self.price_changes):
            known = targeted(states, target)
        elif counted_at != self.price_changes:
            known.forget_prices()
        self.selections[target] = known, self.price_changes
        return known

    def _money(
        self, entry: Entry, chosen: Selection, quota: Quota, budget: int | None, to_beat: int
    ) -> Draft | Rejection | None:
        promotion = entry.promotion
        cuts_to_budget = self.settings.over_budget is OverBudget.CUT
        limits = [promotion.cap_minor, budget if cuts_to_budget else None]
        most = min((one for one in limits if one is not None), default=None)
        if to_beat and (budget is None or cuts_to_budget) and not quota.binds(chosen):
            told = self.drafter.foretell(promotion.benefits, chosen, most)
            if told is not None and 0 < told <= to_beat:
                return None
        draft = self.drafter.draft(
            promotion.benefits, chosen, most=most, shipping_minor=self.shipping_minor, quota=quota
        )
        if draft.missing is not None:
            return self._refuse(entry, **draft.missing._asdict())
        if budget is not None and draft.amount > budget:
            return self._refuse(entry, Reason.BUDGET_EXHAUSTED, needed=draft.amount, found=budget)
        if not draft.amount and not entry.gives:
            return self._refuse(entry, draft.why)
        return draft

    def _untrue(self, entry: Entry) -> Rejection | None:
        """Return which leaves make the condition false."""
        if entry.plan is None:
            return None
        if entry.reads_code:
            self.traits.pop(COUPON_CODE, None)
            if code := self.admitted.codes.get(entry.promotion.id):
                self.traits[COUPON_CODE] = code
        if entry.plan.holds(self.subject, self.moment):
            return None
        leaves = tuple(entry.plan.reasons(self.subject, self.moment))
        return self._refuse(entry, Reason.CONDITION_FALSE, leaves=leaves)

    def _short(self, entry: Entry, minimum: Minimum, chosen: Selection) -> Rejection | None:
        counted = chosen if minimum.of_target else self.everything
        if minimum.minor and (found := counted.money(self.settings.threshold_on)) < minimum.minor:
            return self._refuse(entry, Reason.MINIMUM_NOT_REACHED, needed=minimum.minor, found=found)
        if minimum.units and (found := counted.unit_count) < minimum.units:
            return self._refuse(entry, Reason.MINIMUM_NOT_REACHED, needed=minimum.units, found=found)
        return None

    def _apply(self, entry: Entry, draft: Draft) -> None:
        source = entry.source(self.admitted.codes.get(entry.promotion.id, ""))
        self.company.join(entry.promotion, has_code=bool(source.code))
        self.applied.append(entry)
        for cut in draft.cuts:
            apply(cut.takings)
            if cut.amount:
                lines = line_parts(cut.takings)
                self.effects.append(Discount(source, cut.kind, cut.amount, lines, tuple(cut.bought)))
        if draft.shipping_minor:
            self.shipping_minor -= draft.shipping_minor
            self.effects.append(ShippingDiscount(source, draft.shipping_minor))
        for benefit in entry.promotion.benefits:
            if not isinstance(benefit, OFF_MONEY):
                self.effects.append(_Awaited(benefit, source, draft.given))
        if draft.amount:
            self._forget_prices()

    def _forget_prices(self) -> None:
        """Count anew what hangs on what units cost."""
        self.price_changes += 1
        self.everything.forget_prices()
        if self.settings.threshold_on is Base.REMAINING:
            self.traits[CART_TOTAL] = self.everything.left_minor
            self.traits[CART_SHIPPING] = self.shipping_minor

    def _used_codes(self, effects: Iterable[Effect]) -> set[str]:
        used = {one.source.code for one in effects}
        if self.settings.uses_up_without_effect:
            used |= {one.code for one in self.rejections if one.reason in _EFFECTLESS}
        return used - {""}

    def _given(self) -> Iterator[Effect]:
        """Yield the effects; points are counted now that it is known what is really paid."""
        for one in self.effects:
            if isinstance(one, _Awaited):
                if effect := give(*one, self.settings):
                    yield effect
            else:
                yield one
