"""The rows of a file on the import page: which are left out, and why."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.web.files import ORDERS, bring_checked, errors, read
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
# Of nine rows five are bad, two of them in ways that only whole rows and whole files tell.
NINE = (
    "order,customer,placed_at,product,quantity,amount,store\n"
    "R-1,1501,2026-11-01 10:00,1,1,10.00,1\n"
    "R-2,1501,2026-11-01 10:00,1,1,-10.00,1\n"
    ",1501,2026-11-01 10:00,1,1,10.00,1\n"
    "R-4,1501,tomorrow,1,1,10.00,1\n"
    "R-5,1501,2026-11-01 10:00,1,1,10.00,1\n"
    "R-6,,2026-11-01 10:00,1,1,ten,1\n"
    "R-7,1501,2026-11-01 10:00,1,1,10.00,1\n"
    "R-8,1501\n"
    "R-9,1501,2026-11-01 10:00,1,1,10.00,1\n"
)


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Let files lie in a home of the test's own."""
    settings.HOME = tmp_path
    return tmp_path


def marked(page: str) -> list[int]:
    """Return the lines that the table of rows says are left out."""
    return [
        int(line)
        for line in re.findall(r'<th scope="row" class="nowrap">(\d+) <span class="chip bad">', page)
    ]


def told(page: str) -> set[int]:
    """Return the lines of which the page says what is wrong."""
    return {int(line) for line in re.findall(r"<b>(\d+)번째 줄", page)}


def test_rows__refused_by_the_check__are_all_told_and_marked(clerk: Client, story: Story) -> None:
    address = bring_checked(clerk, NINE)
    page = read(clerk, address)

    refused = {int(row["line"]) for row in errors(clerk, address)}
    assert len(refused) == 5
    assert told(page) == refused
    assert set(marked(page)) == refused - {9}, "a line that is no row has no place in the table"


def test_rows__refused_behind_those_shown__are_not_told(clerk: Client, story: Story) -> None:
    good = "".join(f"G-{n},1501,2026-11-01 10:00,1,10.00\n" for n in range(20))
    page = read(
        clerk, bring_checked(clerk, f"{ORDERS.splitlines()[0]}\n{good}B-1,1501,2026-11-01 10:00,1,no\n")
    )

    assert "잘못된 줄</dt><dd>1" in page
    assert told(page) == set()
    assert marked(page) == []


def test_rows__taken_along__are_counted_as_rows_in_the_access_log(clerk: Client, story: Story) -> None:
    errors(clerk, bring_checked(clerk, NINE))

    assert '<td class="k-spend">5줄</td>' in clerk.get("/access-log").content.decode()


def test_columns__in_english__all_begin_with_a_capital(clerk: Client, story: Story) -> None:
    page = clerk.get(bring_checked(clerk, NINE), headers={"accept-language": "en"}).content.decode()

    titles = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert "Store" in titles
    assert [one for one in titles if not one[0].isupper()] == []
