"""What a sale does with codes: looks them up, takes them, gives them back.

A sale takes a code at most once, and a code with a limit is taken no more often than that, whoever asks at
the same instant. Locks are taken in one order everywhere: the customer first, then codes by their key.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_rows, select_matching, table, update_rows, write_from
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import normalize
from dangol.domain.promotions.rules import Coupon
from dangol.rooms.rewards.coupons.models import CouponBatch, CouponCode, CouponUse

_CODE = ("key", "shown", "batch_id", "customer_id", "uses_limit", "used_count", "is_blocked")
_BATCH = ("id", "promotion_id", "active_from", "active_to", "is_blocked")
_USE = ("customer_id", "sale_id", "key")


class _Code(NamedTuple):
    key: str
    shown: str
    batch_id: Id
    customer_id: Id | None
    uses_limit: int | None
    used_count: int
    is_blocked: bool


class _Batch(NamedTuple):
    id: Id
    promotion_id: Id
    active_from: datetime | None
    active_to: datetime | None
    is_blocked: bool

    def is_open(self, at: datetime) -> bool:
        has_begun = self.active_from is None or at >= self.active_from
        return not self.is_blocked and has_begun and (self.active_to is None or at < self.active_to)


def look_up(codes: Sequence[str], *, customer_id: Id | None, sale_id: Id | None = None) -> tuple[Coupon, ...]:
    """Return what is known of each code, in the order given, as `evaluate` takes it: five statements at most.

    A code that is unknown or blocked has no promotion and stands as it was given; any other as it is printed.
    One that is used up has no uses left; what `sale_id` has taken of it already counts as left. A code that
    is bound belongs to who holds it now, should they have been merged; without a customer to another.
    """
    keys = [normalize(code) for code in codes]
    found = _codes(keys)
    batches = _batches(found.values())
    owners = _owners(found.values(), customer_id)
    taken = _taken(customer_id, sale_id, found) if customer_id and sale_id else set()
    return tuple(
        _known(found[key], batches[found[key].batch_id], customer_id, owners, key in taken)
        if key in found and not (found[key].is_blocked or batches[found[key].batch_id].is_blocked)
        else Coupon(code)
        for code, key in zip(codes, keys, strict=True)
    )


def _known(
    code: _Code, batch: _Batch, customer_id: Id | None, owners: Mapping[Id, Id], is_taken: bool
) -> Coupon:
    uses = None if code.uses_limit is None else code.uses_limit - code.used_count + is_taken
    return Coupon(
        code.shown,
        batch.promotion_id,
        _is_of_another(code, customer_id, owners),
        batch.active_from,
        batch.active_to,
        uses,
    )


def _is_of_another(code: _Code, customer_id: Id | None, owners: Mapping[Id, Id]) -> bool:
    if code.customer_id is None or code.customer_id == customer_id:
        return False
    return customer_id is None or owners[code.customer_id] != owners[customer_id]


def _codes(keys: Iterable[str]) -> dict[str, _Code]:
    wanted = [(key,) for key in sorted({key for key in keys if key})]
    return {row[0]: _Code(*row) for row in select_matching(CouponCode, _CODE, ("key",), wanted)}


def _batches(codes: Iterable[_Code]) -> dict[Id, _Batch]:
    wanted = [(one,) for one in sorted({code.batch_id for code in codes})]
    return {row[0]: _Batch(*row) for row in select_matching(CouponBatch, _BATCH, ("id",), wanted)}


def _owners(codes: Iterable[_Code], customer_id: Id | None) -> dict[Id, Id]:
    """Return who the holders and the customer are by now; nothing is asked where nobody else holds one."""
    holders = {code.customer_id for code in codes if code.customer_id not in (None, customer_id)}
    if customer_id is None or not holders:
        return {}
    return resolve_merged({customer_id} | {one for one in holders if one})


def _taken(customer_id: Id, sale_id: Id, keys: Iterable[str]) -> set[str]:
    rows = [(customer_id, sale_id, key) for key in sorted(keys)]
    found = select_matching(CouponUse, ("key",), _USE, rows, where="t.given_back_at IS NULL")
    return {key for (key,) in found}


def take(codes: Sequence[str], *, customer_id: Id, sale_id: Id, at: datetime) -> list[str]:
    """Have a sale use codes, all it can; returns those it could not take, as given. Repeated it is the same.

    A code is not taken that is unknown, blocked, used up, of another, or not valid at `at`. All writes are
    in the caller's write transaction, where there is one: whoever wants all or none lets it go.
    """
    keys = {code: normalize(code) for code in codes}
    with write_transaction():
        lock_customers([customer_id])
        earlier = _uses(customer_id, sale_id)
        held = {key for key, given_back_at in earlier.items() if given_back_at is None}
        found = _codes(set(keys.values()) - held)
        batches = _batches(found.values())
        _lock(found)
        # Whose they are may have changed until they were locked.
        owners = _owners(found.values(), customer_id)
        fresh = {
            key
            for key, code in found.items()
            if batches[code.batch_id].is_open(at) and not _is_of_another(code, customer_id, owners)
            if not code.is_blocked and (code.uses_limit is None or code.used_count < code.uses_limit)
        }
        _count(sorted(key for key in fresh if found[key].uses_limit is not None), 1)
        _note(fresh, earlier, customer_id, sale_id, at)
    return [code for code, key in keys.items() if key not in held | fresh]


def _uses(customer_id: Id, sale_id: Id) -> dict[str, datetime | None]:
    place = [(customer_id, sale_id)]
    return dict(select_matching(CouponUse, ("key", "given_back_at"), _USE[:2], place))


def _lock(found: dict[str, _Code]) -> None:
    """Lock the codes that are not everybody's and put them as they are now in place of what was read before.

    For one that everybody may use without a limit all tills would wait.
    """
    own = [
        (key,)
        for key, code in sorted(found.items())
        if code.uses_limit is not None or code.customer_id is not None
    ]
    rows = select_matching(CouponCode, _CODE, ("key",), own, order_by=("key",), lock=True)
    found |= {row[0]: _Code(*row) for row in rows}


def _count(keys: Sequence[str], step: int) -> None:
    """Count uses of codes that are locked. The limit stands in the condition: no more can ever be counted."""
    bound = "t.used_count < t.uses_limit AND NOT t.is_blocked" if step > 0 else "t.used_count > 0"
    sql = (
        f"UPDATE {table(CouponCode)} AS t SET used_count = t.used_count + ({step:d})"  # noqa: S608
        f" FROM {{input}} WHERE t.key = input.key AND {bound}"
    )
    counted = write_from(CouponCode, ("key",), [(key,) for key in keys], sql, keys=1, sums=True)
    if counted != len(keys):
        raise RuntimeError(f"{len(keys)} codes were locked and {counted} of them counted")


def _note(
    fresh: set[str], earlier: Mapping[str, datetime | None], customer_id: Id, sale_id: Id, at: datetime
) -> None:
    again = [(customer_id, sale_id, key, at, None) for key in sorted(fresh & earlier.keys())]
    update_rows(CouponUse, _USE, ("used_at", "given_back_at"), again)
    new = [(customer_id, sale_id, key, at) for key in sorted(fresh - earlier.keys())]
    insert_rows(CouponUse, (*_USE, "used_at"), new)


def give_back(*, customer_id: Id, sale_id: Id, at: datetime) -> None:
    """Give back all codes a sale has taken: they may be used again. Repeated it changes nothing."""
    with write_transaction():
        lock_customers([customer_id])
        uses = _uses(customer_id, sale_id)
        held = sorted(key for key, given_back_at in uses.items() if given_back_at is None)
        found = _codes(held)
        _lock(found)
        _count(sorted(key for key, code in found.items() if code.uses_limit is not None), -1)
        rows = [(customer_id, sale_id, key, at) for key in held]
        update_rows(CouponUse, _USE, ("given_back_at",), rows)
