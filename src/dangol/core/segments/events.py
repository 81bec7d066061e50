"""What segments tell the timeline."""

from dangol.core.events.payloads import Payload, named


class _Moved(Payload, frozen=True):
    """`segment` is its slug. `because` is the event that moved them (an id as text); None: time, or a new
    condition, did.
    """

    segment: str
    version: int
    because: str | None


@named("segment.entered")
class SegmentEntered(_Moved, frozen=True):
    """A customer is in a segment from now on."""


@named("segment.left")
class SegmentLeft(_Moved, frozen=True):
    """A customer is in a segment no more."""


@named("traits.reported")
class TraitsReported(Payload, frozen=True):
    """Traits of a customer are newly known or changed. It says which, not what they hold."""

    source: str
    names: tuple[str, ...]
