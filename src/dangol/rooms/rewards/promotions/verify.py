"""Proving sales: what is still to be paid is so of an order that holds."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between sales and what is still to be paid of them."""
    return [
        sql_check(
            "sales.dues",
            _("더 받아야 하는 판매는 모두 취소되지 않은 주문이에요."),
            counted="SELECT count(*) FROM dg_sale_unpaid",
            broken=[
                """
                SELECT d.customer_id, d.sale_id, d.minor, s.state FROM dg_sale_unpaid AS d
                LEFT JOIN dg_sale AS s ON s.customer_id = d.customer_id AND s.id = d.sale_id
                WHERE d.paid_at IS NULL AND d.ended_at IS NULL
                  AND (s.state IS NULL OR s.state <> 'committed')
                """
            ],
        ),
    ]
