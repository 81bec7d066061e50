"""What each operator says of one value. A missing value makes each false but the complements of others."""

import operator
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias

from dangol.domain.conditions.kinds import COMPLEMENTS, ORDER, kind_of_property
from dangol.domain.conditions.moments import MICROSECOND, Moment, anniversaries, month_day, shifted_day
from dangol.domain.conditions.nodes import Span, Test
from dangol.domain.conditions.values import EXACT_TYPES, Kind, TraitType, Value, of_kind, time_of

Asks: TypeAlias = Callable[[Any, Moment], bool]
Compares: TypeAlias = Callable[[Any, Any], bool]

COMPARISONS: Mapping[str, Compares] = {
    "equals": operator.eq,
    "less_than": operator.lt,
    "at_most": operator.le,
    "more_than": operator.gt,
    "at_least": operator.ge,
    "contains": operator.contains,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "before": operator.lt,
    "after": operator.gt,
    "on": operator.eq,
}


def asks(kind: Kind, op: str, value: Any, order: tuple[str, ...] = ()) -> Asks:
    """Return the question an operator asks of a value of this kind, or of None where it is missing."""
    if op in COMPLEMENTS:
        positive = asks(kind, COMPLEMENTS[op], value, order)
        return lambda found, moment: not positive(found, moment)
    if op == "is_set":
        return lambda found, _moment: found is not None
    if op == "is_empty":
        return lambda found, _moment: not found
    question = _question(kind, op, value, order)
    return lambda found, moment: found is not None and question(found, moment)


def _question(kind: Kind, op: str, value: Any, order: tuple[str, ...]) -> Asks:
    if kind is Kind.DATE:
        return _of_day(op, value)
    if kind is Kind.INSTANT:
        return _of_instant(op, value)
    if kind is Kind.LIST:
        return _of_list(op, value)
    if op == "in":
        chosen = frozenset(value)
        return lambda found, _moment: found in chosen
    if order and (op in ORDER or op == "between"):
        return _of_rank(op, value, order)
    if op == "between":
        low, high = value
        return lambda found, _moment: bool(low <= found <= high)
    compare = COMPARISONS[op]
    return lambda found, _moment: bool(compare(found, value))


def _of_rank(op: str, value: Any, order: tuple[str, ...]) -> Asks:
    fitting = ranks(op, value, order)
    return lambda found, _moment: found in fitting


def ranks(op: str, value: Any, order: tuple[str, ...]) -> frozenset[str]:
    """Return the values of an ordered text of which a comparison by order is true."""
    rank = {one: number for number, one in enumerate(order)}
    if op == "between":
        low, high = value
        return frozenset(one for one in order if rank[low] <= rank[one] <= rank[high])
    compare = COMPARISONS[op]
    return frozenset(one for one in order if compare(rank[one], rank[value]))


def _of_list(op: str, value: Any) -> Asks:
    if op == "has":
        return lambda found, _moment: value in found
    wanted = frozenset(value)
    if op == "has_any":
        return lambda found, _moment: not wanted.isdisjoint(found)
    return lambda found, _moment: wanted.issubset(found)


def day_range(op: str, value: Any, moment: Moment) -> tuple[date | None, date | None]:
    """Return the first and the last day (both included, None: open) of which an operator of days is true."""
    match op, value:
        case "within_last", Span(n=n, unit=unit):
            return _after(shifted_day(moment.today, n, unit, -1)), moment.today
        case "within_next", Span(n=n, unit=unit):
            return moment.today, _before(shifted_day(moment.today, n, unit, 1))
        case "between", (low, high):
            return _day(low, moment), _day(high, moment)
    day = _day(value, moment)
    match op:
        case "before":
            return None, _before(day)
        case "after":
            return _after(day), None
    return day, day


def _of_day(op: str, value: Any) -> Asks:
    if op == "anniversary_within":
        return lambda found, moment: month_day(found) in anniversaries(moment.today, value.n)

    def is_in_range(found: date, moment: Moment) -> bool:
        first, last = day_range(op, value, moment)
        return (first is None or first <= found) and (last is None or found <= last)

    return is_in_range


def instant_range(op: str, value: Any, moment: Moment) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last microsecond (both included, None: open) of which an operator is true."""
    match op:
        case "within_last":
            return _following(moment.past(value)), moment.as_of
        case "within_next":
            return _following(moment.as_of), moment.future(value)
        case "between":
            low, high = value
            return moment.first(low), moment.last(high)
        case "before":
            return None, _preceding(moment.first(value))
        case "after":
            return _following(moment.last(value)), None
    return moment.first(value), moment.last(value)


def _of_instant(op: str, value: Any) -> Asks:
    if op == "anniversary_within":
        return lambda _found, _moment: False

    def is_in_range(found: datetime, moment: Moment) -> bool:
        first, last = instant_range(op, value, moment)
        return (first is None or first <= found) and (last is None or found <= last)

    return is_in_range


def asks_other(kind: TraitType, op: str) -> Callable[[Any, Any], bool]:
    """Return the comparison of two values of this kind, of which either may be None: missing."""
    if op in COMPLEMENTS:
        positive = asks_other(kind, COMPLEMENTS[op])
        return lambda found, other: not positive(found, other)
    compare = COMPARISONS[op]
    if kind.order and op in ORDER:
        rank = {one: number for number, one in enumerate(kind.order)}
        return lambda found, other: found in rank and other in rank and compare(rank[found], rank[other])
    return lambda found, other: found is not None and other is not None and compare(found, other)


def tests_of(where: tuple[Test, ...]) -> Callable[[Mapping[str, Value], Moment], bool]:
    """Return whether an event's properties pass all tests."""
    questions = [_test(test) for test in where]
    if not questions:
        return lambda _properties, _moment: True
    if len(questions) == 1:
        return questions[0]
    return lambda properties, moment: all(passes(properties, moment) for passes in questions)


def _test(test: Test) -> Callable[[Mapping[str, Value], Moment], bool]:
    """Return whether an event's properties pass a test; the commonest comparisons take one call."""
    name, kind, value = test.property, kind_of_property(test), test.value
    question = property_asks(test)
    if kind is not None and kind in EXACT_TYPES and test.op in COMPARISONS:
        types, compare = EXACT_TYPES[kind], COMPARISONS[test.op]

        def passes(properties: Mapping[str, Value], moment: Moment) -> bool:
            found = properties.get(name)
            return compare(found, value) if type(found) in types else question(found, moment)

        return passes
    return lambda properties, moment: question(properties.get(name), moment)


def property_asks(test: Test) -> Asks:
    """Return the question a test asks of a property as it came, of whatever type."""
    kind = kind_of_property(test)
    if kind is None:
        is_asked = test.op == "is_set"
        return lambda found, _moment: (found is not None) is is_asked
    if kind is Kind.DATE:
        of_day, of_instant = (asks(each, test.op, test.value) for each in (Kind.DATE, Kind.INSTANT))

        def of_time(found: Any, moment: Moment) -> bool:
            time = time_of(found)
            return (of_instant if isinstance(time, datetime) else of_day)(time, moment)

        return of_time
    question = asks(kind, test.op, test.value)
    return lambda found, moment: question(of_kind(found, kind), moment)


def _day(value: date | datetime, moment: Moment) -> date:
    """Return the shop's day of a value that may be given as an instant."""
    return Moment(value, moment.zone).today if isinstance(value, datetime) else value


def _following(at: datetime) -> datetime:
    return at + MICROSECOND


def _preceding(at: datetime) -> datetime:
    return at - MICROSECOND


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
