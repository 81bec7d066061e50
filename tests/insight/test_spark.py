"""Conditions and reports say on a real Spark cluster what they say in this process."""

from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dangol.domain.conditions import Condition, Subject
from dangol.domain.conditions.moments import Moment
from dangol.insight.engine import Engine, Limits, open_engine, with_fallback
from dangol.insight.refusals import EngineGone
from dangol.insight.reports import ALL_REPORTS
from tests.domain.conditions.cases import CASES
from tests.domain.conditions.drawn import CATALOG, MOMENTS
from tests.domain.conditions.drawn_customers import conditions, subjects
from tests.domain.conditions.truth import MOMENT as TRUTH, ROWS
from tests.insight.clusters import Cluster, running
from tests.insight.conditions.both import asked_of_all, asked_of_each, wrong_cases
from tests.insight.conditions.edges import conditions_at, customers_at
from tests.insight.journey import AS_OF, customer_days
from tests.insight.test_engine import sum_of
from tests.sizes import SIZE, drawn

# PySpark leaves the sockets its answers come through to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
# Spark spends seconds on a query whatever its size, so that many draws are asked about in one.
DRAWS = SIZE.examples // 10
MOMENT = MOMENTS[4]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a cluster with two workers."""
    with running(tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture(scope="module")
def spark(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Open a session on the cluster."""
    with open_engine(cluster.address, Limits(tmp_path_factory.mktemp("spark"))) as engine:
        yield engine


def drawn_at(moment: Moment) -> tuple[dict[str, Condition], list[Subject]]:
    """Draw many conditions and customers of one instant."""
    trees: list[Condition] = []
    people: list[Subject] = []

    @settings(
        max_examples=DRAWS, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(conditions(moment), subjects(moment))
    def collect(tree: Condition, person: Subject) -> None:
        trees.append(tree)
        people.append(person)

    collect()
    return {f"c{number}": tree for number, tree in enumerate(trees)}, people


def test_compile__on_a_cluster_random_trees__say_what_evaluate_says(spark: Engine) -> None:
    trees, people = drawn_at(MOMENT)

    answers = asked_of_all(spark, trees, people, MOMENT, CATALOG)

    assert answers == asked_of_each(trees, people, MOMENT)


def test_compile__on_a_cluster_every_edge_of_time__says_what_evaluate_says(spark: Engine) -> None:
    trees, people = conditions_at(MOMENT), customers_at(MOMENT)

    assert asked_of_all(spark, trees, people, MOMENT, CATALOG) == asked_of_each(trees, people, MOMENT)


def test_compile__on_a_cluster_shared_cases__have_their_answers(spark: Engine) -> None:
    assert not wrong_cases(spark, drawn(CASES, one_in=4))


def test_compile__on_a_cluster_truth_table__is_the_one_evaluate_gives(spark: Engine) -> None:
    trees = {f"c{number}": row.condition for number, row in enumerate(ROWS)}
    people = [subject for row in ROWS for subject in row.subjects if subject is not None]

    assert asked_of_all(spark, trees, people, TRUTH, CATALOG) == asked_of_each(trees, people, TRUTH)


@pytest.fixture(scope="module")
def days(spark: Engine) -> ir.Table:
    """Load the year's rollup."""
    return spark.keep(spark.load(customer_days().to_pyarrow()))


@pytest.mark.parametrize("name", drawn([*ALL_REPORTS], one_in=3))
def test_report__on_a_cluster__is_the_table_of_this_process(spark: Engine, days: ir.Table, name: str) -> None:
    here = ALL_REPORTS[name](customer_days(), as_of=AS_OF).to_pyarrow()

    there = spark.read(ALL_REPORTS[name](days, as_of=AS_OF))

    assert there.schema.types == here.schema.types
    order = [(column, "ascending") for column in here.column_names]
    assert there.sort_by(order).to_pylist() == here.sort_by(order).to_pylist()


def test_read__cluster_lost__is_gone_and_duckdb_answers(
    spark: Engine, cluster: Cluster, tmp_path: Path
) -> None:
    assert sum_of(spark) == [6]

    cluster.stop()

    with pytest.raises(EngineGone):
        sum_of(spark)
    assert with_fallback(cluster.address, Limits(tmp_path), sum_of)[0] == [6]
