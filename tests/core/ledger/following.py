"""People whose points follow them, as the tests of merges and erasures see them."""

from typing import Any

from dangol.core.ledger import invariants
from dangol.core.ledger.consumers import FOLLOW_CUSTOMERS, RECEIVE_GIFTS
from dangol.core.ledger.selectors import Balance, balances_of, lots_of
from dangol.core.ledger.services import earn_points, spend_points
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from tests.core.ledger.shop import POINTS, START, day, let_worker_by

BY_HAND: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "same person"}


def people(*names: str) -> list[Id]:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        made = resolve_customers("external", names, recorded_at=START)
    return [made[name] for name in names]


def earn(who: Id, points: int, key: str, *, at: float = 0, opens: float = 0, lapses: float = 100) -> Id:
    result = earn_points(
        who, points=points, currency=POINTS, key=key, at=day(at), release_at=day(max(at, opens)),
        expires_at=day(lapses),
    )  # fmt: skip
    assert result.transfer_id
    return result.transfer_id


def spend(who: Id, points: int, key: str, *, at: float = 1) -> Id:
    result = spend_points(who, points=points, currency=POINTS, key=key, at=day(at))
    assert result.transfer_id
    return result.transfer_id


def follow() -> None:
    let_worker_by(RECEIVE_GIFTS)
    let_worker_by(FOLLOW_CUSTOMERS)


def balance(who: Id) -> Balance:
    return balances_of([who], POINTS)[who]


def broken() -> set[str]:
    return {one.check.name for one in verify(invariants.checks()) if not one.is_kept}


def open_lots(who: Id) -> list[tuple[int, float, float, bool]]:
    """Return what is left of a customer's lots: points, day of opening and of lapsing, whether it waits."""
    found = [
        (one.left, one.release_at, one.expires_at, one.is_pending) for one in lots_of(who, POINTS) if one.left
    ]
    return sorted(
        (left, (opens - START).days, (lapses - START).days if lapses else -1, waits)
        for left, opens, lapses, waits in found
    )
