"""What the API shows: one class for each thing, in one form everywhere."""

from typing import Annotated

from pydantic import Field

from dangol.api.event_rule_views import EventRuleAwardView
from dangol.api.replies import Instant, Shown

Minor = Annotated[int, Field(description="Minor units of the currency; won have none.")]
Trait = str | int | bool


class MemberView(Shown):
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
    traits: dict[str, Trait]
    joined_at: Instant | None
    created_at: Instant
    erased: bool


class MemberPage(Shown):
    """Members, the latest joined first."""

    data: list[MemberView]
    next_cursor: str | None


class LotView(Shown):
    """Points earned together. `expires_at` is the first instant at which they are gone; null: never.

    Pending ones open once their order is what they await, `delivered` or `confirmed`, and at `release_at` at
    the latest; null: then and no sooner.
    """

    id: str
    points: int
    left: int
    pending: bool
    earned_at: Instant
    release_at: Instant
    expires_at: Instant | None
    awaits: str | None


class ExpiringView(Shown):
    """Points that lapse together, and the first instant at which they are gone."""

    points: int
    expires_at: Instant


class PointsView(Shown):
    """What a member has. `available` may be spent now, and is net of `debt`."""

    currency: str
    available: int
    pending: int
    debt: int
    next_expiry: ExpiringView | None
    lots: list[LotView]


class CutView(Shown):
    """What the rules would have given for a purchase, and the most that one earns: what they did give."""

    would_be: int
    most: int


class PartView(Shown):
    """What one rule paid: base × rate × multiplier, rounded as the rule says.

    Of a purchase that was cut, that times `share_points` / `whole_points`: what the rule paid, and would have
    paid, for the whole of it.
    """

    rule_id: str
    rule_version: int
    rule: str
    category: str
    base_minor: Minor
    rate_points: int
    rate_minor: int
    multiplier: list[int]
    rounding: str
    points: int
    whole_points: int | None
    share_points: int | None


class PortionView(Shown):
    """Points moved under the same terms: their lot, when it opens and, exclusive, lapses (or never).

    `awaits` is what of their order opens, or has opened, them before the last day; null: time alone.

    `rule` is the name of the rule whose own terms hold (`rule_id`, `rule_version`); null: the program's do.
    """

    lot: str
    points: int
    rule_id: str | None
    rule_version: int | None
    rule: str | None
    release_at: Instant
    expires_at: Instant | None
    awaits: str | None


class WhyView(Shown):
    """Why points came or went: the order, the tier held then, and each rule's sum.

    `portions` are the lots that were made or taken from. `cut`: what the purchase would have earned, were
    it not above the most that one earns. `not_given` of the points was not moved: earned, it would have
    lifted the member above `most_held`; to be taken back, it was not there.
    """

    order_id: str
    tier: str
    net_minor: Minor
    points: int
    zero: str | None
    is_return: bool
    is_correction: bool
    parts: list[PartView]
    parts_before: list[PartView]
    portions: list[PortionView]
    cut: CutView | None
    not_given: int
    most_held: int | None


class LineView(Shown):
    """A line of the history: what it did to the points that may be spent, and what they were after it.

    `why`: of what was bought; `award`: of what an event rule gave.
    """

    id: str
    kind: str
    points: int
    change: int
    pending_change: int
    balance: int
    occurred_at: Instant
    recorded_at: Instant
    reason: str
    subject_id: str | None
    reverses_id: str | None
    why: WhyView | None
    award: EventRuleAwardView | None


class HistoryPage(Shown):
    """Lines, the latest first."""

    data: list[LineView]
    next_cursor: str | None


class TransferView(Shown):
    """A movement of points just made, and what the member has after it."""

    id: str
    points: int
    balance: PointsView


class TierView(Shown):
    """A tier; the threshold is in the unit of the program's measure. Points last `extra_months` longer.

    `also_threshold` is in the unit of the second thing that counts; 0 where none does. `gate` is the segment
    that it is for; null: everybody.
    """

    key: str
    name: str
    level: int
    threshold: int
    extra_months: int
    also_threshold: int
    gate: str | None


class WayView(Shown):
    """One of the things that count: how much there is, what the next tier asks, what is missing to it.

    `to_keep` is what is still missing of it to keep the tier at its review.
    """

    unit: str
    value: int
    asked: int
    missing: int
    to_keep: int


class StandingView(Shown):
    """Where a member stands. Amounts are in `unit`: minor units, points, orders, visits or days (tenure).

    A visit is a day on which something was bought. Where two things count, `ways` tell of each, and `join`
    whether both are needed (`all`) or either is enough (`any`); `value` and `missing` are those of the way
    that is nearest, or still lacks something. `next_closed`: the next tier is for a segment that
    the member is not in; `keep_closed`: so is theirs, which is kept to its review only.
    """

    program_id: str
    tier: TierView
    since: Instant | None
    held_until: Instant | None
    in_grace: bool
    unit: str
    value: int
    next: TierView | None
    missing: int
    to_keep: int
    next_review_at: Instant | None
    order_count: int
    spend_minor: Minor
    join: str
    ways: list[WayView]
    next_closed: bool
    keep_closed: bool


class EventView(Shown):
    """Something that happened, as the timeline tells it."""

    id: str
    name: str
    seq: int
    subject_id: str | None
    occurred_at: Instant
    recorded_at: Instant
    data: dict[str, object]


class EventPage(Shown):
    """Events, the latest first."""

    data: list[EventView]
    next_cursor: str | None


class ConsentView(Shown):
    """What a member said about a channel and a purpose, and since when it holds."""

    channel: str
    purpose: str
    granted: bool
    at: Instant
    source: str
    wording: str


class ConsentsView(Shown):
    """What holds now, and all that was ever said, earliest first."""

    current: list[ConsentView]
    history: list[ConsentView]
