"""Conditions as the API takes them, their JSON Schema among its own, and why one holds of a member."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from dangol.api.replies import Instant, Shown
from dangol.core.segments.selectors import segment_names
from dangol.domain.conditions import Condition, Decision, Labels, Reason, Said, explain, json_schema

# Where the description of the API has the schema of conditions.
SCHEMA = "Condition"
ConditionIn = Annotated[
    dict[str, Any],
    Field(description="A tree of groups and leaves.", json_schema_extra={"x-schema": SCHEMA}),
]


class SegmentEventView(Shown):
    """An event that decided."""

    id: str
    name: str
    at: Instant


class SegmentReasonView(Shown):
    """A part of the condition that decided: where it stands, whether it holds, and what was seen.

    `value` is the trait's value or the figure, `other` that of the trait compared with, `count` how many
    events were seen, or how many steps of a sequence were reached. `says` tells it in both languages.
    """

    path: str
    holds: bool
    value: Any
    other: Any
    count: int | None
    events: list[SegmentEventView]
    says: dict[str, str]


class SegmentWhyView(Shown):
    """Whether a condition holds of a member, why, and until when that stays by itself (null: for good)."""

    holds: bool
    as_of: Instant
    changes_at: Instant | None
    reasons: list[SegmentReasonView]


def show_why(condition: Condition, decision: Decision) -> SegmentWhyView:
    """Return a decision as the API shows it."""
    labels = Labels(segments=segment_names())
    languages: tuple[Literal["ko", "en"], ...] = ("ko", "en")
    said = {one: explain(condition, decision, one, labels).lines for one in languages}
    reasons = [
        _reason(reason, {one: _flat(lines[place]) for one, lines in said.items()})
        for place, reason in enumerate(decision.reasons)
    ]
    return SegmentWhyView(
        holds=decision.holds, as_of=decision.as_of, changes_at=decision.changes_at, reasons=reasons
    )


def _reason(reason: Reason, says: dict[str, str]) -> SegmentReasonView:
    return SegmentReasonView(
        path=reason.path,
        holds=reason.holds,
        value=plain(reason.value),
        other=plain(reason.other),
        count=reason.count,
        events=[SegmentEventView(id=one.id, name=one.event, at=one.at) for one in reason.events],
        says=says,
    )


def _flat(said: Said) -> str:
    return "; ".join([said.text, *(_flat(one) for one in said.lines)])


def plain(value: Any) -> Any:
    """Return a value of a trait as JSON has it: numbers as numbers, days and instants as texts."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return list(value)
    return value


def condition_schemas() -> dict[str, Any]:
    """Return the JSON Schema of conditions as components of the API's description, by their names."""
    text = json.dumps(json_schema())
    schema = json.loads(text.replace("#/$defs/", f"#/components/schemas/{SCHEMA}"))
    parts = schema.pop("$defs")
    schema.pop("$schema")
    return {SCHEMA: schema, **{f"{SCHEMA}{name}": part for name, part in parts.items()}}


def with_conditions(node: Any) -> Any:
    """Return a part of the description in which every place of a condition refers to the schema."""
    match node:
        case {"x-schema": name}:
            return {"$ref": f"#/components/schemas/{name}"}
        case dict():
            return {key: with_conditions(one) for key, one in node.items()}
        case list():
            return [with_conditions(one) for one in node]
    return node
