"""When somebody who had been a member was none: what they buy then earns nothing."""

from datetime import datetime
from typing import NamedTuple


class Absence(NamedTuple):
    """From when until when, exclusive, somebody who had been a member was none; None: they still are none."""

    left_at: datetime
    back_at: datetime | None

    def holds(self, at: datetime) -> bool:
        """Say whether they were no member at this instant."""
        return self.left_at <= at and (self.back_at is None or at < self.back_at)
