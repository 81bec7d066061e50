"""The same customers for both readings: as subjects in memory, and as tables of an engine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from dangol.domain.conditions import Catalog, Condition, Subject, evaluate
from dangol.domain.conditions.moments import Moment
from dangol.domain.conditions.values import of_kind
from dangol.insight.conditions import (
    EVENT_SCHEMA,
    answer_column,
    compile_conditions,
    event_rows,
    trait_column,
    trait_type,
)
from dangol.insight.conditions.sources import naive
from dangol.insight.engine import Engine
from tests.domain.conditions.cases import CASES, Case
from tests.domain.conditions.drawn import CATALOG


def key_of(number: int) -> bytes:
    """Return the key of the customer at this place."""
    return number.to_bytes(16)


def tables_of(subjects: Sequence[Subject], catalog: Catalog) -> dict[str, pa.Table]:
    """Return the customers, traits, events and members of the subjects as Arrow tables."""
    keys = [key_of(number) for number in range(len(subjects))]
    happenings = [(keys[n], one) for n, subject in enumerate(subjects) for one in subject.happenings]
    members = [(keys[n], slug) for n, subject in enumerate(subjects) for slug in sorted(subject.segments)]
    traits: dict[str, Any] = {"customer": pa.array(keys, pa.binary())}
    for name, known in catalog.items():
        values = [_kept(of_kind(subject.traits.get(name), known.kind)) for subject in subjects]
        traits[trait_column(name)] = pa.array(values, trait_type(known.kind))
    return {
        "customers": pa.table({"customer": pa.array(keys, pa.binary())}),
        "traits": pa.table(traits),
        "events": pa.table(event_rows(happenings), schema=EVENT_SCHEMA),
        "members": pa.table({
            "customer": pa.array([key for key, _ in members], pa.binary()),
            "segment": pa.array([slug for _, slug in members], pa.string()),
        }),
    }  # fmt: skip


def _kept(value: Any) -> Any:
    return naive(value) if isinstance(value, datetime) else value


def asked_of_each(
    conditions: Mapping[str, Condition], subjects: Sequence[Subject], moment: Moment
) -> dict[str, list[bool]]:
    """Return the answers of `evaluate`, in the order of the subjects."""
    return {
        slug: [evaluate(one, subject, as_of=moment.as_of, zone=moment.zone) for subject in subjects]
        for slug, one in conditions.items()
    }


def asked_of_all(
    engine: Engine,
    conditions: Mapping[str, Condition],
    subjects: Sequence[Subject],
    moment: Moment,
    catalog: Catalog,
) -> dict[str, list[bool]]:
    """Return the answers of the compiled conditions on an engine, in the order of the subjects."""
    tables = {name: engine.load(table) for name, table in tables_of(subjects, catalog).items()}
    expression = compile_conditions(conditions, as_of=moment.as_of, zone=moment.zone, **tables)
    found = engine.read(expression).sort_by("customer")
    assert found.column("customer").to_pylist() == [key_of(number) for number in range(len(subjects))]
    return {slug: found.column(answer_column(slug)).to_pylist() for slug in conditions}


def wrong_cases(engine: Engine, asked: Sequence[Case] = CASES) -> list[str]:
    """Return those of the shared cases that an engine answers otherwise than they say."""
    wrong = []
    for moment in {case.moment for case in asked}:
        cases = [case for case in asked if case.moment == moment]
        conditions = {f"c{number}": case.condition for number, case in enumerate(cases)}
        answers = asked_of_all(engine, conditions, [case.subject for case in cases], moment, CATALOG)
        wrong += [
            case.name
            for number, case in enumerate(cases)
            if answers[f"c{number}"][number] is not case.expected
        ]
    return wrong
