"""Very many members at once, written as rows: for the list of members, which only reads them.

They have no history: what the list reads of orders, points and lots is there, and nothing else. A few of
them have names and phones, as anyone has who came in by the services.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from dangol.core.ledger.models import Account, Lot
from dangol.core.people.models import Customer
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import CUSTOMER, MEMBER
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.rows import Row, insert_rows, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.models import Membership

AT_ONCE = 20_000
NAMED = 1_000
YEARS = 4
_CUSTOMER = ("customer_id", "kind", "joined_at", "created_at", "language", "home_store_id")
_MEMBERSHIP = (
    "customer_id", "program_id", "level", "in_grace", "order_count", "spend_minor", "first_order_at",
    "last_order_at", "is_rejudged", "has_merged",
)  # fmt: skip
_ACCOUNT = ("customer_id", "currency", "kind", "balance")
_LOT = (
    "customer_id", "id", "currency", "transfer_id", "points", "left", "expired", "reversed", "is_pending",
    "earned_at", "release_at", "expires_at", "due_at",
)  # fmt: skip


def phone_of(number: int) -> str:
    """Return the phone of the named member of this number."""
    return f"010-2000-{number:04d}"


def gather(
    count: int, *, program_id: Id, currency: str, stores: list[Id], at: datetime, seed: int = 1
) -> None:
    """Write this many people and where they stand, up to `at`; a seed gives the same ones, but for ids."""
    dice = random.Random(seed)
    named = min(count // 10, NAMED)
    with write_transaction():
        ids = list(
            resolve_customers("external", [f"N{one}" for one in range(named)], recorded_at=at).values()
        )
        set_people(
            [
                PersonRow(one, name=f"김하늘 {place}", phone=phone_of(place))
                for place, one in enumerate(ids)
            ],
            recorded_at=at,
        )  # fmt: skip
    people = [(one, False) for one in ids] + [(_random_id(dice), True) for _ in range(count - named)]
    for start in range(0, count, AT_ONCE):
        _write(people[start : start + AT_ONCE], dice, program_id, currency, stores, at)


def _random_id(dice: random.Random) -> Id:
    return dice.randbytes(16)


def _write(
    people: list[tuple[Id, bool]],
    dice: random.Random,
    program_id: Id,
    currency: str,
    stores: list[Id],
    at: datetime,
) -> None:
    customers = [(*_customer(one, dice, stores, at), is_new) for one, is_new in people]
    ids = [one for one, _ in people]
    with write_transaction():
        insert_rows(Customer, _CUSTOMER, [one[:-1] for one in customers if one[-1]])
        update_rows(Customer, ("customer_id",), _CUSTOMER[1:], [one[:-1] for one in customers if not one[-1]])
        standings = [row for one in ids for row in _standing(one, dice, program_id, at)]
        insert_rows(Membership, _MEMBERSHIP, standings)
        insert_rows(Account, _ACCOUNT, [row for one in ids for row in _accounts(one, dice, currency)])
        insert_rows(Lot, _LOT, [row for one in ids for row in _lots(one, dice, currency, at)])


def _customer(one: Id, dice: random.Random, stores: list[Id], at: datetime) -> Row:
    created = at - timedelta(minutes=dice.randrange(1, YEARS * 365 * 24 * 60))
    kind = MEMBER if dice.random() < 0.95 else CUSTOMER
    # One in five was brought along from elsewhere, all at the same instant, nobody knows when they joined.
    joined = None if dice.random() < 0.2 else created
    created = created if joined else at - timedelta(days=365)
    store = dice.choice(stores) if stores and dice.random() < 0.9 else None
    return one, kind, joined, created, "ko", store


def _standing(one: Id, dice: random.Random, program_id: Id, at: datetime) -> Iterator[Row]:
    if dice.random() < 0.2:
        return
    level = dice.choices((0, 1, 2, 3), (70, 25, 4.9, 0.1))[0]
    orders = 0 if dice.random() < 0.1 else 1 + int(dice.expovariate(0.1))
    last = at - timedelta(minutes=int(dice.expovariate(1 / 200_000)) + 1) if orders else None
    spend = int(dice.lognormvariate(10, 1)) * 10 if orders else 0
    yield one, program_id, level, False, orders, spend, last, last, False, False


def _accounts(one: Id, dice: random.Random, currency: str) -> Iterator[Row]:
    luck = dice.random()
    if luck < 0.2:
        return
    yield one, currency, "available", 0 if luck < 0.3 else int(dice.lognormvariate(7, 1)) + 1
    yield one, currency, "issued", -int(dice.lognormvariate(8, 1))
    if luck < 0.21:
        yield one, currency, "debt", -dice.randrange(1, 500)


def _lots(one: Id, dice: random.Random, currency: str, at: datetime) -> Iterator[Row]:
    for _ in range(dice.choice((0, 0, 1, 2))):
        points = dice.randrange(1, 5_000)
        earned = at - timedelta(minutes=dice.randrange(1, 300 * 24 * 60))
        lapses = at + timedelta(minutes=dice.randrange(1, 365 * 24 * 60))
        is_pending = dice.random() < 0.05
        due = min(lapses, at + timedelta(days=1)) if is_pending else lapses
        yield (
            one, new_id(), currency, new_id(), points, points, 0, 0, is_pending, earned, earned, lapses, due
        )  # fmt: skip
