"""What the import page offers: to whom, and how its columns are put in order."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.connectors.files.columns import Kind
from dangol.core.access.rights import RIGHTS, Right, Role
from tests.web.files import MEMBERS, ORDERS, bring_checked, fields_of, read
from tests.web.staff import sign_in
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BALANCES = "customer,currency,balance\n1501,PTS,1000\n"
MAY_IMPORT = [role for role in Role if Right.IMPORTS_WRITE in RIGHTS[role]]


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    """Let files lie in a home of the test's own."""
    settings.HOME = tmp_path
    return tmp_path


@pytest.mark.parametrize("role", MAY_IMPORT)
@pytest.mark.parametrize(
    ("file", "kind", "needed"),
    [
        (ORDERS, Kind.ORDERS, None),
        (MEMBERS, Kind.CUSTOMERS, Right.MEMBERS_WRITE),
        (BALANCES, Kind.BALANCES, Right.POINTS_ADJUST),
    ],
    ids=["orders", "members", "balances"],
)
def test_start__kind_that_takes_another_right__is_offered_to_who_has_it(
    story: Story, role: Role, file: str, kind: Kind, needed: Right | None
) -> None:
    browser = sign_in(Client(headers={"accept-language": "ko"}), f"an-{role.value}", role)
    may = needed is None or needed in RIGHTS[role]

    address = bring_checked(browser, file)
    page = read(browser, address)

    assert (f'action="{address}/start"' in page) == may
    assert ("권한이 있어야 해요" in page) != may
    assert f'<option value="{kind.value}" selected>' in page
    for other, right in ((Kind.CUSTOMERS, Right.MEMBERS_WRITE), (Kind.TIERS, Right.POINTS_ADJUST)):
        offered = right in RIGHTS[role] or other is kind
        assert (f'<option value="{other.value}"' in page) == offered


def test_columns__found_and_required_first__the_others_are_folded_away(clerk: Client, story: Story) -> None:
    page = read(clerk, bring_checked(clerk, MEMBERS))
    before, _, after = page.partition("찾지 못한 열")

    assert 'name="column.email"' in before
    assert 'name="column.' in after
    assert "<details" in before.rpartition("</div>")[2]
    assert set(fields_of(page)) >= {"column.email", "column.birthday"}
