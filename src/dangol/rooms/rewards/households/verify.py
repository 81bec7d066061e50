"""Proving households: what was spent of a pool is what its members gave, and the ledger says so, too."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between households, what was spent of them, and the ledger."""
    return [
        sql_check(
            "households.shares",
            _("함께 쓴 포인트마다 누구의 것을 얼마나 썼는지 더하면 쓴 만큼이고, 원장과 같아요."),
            counted="SELECT count(*) FROM dg_household_spending",
            broken=[
                """
                SELECT s.customer_id, s.id AS spending_id, s.points, coalesce(g.points, 0) AS given
                FROM dg_household_spending AS s
                LEFT JOIN (
                    SELECT spending_id, sum(points) AS points FROM dg_household_share GROUP BY spending_id
                ) AS g ON g.spending_id = s.id
                WHERE s.points <> coalesce(g.points, 0)
                """,
                """
                SELECT h.customer_id, h.spending_id, h.points, t.points AS in_ledger
                FROM dg_household_share AS h
                LEFT JOIN dg_household_spending AS s ON s.id = h.spending_id
                LEFT JOIN dg_transfer AS t ON t.customer_id = h.customer_id AND t.id = h.transfer_id
                WHERE s.id IS NULL OR t.id IS NULL OR t.points <> h.points OR t.kind <> 'spend'
                   OR t.currency <> s.currency
                """,
            ],
        ),
        sql_check(
            "households.heads",
            _("열려 있는 가족마다 대표가 그 안에 있어요."),
            counted="SELECT count(*) FROM dg_household WHERE ended_at IS NULL",
            broken=[
                """
                SELECT h.id AS household_id, h.head_id FROM dg_household AS h
                WHERE h.ended_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM dg_household_member AS m
                    WHERE m.household_id = h.id AND m.customer_id = h.head_id AND m.state = 'joined')
                """
            ],
        ),
    ]
