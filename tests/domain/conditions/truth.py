"""The truth table of docs/algorithms/conditions.md, computed: each operator, of a value there or missing."""

from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.conditions import Condition, Subject, Value, evaluate, read_condition
from dangol.domain.conditions.moments import Moment
from tests.domain.conditions.drawn import CATALOG

MOMENT = Moment(datetime(2026, 3, 1, 3, tzinfo=UTC), ZoneInfo("Asia/Seoul"))
WEEK = {"n": 7, "unit": "days"}
HEAD = "| kind | operator | compared with | that fits | another | empty | missing | another type |"
EMPTY: dict[str, Value] = {"city": "", "tags": ()}
OF_ANOTHER_TYPE: dict[str, Value] = {
    "city": 1, "points": "1", "vip": "true", "born": "2026-02-28", "joined": date(2026, 2, 28),
    "tags": "a", "rewards.tier": True,
}  # fmt: skip


class Row(NamedTuple):
    """An operator of a trait with a value it is true of and one it is false of (where there is one)."""

    trait: str
    op: str
    value: Any
    fits: Value | None
    another: Value | None

    @property
    def condition(self) -> Condition:
        """The leaf."""
        raw = {"type": "trait", "trait": self.trait, "op": self.op, "value": self.value}
        return read_condition(raw, CATALOG)

    @property
    def subjects(self) -> list[Subject | None]:
        """A customer for each cell, None where there is none."""
        cells = [self.fits, self.another, EMPTY.get(self.trait)]
        found = [None if cell is None else Subject({self.trait: cell}, ()) for cell in cells]
        return [*found, Subject({}, ()), Subject({self.trait: OF_ANOTHER_TYPE[self.trait]}, ())]


def _at(day: int) -> datetime:
    return datetime(2026, 3, day, 3, tzinfo=UTC)


DAY = date(2026, 2, 28)
ROWS = [
    Row("city", "equals", "Seoul", "Seoul", "seoul"),
    Row("city", "not_equals", "Seoul", "Busan", "Seoul"),
    Row("city", "in", ["Seoul", "Busan"], "Busan", "Jeju"),
    Row("city", "not_in", ["Seoul", "Busan"], "Jeju", "Busan"),
    Row("city", "contains", "eo", "Seoul", "Jeju"),
    Row("city", "starts_with", "Se", "Seoul", "Jeju"),
    Row("city", "ends_with", "ul", "Seoul", "Jeju"),
    Row("city", "is_set", None, "Seoul", None),
    Row("city", "is_missing", None, None, "Seoul"),
    Row("rewards.tier", "less_than", "gold", "silver", "gold"),
    Row("rewards.tier", "at_most", "silver", "white", "gold"),
    Row("rewards.tier", "more_than", "white", "gold", "white"),
    Row("rewards.tier", "at_least", "silver", "gold", "white"),
    Row("rewards.tier", "between", ["white", "silver"], "silver", "gold"),
    Row("points", "equals", 1, 1, 2),
    Row("points", "not_equals", 1, 2, 1),
    Row("points", "in", [1, 2], 2, 3),
    Row("points", "not_in", [1, 2], 3, 2),
    Row("points", "less_than", 5, 4, 5),
    Row("points", "at_most", 5, 5, 6),
    Row("points", "more_than", 5, 6, 5),
    Row("points", "at_least", 5, 5, 4),
    Row("points", "between", [1, 5], 5, 6),
    Row("points", "is_set", None, 0, None),
    Row("points", "is_missing", None, None, 0),
    Row("vip", "equals", True, True, False),
    Row("vip", "not_equals", True, False, True),
    Row("vip", "is_set", None, False, None),
    Row("vip", "is_missing", None, None, False),
    Row("born", "before", "2026-02-28", date(2026, 2, 27), DAY),
    Row("born", "after", "2026-02-28", date(2026, 3, 1), DAY),
    Row("born", "on", "2026-02-28", DAY, date(2026, 3, 1)),
    Row("born", "between", ["2026-02-27", "2026-02-28"], DAY, date(2026, 3, 1)),
    Row("born", "within_last", WEEK, date(2026, 2, 23), date(2026, 2, 22)),
    Row("born", "within_next", WEEK, date(2026, 3, 7), date(2026, 3, 8)),
    Row("born", "anniversary_within", WEEK, date(1990, 3, 7), date(1990, 3, 8)),
    Row("born", "is_set", None, DAY, None),
    Row("born", "is_missing", None, None, DAY),
    Row("joined", "before", "2026-03-01", datetime(2026, 2, 28, 14, tzinfo=UTC), _at(1)),
    Row("joined", "after", "2026-03-01", _at(2), _at(1)),
    Row("joined", "on", "2026-03-01", _at(1), _at(2)),
    Row("joined", "between", ["2026-03-01", "2026-03-02"], _at(2), _at(3)),
    Row("joined", "within_last", WEEK, _at(1), _at(2)),
    Row("joined", "within_next", WEEK, _at(8), _at(1)),
    Row("joined", "is_set", None, _at(1), None),
    Row("joined", "is_missing", None, None, _at(1)),
    Row("tags", "has", "a", ("a", "b"), ("b",)),
    Row("tags", "has_any", ["a", "b"], ("b",), ("c",)),
    Row("tags", "has_all", ["a", "b"], ("a", "b", "c"), ("a",)),
    Row("tags", "is_empty", None, None, ("a",)),
    Row("tags", "is_set", None, ("a",), None),
    Row("tags", "is_missing", None, None, ("a",)),
]


def written(value: Any) -> str:
    """Return a value as the table shows it."""
    match value:
        case None:
            return ""
        case dict():
            return f"{value['n']} {value['unit']}"
        case list() | tuple():
            return ", ".join(map(written, value))
        case bool():
            return str(value).lower()
    return str(value)


def table() -> str:
    """Return the whole table as Markdown."""
    lines = [HEAD, "| --- " * 8 + "|"]
    for row in ROWS:
        answers = [
            "" if subject is None else
            str(evaluate(row.condition, subject, as_of=MOMENT.as_of, zone=MOMENT.zone)).lower()
            for subject in row.subjects
        ]  # fmt: skip
        kind = CATALOG[row.trait]
        name = f"ordered {kind.kind}" if kind.order else kind.kind.value
        lines.append("| " + " | ".join([name, f"`{row.op}`", written(row.value), *answers]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
