"""Proving event rules: budgets are used by what was given, and every award is a line in the ledger."""

from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.verify import Check, sql_check


def checks() -> list[Check]:
    """Return what holds between rules, what they gave and the ledger."""
    return [_budgets(), _given(), _arithmetic()]


def _budgets() -> Check:
    return sql_check(
        "event_rules.budgets",
        _("적립 활동마다 쓴 횟수와 포인트가 준 것과 맞아요."),
        counted="SELECT count(*) FROM dg_event_rule",
        broken=[
            """
            SELECT r.id AS rule_id, r.used_times, r.used_points, coalesce(a.times, 0) AS times,
                   coalesce(a.points, 0) AS points
            FROM dg_event_rule AS r
            LEFT JOIN (
                SELECT rule_id, count(*) AS times, sum(points) AS points FROM dg_event_rule_award
                WHERE taken_back_at IS NULL GROUP BY rule_id
            ) AS a ON a.rule_id = r.id
            WHERE r.used_times <> coalesce(a.times, 0) OR r.used_points <> coalesce(a.points, 0)
            """
        ],
    )


def _given() -> Check:
    return sql_check(
        "event_rules.given",
        _("활동으로 준 포인트마다 원장에 같은 적립이 있고, 원장의 활동 적립마다 까닭이 있어요."),
        counted="SELECT count(*) FROM dg_event_rule_award",
        broken=[
            """
            SELECT a.customer_id, a.rule_id, a.points, t.points AS booked FROM dg_event_rule_award AS a
            LEFT JOIN dg_transfer AS t ON t.customer_id = a.owner_id AND t.id = a.transfer_id
            WHERE t.id IS NULL OR t.points <> a.points OR t.kind <> 'earn'
            """,
            """
            SELECT t.customer_id, t.id AS transfer_id FROM dg_transfer AS t
            LEFT JOIN dg_event_rule_award AS a ON a.owner_id = t.customer_id AND a.transfer_id = t.id
            WHERE t.kind = 'earn' AND substr(t.key, 1, 11) = 'event_rule:' AND a.rule_id IS NULL
            """,
        ],
    )


def _arithmetic() -> Check:
    return sql_check(
        "event_rules.arithmetic",
        _("활동으로 준 포인트마다 발행한 판이 있고, 고정 포인트와 비율 포인트를 넘지 않아요."),
        counted="SELECT count(*) FROM dg_event_rule_award",
        broken=[
            """
            SELECT a.customer_id, a.rule_id, a.points, a.fixed, a.rated FROM dg_event_rule_award AS a
            LEFT JOIN dg_event_rule_version AS v ON v.rule_id = a.rule_id AND v.number = a.version
            WHERE v.number IS NULL OR a.points > a.fixed + a.rated
            """
        ],
    )
