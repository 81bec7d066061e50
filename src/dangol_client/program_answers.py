"""What is answered about programs."""

from datetime import date, datetime

from dangol_client.answers import Answer, Tier


class Rule(Answer, frozen=True):
    """A version of a rule: `rate_points` for each `rate_minor` of what it counts."""

    id: str
    version: int
    name: str
    category: str
    rate_points: int
    rate_minor: int
    multipliers: dict[str, tuple[int, int]]
    rounding: str
    active_from: datetime | None
    active_to: datetime | None
    pending_days: int | None
    expiry: str | None
    expiry_count: int
    awaits: str | None


class Program(Answer, frozen=True):
    """A program as it is in force, with all versions of its rules."""

    id: str
    name: str
    points_currency: str
    money_currency: str
    zone: str
    pending_days: int
    expiry: str
    expiry_count: int
    activities: list[str]
    opens_on: date | None
    most_per_order: int | None
    most_held: int | None
    measure: str
    window: str
    window_size: int
    grace_days: int
    downgrade: str
    also: str | None
    join: str
    tiers: list[Tier]
    rules: list[Rule]
