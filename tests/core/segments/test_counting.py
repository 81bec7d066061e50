"""How many are in segments, as the list of them tells it: exactly, or about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.segments.counts import FEW
from dangol.core.segments.models import Member
from dangol.core.segments.selectors import find_segment, list_archived, list_segments, look_up
from dangol.core.segments.services import UnknownSegment, archive_segment
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.rows import insert_rows
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import MARKETER, bought, make_segment, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def fill(segment_id: Id, people: int) -> None:
    """Let so many be in a segment."""
    with write_transaction():
        insert_rows(
            Member,
            ("customer_id", "segment_id", "since", "version", "event_id"),
            [(random_id(), segment_id, MORNING, 1, None) for _ in range(people)],
        )


def listed(minutes: int = 0) -> dict[str, tuple[int, bool]]:
    rows = list_segments(at=MORNING + timedelta(minutes=minutes))
    return {one.slug: (one.member_count, one.is_exact) for one in rows}


def test_list_segments__up_to_few_and_more__counted_exactly_and_about() -> None:
    open_shop()
    fill(make_segment("few", bought()), FEW)
    fill(make_segment("many", bought()), FEW + 347)
    make_segment("nobody", bought())

    assert listed() == {"few": (FEW, True), "many": (2_350, False), "nobody": (0, True)}
    assert (find_segment("many").member_count, find_segment("many").is_exact) == (FEW + 347, True)


def test_list_segments__many__are_counted_again_after_ten_minutes_or_when_the_clock_goes_back() -> None:
    open_shop()
    segment_id = make_segment("many", bought())
    fill(segment_id, FEW + 1)
    assert listed() == {"many": (2_000, False)}
    fill(segment_id, 500)

    assert listed(9) == {"many": (2_000, False)}
    assert listed(10) == {"many": (2_500, False)}
    fill(segment_id, 500)
    assert listed(9) == {"many": (3_000, False)}


def test_list_segments__more_of_them__same_number_of_statements() -> None:
    open_shop()
    fill(make_segment("a", bought()), FEW + 1)
    with CaptureQueriesContext(connection) as one:
        listed()
    for slug in ("b", "c", "d"):
        fill(make_segment(slug, bought()), FEW + 1)
    with CaptureQueriesContext(connection) as four:
        listed()

    assert len(four) == len(one)


def test_list_archived__in_pages__each_once_the_latest_first() -> None:
    open_shop()
    for place, slug in enumerate(("a", "b", "c", "d", "e")):
        make_segment(slug, bought())
        archive_segment(slug, actor=MARKETER, at=MORNING + place // 2 * DAY)

    pages, before = [], None
    while page := list_archived(at=MORNING, before=before, limit=2):
        pages.append([one.slug for one in page])
        assert page[-1].archived_at
        before = page[-1].archived_at, page[-1].id

    assert pages == [["e", "d"], ["c", "b"], ["a"]]
    assert [one.slug for one in list_archived(at=MORNING, text="B")] == ["b"]
    assert list_archived(at=MORNING, text="nothing") == []


def test_look_up__archived__says_since_when_and_find_says_there_is_none() -> None:
    open_shop()
    make_segment("a", bought())
    archive_segment("a", actor=MARKETER, at=MORNING + DAY)

    assert (look_up("a").archived_at, look_up("a").waiting) == (MORNING + DAY, 0)
    with pytest.raises(UnknownSegment):
        find_segment("a")
    for strange in ("b", "a\0"):
        with pytest.raises(UnknownSegment):
            look_up(strange)
