"""docs/algorithms/conditions.md says what the code does."""

import re
from itertools import product
from typing import get_args

from dangol.domain.conditions import Kind, read_condition, write_condition
from dangol.domain.conditions.kinds import OPERATORS, ORDER
from dangol.domain.conditions.nodes import Op
from tests.domain.conditions.drawn import CATALOG
from tests.domain.conditions.truth import ROWS, table
from tests.house_rules import ROOT

PAGE = (ROOT / "docs/algorithms/conditions.md").read_text()


def test_page__truth_table__is_what_evaluate_says() -> None:
    assert table() in PAGE, "run `python -m tests.domain.conditions.truth` and put its table in"


def test_truth_table__holds_every_operator_of_every_kind() -> None:
    told = {(CATALOG[row.trait].kind, row.op) for row in ROWS if not CATALOG[row.trait].order}
    ordered = {row.op for row in ROWS if CATALOG[row.trait].order}

    assert told == {(kind, op) for kind, ops in OPERATORS.items() for op in ops}
    assert ordered == ORDER | {"between"}
    assert {op for kind, op in product(Kind, get_args(Op)) if op in OPERATORS[kind]} == set(get_args(Op))


def test_page__examples__are_conditions() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)

    assert len(examples) > 5
    for text in examples:
        condition = read_condition(text.encode(), CATALOG)
        assert read_condition(write_condition(condition), CATALOG)
