"""Asking what promotions do to a cart: the customer and what is left of limits are read, and nothing kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.ledger.selectors import held_points, usable_points
from dangol.core.people.merged import family_of
from dangol.core.people.selectors import shop
from dangol.core.segments.catalog import trait_types
from dangol.core.segments.selectors import segments_of
from dangol.core.segments.subjects import load_subjects
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.domain.accrual import Cut, Part, accrue, cut_of
from dangol.domain.conditions import Subject
from dangol.domain.errors import Malformed
from dangol.domain.membership import match_rules
from dangol.domain.points import MOST_POINTS
from dangol.domain.promotions import Cart, Context, Evaluation, evaluate
from dangol.domain.promotions.carts import Line
from dangol.domain.promotions.effects import PointsGiven, PointsMultiplied
from dangol.domain.promotions.returns import Tender, UnitKey, sold_of
from dangol.domain.promotions.rules import NOBODY, Coupon
from dangol.domain.splitting import Share, split
from dangol.domain.tender import Paid, TenderReason, TenderRefused, TenderRule, most_points, pay
from dangol.rooms.rewards.coupons import services as coupons
from dangol.rooms.rewards.coupons.guessing import hide_wrong
from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.models import Membership
from dangol.rooms.rewards.programs import Running
from dangol.rooms.rewards.promotions import limits
from dangol.rooms.rewards.promotions.contents import read_promotion
from dangol.rooms.rewards.promotions.editing import UnknownPromotion, find_promotion
from dangol.rooms.rewards.promotions.kept import Shelf, current_shelf, load_live, make_shelf
from dangol.rooms.rewards.stored_value.codes import CardRef
from dangol.rooms.rewards.stored_value.paying import Credit, Stored, Wanted, look


class TooManyPoints(Malformed):
    """The cart would earn more `points` than any order may (`most`): a price or a rule is not meant so."""

    code = "checkout.too_many_points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A cart, and all that is said with it.

    `customer_id` None: somebody unknown. `by_shopper`: they wrote the codes themselves, and are told nothing
    of those they cannot use. `pay_points`: so many points are to pay; then `gift_cards`, one after the other,
    and so much `pay_credit` of the member's store credit pay for what points leave. For dry runs: `drafts`
    are promotions whose drafts are asked as if they were published, and `only` the promotions asked at all.
    """

    cart: Cart
    as_of: datetime
    customer_id: Id | None = None
    codes: tuple[str, ...] = ()
    by_shopper: bool = False
    pay_points: int = 0
    gift_cards: tuple[CardRef, ...] = ()
    pay_credit: Credit = 0
    channel: str = ""
    store: str = ""
    drafts: frozenset[Id] = frozenset()
    only: frozenset[Id] | None = None


class Tendered(NamedTuple):
    """What points pay: what was asked for, or why not, and the most that would be taken."""

    paid: Paid | None
    refused: TenderRefused | None
    most: int
    currency: str

    @property
    def minor(self) -> int:
        """What points pay, in minor units."""
        return self.paid.minor if self.paid else 0


class Earning(NamedTuple):
    """What the cart would earn: by the program's rules, by what multiplies them, and by promotions.

    `not_given` of what the rules give would lift the member above `most_held`.
    """

    currency: str
    parts: tuple[Part, ...]
    # By promotion, what its multiplier adds on each unit.
    multiplied: Mapping[Id, Mapping[UnitKey, int]]
    given: int
    not_given: int = 0
    most_held: int | None = None

    @property
    def added(self) -> int:
        """What multipliers add to what the rules give."""
        return sum(sum(own.values()) for own in self.multiplied.values())

    @property
    def points(self) -> int:
        """All of it."""
        return sum(one.points for one in self.parts) - self.not_given + self.added + self.given

    @property
    def cut(self) -> Cut | None:
        """To how much what the rules give was cut; None: not at all."""
        return cut_of(self.parts)

    @property
    def uncut_points(self) -> int:
        """All of it as if no purchase were cut, and anybody could have any number."""
        return self.points + self.not_given + (self.cut.would_be - self.cut.most if self.cut else 0)


NO_EARNING = Earning("", (), {}, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What promotions do to a cart, what points, cards and credit pay of it, and what it would earn."""

    asked: Asked
    evaluation: Evaluation
    tender: Tendered
    stored: Stored
    earning: Earning
    shelf: Shelf
    names: Mapping[Id, str] = field(default_factory=dict)

    @property
    def payable_minor(self) -> int:
        """What is to be paid for goods and delivery, points included."""
        return self.evaluation.net_minor + self.evaluation.shipping_minor

    @property
    def due_minor(self) -> int:
        """What is left to pay in money."""
        return self.payable_minor - self.tender.minor - self.stored.minor


def ask(asked: Asked, *, lost_codes: Collection[str] = ()) -> Answer:
    """Return what promotions do to a cart. It writes nothing; the number of statements is constant.

    `lost_codes`: codes somebody else has taken since they were read. Raises TooManyPoints.
    """
    zone = shop().tz
    shelf = _shelf(asked)
    family = family_of(asked.customer_id) if asked.customer_id else []
    context = Context(
        as_of=asked.as_of, zone=zone, customer=_subject(asked, shelf, zone),
        coupons=tuple(
            one._replace(uses=0) if one.code in lost_codes else one
            for one in _coupons(asked)
        ),
        remaining=limits.remaining(shelf.limits, family, as_of=asked.as_of, zone=zone),
        channel=asked.channel, store=asked.store, only=asked.only,
    )  # fmt: skip
    evaluation = evaluate(asked.cart, shelf.book, shelf.settings, context)
    # The shop's first program; None where there is none.
    running = next(iter(current_programs()), None)
    tender = _tender(asked, shelf.tender, evaluation)
    payable = evaluation.net_minor + evaluation.shipping_minor
    stored = look(
        Wanted(asked.gift_cards, asked.pay_credit, tuple(family), asked.by_shopper),
        currency=asked.cart.currency, payable_minor=payable, due_minor=payable - tender.minor, at=asked.as_of,
    )  # fmt: skip
    earning = _earning(asked, shelf, evaluation, tender, stored, running)
    if earning.uncut_points > MOST_POINTS:
        raise TooManyPoints(points=earning.uncut_points, most=MOST_POINTS)
    names = {one.promotion.id: one.promotion.name for one in shelf.book.entries}
    return Answer(asked, evaluation, tender, stored, earning, shelf, names)


def _coupons(asked: Asked) -> tuple[Coupon, ...]:
    found = coupons.look_up(asked.codes, customer_id=asked.customer_id)
    return hide_wrong(asked.codes, found, at=asked.as_of) if asked.by_shopper else found


def _shelf(asked: Asked) -> Shelf:
    """Return what is asked: what is live, with drafts in the place of what they would follow."""
    shelf = current_shelf()
    if not asked.drafts:
        return shelf
    types = trait_types()
    drafted = []
    for promotion_id in sorted(asked.drafts):
        view = find_promotion(promotion_id)
        if view.draft is None:
            raise UnknownPromotion(promotion=promotion_id.hex())
        drafted.append(read_promotion(promotion_id, view.draft.base + 1, view.draft.content, types))
    live = [one for one in load_live() if one.promotion.id not in asked.drafts]
    return make_shelf([*live, *drafted], shelf.checkout)


def _subject(asked: Asked, shelf: Shelf, zone: ZoneInfo) -> Subject:
    """Return what conditions ask of the customer; of somebody unknown nothing is known."""
    wanted = shelf.needs
    if asked.customer_id is None or wanted is None:
        return NOBODY
    found = load_subjects([asked.customer_id], wanted, as_of=asked.as_of, zone=zone)
    subject = found.subjects.get(asked.customer_id, NOBODY)
    if not wanted.segments:
        return subject
    slugs = frozenset(slug for slug, _, _ in segments_of([asked.customer_id])[asked.customer_id])
    return subject.among(slugs)


def paying_program(rule: TenderRule | None) -> Running | None:
    """Return the program whose points pay; None where none do, or there is no such program."""
    if rule is None:
        return None
    wanted = (one for one in current_programs() if rule.currency in ("", one.row.points_currency))
    return next(iter(wanted), None)


def _tender(asked: Asked, rule: TenderRule | None, evaluation: Evaluation) -> Tendered:
    running = paying_program(rule)
    if rule is None or running is None:
        refused = TenderRefused(TenderReason.NOT_ACCEPTED) if asked.pay_points else None
        return Tendered(None, refused, 0, "")
    currency = running.row.points_currency
    if asked.customer_id is None:
        return Tendered(
            None, TenderRefused(TenderReason.NO_MEMBER) if asked.pay_points else None, 0, currency
        )
    # Points pay for goods: what a return gives back of them is spread over units.
    payable = evaluation.net_minor
    held = usable_points(asked.customer_id, currency, at=asked.as_of)
    most = most_points(rule, payable_minor=payable, held=held)
    if not asked.pay_points:
        return Tendered(None, None, most, currency)
    found = pay(rule, asked.pay_points, payable_minor=payable, held=held)
    if isinstance(found, Paid):
        return Tendered(found, None, most, currency)
    return Tendered(None, found, most, currency)


def _earning(
    asked: Asked,
    shelf: Shelf,
    evaluation: Evaluation,
    tender: Tendered,
    stored: Stored,
    running: Running | None,
) -> Earning:
    """Return what the cart would earn; nobody unknown earns anything, and nothing in another currency."""
    if asked.customer_id is None or running is None:
        return NO_EARNING
    given = sum(one.points for one in evaluation.effects if isinstance(one, PointsGiven))
    if running.row.money_currency != asked.cart.currency:
        return Earning(running.row.points_currency, (), {}, given)
    rows = select_matching(
        Membership, ("level",), ("customer_id", "program_id"), [(asked.customer_id, running.id)]
    )
    tier = running.rules.tiers.levels[rows[0][0] if rows else 0].key
    paid = earning_units(evaluation, tender, stored, shelf.tender)
    categories = {one.key: _category(one) for one in asked.cart.lines}
    parts = running.rules.limited(_parts(running, tier, asked.as_of, paid, categories), asked.as_of)
    multiplied: dict[Id, Mapping[UnitKey, int]] = {}
    for effect in evaluation.effects:
        if isinstance(effect, PointsMultiplied):
            own = {key: paid[key] for key in sorted(effect.units)}
            base = sum(one.points for one in _parts(running, tier, asked.as_of, own, categories))
            added = max(base * (effect.num - effect.den), 0) // effect.den
            shares = [Share(key, minor, added) for key, minor in own.items()]
            multiplied[effect.source.promotion_id] = dict(zip(own, split(added, shares), strict=True))
    too_much, most_held = _too_much(asked.customer_id, asked.as_of, running, parts, tender)
    return Earning(running.row.points_currency, tuple(parts), multiplied, given, too_much, most_held)


def _too_much(
    customer_id: Id, at: datetime, running: Running, parts: Sequence[Part], tender: Tendered
) -> tuple[int, int | None]:
    """Return what of these parts would lift the member above the most, and then that.

    Points that pay are gone by then.
    """
    currency, most_held = running.row.points_currency, running.rules.terms_at(at).most_held
    if most_held is None:
        return 0, None
    held = held_points(customer_id, currency, at=at)
    if tender.paid and tender.currency == currency:
        held -= tender.paid.points
    earned = sum([one.points for one in parts])
    too_much = min(max(held + earned - most_held, 0), earned)
    return too_much, most_held if too_much else None


def earning_units(
    evaluation: Evaluation, tender: Tendered, stored: Stored, rule: TenderRule | None
) -> dict[UnitKey, int]:
    """Return what each unit earns on: what is paid for it, less what is paid in ways that are a discount."""
    units = {
        (line.key, place): left for line in evaluation.lines for place, left in enumerate(line.left_minor)
    }
    by_points = rule is not None and rule.is_discount
    if not ((by_points and tender.minor) or (stored.is_discount and stored.minor)):
        return units
    carried = sold_of(evaluation, spread_of(tender, stored)).units
    return {
        key: left
        - (carried[key].spent_minor if by_points else 0)
        - (carried[key].stored_minor if stored.is_discount else 0)
        for key, left in units.items()
    }


def spread_of(tender: Tendered, stored: Stored) -> Tender:
    """Return what is spread over units besides money."""
    return Tender(tender.paid.points if tender.paid else 0, tender.minor, stored.minor)


def _category(line: Line) -> str:
    return line.categories[0] if line.categories else ""


def _parts(
    running: Running,
    tier: str,
    at: datetime,
    paid: Mapping[UnitKey, int],
    categories: Mapping[str, str],
) -> list[Part]:
    rules = running.rules.rules
    bases = [0] * len(rules)
    for (key, _), minor in paid.items():
        for place in match_rules(rules, categories.get(key, "")):
            bases[place] += minor
    return accrue(rules, bases, tier=tier, at=at)
