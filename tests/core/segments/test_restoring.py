"""Archived segments: listed, kept up to date again, and when they cannot be."""

from functools import partial

import msgspec
import pytest

from dangol.core.access.models import AccessEntry
from dangol.core.segments import services
from dangol.core.segments.models import Segment, SegmentVersion, TraitName
from dangol.core.segments.running import load_running
from dangol.core.segments.selectors import find_segment, list_archived
from dangol.core.segments.services import SegmentChange, archive_segment, change_segment, restore_segment
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import BrokenCondition
from dangol.domain.conditions.dependencies import ConditionCycle
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import (
    MARKETER,
    bought,
    buy,
    catch_up,
    inside,
    make_segment,
    open_shop,
    story,
)
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def asks(slug: str) -> dict[str, str]:
    return {"type": "member", "segment": slug}


def test_restore_segment__archived__is_kept_again_and_both_are_in_the_access_log() -> None:
    (one,) = open_shop("A")
    make_segment("a", bought())
    buy(one, "1", MORNING)
    catch_up(MORNING)
    archive_segment("a", actor=MARKETER, at=MORNING + DAY)
    catch_up(MORNING + DAY)
    assert (inside("a"), [view.slug for view in list_archived(at=MORNING)]) == (set(), ["a"])

    restore_segment("a", actor=MARKETER, at=MORNING + 2 * DAY)
    catch_up(MORNING + 2 * DAY)

    assert inside("a") == {one}
    assert story(one) == [("entered", "a", 0), ("left", "a", 1), ("entered", "a", 2)]
    found = find_segment("a")
    assert (found.version, found.revision, found.archived_at) == (1, 3, None)
    assert list_archived(at=MORNING) == []
    told = AccessEntry.objects.order_by("at").values_list("action", "actor", "seen", "reason")
    assert list(told) == [
        ("configure", MARKETER.key, "segment.archived", "A (a)"),
        ("configure", MARKETER.key, "segment.restored", "A (a)"),
    ]


def test_restore_segment__before_all_have_left__they_stay_and_the_others_come() -> None:
    one, other = open_shop("A", "B")
    make_segment("a", bought())
    buy(one, "1", MORNING)
    catch_up(MORNING)
    archive_segment("a", actor=MARKETER, at=MORNING + DAY)
    buy(other, "2", MORNING + DAY)
    restore_segment("a", actor=MARKETER, at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert inside("a") == {one, other}
    assert story(one) == [("entered", "a", 0)]


@pytest.mark.parametrize("slug", ["live", "none", "Not A Slug", "a\0"])
def test_restore_segment__none_is_archived_that_is_called_so__is_refused(slug: str) -> None:
    open_shop()
    make_segment("live", bought())

    with pytest.raises(services.UnknownSegment):
        restore_segment(slug, actor=MARKETER, at=MORNING)


def test_restore_segment__asks_about_one_that_is_archived__is_refused_until_that_is_back() -> None:
    open_shop()
    make_segment("a", bought())
    make_segment("b", asks("a"))
    for slug in ("b", "a"):
        archive_segment(slug, actor=MARKETER, at=MORNING)

    with pytest.raises(services.UnknownSegment) as refused:
        restore_segment("b", actor=MARKETER, at=MORNING)
    restore_segment("a", actor=MARKETER, at=MORNING)
    restore_segment("b", actor=MARKETER, at=MORNING)

    assert refused.value.data == {"segment": "a"}
    assert len(load_running()) == 2


def test_restore_segment__would_make_a_circle__is_refused() -> None:
    open_shop()
    make_segment("a", bought())
    make_segment("b", asks("a"))
    archive_segment("b", actor=MARKETER, at=MORNING)
    archive_segment("a", actor=MARKETER, at=MORNING)
    # What could only come of a database put back in parts.
    row = SegmentVersion.objects.get(segment_id=Segment.objects.get(slug="a").id, number=1)
    Segment.objects.filter(slug="a").update(version=2, archived_at=None)
    SegmentVersion.objects.create(
        segment_id=row.segment_id, number=2, condition=msgspec.json.encode(asks("b")).decode(), types="{}",
        made_at=MORNING, actor_kind="staff", actor="x", actor_name="x",
    )  # fmt: skip

    with pytest.raises(ConditionCycle):
        restore_segment("b", actor=MARKETER, at=MORNING)


def test_segment__trait_is_no_more_or_of_another_kind__is_refused_by_its_place_or_written_anew() -> None:
    (one,) = open_shop("A")
    with write_transaction():
        assert report_traits([TraitDraft(one, "app.plan", "pro", MORNING, "app")], recorded_at=MORNING) == [
            None
        ]
    make_segment("a", {"type": "trait", "trait": "app.plan", "op": "equals", "value": "pro"})
    has_plan = {"type": "trait", "trait": "app.plan", "op": "is_set"}
    make_segment("b", has_plan)
    make_segment("c", has_plan)
    for slug in ("a", "b"):
        archive_segment(slug, actor=MARKETER, at=MORNING)
    TraitName.objects.filter(name="app.plan").update(kind="number")

    with pytest.raises(BrokenCondition) as refused:
        restore_segment("a", actor=MARKETER, at=MORNING)
    restore_segment("b", actor=MARKETER, at=MORNING)

    assert refused.value.path.startswith("$")
    assert find_segment("b").version == 2
    # As for one that is saved with the same words.
    again = SegmentChange(condition=has_plan)
    assert [change_segment("c", again, expected=n, actor=MARKETER, at=MORNING) for n in (1, 2)] == [2, 2]
    TraitName.objects.all().delete()
    archive_segment("b", actor=MARKETER, at=MORNING)
    with pytest.raises(BrokenCondition):
        restore_segment("b", actor=MARKETER, at=MORNING)


def test_restore_segment__as_many_as_there_may_be__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    open_shop()
    make_segment("a", bought())
    archive_segment("a", actor=MARKETER, at=MORNING)
    make_segment("b", bought())
    monkeypatch.setattr(services, "MOST_SEGMENTS", 1)

    with pytest.raises(services.TooManySegments):
        restore_segment("a", actor=MARKETER, at=MORNING)


def test_create_segment__slug_of_an_archived_one__stays_its_own() -> None:
    open_shop()
    make_segment("a", bought())
    archive_segment("a", actor=MARKETER, at=MORNING)

    with pytest.raises(services.SlugTaken):
        make_segment("a", bought())


def test_restore_segment__two_at_once__one_does_and_the_other_is_told() -> None:
    open_shop()
    make_segment("a", bought())
    archive_segment("a", actor=MARKETER, at=MORNING)

    refused = together([partial(restore_segment, "a", actor=MARKETER, at=MORNING)] * 2)

    assert [type(one) for one in refused] == [services.UnknownSegment]
    assert find_segment("a").revision == 3
