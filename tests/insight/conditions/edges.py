"""Every edge of time, met once: a customer for each instant and day, a condition for each way to ask."""

from itertools import product
from typing import Any

from dangol.domain.conditions import Condition, Happening, Subject, read_condition
from dangol.domain.conditions.moments import Moment
from tests.domain.conditions.drawn import ALL_UNITS, CATALOG, SPANS, days, instants

_AHEAD = (1, 7, 31, 365, 366)


def customers_at(moment: Moment) -> list[Subject]:
    """Return a customer for each edge: an event then and traits that name it; and one with nothing."""
    found = [Subject({}, ())]
    for number, at in enumerate(instants(moment)):
        due = {"due": at.isoformat(timespec="microseconds")}
        found.append(Subject({"joined": at}, [Happening("order", at, due, f"i{number}")]))
    for number, day in enumerate(days(moment)):
        happening = Happening("order", moment.as_of, {"due": day.isoformat()}, f"d{number}")
        found.append(Subject({"born": day}, [happening]))
    return found


def conditions_at(moment: Moment) -> dict[str, Condition]:
    """Return a condition for each window and each operator of time, around the edges."""
    raws: list[dict[str, Any]] = [
        {"type": "did", "event": "order", "window": {"type": "last", "n": n, "unit": unit}}
        for n, unit in SPANS
    ]
    asked: list[tuple[str, Any]] = [
        (op, {"n": n, "unit": unit}) for op, (n, unit) in product(("within_last", "within_next"), SPANS)
    ]
    asked += [(op, moment.today.isoformat()) for op in ("before", "after", "on")]
    asked += [("between", [min(days(moment)[:11]).isoformat(), moment.today.isoformat()])]
    asked += [("anniversary_within", {"n": n, "unit": "days"}) for n in _AHEAD]
    for op, value in asked:
        hours = isinstance(value, dict) and value["unit"] == ALL_UNITS[0]
        if op != "anniversary_within":
            raws.append({"type": "trait", "trait": "joined", "op": op, "value": value})
        if not hours:
            raws.append({"type": "trait", "trait": "born", "op": op, "value": value})
            test = {"property": "due", "op": op, "value": value}
            raws.append({"type": "did", "event": "order", "where": [test]})
    window = {"type": "between", "from": moment.today.isoformat(), "to": moment.as_of.isoformat()}
    raws.append({"type": "did", "event": "order", "window": window})
    return {f"c{number}": read_condition(raw, CATALOG) for number, raw in enumerate(raws)}
