"""What the API takes and shows of insight: models, who may leave, what is bought, what customers cost."""

import re
from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dangol.api.conditions import plain
from dangol.api.replies import Given, Instant, Shown
from dangol.api.views import Minor
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.personalization.assumptions import (
    LONGEST_SCOPE,
    MOST_MINOR,
    WHOLE_MARGIN,
    Assumptions,
    Said,
)
from dangol.rooms.personalization.cost_sheet import CostRow
from dangol.rooms.personalization.selectors import ListView, RunView, ToldResult

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
BasisPoints = Annotated[int, Field(description="Hundredths of a percent: 2500 is a quarter.")]


def _month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise PydanticCustomError("not_a_month", "a month such as 2026-11")
    return text


Month = Annotated[str, AfterValidator(_month), Field(examples=["2026-11"])]


class InsightJobView(Shown):
    """Work that was left for the worker; it goes on for minutes."""

    job_id: str


class ModelRefusalView(Shown):
    """Why a model says nothing: a stable code with its facts."""

    code: str
    data: dict[str, Any]


class ModelRunView(Shown):
    """The latest run of a model: up to the end of which day purchases counted, of how many it says something.

    `card` holds figures and parameters by name, as docs/algorithms tells them; it is empty with a `refusal`.
    """

    model: str
    version: str
    as_of: date
    ran_at: Instant
    customers: int
    card: dict[str, Any]
    refusal: ModelRefusalView | None


class ModelList(Shown):
    """The latest run of each model, by name."""

    data: list[ModelRunView]


class AtRiskView(Shown):
    """Somebody who may buy nothing for the next 60 days: how likely, and the features that speak for it."""

    member_id: str
    risk: float
    because: list[str]


class AtRiskPage(Shown):
    """Who may leave, the most likely first."""

    data: list[AtRiskView]
    next_cursor: str | None


class OfferView(Shown):
    """A product somebody may buy, and why.

    Of one bought before: on how many days (`times`), when last, and how many days usually lie between. Of a
    new one `because`: the products of theirs (ids) that speak for it.
    """

    product_id: str
    times: int | None
    last_day: date | None
    usual_days: float | None
    because: list[str]


class OffersView(Shown):
    """What one member may buy, the best first, by purchases up to the end of `as_of`."""

    member_id: str
    as_of: date
    version: str
    offers: list[OfferView]


class OffersPage(Shown):
    """What members may buy, by member."""

    data: list[OffersView]
    next_cursor: str | None


class ModelResultView(Shown):
    """What a model says of somebody as a trait, up to when purchases counted, and the model's version."""

    name: str
    value: str | bool | int | float | list[str]
    at: Instant
    version: str


class InsightView(Shown):
    """What the models say of a member; null where one says nothing."""

    member_id: str
    results: list[ModelResultView]
    buy_again: OffersView | None
    discover: OffersView | None


class LookalikeView(Shown):
    """Somebody who is like those in a segment: how likely to be one of them, and what speaks for it."""

    member_id: str
    score: float
    because: list[str]


class LookalikePage(Shown):
    """Who is most like those in a segment by the latest search, the most alike first."""

    data: list[LookalikeView]
    next_cursor: str | None


class CostRowView(Shown):
    """A group of customers; money is for each of them but `revenue_minor`, null where it cannot be told.

    `name` is an RFM segment's or a saved segment's slug, `quarter` (2026-Q1) that of the first purchase.
    `acquisition_minor` is for each of `acquired`, who came in months of which a cost is known. `ratio` is
    what they bring in all to what winning them cost, `repaid` what they have brought by now, in times of it;
    `payback_months` is how many months after that of the first purchase the margin had brought it back.
    """

    name: str
    quarter: str | None
    customers: int
    revenue_minor: Minor
    margin_bp: BasisPoints | None
    margin_minor: Minor | None
    margin_low_minor: Minor | None
    margin_high_minor: Minor | None
    points_minor: Minor | None
    acquisition_minor: Minor | None
    acquired: int
    retention_minor: Minor | None
    kept_minor: Minor | None
    to_come_minor: Minor | None
    to_come_low_minor: Minor | None
    to_come_high_minor: Minor | None
    worth_minor: Minor | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    repaid: float | None
    payback_months: int | None


class CostSheetView(Shown):
    """What customers cost and are worth, by purchases up to the end of `as_of`; null before the first night.

    `unassigned_minor` was spent in months in which nobody could bear it.
    """

    as_of: date | None
    currency: str
    whole: CostRowView | None
    quarters: list[CostRowView]
    rfm: list[CostRowView]
    saved: list[CostRowView]
    unassigned_minor: Minor


class CategoryMarginView(Shown):
    """The share left of the revenue of a category, the widest of its path."""

    category: str
    margin_bp: BasisPoints


class MonthCostView(Shown):
    """What a month cost to win (`acquisition`) or keep (`retention`) customers, by a channel or none."""

    kind: str
    month: str
    channel: str
    amount_minor: Minor


class AssumptionsView(Shown):
    """What the shop says of its money, as it holds now; null where nothing is said.

    `point_worth_minor` is what a hundred points are worth, `margin_bp` the share of revenue that is left,
    `spent_share_bp` the share of points given that will be spent.
    """

    point_worth_minor: Minor | None
    margin_bp: BasisPoints | None
    margins: list[CategoryMarginView]
    spent_share_bp: BasisPoints | None
    costs: list[MonthCostView]


class AssumptionIn(Given):
    """One thing said from now on; without an `amount` what was said before is taken back.

    `kind` says what the amount is: minor units for a hundred points (`point_worth`) or in a `month`
    (`acquisition`, `retention`; of a channel where `scope` names one), or hundredths of a percent (`margin`;
    of a category where `scope` names one; `spent_share`).
    """

    kind: Said
    amount: Annotated[int, Field(ge=0, le=MOST_MINOR, strict=True)] | None = None
    month: Month | None = None
    scope: Annotated[str, Field(max_length=LONGEST_SCOPE)] = ""

    @property
    def first_day(self) -> date | None:
        """The first day of the month."""
        return None if self.month is None else date.fromisoformat(f"{self.month}-01")


def run_view(run: RunView) -> ModelRunView:
    """Show a run of a model."""
    refusal = run.refusal
    return ModelRunView(
        model=run.model, version=run.version, as_of=run.as_of, ran_at=run.ran_at, customers=run.customers,
        card=run.card,
        refusal=ModelRefusalView(code=refusal["code"], data=refusal["facts"]) if refusal else None,
    )  # fmt: skip


def offers_view(owner: Id, told: ListView) -> OffersView:
    """Show what a model says a member may buy."""
    return OffersView(
        member_id=show_id(owner), as_of=told.as_of, version=told.version,
        offers=[
            OfferView(
                product_id=one["product"], times=one.get("times"), last_day=one.get("last_day"),
                usual_days=one.get("usual_days"), because=one.get("because", []),
            )
            for one in told.items
        ],
    )  # fmt: skip


def result_view(name: str, told: ToldResult) -> ModelResultView:
    """Show what a model says of somebody."""
    return ModelResultView(name=name, value=plain(told.value), at=told.at, version=told.version)


def row_view(row: CostRow) -> CostRowView:
    """Show a group of customers with its costs."""
    figures = {name: _plain(value) for name, value in row._asdict().items()}
    margin, quarter = row.margin, row.quarter
    figures |= {
        "quarter": "{}-Q{}".format(*quarter) if quarter else None,
        "margin_bp": None if margin is None else round(margin * WHOLE_MARGIN),
    }
    del figures["margin"]
    return CostRowView.model_validate(figures)


def _plain(value: object) -> object:
    return round(float(value), 4) if isinstance(value, Fraction) else value


def assumptions_view(said: Assumptions, per_points: int) -> AssumptionsView:
    """Show what the shop says of its money."""
    worth = None if said.point_value is None else int(said.point_value * per_points)
    return AssumptionsView(
        point_worth_minor=worth, margin_bp=_basis_points(said.margin),
        margins=[
            CategoryMarginView(category=name, margin_bp=int(share * WHOLE_MARGIN))
            for name, share in said.margins.items()
        ],
        spent_share_bp=_basis_points(said.spent_share),
        costs=[
            MonthCostView(
                kind=one.kind, month=f"{one.month:%Y-%m}", channel=one.scope, amount_minor=one.amount_minor
            )
            for one in said.costs
        ],
    )  # fmt: skip


def _basis_points(share: Fraction | None) -> int | None:
    return None if share is None else int(share * WHOLE_MARGIN)
