"""The one place that reads the clock; views, commands and tasks hand what it says further down."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this instant, in UTC."""
    return datetime.now(UTC)
