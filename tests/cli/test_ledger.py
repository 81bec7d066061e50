"""`dangol ledger verify`, as its user runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.instances import Instance, made_instance

BREAK = """
from dangol.core.ledger.models import Account, PointCurrency
from dangol.core.storage.ids import new_id
PointCurrency.objects.create(code="P", name="Points")
Account.objects.create(customer_id=new_id(), currency="P", kind="spent", balance=7)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as fresh:
        yield fresh


def test_ledger_verify__healthy__says_so(instance: Instance) -> None:
    told = instance.run("ledger", "verify", "--json")

    assert told.code == 0
    assert told.data["is_kept"] is True
    assert {"transfer.balances", "accrual.arithmetic"} <= {one["name"] for one in told.data["checks"]}


def test_ledger_verify__a_balance_that_is_wrong__is_named_and_exits_with_1(instance: Instance) -> None:
    instance.run_python(BREAK)

    told, in_words = instance.run("ledger", "verify", "--json"), instance.run("ledger", "verify")

    broken = [one for one in told.data["checks"] if not one["is_kept"]]
    assert [one["name"] for one in broken] == ["balance.stored"]
    assert len(broken[0]["offenders"]) == 1
    assert (told.code, in_words.code) == (1, 1)
    assert "balance.stored" in in_words.words
