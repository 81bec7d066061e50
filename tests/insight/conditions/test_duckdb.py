"""Both readings of conditions are equal, on DuckDB."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from dangol.domain.conditions.moments import Moment
from dangol.insight.engine import Engine, Limits, open_engine
from tests.domain.conditions.drawn import CATALOG, MOMENTS, Drawn
from tests.domain.conditions.drawn_customers import drawn
from tests.domain.conditions.truth import MOMENT, ROWS
from tests.insight.conditions.both import asked_of_all, asked_of_each, wrong_cases
from tests.insight.conditions.edges import conditions_at, customers_at
from tests.sizes import SIZE


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Open DuckDB in memory."""
    with open_engine(None, Limits(tmp_path_factory.mktemp("duckdb"))) as engine:
        yield engine


@settings(
    max_examples=SIZE.examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(found=drawn())
def test_compile__random_trees_and_histories__says_what_evaluate_says(duckdb: Engine, found: Drawn) -> None:
    conditions = {f"c{number}": one for number, one in enumerate(found.conditions)}

    one_by_one = asked_of_each(conditions, found.subjects, found.moment)

    assert asked_of_all(duckdb, conditions, found.subjects, found.moment, CATALOG) == one_by_one


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment.as_of:%Y-%m-%d} {moment.zone.key}")
def test_compile__every_edge_of_time__says_what_evaluate_says(duckdb: Engine, moment: Moment) -> None:
    conditions, subjects = conditions_at(moment), customers_at(moment)

    one_by_one = asked_of_each(conditions, subjects, moment)

    assert all(any(answers) and not all(answers) for slug, answers in one_by_one.items()), one_by_one
    assert asked_of_all(duckdb, conditions, subjects, moment, CATALOG) == one_by_one


def test_compile__shared_cases__have_their_answers(duckdb: Engine) -> None:
    assert not wrong_cases(duckdb)


def test_compile__truth_table__is_the_one_evaluate_gives(duckdb: Engine) -> None:
    conditions = {f"c{number}": row.condition for number, row in enumerate(ROWS)}
    subjects = [subject for row in ROWS for subject in row.subjects if subject is not None]

    answers = asked_of_all(duckdb, conditions, subjects, MOMENT, CATALOG)

    assert answers == asked_of_each(conditions, subjects, MOMENT)
