"""Both readings of conditions are equal, on DuckDB."""

from collections.abc import Iterator
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings

from dangol.domain.conditions.moments import Moment
from tests.domain.conditions.drawn import CATALOG, MOMENTS, Drawn
from tests.domain.conditions.drawn_customers import drawn
from tests.insight.conditions.both import asked_of_all, asked_of_each
from tests.insight.conditions.edges import conditions_at, customers_at
from tests.sizes import SIZE


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Any]:
    """Open DuckDB in memory."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@settings(
    max_examples=SIZE.examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=drawn())
def test_compile__random_trees_and_histories__says_what_evaluate_says(duckdb: Any, found: Drawn) -> None:
    conditions = {f"c{number}": one for number, one in enumerate(found.conditions)}

    one_by_one = asked_of_each(conditions, found.subjects, found.moment)

    assert asked_of_all(duckdb, conditions, found.subjects, found.moment, CATALOG) == one_by_one


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment.as_of:%Y-%m-%d} {moment.zone.key}")
def test_compile__every_edge_of_time__says_what_evaluate_says(duckdb: Any, moment: Moment) -> None:
    conditions, subjects = conditions_at(moment), customers_at(moment)

    one_by_one = asked_of_each(conditions, subjects, moment)

    assert all(any(answers) and not all(answers) for slug, answers in one_by_one.items()), one_by_one
    assert asked_of_all(duckdb, conditions, subjects, moment, CATALOG) == one_by_one
