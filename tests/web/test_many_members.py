"""The list of members where they are many: read along an index, a page at a time, and never counted whole."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dangol.core.people.models import Customer
from dangol.core.people.selectors import list_stores
from dangol.core.people.services import resolve_customers
from dangol.core.segments.counts import round_to_three
from dangol.core.storage.transactions import write_transaction
from dangol.web.day_spans import Between
from dangol.web.reads import member_query, members
from dangol.web.reads.member_query import sort_of_many
from dangol.web.reads.members import (
    Counted,
    MemberQuery,
    Scheme,
    Sort,
    read_member_page,
    walk_members,
)
from tests.sizes import SIZE, drawn
from tests.snapshots import Kept
from tests.web.crowd import gather
from tests.web.story import CURRENCY, NOW, tell_story
from tests.web.test_members import walk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _tell_crowd() -> Scheme:
    program_id = tell_story().program_id
    stores = [one.id for one in list_stores()]
    gather(SIZE.crowd, program_id=program_id, currency=CURRENCY, stores=stores, at=NOW)
    return Scheme(program_id, CURRENCY)


_kept_crowd = Kept(_tell_crowd)


@pytest.fixture
def crowd(transactional_db: None, still_clock: datetime, monkeypatch: pytest.MonkeyPatch) -> Scheme:
    """Return the scheme of a shop with some hundreds of members, for which that is already many."""
    monkeypatch.setattr(member_query, "FEW", 0)
    return _kept_crowd()


FILTERS = {
    "all": MemberQuery(),
    "lowest tier": MemberQuery(level=0),
    "a tier": MemberQuery(level=1),
    "soon": MemberQuery(soon_until=NOW + timedelta(days=60)),
    "both": MemberQuery(level=1, soon_until=NOW + timedelta(days=60)),
    "nobody": MemberQuery(level=9),
    "joined": MemberQuery(joined=Between(NOW - timedelta(days=700), NOW - timedelta(days=100))),
    "joined since": MemberQuery(joined=Between(since=NOW - timedelta(days=365)), level=1),
    "visited": MemberQuery(visited=Between(NOW - timedelta(days=200), NOW - timedelta(days=20))),
    "not since": MemberQuery(visited=Between(until=NOW - timedelta(days=60)), level=0),
    "joined and visited": MemberQuery(
        joined=Between(until=NOW - timedelta(days=100)), visited=Between(since=NOW - timedelta(days=100))
    ),
}


@pytest.mark.parametrize("are_several", [True, False], ids=["held as a set", "too many to be held"])
@pytest.mark.parametrize("sort", Sort)
def test_list__many__along_the_index_as_if_sorted_whole(
    crowd: Scheme, monkeypatch: pytest.MonkeyPatch, sort: Sort, *, are_several: bool
) -> None:
    if not are_several:
        monkeypatch.setattr(member_query, "MOST_LAPSING", 0)
        monkeypatch.setattr(member_query, "MOST_UNSEEN", 0)
    store_id = list_stores()[0].id
    for query in [*drawn(list(FILTERS.values()), one_in=2), MemberQuery(store_id=store_id)]:
        asked = query._replace(sort=sort)
        asked = asked._replace(sort=sort_of_many(asked))
        whole = [line.person.customer_id for line in walk_members(asked, crowd, at=NOW)]
        for limit in (7, 60, 500):
            assert [line.person.customer_id for line in walk(asked, crowd, limit=limit)] == whole
    assert len(whole) > 30


@pytest.mark.parametrize("sort", Sort)
def test_list__many__statements_do_not_grow_with_the_place(crowd: Scheme, sort: Sort) -> None:
    asked = MemberQuery(sort=sort)
    counts = set()
    for _ in range(4):
        with CaptureQueriesContext(connection) as statements:
            page = read_member_page(asked, crowd, at=NOW, limit=30)
        counts.add(len(statements))
        asked = asked._replace(after=page.next_after)

    assert max(counts) <= 12


def test_list__many__total_is_about_and_counted_again_after_a_while(
    clerk: Client, crowd: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_counted", {})
    exact = Customer.objects.filter(kind="member").count()

    page = read_member_page(MemberQuery(), crowd, at=NOW)
    with write_transaction():
        resolve_customers("external", ["one more"], recorded_at=NOW)
        Customer.objects.update(kind="member")
    soon = read_member_page(MemberQuery(), crowd, at=NOW + timedelta(minutes=9))
    later = read_member_page(MemberQuery(), crowd, at=NOW + timedelta(minutes=10))

    assert page.total == soon.total == exact
    assert later.total == Customer.objects.count() > exact
    assert {one.counted for one in (page, soon, later)} == {Counted.ABOUT}
    assert f"회원 약 {later.total}명" in clerk.get("/members").content.decode()


def test_list__many_of_a_filter__says_more_than(clerk: Client, crowd: Scheme) -> None:
    assert read_member_page(MemberQuery(level=1), crowd, at=NOW).counted is Counted.MORE_THAN
    assert "명 넘게" in clerk.get("/members?tier=silver").content.decode()


@pytest.mark.parametrize(
    ("asked", "sort", "shown"),
    [
        ("joined", Sort.SPEND, Sort.JOINED),
        ("joined", Sort.JOINED, Sort.JOINED),
        ("visited", Sort.POINTS, Sort.RECENT),
        ("visited", Sort.AWAY, Sort.AWAY),
        ("joined and visited", Sort.AWAY, Sort.AWAY),
        ("joined and visited", Sort.SPEND, Sort.JOINED),
        ("a tier", Sort.SPEND, Sort.SPEND),
    ],
)
def test_list__many_of_some_days__sorted_by_these_days(
    crowd: Scheme, monkeypatch: pytest.MonkeyPatch, asked: str, sort: Sort, shown: Sort
) -> None:
    query = FILTERS[asked]._replace(sort=sort)

    assert read_member_page(query, crowd, at=NOW).sort is shown
    monkeypatch.setattr(member_query, "FEW", 2_000)
    few = read_member_page(query, crowd, at=NOW)
    assert few.sort is sort
    assert few.counted is Counted.EXACTLY


def test_list__many_of_some_days__page_says_how_it_is_sorted(clerk: Client, crowd: Scheme) -> None:
    page = clerk.get("/members?joined=days&joined_to=2026-11-22&sort=spend").content.decode()

    assert "늦게 가입한 순서대로 보여드려요" in page
    assert "보여드려요" not in clerk.get("/members?joined=30d&sort=joined").content.decode()


@pytest.mark.parametrize(
    ("count", "rounded"),
    [(0, 0), (7, 7), (999, 999), (1_004, 1_000), (12_345, 12_300), (1_234_567, 1_230_000)],
)
def test_round_to_three__count__says_three_digits(count: int, rounded: int) -> None:
    assert round_to_three(count) == rounded
