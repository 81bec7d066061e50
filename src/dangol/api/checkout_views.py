"""What the checkout answers."""

from dangol.api.replies import Instant, Shown
from dangol.api.views import CutView


class UnitAmountView(Shown):
    """A unit of a line, counted from 0, and how much falls on it."""

    unit: int
    amount: int


class UnitRefView(Shown):
    """A unit of a line."""

    line: str
    unit: int


class SplitView(Shown):
    """How much falls on a line, and on which of its units."""

    line: str
    amount: int
    units: list[UnitAmountView]


class EffectView(Shown):
    """What a promotion, in its version, does; which fields there are goes by its `type`.

    `discount`: `kind`, `amount_minor`, `lines`, `bought`. `shipping_discount`: `amount_minor`. `gift`:
    `product`, `count`. `points`: `points`, `base_minor`, `lines`. `points_multiplied`: `num`, `den`, `units`.
    `stamps`: `card`, `count`, `lines`. `coupon`: `coupon`, and once it is an order `issued`, the code.
    """

    type: str
    promotion: str
    version: int
    name: str
    code: str
    kind: str | None = None
    amount_minor: int | None = None
    lines: list[SplitView] | None = None
    bought: list[UnitRefView] | None = None
    product: str | None = None
    count: int | None = None
    points: int | None = None
    base_minor: int | None = None
    num: int | None = None
    den: int | None = None
    units: list[UnitRefView] | None = None
    card: str | None = None
    coupon: str | None = None
    issued: str | None = None


class RejectionView(Shown):
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


class LeftOutView(Shown):
    """A line that could not be counted, and why."""

    line: str
    reason: str


class PricedView(Shown):
    """A line with what each of its units costs after all promotions."""

    line: str
    unit_minor: int
    net_minor: int
    unit_net_minor: list[int]


class TenderRefusedView(Shown):
    """Why points do not pay."""

    reason: str
    needed: int | None
    found: int | None
    message: str


class TenderView(Shown):
    """What points pay, and the most that would be taken now. `is_discount`: they earn no points."""

    points: int
    minor: int
    most_points: int
    currency: str
    is_discount: bool
    refused: TenderRefusedView | None


class StoredPaidView(Shown):
    """What a card (`card`: its last characters) or credit pays; `kind` is `gift_card` or `credit`."""

    kind: str
    card: str
    minor: int


class StoredRefusedView(Shown):
    """Why a gift card or store credit does not pay: `reason` for programs, `message` for people."""

    kind: str
    card: str
    reason: str
    needed: int | None
    found: int | None
    message: str


class StoredView(Shown):
    """What gift cards and store credit pay together. `is_discount`: that earns no points."""

    minor: int
    is_discount: bool
    paid: list[StoredPaidView]
    refused: list[StoredRefusedView]


class RuleEarningView(Shown):
    """What an earning rule gives on the cart."""

    rule: str
    version: int
    base_minor: int
    points: int


class UnitPointsView(UnitRefView):
    """Points on a unit."""

    amount: int


class MultipliedView(Shown):
    """What a promotion adds to what the rules give, by unit."""

    promotion: str
    points: int
    units: list[UnitPointsView]


class EarningView(Shown):
    """What the cart earns in all: by the rules, by promotions themselves, and by multiplying.

    `cut`: what the rules would have given, were it not above the most that one purchase earns. `not_given`
    of what they give would lift the member above `most_held`, and is not among the points.
    """

    currency: str
    points: int
    rules: list[RuleEarningView]
    promotions: int
    multiplied: list[MultipliedView]
    cut: CutView | None = None
    not_given: int = 0
    most_held: int | None = None


class EvaluationView(Shown):
    """What promotions do to a cart; amounts in minor units of `currency`.

    `payable_minor` is what goods and delivery cost, `due_minor` what points, gift cards and credit leave of
    it.
    """

    currency: str
    list_minor: int
    discount_minor: int
    net_minor: int
    shipping_minor: int
    payable_minor: int
    due_minor: int
    effects: list[EffectView]
    rejections: list[RejectionView]
    left_out: list[LeftOutView]
    lines: list[PricedView]
    used_codes: list[str]
    tender: TenderView
    # Sales of before there were cards have none.
    stored: StoredView | None = None
    earning: EarningView


class CarriedView(UnitRefView):
    """What a unit still carries: what a return gives back in each way, and takes of points."""

    money_minor: int
    stored_minor: int
    points_paid: int
    points_earned: int
    is_back: bool


class SaleView(Shown):
    """A sale: reserved, committed, canceled or timed_out; with its answer as it was given."""

    id: str
    member_id: str
    state: str
    reserved_at: Instant
    reserved_until: Instant
    committed_at: Instant | None
    ended_at: Instant | None
    order_id: str | None
    evaluation: EvaluationView
    units: list[CarriedView]


class SaleReturnView(Shown):
    """What came back: money (`delivery_minor` of it for the delivery), points given back and taken.

    `stored_back_minor` went to the cards and credit that had paid; `credit_minor` of the money became store
    credit.
    """

    number: str
    money_minor: int
    points_back: int
    points_back_minor: int
    points_taken: int
    discount_minor: int
    delivery_minor: int
    stored_back_minor: int
    credit_minor: int
    sale: SaleView
