"""Conditions asked about all customers at once: the second reading of `dangol.domain.conditions`."""

from dangol.domain.conditions.dependencies import ConditionCycle
from dangol.insight.conditions.compiling import answer_column, compile_conditions
from dangol.insight.conditions.sources import EVENT_SCHEMA, event_rows, trait_column, trait_type

__all__ = [
    "EVENT_SCHEMA", "ConditionCycle", "answer_column", "compile_conditions", "event_rows", "trait_column",
    "trait_type",
]  # fmt: skip
