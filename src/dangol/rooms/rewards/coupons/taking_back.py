"""Codes that a sale brought its customer, taken back when the sale is: undone, or returned as a whole."""

from datetime import datetime
from typing import NamedTuple

from dangol.core.events.services import lock_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.coupons.models import BatchKind, CouponBatch, CouponCode, CouponIssue, CouponUse

LONGEST_ISSUE_KEY = 120


class TakenBack(NamedTuple):
    """Codes as they are printed: those that nobody can use any more, and those that sales have used."""

    blocked: tuple[str, ...] = ()
    used: tuple[str, ...] = ()


class _Issue(NamedTuple):
    key: str
    batch_id: Id
    code: str
    is_back: bool


class _Code(NamedTuple):
    key: str
    shown: str
    used_count: int
    is_blocked: bool


def issue_key_of(sale_id: Id, place: str) -> str:
    """Return the occasion on which a sale brings a code; `place` tells its codes apart."""
    return f"{_occasions_of(sale_id)}{place}"[:LONGEST_ISSUE_KEY]


def _occasions_of(sale_id: Id) -> str:
    return f"sale:{sale_id.hex()}:"


def take_back(*, customer_id: Id, sale_id: Id, at: datetime) -> TakenBack:
    """Let nobody use the codes any more that a sale brought its customer; tells which were used already.

    What is left of a code that was used is gone, too, also should that use be given back later. A generic
    code stays everybody's, and what staff have blocked stays theirs to open. Repeated it changes nothing and
    answers the same. Handed out again on the same occasion, as by a sale that is reopened, a code may be used
    again. A use at the same instant either is told here, or finds the code blocked. A constant number of
    statements, in the caller's write transaction, where there is one.
    """
    with write_transaction():
        lock_customers([customer_id])
        issues = _own_codes(_issues(customer_id, sale_id))
        # Uses lock the code, too: there is none that is neither seen here nor sees what is written here.
        codes = _lock({one.code for one in issues})
        fresh = [one for one in issues if not (one.is_back or codes[one.code].is_blocked)]
        update_rows(
            CouponCode, ("key",), ("is_blocked",), sorted((key, True) for key in {one.code for one in fresh})
        )
        rows = [(customer_id, one.key, at) for one in fresh]
        update_rows(CouponIssue, ("customer_id", "issue_key"), ("taken_back_at",), rows)
        back = sorted({one.code for one in issues if one.is_back or one in fresh})
        used = sorted(_used(list(codes.values())))
    return TakenBack(tuple(codes[key].shown for key in back), tuple(codes[key].shown for key in used))


def _issues(customer_id: Id, sale_id: Id) -> list[_Issue]:
    found = CouponIssue.objects.filter(
        customer_id=customer_id, issue_key__startswith=_occasions_of(sale_id)
    ).order_by("issue_key")
    names = ("issue_key", "batch_id", "code_key", "taken_back_at")
    return [_Issue(key, batch, code, at is not None) for key, batch, code, at in found.values_list(*names)]


def _own_codes(issues: list[_Issue]) -> list[_Issue]:
    """Leave out what everybody may use."""
    wanted = [(one,) for one in sorted({one.batch_id for one in issues})]
    kinds: dict[Id, str] = dict(select_matching(CouponBatch, ("id", "kind"), ("id",), wanted))
    return [one for one in issues if kinds[one.batch_id] != BatchKind.GENERIC]


def _lock(keys: set[str]) -> dict[str, _Code]:
    wanted = [(key,) for key in sorted(keys)]
    rows = select_matching(CouponCode, _Code._fields, ("key",), wanted, order_by=("key",), lock=True)
    return {row[0]: _Code(*row) for row in rows}


def _used(codes: list[_Code]) -> set[str]:
    """Return which of the codes are used; those without a limit are counted by their uses alone."""
    counted = {one.key for one in codes if one.used_count}
    rest = [(one.key,) for one in codes if one.key not in counted]
    uses = select_matching(CouponUse, ("key",), ("key",), rest, where="t.given_back_at IS NULL")
    return counted | {key for (key,) in uses}
