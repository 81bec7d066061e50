"""The closing of `make test`: a green run that hides something is no green run."""

from typing import Any

import pytest

from tests.__main__ import ABOUT_DATABASES, KINDS, ONCE, ROOT, complaints, left_out
from tests.reports import NO_BROWSER, NO_ENGINE

RAN = {"on_database": 3, "skipped": {}}


@pytest.mark.parametrize(
    ("sqlite", "postgres", "found"),
    [
        (RAN, RAN, []),
        (RAN, None, ["No test ran on postgres."]),
        (RAN, RAN | {"on_database": 0}, ["No test ran on postgres."]),
        (RAN | {"skipped": {"a": "late"}}, RAN, []),
        (
            RAN | {"skipped": {"a": "late"}},
            RAN | {"skipped": {"a": "late"}},
            ["a ran on neither database: late"],
        ),
        (RAN | {"skipped": {"a": f"{NO_BROWSER}."}}, RAN | {"skipped": {"a": f"{NO_BROWSER}."}}, []),
        (RAN | {"skipped": {"a": f"{NO_ENGINE}."}}, RAN | {"skipped": {"a": f"{NO_ENGINE}."}}, []),
    ],
)
def test_complaints__of_two_runs__name_what_did_not_happen(
    sqlite: dict[str, Any], postgres: dict[str, Any] | None, found: list[str]
) -> None:
    reports = {"sqlite": sqlite} | ({"postgres": postgres} if postgres else {})

    assert complaints(reports, KINDS) == found


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (("sqlite",), []),
        (("postgres",), ["No test ran on postgres."]),
        ((), ["Write sqlite or postgres after --only."]),
    ],
)
def test_complaints__of_one_database__asks_nothing_of_the_other(
    kinds: tuple[str, ...], found: list[str]
) -> None:
    assert complaints({"sqlite": RAN}, kinds) == found


def test_left_out__of_a_run_on_both__shells_that_are_not_about_databases() -> None:
    both, alone = left_out("postgres", is_alone=False), left_out("postgres", is_alone=True)

    assert left_out("sqlite", is_alone=False) == left_out("sqlite", is_alone=True) == []
    assert set(alone) == set(ONCE)
    assert set(both) > set(alone)
    assert set(both).isdisjoint(ABOUT_DATABASES)
    assert {"tests/web/test_till.py", "tests/cli/test_people.py"} < set(both)
    assert all((ROOT / path).exists() for path in (*both, *ABOUT_DATABASES))
