"""What the test spaces hold, for the page on which they are made anew."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.db import DatabaseError

from dangol.core.access.keys import list_keys
from dangol.core.commerce.models import Order
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, shop
from dangol.core.storage.spaces import all_spaces, in_space
from dangol.core.tasks.clock import stored_instant
from dangol.domain.errors import DomainError


class Held(NamedTuple):
    """What a test space counts in and holds, and the instant its clock was moved to."""

    zone: str
    currency: str
    members: int
    orders: int
    clock: datetime | None


class SpaceLine(NamedTuple):
    """A test space with the number of keys that open it; `held` is None where it cannot be read."""

    name: str
    keys: int
    held: Held | None


def read_spaces(*, at: datetime) -> list[SpaceLine]:
    """Return the test spaces by name."""
    keys = Counter(key.space for key in list_keys() if not key.is_over(at))
    with all_spaces() as names:
        return [SpaceLine(name, keys[name], _read(name)) for name in names]


def _read(name: str) -> Held | None:
    """Return what a space holds; None for one being made or deleted, or left behind by an upgrade."""
    try:
        with in_space(name):
            own = shop()
            members = Customer.objects.filter(kind=MEMBER).count()
            return Held(own.zone, own.currency, members, Order.objects.count(), stored_instant())
    except (DatabaseError, DomainError):
        return None
