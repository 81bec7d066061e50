"""What the API answers about models, who may leave, what is bought next, and what customers cost."""

from datetime import date, datetime
from typing import Any

from dangol_client.answers import Answer


class InsightJob(Answer, frozen=True):
    """Work that was left for the worker; it goes on for minutes."""

    job_id: str


class ModelRefusal(Answer, frozen=True):
    """Why a model says nothing: a stable code with its facts."""

    code: str
    data: dict[str, Any]


class ModelRun(Answer, frozen=True):
    """The latest run of a model, up to the end of `as_of`; `card` is empty where there is a `refusal`."""

    model: str
    version: str
    as_of: date
    ran_at: datetime
    customers: int
    card: dict[str, Any]
    refusal: ModelRefusal | None


class AtRisk(Answer, frozen=True):
    """Somebody who may buy nothing for the next 60 days: how likely, and the features that speak for it."""

    member_id: str
    risk: float
    because: list[str]


class Offer(Answer, frozen=True):
    """A product somebody may buy: how often and when they did, or which products speak for it."""

    product_id: str
    times: int | None
    last_day: date | None
    usual_days: float | None
    because: list[str]


class Offers(Answer, frozen=True):
    """What one member may buy, the best first, by purchases up to the end of `as_of`."""

    member_id: str
    as_of: date
    version: str
    offers: list[Offer]


class ModelResult(Answer, frozen=True):
    """What a model says of somebody as a trait, up to when purchases counted, and the model's version."""

    name: str
    value: str | bool | int | float | list[str]
    at: datetime
    version: str


class Insight(Answer, frozen=True):
    """What the models say of a member; None where one says nothing."""

    member_id: str
    results: list[ModelResult]
    buy_again: Offers | None
    discover: Offers | None


class Lookalike(Answer, frozen=True):
    """Somebody who is like those in a segment: how likely to be one of them, and what speaks for it."""

    member_id: str
    score: float
    because: list[str]


class CostRow(Answer, frozen=True):
    """A group of customers; money is for each of them but `revenue_minor`, None where it cannot be told."""

    name: str
    quarter: str | None
    customers: int
    revenue_minor: int
    margin_bp: int | None
    margin_minor: int | None
    margin_low_minor: int | None
    margin_high_minor: int | None
    points_minor: int | None
    acquisition_minor: int | None
    acquired: int
    retention_minor: int | None
    kept_minor: int | None
    to_come_minor: int | None
    to_come_low_minor: int | None
    to_come_high_minor: int | None
    worth_minor: int | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    repaid: float | None
    payback_months: int | None


class CostSheet(Answer, frozen=True):
    """What customers cost and are worth, by purchases up to the end of `as_of`; None before a night."""

    as_of: date | None
    currency: str
    whole: CostRow | None
    quarters: list[CostRow]
    rfm: list[CostRow]
    saved: list[CostRow]
    unassigned_minor: int


class CategoryMargin(Answer, frozen=True):
    """The share left of the revenue of a category, in hundredths of a percent."""

    category: str
    margin_bp: int


class MonthCost(Answer, frozen=True):
    """What a month (2026-11) cost to win (`acquisition`) or keep (`retention`) customers, by channel."""

    kind: str
    month: str
    channel: str
    amount_minor: int


class Assumptions(Answer, frozen=True):
    """What the shop says of its money, as it holds now; None where nothing is said."""

    point_worth_minor: int | None
    margin_bp: int | None
    margins: list[CategoryMargin]
    spent_share_bp: int | None
    costs: list[MonthCost]
