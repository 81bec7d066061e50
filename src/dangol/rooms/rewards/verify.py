"""Proving the programs: every order has its accrual, and every accrual its arithmetic."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dangol.core.ledger.models import Lot
from dangol.core.ledger.verify import MOST_OFFENDERS, Check, Looked, Offender, sql_check
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.params import digits_sql
from dangol.core.storage.rows import Row, batches, columns, read_rows, table
from dangol.domain.accrual import Part, compute_points, is_cut_fairly
from dangol.rooms.rewards.models import Accrual, AccrualPart
from dangol.rooms.rewards.openings import waiting_lots
from dangol.rooms.rewards.posting import OVER

_KEY = ("customer_id", "order_id", "program_id", "accrual_number")
_AT_ONCE = 50_000


def checks() -> list[Check]:
    """Return what holds between the orders, the programs' judgements of them, and the ledger."""
    return [
        sql_check(
            "order.accrued",
            _("회원의 주문마다 적립이 있거나, 적립이 없는 까닭이 적혀 있어요."),
            counted="SELECT count(*) FROM dg_order",
            broken=[
                """
                SELECT o.customer_id, o.id AS order_id, p.id AS program_id
                FROM dg_program AS p
                JOIN dg_order AS o ON o.currency = p.money_currency
                 AND (p.counts_from IS NULL OR o.placed_at >= p.counts_from)
                WHERE NOT EXISTS (
                    SELECT 1 FROM dg_accrual AS a
                    WHERE a.customer_id = o.customer_id AND a.order_id = o.id AND a.program_id = p.id)
                AND NOT EXISTS (
                    SELECT 1 FROM dg_event AS e
                    WHERE e.customer_id = o.customer_id AND e.subject_id = o.id
                      AND e.name = 'order.placed' AND e.payload LIKE '%%"is_guest":true%%')
                """,
                """
                SELECT customer_id, order_id, number, points, zero FROM dg_accrual
                WHERE (points = 0) <> (zero <> '')
                """,
            ],
        ),
        sql_check(
            "accrual.transfer",
            _("적립을 판정한 포인트가 원장에 적힌 포인트와 같아요."),
            counted="SELECT count(*) FROM dg_accrual WHERE points <> 0",
            broken=[
                """
                SELECT a.customer_id, a.order_id, a.number, a.points, t.points AS in_ledger
                FROM dg_accrual AS a
                LEFT JOIN dg_transfer AS t ON t.customer_id = a.customer_id AND t.id = a.transfer_id
                WHERE (a.points = 0 AND a.transfer_id IS NOT NULL) OR (NOT a.is_split
                  AND ((a.points > 0 AND (t.points IS NULL OR t.points <> a.points OR t.kind <> 'earn'))
                   OR (a.points < 0 AND (t.points > -a.points OR t.kind NOT IN ('void', 'claw_back')
                                         OR (t.points IS NULL AND a.not_given <> a.points)))))
                """
            ],
        ),
        _portions(),
        _limits(),
        _not_given(),
        Check(
            "lot.awaited",
            _("기다리던 일이 온 적립분은 열렸거나, 열릴 날이 정해져 있어요."),
            _look_at_awaited,
        ),
        Check(
            "accrual.arithmetic",
            _("적립마다 적힌 규칙과 숫자로 다시 계산하면 같은 포인트가 나와요."),
            _look_at_arithmetic,
        ),
    ]


def _portions() -> Check:
    """Return what holds of points under terms of their own."""
    return sql_check(
        "accrual.portions",
        _("유효 기간이 따로인 포인트는 그 규칙의 것이고, 원장과 판정에 적힌 만큼이에요."),
        counted="SELECT count(*) FROM dg_accrual_portion",
        broken=[
            """
            SELECT p.customer_id, p.order_id, p.accrual_number, p.points, t.points AS in_ledger
            FROM dg_accrual_portion AS p
            LEFT JOIN dg_transfer AS t ON t.customer_id = p.customer_id AND t.id = p.transfer_id
            WHERE (p.points > 0 AND (t.points IS NULL OR t.points <> p.points OR t.kind <> 'earn'))
               OR (p.points < 0 AND (t.points IS NULL OR t.points > -p.points
                                     OR t.kind NOT IN ('void', 'claw_back')))
            """,
            """
            SELECT p.customer_id, p.order_id, p.accrual_number, sum(p.points) AS points
            FROM dg_accrual_portion AS p
            LEFT JOIN dg_accrual AS a ON a.customer_id = p.customer_id AND a.order_id = p.order_id
                 AND a.program_id = p.program_id AND a.number = p.accrual_number
            GROUP BY p.customer_id, p.order_id, p.program_id, p.accrual_number, a.points, a.not_given,
                     a.most_held
            HAVING a.points IS NULL
                OR (a.points <> sum(p.points) AND a.not_given = 0 AND a.most_held IS NULL)
            """,
            """
            SELECT a.customer_id, a.order_id, a.number FROM dg_accrual AS a
            WHERE a.is_split <> EXISTS (
                SELECT 1 FROM dg_accrual_portion AS p
                WHERE p.customer_id = a.customer_id AND p.order_id = a.order_id
                  AND p.program_id = a.program_id AND p.accrual_number = a.number)
            """,
            """
            SELECT p.customer_id, p.order_id, p.accrual_number, p.rule_version
            FROM dg_accrual_portion AS p
            WHERE p.rule_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM dg_accrual_part AS x
                WHERE x.customer_id = p.customer_id AND x.order_id = p.order_id
                  AND x.program_id = p.program_id AND x.rule_id = p.rule_id
                  AND x.rule_version = p.rule_version AND x.accrual_number <= p.accrual_number)
            """,
        ],
    )


def _limits() -> Check:
    """Return what holds of the most that one purchase earns: by the terms of its instant, known by then."""
    return sql_check(
        "accrual.limit",
        _("구매 한 번에 정해 둔 것보다 많이 적립하지 않았어요."),
        counted="SELECT count(*) FROM dg_accrual WHERE points > 0",
        broken=[
            """
            SELECT a.customer_id, a.order_id, a.number, a.points, t.most_per_order
            FROM dg_program_terms AS t
            JOIN dg_accrual AS a ON a.program_id = t.program_id AND a.points > t.most_per_order
             AND (t.active_from IS NULL OR a.at >= t.active_from) AND a.recorded_at >= t.recorded_at
            WHERE NOT EXISTS (
                SELECT 1 FROM dg_program_terms AS n
                WHERE n.program_id = t.program_id AND n.version > t.version AND n.active_from <= a.at)
            """,
            # What was cut came to more than that, and was cut to just that.
            """
            SELECT a.customer_id, a.order_id, a.number, t.most_per_order,
                   sum(p.share_points) AS shared, sum(p.whole_points) AS whole
            FROM dg_accrual_part AS p
            JOIN dg_accrual AS a ON a.customer_id = p.customer_id AND a.order_id = p.order_id
             AND a.program_id = p.program_id AND a.number = p.accrual_number AND a.number = 1
            JOIN dg_program_terms AS t ON t.program_id = a.program_id
             AND (t.active_from IS NULL OR a.at >= t.active_from) AND a.recorded_at >= t.recorded_at
            WHERE p.whole_points IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM dg_program_terms AS n
                WHERE n.program_id = t.program_id AND n.version > t.version AND n.active_from <= a.at)
            GROUP BY a.customer_id, a.order_id, a.program_id, a.number, t.most_per_order
            HAVING t.most_per_order IS NULL OR sum(p.share_points) <> t.most_per_order
                OR sum(p.whole_points) <= t.most_per_order
            """,
        ],
    )


def _not_given() -> Check:
    """Return what holds where the ledger moved less than was judged: the rest is what was not given."""
    program, order = digits_sql("a.program_id"), digits_sql("a.order_id")
    key = f"'accrual:' || {program} || ':' || {order} || ':' || a.number"
    return sql_check(
        "accrual.not_given",
        _("주지 않은 포인트를 뺀 만큼이 원장에 적혀 있고, 그 까닭이 된 한도가 적혀 있어요."),
        counted="SELECT count(*) FROM dg_accrual WHERE not_given <> 0",
        broken=[
            f"""
            SELECT customer_id, order_id, number, points, not_given, moved FROM (
                SELECT a.customer_id, a.order_id, a.number, a.points, a.not_given, a.most_held,
                       (SELECT coalesce(sum(CASE WHEN t.kind = 'earn' THEN t.points ELSE -t.points END), 0)
                        FROM dg_transfer AS t
                        WHERE t.customer_id = a.customer_id AND t.subject_id = a.about_id
                          AND (t.key = {key} OR t.key LIKE {key} || ':%%')) AS moved
                FROM dg_accrual AS a WHERE a.not_given <> 0 OR a.most_held IS NOT NULL
            ) AS judged WHERE moved <> points - not_given OR (not_given > 0 AND most_held IS NULL)
            """,  # noqa: S608 - our own names
            f"""
            SELECT t.customer_id, t.id AS transfer_id, t.points FROM dg_transfer AS t
            WHERE t.reason = '{OVER}' AND t.kind IN ('void', 'claw_back') AND NOT EXISTS (
                SELECT 1 FROM dg_accrual AS a WHERE a.customer_id = t.customer_id
                  AND a.about_id = t.subject_id AND a.most_held IS NOT NULL)
            """,  # noqa: S608 - our own word
        ],
    )


# Their openings are decided where they lie: what came with a merge opens no sooner than it was there.
_AWAITED = """
    SELECT l.customer_id, l.id, l.release_at, p.lot_id, p.customer_id, p.order_id
    FROM dg_lot AS l
    JOIN dg_accrual_portion AS p
      ON p.lot_id = coalesce(l.root_id, l.id) AND p.points > 0 AND p.rule_id IS NOT NULL
    JOIN dg_order_milestone AS m
      ON m.customer_id = p.customer_id AND m.order_id = p.order_id
     AND (m.milestone = l.awaits OR m.milestone = 'confirmed') AND m.at < l.release_at
    LEFT JOIN dg_transfer AS t ON t.customer_id = l.customer_id AND t.id = l.transfer_id
    WHERE l.is_pending AND l."left" > 0 AND l.awaits IS NOT NULL
      AND (l.root_id IS NULL OR (m.recorded_at < l.release_at AND t.recorded_at < l.release_at))
      AND NOT EXISTS (
        SELECT 1 FROM dg_lot_opening AS o WHERE o.customer_id = l.customer_id AND o.lot_id = l.id)
"""


def _look_at_awaited() -> Looked:
    """Look for points that still wait though their order has come so far; but for those of a later day."""
    checked = Lot.objects.filter(is_pending=True, left__gt=0, awaits__isnull=False).count()
    names = ("customer_id", "id", "release_at", "root_id", "customer_id", "id")
    rows = read_rows(Lot, names, _AWAITED)
    offenders: list[Offender] = []
    for some in batches(rows, _AT_ONCE):
        waiting = waiting_lots(sorted({(row[4], row[5]) for row in some}))
        floors = {root: floor for (*_, floor), roots in waiting.items() for root in roots}
        for customer_id, lot_id, release_at, root_id, _buyer, order_id in some:
            floor = floors.get(root_id)
            if floor is None or floor < release_at:
                ids = {"customer_id": customer_id, "lot_id": lot_id, "order_id": order_id}
                offenders.append({name: show_id(one) for name, one in ids.items()})
    return Looked(checked, offenders[:MOST_OFFENDERS])


class _Judged(NamedTuple):
    """An accrual as recorded: what it added to its order's points."""

    customer_id: Id
    order_id: Id
    program_id: Id
    number: int
    points: int


def _look_at_arithmetic() -> Looked:
    """Compute every part again, and every accrual from its parts and those of the accrual before it."""
    checked = 0
    offenders: list[Offender] = []
    parts = _Parts()
    for _order, own in groupby(_accruals(), key=lambda one: one[:3]):
        before = 0
        for accrual in own:
            checked += 1
            stands = parts.computed_of(accrual)
            if stands is None or accrual.points != stands - before:
                offenders.append(_told(accrual, stands, before))
            before = stands or 0
            if len(offenders) == MOST_OFFENDERS:
                return Looked(checked, offenders)
    return Looked(checked, offenders)


def _told(accrual: _Judged, stands: int | None, before: int) -> Offender:
    return {
        "customer_id": show_id(accrual.customer_id),
        "order_id": show_id(accrual.order_id),
        "program_id": show_id(accrual.program_id),
        "number": accrual.number,
        "points": accrual.points,
        "computed": None if stands is None else stands - before,
    }


class _Parts:
    """The parts of all accruals, read along with them in the same order."""

    def __init__(self) -> None:
        self._groups = groupby(
            _rows(AccrualPart, (*_KEY, *Part._fields), (*_KEY, "number")), lambda row: row[:4]
        )
        self._next = next(self._groups, None)
        # What each rule, in its version, counted of the order that is looked at, before anything came back.
        self._bases: dict[tuple[Id, int], int] = {}

    def computed_of(self, accrual: _Judged) -> int | None:
        """Return the points the accrual's parts come to; None where a part's figures give another number.

        None also where what one purchase may earn is shared out otherwise than it should be, or was cut from
        other points than its rules come to.
        """
        if accrual.number == 1:
            self._bases = {}
        if self._next is None or self._next[0] != accrual[:4]:
            return 0
        parts = [Part(*row[4:]) for row in self._next[1]]
        self._next = next(self._groups, None)
        if accrual.number == 1:
            self._bases = {(part.rule_id, part.rule_version): part.base_minor for part in parts}
        computed = [compute_points(part) for part in parts]
        is_sound = computed == [part.points for part in parts] and is_cut_fairly(parts)
        return sum(computed) if is_sound and all(map(self._is_whole, parts)) else None

    def _is_whole(self, part: Part) -> bool:
        """Say whether a part was cut from what its rule pays for all of its order, where that is known."""
        base_minor = self._bases.get((part.rule_id, part.rule_version))
        if part.whole_points is None or base_minor is None:
            return True
        return part._replace(base_minor=base_minor).uncut_points == part.whole_points


def _accruals() -> Iterator[_Judged]:
    names = ("customer_id", "order_id", "program_id", "number", "points")
    return (_Judged(*row) for row in _rows(Accrual, names, names[:4]))


def _rows(
    model: type[Accrual | AccrualPart], names: tuple[str, ...], order: tuple[str, ...]
) -> Iterator[Row]:
    """Yield the table's rows in the order of its key, some at a time."""
    key = columns(model, order)
    after: Row = ()
    while True:
        where, params = "", list[object]()
        if after:
            marks = ", ".join(["%s"] * len(order))
            where, params = f" WHERE ({key}) > ({marks})", [_sent(value) for value in after]
        select = f"SELECT {columns(model, names)}, {key} FROM {table(model)}{where}"  # noqa: S608
        rows = read_rows(model, (*names, *order), f"{select} ORDER BY {key} LIMIT {_AT_ONCE}", params)
        for row in rows:
            yield row[: len(names)]
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][len(names) :]


def _sent(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex() if connection.vendor == "postgresql" else bytearray(value)
    return value
