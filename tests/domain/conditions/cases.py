"""The cases both readings must pass, from `cases.json`: a condition, a customer, an instant, the answer."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dangol.domain.conditions import Condition, Happening, Kind, Subject, Value, properties_of, read_condition
from dangol.domain.conditions.moments import Moment
from tests.domain.conditions.drawn import CATALOG


class Case(NamedTuple):
    """One case."""

    name: str
    moment: Moment
    condition: Condition
    subject: Subject
    expected: bool


def _traits(raw: Mapping[str, Any]) -> dict[str, Value]:
    readers: dict[Kind, Any] = {Kind.DATE: date.fromisoformat, Kind.INSTANT: datetime.fromisoformat}
    return {name: readers.get(CATALOG[name].kind, lambda value: value)(value) for name, value in raw.items()}


def _case(raw: Mapping[str, Any]) -> Case:
    happenings = [
        Happening(one["event"], datetime.fromisoformat(one["at"]).astimezone(UTC),
                  properties_of(one["properties"]), one["id"])
        for one in raw["happenings"]
    ]  # fmt: skip
    as_of = datetime.fromisoformat(raw["as_of"]).astimezone(UTC)
    return Case(
        name=raw["name"],
        moment=Moment(as_of, ZoneInfo(raw["zone"])),
        condition=read_condition(raw["condition"], CATALOG),
        subject=Subject(_traits(raw["traits"]), happenings, frozenset(raw["segments"])),
        expected=raw["expected"],
    )


CASES = [_case(raw) for raw in json.loads((Path(__file__).parent / "cases.json").read_text())]
