"""Proving referrals: limits are used by what was given, and nothing was given twice or for nothing."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between programs, referrals, their history and what was given."""
    return [_limits(), _given(), _history()]


def _limits() -> Check:
    return sql_check(
        "referrals.limits",
        _("추천 프로그램마다 쓴 횟수와 예산이 준 것과 맞아요."),
        counted="SELECT count(*) FROM dg_referral_program",
        broken=[
            """
            SELECT p.id AS program_id, p.used_minor, coalesce(g.cost, 0) AS cost
            FROM dg_referral_program AS p
            LEFT JOIN (
                SELECT program_id, sum(cost_minor) AS cost FROM dg_referral_gift
                WHERE state IN ('given', 'waiting') GROUP BY program_id
            ) AS g ON g.program_id = p.id
            WHERE p.used_minor <> coalesce(g.cost, 0)
            """,
            """
            SELECT p.id AS program_id, p.used_count, coalesce(r.counted, 0) AS counted
            FROM dg_referral_program AS p
            LEFT JOIN (
                SELECT program_id, count(*) AS counted FROM dg_referral
                WHERE is_counted GROUP BY program_id
            ) AS r ON r.program_id = p.id
            WHERE p.used_count <> coalesce(r.counted, 0)
            """,
        ],
    )


def _given() -> Check:
    return sql_check(
        "referrals.given",
        _("추천으로 준 것마다 무엇을 줬는지 적혀 있고, 같은 것은 한 번만 줬어요."),
        counted="SELECT count(*) FROM dg_referral_gift WHERE state = 'given'",
        broken=[
            """
            SELECT g.customer_id, g.id AS gift_id FROM dg_referral_gift AS g
            LEFT JOIN dg_referral AS r ON r.id = g.referral_id
            WHERE g.state = 'given' AND (g.ref = '' OR r.id IS NULL)
            """,
            """
            SELECT g.kind, g.ref, count(*) AS gifts FROM dg_referral_gift AS g
            WHERE g.ref <> '' AND g.kind <> 'coupon' GROUP BY g.kind, g.ref HAVING count(*) > 1
            """,
        ],
    )


def _history() -> Check:
    return sql_check(
        "referrals.history",
        _("추천마다 지금 상태가 내역의 마지막 상태와 같고, 내역에 빠진 줄이 없어요."),
        counted="SELECT count(*) FROM dg_referral",
        broken=[
            """
            SELECT r.customer_id, r.id AS referral_id, r.step_count, s.steps FROM dg_referral AS r
            LEFT JOIN (
                SELECT referral_id, count(*) AS steps FROM dg_referral_step GROUP BY referral_id
            ) AS s ON s.referral_id = r.id
            WHERE r.step_count <> coalesce(s.steps, 0)
            """,
            """
            SELECT r.customer_id, r.id AS referral_id, r.state, s.what FROM dg_referral AS r
            JOIN (
                SELECT referral_id, max(number) AS number FROM dg_referral_step
                WHERE what IN ('review', 'waiting', 'earned', 'given', 'lapsed', 'refused', 'void')
                GROUP BY referral_id
            ) AS latest ON latest.referral_id = r.id
            JOIN dg_referral_step AS s
              ON s.referral_id = r.id AND s.customer_id = r.customer_id AND s.number = latest.number
            WHERE s.what <> r.state
            """,
        ],
    )
