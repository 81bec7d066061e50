"""What segments and traits tell of a customer, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from dangol.core.events.payloads import Payload
from dangol.core.segments.events import SegmentEntered, SegmentLeft, TraitsReported

MOST_NAMES = 5


def tell_segments(payload: Payload, names: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return an event of segments or traits for a timeline: icon, what happened, more; None for any other.

    `names` are the segments' by their short names; none for whoever may not see them.
    """
    if isinstance(payload, SegmentEntered | SegmentLeft):
        segment = names.get(payload.segment, payload.segment) if names else ""
        if isinstance(payload, SegmentEntered):
            return "log-in", _("세그먼트에 들어왔어요"), segment
        return "log-out", _("세그먼트에서 나갔어요"), segment
    if isinstance(payload, TraitsReported):
        return "tag", _("새로 알거나 바뀐 속성이 있어요"), ", ".join(payload.names[:MOST_NAMES])
    return None
