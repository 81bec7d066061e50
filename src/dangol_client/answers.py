"""What the API answers, as types. Instants are aware, amounts of money in minor units, points whole numbers.

A field that a newer server adds is passed over; one it leaves out makes the answer Unreadable.
"""

from datetime import datetime
from typing import Any

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """The family of all answers."""


class Member(Answer, frozen=True):
    """A member. Personal fields are masked unless the key may see them."""

    id: str
    kind: str
    external_id: str | None
    name: str | None
    email: str | None
    phone: str | None
    card: str | None
    birthday: str | None
    language: str
    home_store: str | None
    traits: dict[str, str | int | bool]
    joined_at: datetime | None
    created_at: datetime
    erased: bool


class Consent(Answer, frozen=True):
    """What a member said about a channel and a purpose, and since when it holds."""

    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: str
    wording: str


class Consents(Answer, frozen=True):
    """What holds now, and all that was ever said, earliest first."""

    current: list[Consent]
    history: list[Consent]


class Event(Answer, frozen=True):
    """Something that happened, as the timeline tells it."""

    id: str
    name: str
    seq: int
    subject_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    data: dict[str, Any]


class Lot(Answer, frozen=True):
    """Points earned together. `expires_at` is the first instant at which they are gone; None: never.

    Pending ones open once their order is what they await (delivered, confirmed), and at `release_at` at the
    latest; None: then and no sooner.
    """

    id: str
    points: int
    left: int
    pending: bool
    earned_at: datetime
    release_at: datetime
    expires_at: datetime | None
    awaits: str | None


class Expiring(Answer, frozen=True):
    """Points that lapse together, and the first instant at which they are gone."""

    points: int
    expires_at: datetime


class Points(Answer, frozen=True):
    """What a member has. `available` may be spent now, and is net of `debt`."""

    currency: str
    available: int
    pending: int
    debt: int
    next_expiry: Expiring | None
    lots: list[Lot]


class Cut(Answer, frozen=True):
    """What the rules would have given for a purchase, and the most that one earns: what they did give."""

    would_be: int
    most: int


class Part(Answer, frozen=True):
    """What one rule paid: base × rate × multiplier, rounded as the rule says.

    Of a purchase that was cut, that times `share_points` / `whole_points`: what the rule paid, and would have
    paid, for the whole of it.
    """

    rule_id: str
    rule_version: int
    rule: str
    category: str
    base_minor: int
    rate_points: int
    rate_minor: int
    multiplier: tuple[int, int]
    rounding: str
    points: int
    whole_points: int | None
    share_points: int | None


class Portion(Answer, frozen=True):
    """Points moved under the same terms: their lot, when it opens and, exclusive, lapses (or never).

    `rule` is the name of the rule whose own terms hold (`rule_id`, `rule_version`); None: the program's do.
    """

    lot: str
    points: int
    rule_id: str | None
    rule_version: int | None
    rule: str | None
    release_at: datetime
    expires_at: datetime | None
    awaits: str | None


class Why(Answer, frozen=True):
    """Why points came or went: the order, the tier held then, and each rule's sum.

    `portions` are the lots that were made or taken from. `cut`: what the purchase would have earned, were
    it not above the most that one earns. `not_given` of the points was not moved: earned, it would have
    lifted the member above `most_held`; to be taken back, it was not there.
    """

    order_id: str
    tier: str
    net_minor: int
    points: int
    zero: str | None
    is_return: bool
    is_correction: bool
    parts: list[Part]
    parts_before: list[Part]
    portions: list[Portion]
    cut: Cut | None
    not_given: int
    most_held: int | None


class EventRuleAward(Answer, frozen=True):
    """Points a rule gave for a deed, with the arithmetic."""

    rule_id: str
    rule: str
    version: int
    member: str
    trigger: str
    deed: str
    at: datetime
    given_at: datetime
    fixed: int
    number: float | None
    rated: int
    points: int
    transfer: str
    taken_back_at: datetime | None


class HistoryLine(Answer, frozen=True):
    """A line of the history: what it did to the points that may be spent, and what they were after it."""

    id: str
    kind: str
    points: int
    change: int
    pending_change: int
    balance: int
    occurred_at: datetime
    recorded_at: datetime
    reason: str
    subject_id: str | None
    reverses_id: str | None
    why: Why | None
    award: EventRuleAward | None


class Transfer(Answer, frozen=True):
    """A movement of points just made, and what the member has after it."""

    id: str
    points: int
    balance: Points


class Tier(Answer, frozen=True):
    """A tier; the threshold is in the unit of the program's measure. Points last `extra_months` longer.

    `also_threshold` is in the unit of the second thing that counts; 0 where none does.
    """

    key: str
    name: str
    level: int
    threshold: int
    extra_months: int
    also_threshold: int
    gate: str | None


class Way(Answer, frozen=True):
    """One of the things that count: how much there is, what the next tier asks, what is missing to it.

    `to_keep` is what is still missing of it to keep the tier at its review.
    """

    unit: str
    value: int
    asked: int
    missing: int
    to_keep: int


class Standing(Answer, frozen=True):
    """Where a member stands. Amounts are in `unit`: minor units, points, orders, visits or days (tenure).

    A visit is a day on which something was bought. Where two things count, `ways` tell of each, and `join`
    whether both are needed (`all`) or either is enough (`any`).
    """

    program_id: str
    tier: Tier
    since: datetime | None
    held_until: datetime | None
    in_grace: bool
    unit: str
    value: int
    next: Tier | None
    missing: int
    to_keep: int
    next_review_at: datetime | None
    order_count: int
    spend_minor: int
    join: str
    ways: list[Way]
    next_closed: bool
    keep_closed: bool


class Amount(Answer, frozen=True):
    """A reduction of the whole order, or a way it was paid. Sent as it is answered."""

    kind: str
    amount_minor: int


class OrderLine(Answer, frozen=True):
    """A line of an order; amounts are for the whole line."""

    line: int
    product: str
    product_name: str
    quantity_milli: int
    list_minor: int
    discount_minor: int
    net_minor: int


class Earned(Answer, frozen=True):
    """What an order earned in a program, and why: one judgement after another, the first one first.

    `not_given` of the points the member does not have, since it would have been more than one may have.
    """

    program_id: str
    currency: str
    points: int
    not_given: int
    whys: list[Why]


class Returned(Answer, frozen=True):
    """A return of an order."""

    id: str
    number: str
    returned_at: datetime
    net_minor: int


class Order(Answer, frozen=True):
    """An order, its points with their whys, how far it has come, and what came back of it.

    `not_judged` says why no program has looked at it: `other_currency`, or `no_program`.
    """

    id: str
    member_id: str
    source: str
    number: str
    placed_at: datetime
    recorded_at: datetime
    delivered_at: datetime | None
    confirmed_at: datetime | None
    store: str | None
    channel: str
    currency: str
    list_minor: int
    discount_minor: int
    net_minor: int
    lines: list[OrderLine]
    discounts: list[Amount]
    tenders: list[Amount]
    earned: list[Earned]
    not_judged: str | None
    returns: list[Returned]


class ReturnLine(Answer, frozen=True):
    """A line of a return, and the line of its order that it undoes, where that is known."""

    line: int
    product: str
    product_name: str
    quantity_milli: int
    net_minor: int
    order_id: str | None
    order_line: int | None


class Return(Answer, frozen=True):
    """Goods brought back, and how the order's points stand after it."""

    id: str
    member_id: str
    order_id: str | None
    source: str
    number: str
    returned_at: datetime
    recorded_at: datetime
    currency: str
    net_minor: int
    lines: list[ReturnLine]
    earned: list[Earned]


class Product(Answer, frozen=True):
    """A product by its number; `category` is a path, widest first. Sent as it is answered."""

    number: str
    name: str = ""
    category: str = ""
    brand: str = ""


class Store(Answer, frozen=True):
    """A store by its number; without a zone it keeps the shop's time. Sent as it is answered."""

    number: str
    name: str = ""
    zone: str = ""
    address: str = ""


class Counted(Answer, frozen=True):
    """How many there were in the request; all of them are stored."""

    count: int


class Job(Answer, frozen=True):
    """A job; `error` tells the kind of its last failure and the place, and nothing of anybody."""

    id: str
    name: str
    state: str
    attempts: int
    enqueued_at: datetime
    run_at: datetime
    finished_at: datetime | None
    done: int
    total: int | None
    error: str
