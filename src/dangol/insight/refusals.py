"""What the reports, models and engines say no to: known without loading any of them."""

from dangol.domain.errors import DomainError


class BoundsNotRising(DomainError):
    """The four bounds of `score` do not rise."""

    code = "insight.bounds_not_rising"


class ColumnsMissing(DomainError):
    """The `table` lacks `columns`."""

    code = "insight.columns_missing"


class EngineGone(DomainError):
    """The engine at `address` cannot be reached, or was lost before it had answered (`reason`)."""

    code = "engine.gone"
    retryable = True


class FutureDays(DomainError):
    """`rows` rows are of days after `as_of`, the last of them `latest`: a clock or a zone is wrong."""

    code = "insight.future_days"


class LotsOverdrawn(DomainError):
    """Of `lots` lots more was taken than they hold."""

    code = "insight.lots_overdrawn"


class SplitNotBefore(DomainError):
    """The day of the split (`split`) does not lie before the end of what is known (`as_of`)."""

    code = "insight.split_not_before"


class DuplicateDays(DomainError):
    """`days` days of customers stand in the rollup more than once, so that they would count twice."""

    code = "insight.duplicate_days"


class ValuesMissing(DomainError):
    """`rows` rows of the `table` lack a value, or have one that cannot be."""

    code = "insight.values_missing"
