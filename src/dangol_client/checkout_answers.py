"""What the API answers about promotions and sales."""

from datetime import datetime
from typing import Any

from dangol_client.answers import Answer, Cut


class UnitAmount(Answer, frozen=True):
    """A unit of a line, counted from 0, and how much falls on it."""

    unit: int
    amount: int


class UnitRef(Answer, frozen=True):
    """A unit of a line."""

    line: str
    unit: int


class Split(Answer, frozen=True):
    """How much falls on a line, and on which of its units."""

    line: str
    amount: int
    units: list[UnitAmount]


class Effect(Answer, frozen=True):
    """What a promotion, in its version, does; which fields there are goes by its `type`.

    `discount`: `kind`, `amount_minor`, `lines`, `bought`. `shipping_discount`: `amount_minor`. `gift`:
    `product`, `count`. `points`: `points`, `base_minor`, `lines`. `points_multiplied`: `num`, `den`, `units`.
    `stamps`: `card`, `count`. `coupon`: `coupon`, and once it is an order `issued`, the code.
    """

    type: str
    promotion: str
    version: int
    name: str
    code: str
    kind: str | None = None
    amount_minor: int | None = None
    lines: list[Split] | None = None
    bought: list[UnitRef] | None = None
    product: str | None = None
    count: int | None = None
    points: int | None = None
    base_minor: int | None = None
    num: int | None = None
    den: int | None = None
    units: list[UnitRef] | None = None
    card: str | None = None
    coupon: str | None = None
    issued: str | None = None


class Rejection(Answer, frozen=True):
    """Why a promotion, or a code, does nothing: `reason` for programs, `message` for people."""

    reason: str
    promotion: str | None
    version: int | None
    name: str
    code: str
    other: str | None
    limit: str | None
    needed: int | None
    found: int | None
    fault: str | None
    message: str


class LeftOut(Answer, frozen=True):
    """A line that could not be counted, and why."""

    line: str
    reason: str


class Priced(Answer, frozen=True):
    """A line with what each of its units costs after all promotions."""

    line: str
    unit_minor: int
    net_minor: int
    unit_net_minor: list[int]


class TenderRefused(Answer, frozen=True):
    """Why points do not pay."""

    reason: str
    needed: int | None
    found: int | None
    message: str


class Tender(Answer, frozen=True):
    """What points pay, and the most that would be taken now. `is_discount`: they earn no points."""

    points: int
    minor: int
    most_points: int
    currency: str
    is_discount: bool
    refused: TenderRefused | None


class StoredPaid(Answer, frozen=True):
    """What a card (`card`: its last characters) or credit pays; `kind` is `gift_card` or `credit`."""

    kind: str
    card: str
    minor: int


class StoredRefused(Answer, frozen=True):
    """Why a gift card or store credit does not pay: `reason` for programs, `message` for people."""

    kind: str
    card: str
    reason: str
    needed: int | None
    found: int | None
    message: str


class Stored(Answer, frozen=True):
    """What gift cards and store credit pay together. `is_discount`: that earns no points."""

    minor: int
    is_discount: bool
    paid: list[StoredPaid]
    refused: list[StoredRefused]


class RuleEarning(Answer, frozen=True):
    """What an earning rule gives on the cart."""

    rule: str
    version: int
    base_minor: int
    points: int


class UnitPoints(UnitRef, frozen=True):
    """Points on a unit."""

    amount: int


class Multiplied(Answer, frozen=True):
    """What a promotion adds to what the rules give, by unit."""

    promotion: str
    points: int
    units: list[UnitPoints]


class Earning(Answer, frozen=True):
    """What the cart earns in all: by the rules, by promotions themselves, and by multiplying.

    `cut`: what the rules would have given, were it not above the most that one purchase earns. `not_given`
    of what they give would lift the member above `most_held`, and is not among the points.
    """

    currency: str
    points: int
    rules: list[RuleEarning]
    promotions: int
    multiplied: list[Multiplied]
    cut: Cut | None = None
    not_given: int = 0
    most_held: int | None = None


class Evaluation(Answer, frozen=True):
    """What promotions do to a cart; amounts in minor units of `currency`.

    `payable_minor` is what goods and delivery cost, `due_minor` what points, cards and credit leave of it.
    """

    currency: str
    list_minor: int
    discount_minor: int
    net_minor: int
    shipping_minor: int
    payable_minor: int
    due_minor: int
    effects: list[Effect]
    rejections: list[Rejection]
    left_out: list[LeftOut]
    lines: list[Priced]
    used_codes: list[str]
    tender: Tender
    stored: Stored | None
    earning: Earning


class Carried(UnitRef, frozen=True):
    """What a unit still carries: what a return gives back of money and points, and takes of points."""

    money_minor: int
    stored_minor: int
    points_paid: int
    points_earned: int
    is_back: bool


class Sale(Answer, frozen=True):
    """A sale: reserved, committed, canceled or timed_out; with its answer as it was given."""

    id: str
    member_id: str
    state: str
    reserved_at: datetime
    reserved_until: datetime
    committed_at: datetime | None
    ended_at: datetime | None
    order_id: str | None
    evaluation: Evaluation
    units: list[Carried]


class SaleReturn(Answer, frozen=True):
    """What came back: money (`delivery_minor` of it for the delivery), points given back and taken."""

    number: str
    money_minor: int
    points_back: int
    points_back_minor: int
    points_taken: int
    discount_minor: int
    delivery_minor: int
    stored_back_minor: int
    credit_minor: int
    sale: Sale


class PromotionDraft(Answer, frozen=True):
    """The next version as it is being written."""

    content: dict[str, Any]
    revision: int
    changed_by: str
    changed_at: datetime


class PromotionVersion(Answer, frozen=True):
    """A published version."""

    number: int
    content: dict[str, Any]
    drafted_by: str
    published_by: str
    published_at: datetime


class Promotion(Answer, frozen=True):
    """A promotion: draft, scheduled, live, paused, ended or archived; with what sales have used of it."""

    id: str
    name: str
    state: str
    version: PromotionVersion | None
    draft: PromotionDraft | None
    uses: int
    minor: int
    made_at: datetime
    paused_at: datetime | None
    archived_at: datetime | None


class CheckoutSettings(Answer, frozen=True):
    """How the checkout answers; version 0 is as it comes."""

    content: dict[str, Any]
    version: int
    changed_by: str | None
    changed_at: datetime | None
