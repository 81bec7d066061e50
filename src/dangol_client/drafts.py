"""What is sent in lists: lines, consents, rules and levels. A field left at its default is not sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class LineDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product of an order; amounts are for the whole line, in minor units, quantities in thousandths.

    Without `net_minor` nothing was taken off.
    """

    product: str
    list_minor: int
    quantity_milli: int = 1000
    net_minor: int | None = None


class ReturnLineDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product brought back; `line` is the order's line it came from, counted from 1, if known."""

    product: str
    net_minor: int
    quantity_milli: int = 1000
    line: int | None = None


class ConsentDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a member agreed, or took it back: by which channel, for what, having seen which wording."""

    channel: str
    purpose: str
    granted: bool
    wording: str = ""
    source: str = "api"
    at: datetime | None = None


class EventDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that happened elsewhere, as a CloudEvent: `source` and `id` name it for good.

    `subject` is the customer: the shop's id of them, `external:…`, `email:…`, `phone:…` or `card:…`.
    """

    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime | None = None
    data: Any = None


class RuleDraft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule: `rate_points` for each `rate_minor` of what it counts, all of it or a category.

    A tier's multiplier is a fraction: `{"gold": (3, 2)}`. Its points wait and last as the program's do,
    unless `pending_days` or `expiry` say otherwise. With `awaits` (delivered, confirmed) they open once their
    order has come so far, and after `pending_days` at the latest.
    """

    name: str
    rate_points: int
    rate_minor: int
    category: str = ""
    multipliers: Mapping[str, tuple[int, int]] = {}
    rounding: str = "down"
    pending_days: int | None = None
    expiry: str | None = None
    expiry_count: int = 0
    awaits: str | None = None


class LevelDraft(msgspec.Struct, frozen=True):
    """A tier; its key stays for good, its threshold is in the unit of the program's measure.

    Points earned in it last `extra_months` longer. `also_threshold` is what it asks of a second thing,
    `gate` the segment that it is for.
    """

    key: str
    name: str
    threshold: int
    extra_months: int = 0
    also_threshold: int = 0
    gate: str = ""
