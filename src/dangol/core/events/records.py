"""An event before and after it is recorded."""

from datetime import datetime
from typing import NamedTuple

from dangol.core.events.payloads import Payload
from dangol.core.storage.ids import Id


class Draft(NamedTuple):
    """Something that happened to a customer and is about to be recorded."""

    customer_id: Id
    payload: Payload
    occurred_at: datetime
    subject_id: Id | None = None


class Recorded(NamedTuple):
    """Something that happened, as the timeline holds it."""

    id: Id
    customer_id: Id
    customer_seq: int
    name: str
    subject_id: Id | None
    occurred_at: datetime
    recorded_at: datetime
    payload: Payload
