"""Proving stamp cards: what lies on cards is what came, and every card that gave has what it gave."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between cards, stamps and what full cards gave."""
    return [
        sql_check(
            "stamps.on_cards",
            _("카드마다 놓인 도장의 수가 맞아요."),
            counted="SELECT count(*) FROM dg_stamp_card",
            broken=[
                """
                SELECT c.customer_id, c.id AS card_id, c.count, coalesce(sum(p.count), 0) AS places
                FROM dg_stamp_card AS c
                LEFT JOIN dg_stamp_place AS p ON p.customer_id = c.customer_id AND p.card_id = c.id
                GROUP BY c.customer_id, c.id, c.count
                HAVING c.count <> coalesce(sum(p.count), 0)
                """
            ],
        ),
        sql_check(
            "stamps.moves",
            _("들어온 도장은 모두 카드에 놓였거나, 모자란 도장을 채웠거나, 사라졌어요."),
            counted="SELECT count(*) FROM dg_stamp_move",
            broken=[
                """
                SELECT e.customer_id, e.id AS move_id, e.count, e.laid, e.paid, e.lapsed
                FROM dg_stamp_move AS e
                WHERE e.kind IN ('sale', 'hand') AND e.laid + e.paid + e.lapsed <> e.count
                """,
                """
                SELECT e.customer_id, e.id AS move_id, e.laid, p.there
                FROM dg_stamp_move AS e
                JOIN (SELECT move_id, sum(count) AS there FROM dg_stamp_place GROUP BY move_id) AS p
                  ON p.move_id = e.id
                WHERE p.there > e.laid + e.owed + e.forgiven
                """,
            ],
        ),
        sql_check(
            "stamps.given",
            _("준 카드마다 무엇을 줬는지 적혀 있고, 같은 것은 한 번만 줬어요."),
            counted="SELECT count(*) FROM dg_stamp_card WHERE state = 'given'",
            broken=[
                """
                SELECT c.customer_id, c.id AS card_id FROM dg_stamp_card AS c
                WHERE (c.state = 'given') <> (c.gift_ref <> '')
                """,
                """
                SELECT c.gift_kind, c.gift_ref, count(*) AS cards FROM dg_stamp_card AS c
                WHERE c.gift_ref <> '' AND c.gift_kind <> 'coupon'
                GROUP BY c.gift_kind, c.gift_ref HAVING count(*) > 1
                """,
            ],
        ),
    ]
