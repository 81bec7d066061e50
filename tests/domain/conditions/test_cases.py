"""The shared cases, asked of one customer at a time."""

import pytest

from dangol.domain.conditions import decide, evaluate
from tests.domain.conditions.cases import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_evaluate__case__has_its_answer(case: Case) -> None:
    as_of, zone = case.moment.as_of, case.moment.zone

    assert evaluate(case.condition, case.subject, as_of=as_of, zone=zone) is case.expected
    assert decide(case.condition, case.subject, as_of=as_of, zone=zone).holds is case.expected
