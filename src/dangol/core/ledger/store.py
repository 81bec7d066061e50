"""Loading wallets and saving what was done to them: a constant number of statements for any number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from dangol.core.events.heads import passing_locked
from dangol.core.ledger.activities import save_activities
from dangol.core.ledger.models import Account, Entry, Lot, LotOpening, Transfer
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import (
    Row,
    columns,
    insert_rows,
    read_rows,
    select_matching,
    table,
    update_rows,
    write_from,
)
from dangol.core.storage.values import input_params, input_sql
from dangol.domain import points as domain
from dangol.domain.idling import read_idle
from dangol.domain.points import NEVER, Movement
from dangol.domain.wallet import Wallet

_LOT = (
    "customer_id", "id", "transfer_id", "points", "left", "expired", "reversed",
    "is_pending", "earned_at", "release_at", "root_id", "idle", "awaits", "expires_at",
)  # fmt: skip
_STATE = ("left", "expired", "reversed", "is_pending", "due_at")
_TRANSFER = (
    "customer_id", "id", "currency", "kind", "points", "key",
    "occurred_at", "recorded_at", "reason", "subject_id", "reverses_id",
)  # fmt: skip
_ENTRY = ("customer_id", "transfer_id", "number", "currency", "account", "points", "lot_id")
_OPENING = (
    "customer_id", "recorded_at", "lot_id", "root_id", "awaited", "was_at", "release_at", "subject_id",
)  # fmt: skip
_LOT_MAKERS = (domain.Kind.EARN.value, domain.Kind.ADJUST.value)


class Known(NamedTuple):
    """What is recorded under an idempotency key.

    `expires_at` is that of the lot which an earning or an adjustment made, or by what inactivity it lapses;
    an adjustment that took points made none.
    """

    transfer_id: Id
    kind: str
    points: int
    subject_id: Id | None
    currency: str
    reverses_id: Id | None
    expires_at: datetime | str | None = None


class Purses(NamedTuple):
    """What wallets are made of, as it lies in the tables: debts, and lots with points left.

    Only those lots that open or lapse by `due_by`, where that is given: who earns needs no others.
    """

    lots: list[Row]
    debts: list[Row]
    due_by: datetime | None = None

    def reach(self, due_by: datetime | None) -> bool:
        """Say whether the lots that are due by an instant (None: all) are here."""
        return self.due_by is None or (due_by is not None and due_by <= self.due_by)


def select_purses(
    customer_ids: Iterable[Id], currency: str, *, due_by: datetime | None = None
) -> tuple[Select, Select]:
    """Return what reads the lots and the debts of these customers: those of `Purses`, in order."""
    keys = [(customer_id, currency) for customer_id in set(customer_ids)]
    where, params = 't."left" > 0', []
    if due_by is not None:
        # With statistics SQLite would go through all lots of the shop that are due; a plus keeps it from it.
        where += " AND +t.due_at <= %s" if connection.vendor == "sqlite" else " AND t.due_at <= %s"
        params.append(connection.ops.adapt_datetimefield_value(due_by))
    return (
        matching(Lot, _LOT, ("customer_id", "currency"), keys, where=where, params=params),
        matching(
            Account,
            ("customer_id", "balance"),
            ("customer_id", "currency"),
            keys,
            where="t.kind = %s AND t.balance < 0",
            params=[domain.Account.DEBT.value],
        ),
    )


def load_wallets(
    customer_ids: Iterable[Id],
    currency: str,
    *,
    lot_ids: Iterable[tuple[Id, Id]] = (),
    due_by: datetime | None = None,
    purses: Purses | None = None,
) -> dict[Id, Wallet]:
    """Return these customers' wallets: the lots with points left, and the lots named as well.

    With `due_by` they hold only the lots that open or lapse by then: enough to earn, and to settle.
    The customers must be locked (events.lock_customers): what is read here decides what is written.
    `purses` are those of these customers, or of more, where they have been read already.
    """
    wanted = set(customer_ids)
    if purses is None or not purses.reach(due_by):
        found = read_together(*select_purses(wanted, currency, due_by=due_by))
        purses = Purses(found[0], found[1])
    named = select_matching(Lot, _LOT, ("customer_id", "id"), list(set(lot_ids)), where='t."left" = 0')
    return _wallets(wanted, [*purses.lots, *named], purses.debts)


def load_wallets_by_kind(
    customer_ids: Iterable[Id], currencies: Iterable[str]
) -> dict[str, dict[Id, Wallet]]:
    """Return these customers' wallets of each of these kinds, the lots with points left, in one read."""
    wanted, kinds = set(customer_ids), set(currencies)
    lots, debts = read_together(*_select_purses([(one, kind) for kind in kinds for one in wanted]))
    rows: dict[str, list[Row]] = defaultdict(list)
    owed: dict[str, list[Row]] = defaultdict(list)
    for kind, *row in lots:
        rows[kind].append(tuple(row))
    for kind, *row in debts:
        owed[kind].append(tuple(row))
    return {kind: _wallets(wanted, rows[kind], owed[kind]) for kind in kinds}


def _select_purses(keys: Sequence[Row]) -> tuple[Select, Select]:
    by, debt = ("customer_id", "currency"), [domain.Account.DEBT.value]
    return (
        matching(Lot, ("currency", *_LOT), by, keys, where='t."left" > 0'),
        matching(
            Account, ("currency", "customer_id", "balance"), by, keys,
            where="t.kind = %s AND t.balance < 0", params=debt,
        ),
    )  # fmt: skip


def _wallets(wanted: Iterable[Id], rows: Iterable[Row], owed: Iterable[Row]) -> dict[Id, Wallet]:
    lots: dict[Id, list[domain.Lot]] = defaultdict(list)
    for customer_id, *values, expires_at in rows:
        lots[customer_id].append(_lot(values, expires_at))
    debts: dict[Id, int] = dict(owed)
    return {
        customer_id: Wallet(lots[customer_id], debt=-debts.get(customer_id, 0), make_id=new_id)
        for customer_id in wanted
    }


def _lot(values: Sequence[Any], expires_at: datetime | None) -> domain.Lot:
    (lot_id, transfer_id, points, left, expired, reversed_, is_pending, earned_at, release_at, root_id,
     idle, awaits) = values  # fmt: skip
    return domain.Lot(
        lot_id, transfer_id, points, left, earned_at, release_at, expires_at or NEVER,
        is_pending=is_pending, expired=expired, reversed=reversed_, root_id=root_id,
        idle=read_idle(idle) if idle else None, awaits=awaits or "",
    )  # fmt: skip


def last_owed(customer_ids: Iterable[Id], currency: str) -> dict[Id, datetime]:
    """Return when each of these customers last came to owe points, of those who ever did."""
    own, keys = ("customer_id", "currency"), [(one, currency) for one in sorted(set(customer_ids))]
    sql = (
        f"SELECT e.customer_id, max(t.occurred_at) FROM {input_sql(Entry, own, 'input')}"  # noqa: S608
        f" JOIN {table(Entry)} AS e ON e.customer_id = input.customer_id AND e.currency = input.currency"
        f" JOIN {table(Transfer)} AS t ON t.customer_id = e.customer_id AND t.id = e.transfer_id"
        " WHERE e.account = %s AND e.points < 0 GROUP BY e.customer_id"
    )
    params = [*input_params(Entry, own, keys), domain.Account.DEBT.value]
    return dict(read_rows(Transfer, ("customer_id", "occurred_at"), sql, params))


def save_wallets(
    wallets: Mapping[Id, Wallet], currency: str, *, recorded_at: datetime
) -> list[tuple[Id, Movement]]:
    """Write what was done to the wallets; returns the movements with their customers."""
    moved = [
        (customer_id, movement) for customer_id, wallet in wallets.items() for movement in wallet.movements
    ]
    insert_rows(
        Transfer,
        _TRANSFER,
        [
            (
                customer_id, one.id, currency, one.kind, one.points, one.key,
                one.at, recorded_at, one.reason, one.subject_id, one.reverses_id,
            )
            for customer_id, one in moved
        ],
    )  # fmt: skip
    insert_rows(
        Entry,
        _ENTRY,
        [
            (customer_id, one.id, number, currency, entry.account, entry.points, entry.lot_id)
            for customer_id, one in moved
            for number, entry in enumerate(one.entries, start=1)
        ],
    )
    _save_lots(wallets, currency)
    _save_openings(wallets, recorded_at)
    _save_balances(moved, currency)
    return moved


def _state(lot: domain.Lot) -> tuple[Any, ...]:
    due_at = None
    if lot.left and lot.is_pending:
        due_at = lot.release_at
    elif lot.left and lot.expires_at is not NEVER:
        due_at = lot.expires_at
    return lot.left, lot.expired, lot.reversed, lot.is_pending, due_at


def _save_lots(wallets: Mapping[Id, Wallet], currency: str) -> None:
    fresh, changed = [], []
    for customer_id, wallet in wallets.items():
        for lot_id in wallet.touched:
            lot = wallet.lots[lot_id]
            if lot.is_new:
                fresh.append(
                    (
                        customer_id, lot_id, currency, lot.origin_id, lot.points, lot.earned_at,
                        lot.release_at, None if lot.expires_at is NEVER else lot.expires_at, lot.root_id,
                        str(lot.idle) if lot.idle else None, lot.awaits or None, *_state(lot),
                    )
                )  # fmt: skip
            else:
                changed.append((customer_id, lot_id, *_state(lot)))
    insert_rows(
        Lot,
        (
            "customer_id", "id", "currency", "transfer_id", "points", "earned_at",
            "release_at", "expires_at", "root_id", "idle", "awaits", *_STATE,
        ),
        fresh,
    )  # fmt: skip
    update_rows(Lot, ("customer_id", "id"), _STATE, changed)
    update_rows(
        Lot,
        ("customer_id", "id"),
        ("expires_at", "due_at"),
        [
            (customer_id, lot_id, lot.expires_at, _state(lot)[-1])
            for customer_id, wallet in wallets.items()
            for lot_id in wallet.slid
            for lot in (wallet.lots[lot_id],)
            if not lot.is_new
        ],
    )
    save_activities(wallets, currency)


def _save_openings(wallets: Mapping[Id, Wallet], recorded_at: datetime) -> None:
    """Write down what opens sooner than it was made to; of a lot that is new it is there already."""
    openings = [(customer_id, one) for customer_id, wallet in wallets.items() for one in wallet.opened]
    insert_rows(LotOpening, _OPENING, [(customer_id, recorded_at, *one) for customer_id, one in openings])
    update_rows(
        Lot,
        ("customer_id", "id"),
        ("release_at",),
        [
            (customer_id, one.lot_id, one.release_at)
            for customer_id, one in openings
            if not wallets[customer_id].lots[one.lot_id].is_new
        ],
    )


def _save_balances(moved: Sequence[tuple[Id, Movement]], currency: str) -> None:
    """Add the entries to their accounts' balances; an account comes into being with its first entry."""
    sums: dict[tuple[Id, str], int] = defaultdict(int)
    for customer_id, movement in moved:
        for entry in movement.entries:
            sums[customer_id, entry.account] += entry.points
    if not sums:
        return
    names = ("customer_id", "currency", "kind", "balance")
    rows = [(customer_id, currency, kind, points) for (customer_id, kind), points in sorted(sums.items())]
    # Summed before it is proposed: a check sees what is inserted, not what a conflict makes of it.
    write_from(
        Account,
        names,
        rows,
        f"INSERT INTO {table(Account)} ({columns(Account, names)})"  # noqa: S608 - our own names
        f" SELECT {columns(Account, names[:3], 'input.')}, input.balance + coalesce(t.balance, 0)"
        f" FROM {{input}} LEFT JOIN {table(Account)} AS t ON t.customer_id = input.customer_id"
        " AND t.currency = input.currency AND t.kind = input.kind WHERE true"
        " ON CONFLICT (customer_id, currency, kind) DO UPDATE SET balance = excluded.balance",
        keys=3,
        sums=True,
    )


def find_transfers(keys: Sequence[tuple[Id, str]]) -> dict[tuple[Id, str], Known]:
    """Return what is recorded under each (customer, key)."""
    return _known(*read_together(_select_transfers(keys)))


def find_with_purses(
    keys: Sequence[tuple[Id, str]], customer_ids: Iterable[Id], currency: str, *, due_by: datetime | None
) -> tuple[dict[tuple[Id, str], Known], Purses]:
    """Return what is recorded under each (customer, key), and these customers' purses, in one read."""
    rows, lots, debts = read_together(
        _select_transfers(keys), *select_purses(customer_ids, currency, due_by=due_by)
    )
    return _known(rows), Purses(lots, debts, due_by)


def _select_transfers(keys: Sequence[tuple[Id, str]]) -> Select:
    return matching(
        Transfer,
        ("customer_id", "key", "id", "kind", "points", "subject_id", "currency", "reverses_id"),
        ("customer_id", "key"),
        keys,
    )


def _known(rows: Sequence[Row]) -> dict[tuple[Id, str], Known]:
    known = {(customer_id, key): Known(*rest) for customer_id, key, *rest in rows}
    makers = [
        (customer_id, one.transfer_id) for (customer_id, _), one in known.items() if one.kind in _LOT_MAKERS
    ]
    made = select_matching(Lot, ("transfer_id", "idle", "expires_at"), ("customer_id", "transfer_id"), makers)
    ends = {transfer_id: idle or expires_at or NEVER for transfer_id, idle, expires_at in made}
    return {key: one._replace(expires_at=ends.get(one.transfer_id)) for key, one in known.items()}


def due_customers(*, as_of: datetime, limit: int, sharing: bool = False) -> list[tuple[Id, str]]:
    """Return customers (and the currency) of the `limit` lots due first of those due by `as_of`, each once.

    In the order of the index, so that a batch costs the same however much is due. `sharing`: they are locked
    as they are found, but for those that others have locked, who are passed over.
    """
    join, end = passing_locked("lot.customer_id") if sharing else ("", "")
    rows = read_rows(
        Lot,
        ("customer_id", "currency", "due_at"),
        f"SELECT lot.customer_id, lot.currency, lot.due_at FROM {table(Lot)} AS lot{join}"  # noqa: S608
        f" WHERE lot.due_at IS NOT NULL AND lot.due_at <= %s ORDER BY lot.due_at LIMIT %s{end}",
        [as_of if connection.vendor == "postgresql" else as_of.replace(tzinfo=None).isoformat(" "), limit],
    )
    return list(dict.fromkeys((customer_id, currency) for customer_id, currency, _ in rows))
