"""What each operator says of a column: the counterpart of `domain.conditions.operators`.

A zone is never asked of an engine: days and windows become bounds in UTC before they reach it, by the same
functions by which one customer is asked. No answer is null.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any

import ibis
import ibis.expr.types as ir

from dangol.domain.conditions import Kind, TraitType
from dangol.domain.conditions.kinds import COMPLEMENTS, ORDER
from dangol.domain.conditions.moments import Moment, anniversaries
from dangol.domain.conditions.operators import COMPARISONS, day_range, instant_range, ranks
from dangol.insight.conditions.sources import naive

# A number of a condition, and a count: their product is exact in what both engines have.
SHORT, COUNT, LONG = "decimal(21, 6)", "decimal(12, 0)", "decimal(38, 6)"
YES, NO = ibis.literal(True), ibis.literal(False)


def surely(answer: Any) -> ir.BooleanValue:
    """Return an answer in which null is no."""
    found: ir.BooleanValue = answer.fill_null(False)
    return found


def literal(value: Any) -> Any:
    """Return a value of a condition as a literal."""
    match value:
        case Decimal():
            return ibis.literal(value, type=SHORT)
        case datetime():
            return ibis.literal(naive(value), type="timestamp")
        case date():
            return ibis.literal(value, type="date")
    return ibis.literal(value)


def any_of(answers: list[Any]) -> Any:
    """Return whether any of the answers is yes."""
    return reduce(or_, answers, NO)


def all_of(answers: list[Any]) -> Any:
    """Return whether all answers are yes."""
    return reduce(and_, answers, YES)


def question(
    column: Any, kind: Kind, op: str, value: Any, moment: Moment, order: tuple[str, ...] = ()
) -> ir.BooleanValue:
    """Return the answer about each value of a column of this kind, in which null is missing."""
    if op in COMPLEMENTS:
        answer: ir.BooleanValue = ~question(column, kind, COMPLEMENTS[op], value, moment, order)
        return answer
    if op == "is_set":
        present: ir.BooleanValue = column.notnull()
        return present
    if op == "is_empty":
        return surely(column.isnull() | (column.length() == 0))
    return surely(_positive(column, kind, op, value, moment, order))


def _positive(column: Any, kind: Kind, op: str, value: Any, moment: Moment, order: tuple[str, ...]) -> Any:
    match kind:
        case Kind.DATE if op == "anniversary_within":
            days = sorted(anniversaries(moment.today, value.n))
            return (column.month() * 100 + column.day()).isin(days)
        case Kind.DATE:
            return _within(column, day_range(op, value, moment))
        case Kind.INSTANT if op == "anniversary_within":
            return NO
        case Kind.INSTANT:
            return _within(column, instant_range(op, value, moment))
        case Kind.LIST:
            return _of_list(column, op, value)
    if op == "in":
        return column.isin([literal(one) for one in value])
    if order and (op in ORDER or op == "between"):
        return column.isin(sorted(ranks(op, value, order)))
    if op == "between":
        low, high = value
        return (column >= literal(low)) & (column <= literal(high))
    return compared(column, op, literal(value))


def _within(column: Any, bounds: tuple[Any, Any]) -> Any:
    first, last = bounds
    above = YES if first is None else column >= literal(first)
    below = YES if last is None else column <= literal(last)
    return column.notnull() & above & below


def _of_list(column: Any, op: str, value: Any) -> Any:
    if op == "has":
        return column.contains(value)
    each = [column.contains(one) for one in value]
    return any_of(each) if op == "has_any" else all_of(each)


def compared(column: Any, op: str, other: Any) -> Any:
    """Return how a column compares with another or with a literal; null where one of the two is."""
    match op:
        case "contains":
            return column.contains(other)
        case "starts_with":
            return column.startswith(other)
        case "ends_with":
            return column.endswith(other)
    return COMPARISONS[op](column, other)


def compared_with_other(column: Any, other: Any, kind: TraitType, op: str) -> ir.BooleanValue:
    """Return how two columns of one type compare; where one is missing only a complement is true."""
    if op in COMPLEMENTS:
        answer: ir.BooleanValue = ~compared_with_other(column, other, kind, COMPLEMENTS[op])
        return answer
    if kind.order and op in ORDER:
        return surely(compared(_rank(column, kind.order), op, _rank(other, kind.order)))
    return surely(compared(column, op, other))


def _rank(column: Any, order: tuple[str, ...]) -> Any:
    return ibis.cases(*((column == one, rank) for rank, one in enumerate(order)))


def mean_question(total: Any, count: Any, op: str, value: Any) -> ir.BooleanValue:
    """Return the answer about a mean: the sum is compared with the value, or the values, times the count."""
    if op in COMPLEMENTS:
        answer: ir.BooleanValue = ~mean_question(total, count, COMPLEMENTS[op], value)
        return answer
    times = count.cast(COUNT)
    if op == "between":
        low, high = (one * times for one in value)
        return surely((total >= low) & (total <= high))
    if op == "in":
        return surely(any_of([total == one * times for one in value]))
    return surely(compared(total, op, value * times))
