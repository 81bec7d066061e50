"""The one condition language: a typed tree over traits, events and segments, the same wherever it is asked.

`evaluate` asks it about one customer in memory; `insight.conditions` about all of them in one query. What
they mean, to the last missing value, is in docs/algorithms/conditions.md.
"""

from dangol.domain.conditions.deciding import Stretch, decide, evaluate, foresee, next_change
from dangol.domain.conditions.decisions import Decision, Named, Reason
from dangol.domain.conditions.describing import describe, explain
from dangol.domain.conditions.needing import Needs, needs
from dangol.domain.conditions.phrases import Labels, Said
from dangol.domain.conditions.reading import Condition, json_schema, read_condition, write_condition
from dangol.domain.conditions.refusals import BrokenCondition
from dangol.domain.conditions.values import (
    Catalog,
    Happening,
    Kind,
    Subject,
    TraitType,
    Value,
    exact,
    properties_of,
)

__all__ = [
    "BrokenCondition", "Catalog", "Condition", "Decision", "Happening", "Kind", "Labels", "Named", "Needs",
    "Reason", "Said", "Stretch", "Subject", "TraitType", "Value", "decide", "describe", "evaluate", "exact",
    "explain", "foresee", "json_schema", "needs", "next_change", "properties_of", "read_condition",
    "write_condition",
]  # fmt: skip
