"""Pages about several kinds of points: what is read of each, and in how many statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.ledger.services import earn_points
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.checking import LevelDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.wallets import ProgramDraft, add_program
from dangol.web.reads.households import read_household
from dangol.web.reads.wallets import read_wallets
from tests.rooms.rewards.households.shop import CLERK, DAY, family, give, open_shop
from tests.rooms.rewards.promotions.shop import AT

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def add_kinds(first: int, last: int) -> None:
    """Make further programs, each with points of its own."""
    for number in range(first, last):
        draft = ProgramDraft(
            f"p{number}", f"w{number}", f"kind {number}", (), TermsDraft(),
            TiersDraft([LevelDraft("base", "Base", 0)]),
        )  # fmt: skip
        add_program(draft, actor=CLERK, at=AT)


def statements(member: Id) -> tuple[int, int]:
    """Return how many statements a member's household and kinds of points take."""
    with CaptureQueriesContext(connection) as household:
        read_household(member, at=AT)
    with CaptureQueriesContext(connection) as kinds:
        read_wallets(member)
    return len(household), len(kinds)


def test_pages__with_many_kinds_of_points__ask_no_more_than_with_two() -> None:
    mom, child = open_shop("mom", "child")
    family(mom, child)
    add_kinds(0, 1)
    read_household(mom, at=AT), read_wallets(mom)
    with_two = statements(mom)

    add_kinds(1, 6)
    read_household(mom, at=AT), read_wallets(mom)

    assert statements(mom) == with_two


def test_pages__with_several_kinds__tell_each_apart() -> None:
    mom, child = open_shop("mom", "child")
    family(mom, child)
    add_kinds(0, 2)
    give(mom, 100, days=9)
    give(mom, 20, days=5)
    give(child, 30)
    earn_points(child, points=7, currency="w0", key="k", at=AT, expires_at=None)
    # Open by then, and lapsed by then: neither is booked yet.
    earn_points(mom, points=50, currency="w0", key="k", at=AT, release_at=AT + 2 * DAY, expires_at=None)
    earn_points(mom, points=4, currency="w0", key="l", at=AT, expires_at=AT + DAY)

    held = read_wallets(mom)
    pools = read_household(mom, at=AT).pools
    later = read_household(mom, at=AT + 3 * DAY).pools

    assert [(one.points, one.pending) for one in held] == [(120, 0), (4, 50), (0, 0)]
    assert [one.soon and (one.soon.expires_at, one.soon.points) for one in held] == [
        (AT + 5 * DAY, 20), (AT + DAY, 4), None,
    ]  # fmt: skip
    assert [(one.usable, one.own) for one in pools] == [(150, 120), (11, 4), (0, 0)]
    assert [one.usable for one in later] == [150, 57, 0]
