"""The nightly models on another engine: the same is told, and a cluster that is gone costs no night."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from dangol.core.people.selectors import shop
from dangol.core.segments.models import Trait
from dangol.rooms.personalization.models import ReportTable
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import why_reckoned_here
from tests.insight.clusters import spark_address
from tests.ports import free_port
from tests.rooms.personalization.test_refresh import NIGHT, bring_history

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    # PySpark leaves the sockets its answers come through to the collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
AS_OF = date(2026, 3, 1)


def told() -> tuple[list[Any], list[Any]]:
    """Return all traits and all tables."""
    traits = Trait.objects.order_by("customer_id", "name")
    return (
        list(traits.values_list("customer_id", "name", "value", "source")),
        list(ReportTable.objects.order_by("name").values_list("name", "rows")),
    )


def rounded(value: Any) -> Any:
    """Return what was told with its fractions to twelve digits: sums of them depend on the order of rows."""
    match value:
        case float():
            return float(f"{value:.12g}")
        case list() | tuple():
            return [rounded(one) for one in value]
        case dict():
            return {name: rounded(one) for name, one in value.items()}
    return value


def test_refresh__on_spark__tells_what_duckdb_does(settings: Settings, tmp_path: Path) -> None:
    bring_history(80, seed=3)
    refresh_all(shop(), as_of=AS_OF, at=NIGHT)
    here = told()
    Trait.objects.all().delete()
    ReportTable.objects.all().delete()

    with spark_address(tmp_path) as address:
        settings.ENGINE = address
        outcome = refresh_all(shop(), as_of=AS_OF, at=NIGHT)

    assert outcome["rfm"] == 80
    assert rounded(told()) == rounded(here)


def test_refresh__cluster_is_gone__is_reckoned_here_and_said_until_the_next_run(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    bring_history(80, seed=3)
    settings.ENGINE = f"spark://127.0.0.1:{free_port()}"

    outcome = refresh_all(shop(), as_of=AS_OF, at=NIGHT)

    assert outcome["rfm"] == 80
    assert "the cluster did not answer" in caplog.text
    why = why_reckoned_here()
    assert why is not None
    assert why.startswith(f"engine.gone address='{settings.ENGINE}'")

    settings.ENGINE = ""
    refresh_all(shop(), as_of=AS_OF, at=NIGHT)
    assert why_reckoned_here() is None
