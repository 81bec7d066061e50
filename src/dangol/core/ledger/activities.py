"""What keeps points that lapse by inactivity: what somebody did, when, and whether it was undone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from dangol.core.ledger.models import Lot, PointActivity
from dangol.core.people.merged import absorbed_by
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import insert_missing, read_rows, select_matching, table, update_rows
from dangol.core.storage.values import input_params, input_sql
from dangol.domain.idling import Done
from dangol.domain.wallet import Wallet

_OWN = ("customer_id", "currency")
_KEY = (*_OWN, "kind", "subject_id")


def save_activities(wallets: Mapping[Id, Wallet], currency: str) -> None:
    """Write down what was done with these wallets; what is there already stays as it is."""
    insert_missing(
        PointActivity,
        (*_KEY, "at"),
        [
            (customer_id, currency, done.kind, subject_id, done.at)
            for customer_id, wallet in wallets.items()
            for done, subject_id in wallet.done
        ],
    )


def last_marks(customer_ids: Sequence[Id], currency: str) -> dict[Id, datetime]:
    """Return up to when it has been told when the points of each of these customers lapse.

    That is the last activity, undone or not, or the last lapse: whatever is told of before comes late.
    """
    own = input_sql(PointActivity, _OWN, "input")
    joined = " ON t.customer_id = input.customer_id AND t.currency = input.currency"
    sql = (
        f"SELECT t.customer_id, max(t.at) FROM {own} JOIN {table(PointActivity)} AS t{joined}"  # noqa: S608
        " GROUP BY t.customer_id UNION ALL"
        f" SELECT t.customer_id, max(t.expires_at) FROM {own} JOIN {table(Lot)} AS t{joined}"
        " AND t.idle IS NOT NULL AND t.expired > 0 GROUP BY t.customer_id"
    )
    keys = [(customer_id, currency) for customer_id in customer_ids]
    params = [*input_params(PointActivity, _OWN, keys)] * 2
    last: dict[Id, datetime] = {}
    for customer_id, at in read_rows(PointActivity, ("customer_id", "at"), sql, params):
        last[customer_id] = max(at, last.get(customer_id, at))
    return last


def load_activities(customer_ids: Sequence[Id], currency: str) -> dict[Id, list[Done]]:
    """Return what each of these customers, and whoever became part of them, did."""
    families = absorbed_by(customer_ids)
    owners = {one: owner for owner, family in families.items() for one in family}
    keys = [(one, currency) for one in {*customer_ids, *owners}]
    found: dict[Id, list[Done]] = defaultdict(list)
    rows = select_matching(PointActivity, ("customer_id", "kind", "at", "undone_at"), _OWN, keys)
    for customer_id, kind, at, undone_at in rows:
        found[owners.get(customer_id) or customer_id].append(Done(kind, at, undone_at))
    return found


def undo_activities(undone: Mapping[tuple[Id, Id], datetime], currency: str) -> set[Id]:
    """Note that what (customer, order or transfer) did was undone at an instant; returns whose that were.

    What was undone before stays undone since then.
    """
    rows = select_matching(
        PointActivity,
        _KEY,
        ("customer_id", "currency", "subject_id"),
        [(customer_id, currency, subject_id) for customer_id, subject_id in undone],
        where="t.undone_at IS NULL",
    )
    update_rows(PointActivity, _KEY, ("undone_at",), [(*row, undone[row[0], row[3]]) for row in rows])
    return {row[0] for row in rows}
