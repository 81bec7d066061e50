"""Proving the catalog: every redemption is paid for in the ledger, and every code is with one redemption."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between redemptions, the ledger and the pools of codes."""
    return [
        sql_check(
            "redemption.paid",
            _("교환마다 그만큼의 포인트가 원장에서 쓰였어요."),
            counted="SELECT count(*) FROM dg_reward_redemption",
            broken=[
                """
                SELECT r.customer_id, r.id AS redemption_id, r.points, t.points AS in_ledger
                FROM dg_reward_redemption AS r
                LEFT JOIN dg_transfer AS t ON t.customer_id = r.customer_id AND t.id = r.transfer_id
                WHERE (r.points > 0 AND (t.points IS NULL OR t.points <> r.points OR t.kind <> 'spend'
                                         OR t.currency <> r.currency))
                   OR (r.points = 0 AND r.transfer_id IS NOT NULL)
                """
            ],
        ),
        *_lapsed_and_coupons(),
        sql_check(
            "redemption.code",
            _("건넨 코드마다 그 코드를 적은 교환이 하나 있어요."),
            counted="SELECT count(*) FROM dg_reward_code WHERE redemption_id IS NOT NULL",
            broken=[
                """
                SELECT c.reward_id, c.id AS code_id, c.redemption_id
                FROM dg_reward_code AS c
                WHERE c.redemption_id IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM dg_reward_redemption AS r
                    WHERE r.id = c.redemption_id AND r.reward_id = c.reward_id AND r.code_id = c.id)
                """,
                """
                SELECT r.customer_id, r.id AS redemption_id, r.code_id
                FROM dg_reward_redemption AS r
                WHERE r.code_id IS NOT NULL AND r.state <> 'canceled' AND NOT EXISTS (
                    SELECT 1 FROM dg_reward_code AS c
                    WHERE c.reward_id = r.reward_id AND c.id = r.code_id AND c.redemption_id = r.id)
                """,
            ],
        ),
    ]


def _lapsed_and_coupons() -> list[Check]:
    return [
        sql_check(
            "redemption.lapsed",
            _("사라진 교환권은 모두 마지막 날이 지났고, 돌려주기로 한 포인트는 돌아갔어요."),
            counted="SELECT count(*) FROM dg_reward_redemption WHERE state = 'lapsed'",
            broken=[
                """
                SELECT r.customer_id, r.id AS redemption_id, r.lapses_at, r.changed_at
                FROM dg_reward_redemption AS r
                WHERE r.state = 'lapsed' AND (r.lapses_at IS NULL OR r.changed_at < r.lapses_at)
                """,
                """
                SELECT r.customer_id, r.id AS redemption_id, r.points
                FROM dg_reward_redemption AS r
                WHERE r.state = 'lapsed' AND r.gives_back AND r.points > 0 AND NOT EXISTS (
                    SELECT 1 FROM dg_transfer AS t
                    WHERE t.customer_id = r.customer_id AND t.reverses_id = r.transfer_id)
                """,
            ],
        ),
        sql_check(
            "redemption.coupon",
            _("쿠폰으로 받은 교환마다 그 회원에게 건넨 쿠폰이 하나 있어요."),
            counted="SELECT count(*) FROM dg_reward_redemption WHERE kind = 'coupon'",
            broken=[
                """
                SELECT r.customer_id, r.id AS redemption_id, r.coupon_key
                FROM dg_reward_redemption AS r
                WHERE r.kind = 'coupon' AND NOT EXISTS (
                    SELECT 1 FROM dg_coupon_issue AS i
                    WHERE i.customer_id = r.customer_id AND i.code_key = r.coupon_key)
                """,
                """
                SELECT r.coupon_key, count(*) AS redemptions
                FROM dg_reward_redemption AS r
                WHERE r.kind = 'coupon' AND r.state <> 'canceled'
                GROUP BY r.coupon_key HAVING count(*) > 1
                """,
            ],
        ),
    ]
