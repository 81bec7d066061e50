"""The published JSON Schema of conditions: whoever checks against it sends what is read."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from jsonschema_rs import validator_for

from dangol.domain.conditions import BrokenCondition, read_condition, write_condition
from tests.domain.conditions.drawn import CATALOG, MOMENTS, trees
from tests.house_rules import ROOT
from tests.sizes import SIZE

SCHEMA = validator_for(json.loads((ROOT / "docs" / "reference" / "condition.schema.json").read_text()))
# What a part cannot do without, beside its type.
NEEDED = {
    "all": ["of"], "any": ["of"], "not": ["of"], "trait": ["trait", "op"], "did": ["event"],
    "sequence": ["steps"], "aggregate": ["event", "measure", "op"], "member": ["segment"],
}  # fmt: skip
raw_trees = st.sampled_from(MOMENTS).flatmap(trees)


def parts(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every group and leaf."""
    yield tree
    inner = tree.get("of", [])
    for part in inner if isinstance(inner, list) else [inner]:
        yield from parts(part)


@st.composite
def broken_trees(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a condition one part of which has a wrong type, lacks what it needs, or has what none has."""
    tree = deepcopy(draw(raw_trees))
    part = draw(st.sampled_from(list(parts(tree))))
    needed = NEEDED[part["type"]]
    match draw(st.sampled_from(["type", "lack", "kind", "more"])):
        case "type":
            part["type"] = draw(st.sampled_from(["", "some", "All", 1, None]))
        case "lack":
            del part[draw(st.sampled_from(["type", *needed]))]
        case "kind":
            part[draw(st.sampled_from(needed))] = draw(st.sampled_from([5, True, None, "", {}]))
        case "more":
            part[draw(st.sampled_from(["wrong", "Type", "values"]))] = draw(st.sampled_from([None, 1, []]))
    return tree


@settings(max_examples=SIZE.examples, deadline=None)
@given(raw_trees)
def test_schema__any_condition__fits_as_sent_and_as_told(raw: dict[str, Any]) -> None:
    assert SCHEMA.is_valid(raw)
    assert SCHEMA.is_valid(write_condition(read_condition(raw, CATALOG)))


@settings(max_examples=SIZE.examples, deadline=None)
@given(broken_trees())
def test_schema__any_condition_broken_in_one_part__fits_as_little_as_it_is_read(raw: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(raw)

    with pytest.raises(BrokenCondition):
        read_condition(raw, CATALOG)
