"""A shop with households, as their tests see it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from dangol.core.events.consumers import Consumer
from dangol.core.events.models import Event
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.enrolling import Enrollment, enroll
from dangol.core.people.identities import Kind
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.project.checks import all_checks
from dangol.rooms.rewards.households.consumers import FOLLOW
from dangol.rooms.rewards.households.pool import Spent, Wanted, spend_of_pool
from dangol.rooms.rewards.households.services import By, accept, invite, make_household
from dangol.rooms.rewards.households.settings import DEFAULTS, write_settings
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, CURRENCY, open_shop as open_promotions_shop

CLERK = Actor(ActorKind.STAFF, "kim", "김")
BY = By(CLERK, AT)
DAY = timedelta(days=1)


def open_shop(*names: str, **answers: Any) -> list[Id]:
    """Open a shop where households spend together, with members of these names."""
    open_promotions_shop()
    answer(**answers)
    return [join(name) for name in names]


def join(number: str, at: datetime = AT) -> Id:
    """Let somebody become a member."""
    with write_transaction():
        return enroll(Enrollment({Kind.EXTERNAL: number}, joined_at=at), recorded_at=at)


def answer(**answers: Any) -> None:
    """Let the shop answer so."""
    content = msgspec.structs.replace(DEFAULTS, **{"is_open": True, **answers})
    write_settings(content, changed_by="kim", at=AT)


def family(head: Id, *others: Id, shares: bool = True) -> Id:
    """Make a household of these."""
    household = make_household(head, name="우리 집", by=BY)
    for one in others:
        invite(household, one, by=BY)
        accept(one, household, shares=shares, by=BY)
    return household


def give(member: Id, points: int, days: int | None = None) -> None:
    """Give a member points that lapse so many days from now on; None: never."""
    end = None if days is None else AT + days * DAY
    earn_points(member, points=points, currency=CURRENCY, key=new_id().hex(), at=AT, expires_at=end)


def spend(member: Id, points: int, key: str | None = None, at: datetime = AT) -> Spent:
    """Let a member spend of their household."""
    return spend_of_pool(member, Wanted(points, CURRENCY, key or new_id().hex(), "컵"), at=at)


def points_of(*members: Id) -> list[int]:
    """Return what these may spend, each alone."""
    found = balances_of(list(members), CURRENCY)
    return [found[one].available for one in members]


def let_by(*consumers: Consumer) -> None:
    """Let the worker by."""
    for consumer in (*consumers, FOLLOW):
        let_worker_by(consumer)


def broken() -> list[str]:
    """Return what the proof finds wrong."""
    return [finding.check.name for finding in verify(all_checks()) if not finding.is_kept]


def told(*names: str) -> list[tuple[Id, str]]:
    """Return of whom the timeline tells these events, in order."""
    return list(Event.objects.filter(name__in=names).order_by("id").values_list("customer_id", "name"))


def refused(act: Callable[[], object]) -> type[DomainError] | None:
    """Do this; return what refused it."""
    try:
        act()
    except DomainError as refusal:
        return type(refusal)
    return None
