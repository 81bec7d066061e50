"""Proving stored value: balances, lots and movements tell the same, and each sale is paid what it says."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between cards, credit, their lots and their movements, and the sales they paid."""
    return [_balances(), _lots(), _moves(), _backs()]


def _balances() -> Check:
    return sql_check(
        "stored_value.balances",
        _("상품권과 예치금의 잔액은 들어온 돈에서 나간 돈을 뺀 것과 같아요."),
        counted="SELECT count(*) FROM dg_value_account",
        broken=[
            """
            SELECT a.id AS account_id, a.balance, coalesce(m.minor, 0) AS moved
            FROM dg_value_account AS a
            LEFT JOIN (SELECT account_id, sum(minor) AS minor FROM dg_value_move GROUP BY account_id) AS m
              ON m.account_id = a.id
            WHERE a.balance <> coalesce(m.minor, 0)
            """,
            """
            SELECT a.id AS account_id, a.balance, coalesce(l.there, 0) AS in_lots
            FROM dg_value_account AS a
            LEFT JOIN (SELECT account_id, sum("left") AS there FROM dg_value_lot GROUP BY account_id) AS l
              ON l.account_id = a.id
            WHERE a.balance <> coalesce(l.there, 0)
            """,
        ],
    )


def _lots() -> Check:
    return sql_check(
        "stored_value.lots",
        _("충전한 돈마다 남은 금액은 오간 내역을 더한 것과 같아요."),
        counted="SELECT count(*) FROM dg_value_lot",
        broken=[
            """
            SELECT l.account_id, l.id AS lot_id, l."left", p.minor
            FROM dg_value_lot AS l
            LEFT JOIN (SELECT account_id, lot_id, sum(minor) AS minor FROM dg_value_part
                       GROUP BY account_id, lot_id) AS p
              ON p.account_id = l.account_id AND p.lot_id = l.id
            WHERE l."left" <> coalesce(p.minor, 0)
            """,
            """
            SELECT l.account_id, l.id AS lot_id, l.lapsed, p.minor
            FROM dg_value_lot AS l
            LEFT JOIN (SELECT p.account_id, p.lot_id, sum(p.minor) AS minor FROM dg_value_part AS p
                       JOIN dg_value_move AS m ON m.account_id = p.account_id AND m.id = p.move_id
                       WHERE m.kind IN ('lapsed', 'revived') GROUP BY p.account_id, p.lot_id) AS p
              ON p.account_id = l.account_id AND p.lot_id = l.id
            WHERE l.lapsed <> -coalesce(p.minor, 0)
            """,
        ],
    )


def _moves() -> Check:
    return sql_check(
        "stored_value.moves",
        _("오간 돈마다 어느 충전분인지 1원까지 나뉘어 있어요."),
        counted="SELECT count(*) FROM dg_value_move",
        broken=[
            """
            SELECT m.account_id, m.id AS move_id, m.minor, coalesce(p.minor, 0) AS parts
            FROM dg_value_move AS m
            LEFT JOIN (SELECT account_id, move_id, sum(minor) AS minor FROM dg_value_part
                       GROUP BY account_id, move_id) AS p
              ON p.account_id = m.account_id AND p.move_id = m.id
            WHERE m.minor <> coalesce(p.minor, 0)
            """,
            """
            SELECT m.account_id, m.id AS move_id, m.kind, m.minor FROM dg_value_move AS m
            WHERE (m.minor > 0) <> (m.kind IN ('sold', 'given', 'refund', 'back', 'revived'))
            """,
        ],
    )


def _backs() -> Check:
    return sql_check(
        "stored_value.backs",
        _("판매에 쓴 돈보다 더 돌려준 일이 없고, 판매에 적힌 금액만큼만 썼어요."),
        counted="SELECT count(*) FROM dg_value_move WHERE kind = 'paid'",
        broken=[
            """
            SELECT m.account_id, m.id AS move_id, m.minor, b.minor AS back
            FROM dg_value_move AS m
            JOIN (SELECT account_id, of_id, sum(minor) AS minor FROM dg_value_move
                  WHERE kind = 'back' GROUP BY account_id, of_id) AS b
              ON b.account_id = m.account_id AND b.of_id = m.id
            WHERE m.kind = 'paid' AND b.minor > -m.minor
            """,
            """
            SELECT s.customer_id, s.id AS sale_id, s.stored_minor, coalesce(sum(-m.minor), 0) AS paid
            FROM dg_sale AS s
            LEFT JOIN dg_value_move AS m ON m.sale_id = s.id AND m.kind = 'paid'
              AND m.key LIKE '%%:' || s.turn
            WHERE s.state IN ('reserved', 'committed')
            GROUP BY s.customer_id, s.id, s.stored_minor
            HAVING s.stored_minor <> coalesce(sum(-m.minor), 0)
            """,
            """
            SELECT s.customer_id, s.id AS sale_id, sum(m.minor) AS kept
            FROM dg_sale AS s
            JOIN dg_value_move AS m ON m.sale_id = s.id AND m.kind IN ('paid', 'back')
            WHERE s.state IN ('canceled', 'timed_out')
            GROUP BY s.customer_id, s.id
            HAVING sum(m.minor) <> 0
            """,
        ],
    )
