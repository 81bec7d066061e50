"""Whose a code is: bound by hand, or handed out of a batch; and codes that are blocked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.access.own_account import require_not_own
from dangol.core.events.services import lock_customers
from dangol.core.people.actors import HOUSE, Actor
from dangol.core.storage.columns import columns, connection_of
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.params import id_param
from dangol.core.storage.rows import insert_rows, read_rows, select_matching, table, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.coupon_codes import normalize
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards.coupons.acts import note
from dangol.rooms.rewards.coupons.batches import UnknownBatch
from dangol.rooms.rewards.coupons.models import (
    Act,
    BatchKind,
    CouponBatch,
    CouponCode,
    CouponIssue,
    CouponUse,
)

_BATCH = ("id", "kind", "active_to", "is_blocked")
_ISSUE = ("customer_id", "issue_key", "batch_id", "code_key", "issued_at")


class UnknownCode(NotFound):
    """There is no such code (`coupon`)."""

    code = "coupons.unknown_code"


class CodeHeld(DomainError):
    """The code (`coupon`) is bound to somebody else, was used, or is everybody's: it cannot be bound."""

    code = "coupons.code_held"


class BatchClosed(DomainError):
    """The batch (`batch`) is blocked or over: none of its codes is handed out."""

    code = "coupons.batch_closed"


class NoCodesLeft(DomainError):
    """All codes of the batch (`batch`) are handed out, used or blocked."""

    code = "coupons.none_left"


class IssueKeyReused(DomainError):
    """Under this key the customer was handed a code of another batch."""

    code = "coupons.key_reused"


class Ask(NamedTuple):
    """One code of a batch for a customer; `key` names the occasion, for which they get one code."""

    batch_id: Id
    customer_id: Id
    key: str


class _Batch(NamedTuple):
    id: Id
    kind: str
    active_to: datetime | None
    is_blocked: bool


def bind_code(code: str, customer_id: Id, *, actor: Actor, at: datetime) -> None:
    """Let nobody but a customer use a code. Raises UnknownCode, CodeHeld, OwnAccount.

    Bound to them, it stays so.
    """
    with write_transaction():
        require_not_own([customer_id], actor=actor)
        row = _locked(code)
        if row.customer_id == customer_id:
            return
        kind = CouponBatch.objects.values_list("kind", flat=True).get(id=row.batch_id)
        if row.customer_id or row.used_count or kind == BatchKind.GENERIC:
            raise CodeHeld(coupon=row.shown)
        row.customer_id = customer_id
        row.save(update_fields=["customer_id"])
        note(row.batch_id, Act.BOUND, key=row.key, actor=actor, at=at)


def block_code(code: str, *, is_blocked: bool = True, actor: Actor, at: datetime) -> None:
    """Let a code not be used any more, or again. Raises UnknownCode.

    Blocked, it stays so until somebody opens it, also where it was taken back with its sale before.
    """
    with write_transaction():
        row = _locked(code)
        was_back = is_blocked and _keep_blocked(row)
        if row.is_blocked != is_blocked or was_back:
            row.is_blocked = is_blocked
            row.save(update_fields=["is_blocked"])
            note(row.batch_id, Act.BLOCKED if is_blocked else Act.OPENED, key=row.key, actor=actor, at=at)


def block_unused(code: str, *, at: datetime) -> bool:
    """Let a code that is somebody's not be used any more; says whether it could: not where a sale uses it.

    A use at the same instant either is seen here, or finds the code blocked. Raises UnknownCode.
    """
    with write_transaction():
        row = _locked(code)
        used = CouponUse.objects.filter(key=row.key, given_back_at=None).exists()
        if used or row.customer_id is None:
            return False
        block_code(row.key, actor=HOUSE, at=at)
    return True


def _keep_blocked(row: CouponCode) -> bool:
    """Let no sale that is reopened open the code again; says whether one would have."""
    issues = CouponIssue.objects.filter(batch_id=row.batch_id, code_key=row.key)
    return issues.exclude(taken_back_at=None).update(taken_back_at=None) > 0


def _locked(code: str) -> CouponCode:
    row = CouponCode.objects.select_for_update().filter(key=normalize(code)).first()
    if row is None:
        raise UnknownCode(coupon=code[:80])
    return row


def issue(batch_id: Id, customer_id: Id, key: str, *, at: datetime) -> str:
    """Hand a customer one unused code of a batch and return it as it is printed; once for each key.

    It is theirs alone from then on; a generic batch's one code is everybody's. One that was taken back may be
    used again. Raises UnknownBatch, BatchClosed, NoCodesLeft or IssueKeyReused.
    """
    answer = issue_codes([Ask(batch_id, customer_id, key)], at=at)[0]
    if isinstance(answer, DomainError):
        raise answer
    return answer


def hand_out(batch_id: Id, customer_id: Id, key: str, *, actor: Actor, at: datetime) -> str:
    """Do as `issue` where somebody hands the code out, and keep who did. Raises OwnAccount, too."""
    with write_transaction():
        require_not_own([customer_id], actor=actor)
        lock_customers([customer_id])
        is_new = not CouponIssue.objects.filter(customer_id=customer_id, issue_key=key).exists()
        shown = issue(batch_id, customer_id, key, at=at)
        if is_new:
            note(batch_id, Act.HANDED_OUT, key=normalize(shown), actor=actor, at=at)
    return shown


def issue_codes(asks: Sequence[Ask], *, at: datetime) -> list[str | DomainError]:
    """Do as `issue` for many customers, at most one ask each: a constant number of statements a batch.

    Each is answered with its code or with what was refused, in order.
    """
    assert len({one.customer_id for one in asks}) == len(asks), "one ask a customer"
    with write_transaction():
        lock_customers(one.customer_id for one in asks)
        batches = _batches(asks)
        answers = _earlier(asks, batches, at)
        open_ones: dict[Id, list[Ask]] = defaultdict(list)
        for ask in asks:
            if ask not in answers:
                refusal = _refusal(batches.get(ask.batch_id), ask, at)
                if refusal:
                    answers[ask] = refusal
                else:
                    open_ones[ask.batch_id].append(ask)
        for batch_id, wanted in sorted(open_ones.items()):
            answers |= _hand_out(batches[batch_id], wanted, at)
    return [answers[ask] for ask in asks]


def _earlier(asks: Sequence[Ask], batches: Mapping[Id, _Batch], at: datetime) -> dict[Ask, str | DomainError]:
    """Answer those who were handed something on this occasion before; what was taken back is theirs again."""
    keys = [(one.customer_id, one.key) for one in asks]
    names = (*_ISSUE[:4], "taken_back_at")
    issued = {(row[0], row[1]): row[2:] for row in select_matching(CouponIssue, names, _ISSUE[:2], keys)}
    shown: dict[str, str] = dict(
        select_matching(CouponCode, ("key", "shown"), ("key",), [(code,) for _, code, _ in issued.values()])
    )
    answers: dict[Ask, str | DomainError] = {}
    again: list[tuple[Ask, str]] = []
    for ask in asks:
        if (place := (ask.customer_id, ask.key)) in issued:
            batch_id, code, taken_back_at = issued[place]
            answers[ask] = shown[code] if batch_id == ask.batch_id else IssueKeyReused(key=ask.key)
            if taken_back_at and batch_id == ask.batch_id:
                if refusal := _refusal(batches.get(batch_id), ask, at):
                    answers[ask] = refusal
                else:
                    again.append((ask, code))
    _give_again(again)
    return answers


def _give_again(given: Sequence[tuple[Ask, str]]) -> None:
    update_rows(CouponCode, ("key",), ("is_blocked",), sorted((code, False) for _, code in given))
    rows = [(ask.customer_id, ask.key, None) for ask, _ in given]
    update_rows(CouponIssue, _ISSUE[:2], ("taken_back_at",), rows)


def _batches(asks: Sequence[Ask]) -> dict[Id, _Batch]:
    wanted = [(one,) for one in sorted({ask.batch_id for ask in asks})]
    return {row[0]: _Batch(*row) for row in select_matching(CouponBatch, _BATCH, ("id",), wanted)}


def _refusal(batch: _Batch | None, ask: Ask, at: datetime) -> DomainError | None:
    named = show_id(ask.batch_id)
    if batch is None:
        return UnknownBatch(batch=named)
    if batch.is_blocked or (batch.active_to and at >= batch.active_to):
        return BatchClosed(batch=named)
    return None


def _hand_out(batch: _Batch, asks: Sequence[Ask], at: datetime) -> Mapping[Ask, str | DomainError]:
    is_shared = batch.kind == BatchKind.GENERIC
    codes = _shared(batch.id, len(asks)) if is_shared else _free(batch.id, len(asks))
    given = list(zip(asks, codes, strict=False))
    if not is_shared:
        update_rows(
            CouponCode, ("key",), ("customer_id",), [(code[0], ask.customer_id) for ask, code in given]
        )
    rows = [(ask.customer_id, ask.key, batch.id, code[0], at) for ask, code in given]
    insert_rows(CouponIssue, _ISSUE, rows)
    answers: dict[Ask, str | DomainError] = {ask: NoCodesLeft(batch=show_id(batch.id)) for ask in asks}
    return answers | {ask: code[1] for ask, code in given}


def _shared(batch_id: Id, count: int) -> list[tuple[Any, ...]]:
    codes = CouponCode.objects.filter(batch_id=batch_id, is_blocked=False).values_list("key", "shown")
    return list(codes) * count


def _free(batch_id: Id, count: int) -> list[tuple[Any, ...]]:
    """Return codes that are nobody's and were never used, locked.

    What others are just being handed is passed over: nobody waits for anybody.
    """
    names = ("key", "shown")
    end = " FOR UPDATE OF t SKIP LOCKED" if connection_of(CouponCode).vendor == "postgresql" else ""
    sql = (
        f"SELECT {columns(CouponCode, names, 't.')} FROM {table(CouponCode)} AS t"  # noqa: S608
        " WHERE t.batch_id = %s AND t.customer_id IS NULL AND t.used_count = 0 AND NOT t.is_blocked"
        f" AND NOT EXISTS (SELECT 1 FROM {table(CouponUse)} AS u WHERE u.key = t.key)"
        f" ORDER BY t.batch_id, t.key LIMIT {count:d}{end}"
    )
    return read_rows(CouponCode, names, sql, [id_param(batch_id)])
