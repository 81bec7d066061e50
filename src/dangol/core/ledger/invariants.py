"""What holds in every ledger at every instant, each as the SQL that finds what breaks it.

Written for both databases and for millions of entries: entries are read in the order of their key,
which starts with the customer, and summed as they pass.
"""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.events import EVENT_OF_KIND
from dangol.core.ledger.idle_check import idle_check
from dangol.core.ledger.verify import Check, sql_check
from dangol.core.storage.params import digits_sql
from dangol.domain.points import Account as Place

_TRANSFERS = "SELECT count(*) FROM dg_transfer"
_ENTRIES = "SELECT count(*) FROM dg_entry"
_LOTS = "SELECT count(*) FROM dg_lot"


def _pivot(source: str) -> str:
    """Return a select of a customer's points by account, one row each, from rows of account and points."""
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN account = '{place}' THEN points END), 0) AS {place}" for place in Place
    )
    return f"SELECT customer_id, {sums} FROM {source} GROUP BY customer_id"  # noqa: S608


_SUMMED = _pivot("dg_entry WHERE currency = %(currency)s")
_STORED = _pivot(
    "(SELECT customer_id, kind AS account, balance AS points FROM dg_account"
    " WHERE currency = %(currency)s) AS kept"
)
_DRIFT = " OR ".join(f"coalesce(stored.{place}, 0) <> coalesce(summed.{place}, 0)" for place in Place)
_BALANCE_DRIFT = (
    "SELECT coalesce(stored.customer_id, summed.customer_id) AS customer_id,"  # noqa: S608
    " stored.available AS stored_available, summed.available AS summed_available"
    f" FROM ({_STORED}) AS stored FULL JOIN ({_SUMMED}) AS summed"
    f" ON summed.customer_id = stored.customer_id WHERE {_DRIFT}"
)
_IN_LOTS = """
    SELECT customer_id, coalesce(sum(CASE WHEN NOT is_pending THEN "left" END), 0) AS open_points,
           coalesce(sum(CASE WHEN is_pending THEN "left" END), 0) AS waiting_points
    FROM dg_lot WHERE currency = %(currency)s GROUP BY customer_id
"""
# Against the stored balances: that those follow from the entries is a check of its own, and they are few.
_LOT_DRIFT = (
    "SELECT coalesce(stored.customer_id, lots.customer_id) AS customer_id,"  # noqa: S608
    " available, open_points, pending, waiting_points"
    f" FROM ({_STORED}) AS stored FULL JOIN ({_IN_LOTS}) AS lots ON lots.customer_id = stored.customer_id"
)
_EVENT_NAMES = " ".join(f"WHEN '{kind}' THEN '{event}'" for kind, event in EVENT_OF_KIND.items())
_WITHOUT_EVENT = (
    f"SELECT customer_id, id AS transfer_id, CASE kind {_EVENT_NAMES} END AS event FROM dg_transfer"  # noqa: S608
    " EXCEPT SELECT customer_id, subject_id, name FROM dg_event WHERE name LIKE 'points.%%'"
)


class _Way(NamedTuple):
    """How points go from one customer to another: two kinds of transfer, and who books the second."""

    sent: str
    received: str
    key: str
    event: str
    consumer: str


_WAYS = (
    _Way("gift_out", "gift_in", "gift:", "points.gift_sent", "ledger.receive_gifts"),
    _Way("merge_out", "merge_in", "merged:", "points.merge_sent", "ledger.follow_customers"),
)


def _received(way: _Way) -> str:
    """Return the join from what was sent to its receiving side, by the key that names the former."""
    return (
        " LEFT JOIN dg_transfer AS received ON received.customer_id = sent.subject_id"
        f" AND received.key = '{way.key}' || {digits_sql('sent.id')}"
    )


def _lost(way: _Way) -> list[str]:
    """Return selects of what came from nowhere, or did not arrive though the consumer has been by."""
    return [
        "SELECT sent.customer_id, sent.id AS transfer_id, sent.points, received.points AS received"  # noqa: S608
        f" FROM dg_transfer AS sent {_received(way)}"
        f"""
        WHERE sent.kind = '{way.sent}' AND (
            received.points <> sent.points OR received.currency <> sent.currency
            OR (received.id IS NULL AND NOT EXISTS (
                SELECT 1 FROM dg_event AS told
                LEFT JOIN dg_event_cursor AS at ON at.consumer = '{way.consumer}'
                WHERE told.customer_id = sent.customer_id AND told.subject_id = sent.id
                  AND told.name = '{way.event}'
                  AND (told.position IS NULL OR told.position > coalesce(at.position, 0)))))
        """,
        f"""
        SELECT received.customer_id, received.id AS transfer_id, received.points
        FROM dg_transfer AS received WHERE received.kind = '{way.received}' AND NOT EXISTS (
            SELECT 1 FROM dg_transfer AS sent
            WHERE sent.kind = '{way.sent}' AND sent.id = received.subject_id
              AND sent.subject_id = received.customer_id)
        """,  # noqa: S608
    ]


def _on_the_way() -> str:
    """Return a select that finds points in the clearing account that are on nobody's way."""
    waiting = " UNION ALL ".join(
        "SELECT coalesce(sum(e.points), 0) AS points"  # noqa: S608
        f" FROM dg_transfer AS sent {_received(way)}"
        " JOIN dg_entry AS e ON e.customer_id = sent.customer_id AND e.transfer_id = sent.id"
        "   AND e.account = 'clearing'"
        f" WHERE sent.kind = '{way.sent}' AND sent.currency = %(currency)s AND received.id IS NULL"
        for way in _WAYS
    )
    return (
        "SELECT cleared.points AS cleared, waiting.points AS on_the_way"  # noqa: S608
        " FROM (SELECT coalesce(sum(points), 0) AS points FROM dg_entry"
        "       WHERE account = 'clearing' AND currency = %(currency)s) AS cleared"
        f" CROSS JOIN (SELECT sum(points) AS points FROM ({waiting}) AS ways) AS waiting"
        " WHERE cleared.points <> waiting.points"
    )


_OF_TRANSFERS = (
    sql_check(
        "transfer.balances",
        _("거래마다 기입이 둘 이상이고 합이 0이에요."),
        counted=_TRANSFERS,
        broken=[
            """
            SELECT t.customer_id, t.id AS transfer_id, count(e.number) AS sides, sum(e.points) AS total
            FROM dg_transfer AS t
            LEFT JOIN dg_entry AS e ON e.customer_id = t.customer_id AND e.transfer_id = t.id
            GROUP BY t.customer_id, t.id
            HAVING count(e.number) < 2 OR sum(e.points) <> 0
                OR sum(CASE WHEN e.points > 0 THEN e.points ELSE 0 END) <> t.points
                OR max(CASE WHEN e.currency <> t.currency THEN 1 ELSE 0 END) = 1
            """
        ],
    ),
    sql_check(
        "entry.transfer",
        _("기입마다 그 거래가 있어요."),
        counted=_ENTRIES,
        broken=[
            """
            SELECT e.customer_id, e.transfer_id
            FROM (SELECT customer_id, transfer_id FROM dg_entry GROUP BY customer_id, transfer_id) AS e
            WHERE NOT EXISTS (SELECT 1 FROM dg_transfer AS t
                              WHERE t.customer_id = e.customer_id AND t.id = e.transfer_id)
            """
        ],
    ),
    sql_check(
        "key.once",
        _("멱등 키마다 거래가 하나예요."),
        counted=_TRANSFERS,
        broken=[
            "SELECT customer_id, key, count(*) AS transfers FROM dg_transfer"
            " GROUP BY customer_id, key HAVING count(*) > 1"
        ],
    ),
    sql_check(
        "reversal.within_original",
        _("취소한 포인트가 원래 거래의 포인트보다 많지 않아요."),
        counted="SELECT count(*) FROM dg_transfer WHERE reverses_id IS NOT NULL",
        broken=[
            """
            SELECT r.customer_id, r.reverses_id, max(o.points) AS points, sum(r.points) AS reversed
            FROM dg_transfer AS r
            LEFT JOIN dg_transfer AS o ON o.customer_id = r.customer_id AND o.id = r.reverses_id
            WHERE r.reverses_id IS NOT NULL GROUP BY r.customer_id, r.reverses_id
            HAVING max(o.points) IS NULL OR sum(r.points) > max(o.points)
            """
        ],
    ),
    sql_check(
        "transfer.event",
        _("거래마다 그 활동이 꼭 하나 있어요."),
        counted=_TRANSFERS,
        broken=[
            _WITHOUT_EVENT,
            "SELECT customer_id, subject_id AS transfer_id, count(*) AS events FROM dg_event"
            " WHERE name LIKE 'points.%%' GROUP BY customer_id, subject_id HAVING count(*) > 1",
        ],
    ),
)


_OF_BALANCES = (
    sql_check(
        "currency.balances",
        _("포인트 종류마다 모든 기입의 합이 0이에요."),
        counted=_ENTRIES,
        broken=[
            "SELECT max(currency) AS currency, sum(points) AS total FROM dg_entry"
            " WHERE currency = %(currency)s HAVING sum(points) <> 0",
            "SELECT DISTINCT currency FROM dg_entry"
            " WHERE currency NOT IN (SELECT code FROM dg_point_currency)",
        ],
    ),
    sql_check(
        "balance.stored",
        _("적어 둔 잔액이 기입을 다시 더한 값과 같아요."),
        counted="SELECT count(*) FROM dg_account",
        broken=[_BALANCE_DRIFT],
    ),
    sql_check(
        "available.lots",
        _("쓸 수 있는 포인트가 열린 적립분에 남은 포인트와 같아요."),
        counted=_LOTS,
        broken=[f"{_LOT_DRIFT} WHERE coalesce(available, 0) <> coalesce(open_points, 0)"],
    ),
    sql_check(
        "pending.lots",
        _("적립 예정 포인트가 아직 안 열린 적립분에 남은 포인트와 같아요."),
        counted=_LOTS,
        broken=[f"{_LOT_DRIFT} WHERE coalesce(pending, 0) <> coalesce(waiting_points, 0)"],
    ),
    sql_check(
        "debt.policy",
        _("빚은 정책이 허락하는 포인트 종류에만 있고, 음수가 아니에요."),
        counted="SELECT count(*) FROM dg_account WHERE kind = 'debt'",
        broken=[
            """
            SELECT a.customer_id, a.currency, -a.balance AS debt FROM dg_account AS a
            JOIN dg_point_currency AS c ON c.code = a.currency
            WHERE a.kind = 'debt' AND (a.balance > 0 OR (a.balance < 0 AND c.shortfall = 'floor'))
            """
        ],
    ),
    sql_check(
        "debt.settled",
        _("빚이 남은 회원에게 쓸 수 있는 포인트가 따로 있지 않아요."),
        counted="SELECT count(*) FROM dg_account",
        broken=[
            f"SELECT customer_id, available, debt FROM ({_STORED}) AS stored"  # noqa: S608
            " WHERE debt < 0 AND available > 0"
        ],
    ),
)


_OF_MERGES = (
    sql_check(
        "lot.lifetime",
        _("합치며 옮긴 포인트가 처음 적립분보다 오래 살지 않아요."),
        counted=_LOTS,
        broken=[
            """
            SELECT l.customer_id, l.id AS lot_id, l.expires_at, r.expires_at AS first_expires_at
            FROM dg_lot AS l LEFT JOIN dg_lot AS r ON r.id = l.root_id
            WHERE l.root_id IS NOT NULL
              AND (r.id IS NULL OR l.points > r.points
                   OR (l.release_at <> r.release_at AND NOT EXISTS (
                        SELECT 1 FROM dg_lot_opening AS o
                        WHERE o.root_id = l.root_id AND o.was_at = r.release_at
                          AND o.release_at = l.release_at))
                   OR coalesce(l.idle, '') <> coalesce(r.idle, '')
                   OR coalesce(l.awaits, '') <> coalesce(r.awaits, '')
                   OR (r.expires_at IS NOT NULL
                       AND (l.expires_at IS NULL OR (l.idle IS NULL AND l.expires_at <> r.expires_at))))
            """
        ],
    ),
)


_OF_LOTS = (
    sql_check(
        "lot.due",
        _("적립분마다 다음에 열리거나 소멸할 때가 맞게 적혀 있어요."),
        counted=_LOTS,
        broken=[
            """
            SELECT customer_id, lot_id, due_at, wanted FROM (
                SELECT customer_id, id AS lot_id, due_at,
                       CASE WHEN "left" > 0 AND is_pending THEN release_at
                            WHEN "left" > 0 THEN expires_at END AS wanted
                FROM dg_lot
            ) AS lots WHERE (due_at IS NULL) <> (wanted IS NULL) OR due_at <> wanted
            """
        ],
    ),
    sql_check(
        "lot.opening",
        _("적립분이 적힌 때에 열리고, 더 일찍 열린 것마다 기다리던 일이 적혀 있어요."),
        counted="SELECT (SELECT count(*) FROM dg_lot_opening)"
        " + (SELECT count(*) FROM dg_transfer WHERE kind = 'post')",
        broken=[
            """
            SELECT t.customer_id, t.id AS transfer_id, t.occurred_at, l.release_at
            FROM dg_transfer AS t
            LEFT JOIN dg_lot AS l ON l.customer_id = t.customer_id AND l.id = t.subject_id
            WHERE t.kind = 'post' AND (l.id IS NULL OR t.occurred_at <> l.release_at)
            """,
            """
            SELECT o.customer_id, o.lot_id, o.was_at, o.release_at, l.release_at AS of_lot
            FROM dg_lot_opening AS o
            LEFT JOIN dg_lot AS l ON l.customer_id = o.customer_id AND l.id = o.lot_id
            WHERE l.id IS NULL OR l.release_at <> o.release_at OR o.release_at >= o.was_at
               OR o.root_id <> coalesce(l.root_id, l.id) OR o.awaited <> coalesce(l.awaits, '')
            """,
        ],
    ),
    sql_check(
        "lot.recomputed",
        _("적립분에 남은 포인트, 소멸한 포인트, 취소한 포인트가 기입에서 다시 나와요."),
        counted=_LOTS,
        broken=[
            """
            SELECT l.customer_id, l.id AS lot_id, l."left", coalesce(e.kept, 0) AS summed
            FROM dg_lot AS l LEFT JOIN (
                SELECT customer_id, lot_id,
                       sum(CASE WHEN account = 'expired' THEN 0 ELSE points END) AS kept,
                       sum(CASE WHEN account = 'expired' THEN points ELSE 0 END) AS gone
                FROM dg_entry WHERE lot_id IS NOT NULL GROUP BY customer_id, lot_id
            ) AS e ON e.customer_id = l.customer_id AND e.lot_id = l.id
            WHERE l."left" <> coalesce(e.kept, 0) OR l.expired <> coalesce(e.gone, 0)
            """,
            """
            SELECT l.customer_id, l.id AS lot_id, l.reversed, coalesce(r.points, 0) AS summed
            FROM dg_lot AS l LEFT JOIN (
                SELECT customer_id, reverses_id, sum(points) AS points FROM dg_transfer
                WHERE reverses_id IS NOT NULL GROUP BY customer_id, reverses_id
            ) AS r ON r.customer_id = l.customer_id AND r.reverses_id = l.transfer_id
            WHERE l.reversed <> coalesce(r.points, 0)
            """,
        ],
    ),
    sql_check(
        "lot.origin",
        _("적립분의 포인트가 그것을 만든 거래의 기입과 같아요."),
        counted=_LOTS,
        broken=[
            """
            SELECT l.customer_id, l.id AS lot_id, l.points, sum(e.points) AS summed
            FROM dg_lot AS l
            LEFT JOIN dg_entry AS e ON e.customer_id = l.customer_id AND e.transfer_id = l.transfer_id
                 AND e.lot_id = l.id AND e.points > 0
            GROUP BY l.customer_id, l.id HAVING coalesce(sum(e.points), 0) <> l.points
            """,
            """
            SELECT e.customer_id, e.transfer_id, e.lot_id FROM dg_entry AS e
            WHERE e.lot_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM dg_lot AS l WHERE l.customer_id = e.customer_id AND l.id = e.lot_id)
            """,
        ],
    ),
    sql_check(
        "lot.not_overdrawn",
        _("적립분에서 나간 포인트가 들어온 포인트보다 많지 않아요."),
        counted=_LOTS,
        broken=[
            """
            SELECT customer_id, id AS lot_id, points, "left", expired FROM dg_lot
            WHERE "left" < 0 OR "left" > points OR expired < 0 OR reversed > points
            """
        ],
    ),
    sql_check(
        "lot.expiry",
        _("소멸한 뒤에 쓰인 포인트도, 때가 되기 전에 소멸한 포인트도 없어요."),
        counted=_LOTS,
        broken=[
            """
            SELECT l.customer_id, l.id AS lot_id, t.id AS transfer_id, t.kind
            FROM dg_transfer AS t
            JOIN dg_entry AS e ON e.customer_id = t.customer_id AND e.transfer_id = t.id
            JOIN dg_lot AS l ON l.customer_id = e.customer_id AND l.id = e.lot_id
            WHERE e.account = 'available' AND e.points < 0
              AND ((t.kind = 'expire' AND t.occurred_at < l.expires_at AND NOT EXISTS (
                        SELECT 1 FROM dg_transfer AS r WHERE r.customer_id = t.customer_id
                          AND r.reverses_id = t.id AND r.kind = 'revive'))
                   OR (t.kind <> 'expire' AND t.occurred_at >= l.expires_at))
            """
        ],
    ),
)


def _of_ways() -> Check:
    kinds = ", ".join(f"'{way.sent}', '{way.received}'" for way in _WAYS)
    return sql_check(
        "clearing.returns",
        _("회원 사이를 오가는 포인트가 그대로 도착하고, 그 합이 0으로 돌아와요."),
        counted=f"SELECT count(*) FROM dg_transfer WHERE kind IN ({kinds})",  # noqa: S608
        broken=[*(select for way in _WAYS for select in _lost(way)), _on_the_way()],
    )


def checks() -> list[Check]:
    """Return the ledger's invariants, in the words of the database at hand."""
    return [*_OF_TRANSFERS, _of_ways(), *_OF_BALANCES, *_OF_LOTS, *_OF_MERGES, idle_check()]
