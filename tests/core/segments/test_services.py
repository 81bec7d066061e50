"""Saving segments: what is refused, and with which place and remedy; versions; circles."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from dangol.core.refusals import explain
from dangol.core.segments import services
from dangol.core.segments.models import Segment, SegmentVersion
from dangol.core.segments.running import load_running
from dangol.core.segments.selectors import find_segment, list_segments, versions_of
from dangol.core.segments.services import SegmentChange, SegmentDraft, archive_segment, create_segment
from dangol.domain.conditions import BrokenCondition
from dangol.domain.conditions.dependencies import ConditionCycle
from dangol.domain.errors import DomainError
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import MARKETER, bought, make_segment, open_shop, rewrite
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def asks(slug: str) -> dict[str, str]:
    return {"type": "member", "segment": slug}


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        (
            {"type": "all", "of": [bought(), {"type": "trait", "trait": "shoe.size", "op": "is_set"}]},
            "$.of[1]",
        ),
        ({"type": "trait", "trait": "customer.is_member", "op": "at_least", "value": 3}, "$"),
        ({"type": "any", "of": []}, "$"),
        (b'{"type": "did"', "$"),
        (b'{"type": "did", "event": "order.placed", "evnt": 1}', "$"),
    ],
)
def test_create_segment__broken_condition__is_refused_with_its_place_and_a_remedy(
    condition: object, path: str
) -> None:
    open_shop()

    with pytest.raises(BrokenCondition) as refused:
        make_segment("broken", condition)

    assert refused.value.path.startswith(path)
    sentence, remedy = explain(refused.value)
    assert refused.value.path in str(sentence)
    assert remedy
    assert not Segment.objects.exists()
    assert not SegmentVersion.objects.exists()


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (SegmentDraft("Not A Slug", "Name", "", bought()), services.NotASlug),
        (SegmentDraft("x" * 41, "Name", "", bought()), services.NotASlug),
        (SegmentDraft("fine", "  ", "", bought()), services.NameMissing),
        (SegmentDraft("fine", "N" * 81, "", bought()), services.NameMissing),
        (SegmentDraft("taken", "Name", "", bought()), services.SlugTaken),
        (SegmentDraft("fine", "Name", "", asks("nobody")), services.UnknownSegment),
        (SegmentDraft("fine", "Name", "", asks("fine")), services.UnknownSegment),
    ],
)
def test_create_segment__cannot_be__is_refused_and_nothing_is_there(
    draft: SegmentDraft, refusal: type[DomainError]
) -> None:
    open_shop()
    make_segment("taken", bought())

    with pytest.raises(refusal):
        create_segment(draft, actor=MARKETER, at=MORNING)

    assert [one.slug for one in list_segments(at=MORNING)] == ["taken"]


def test_change_segment__circle__is_refused_and_named() -> None:
    open_shop()
    make_segment("a", bought())
    make_segment("b", asks("a"))
    make_segment("c", {"type": "not", "of": asks("b")})

    with pytest.raises(ConditionCycle) as refused:
        rewrite("a", asks("c"), expected=1, at=MORNING + DAY)

    assert refused.value.data["path"] == "a → c → b → a"
    assert find_segment("a").version == 1


def test_change_segment__same_condition__keeps_the_version_and_changes_the_name() -> None:
    open_shop()
    make_segment("a", bought())
    change = SegmentChange("New name", "why", bought())

    assert services.change_segment("a", change, expected=1, actor=MARKETER, at=MORNING + DAY) == 1

    found = find_segment("a")
    assert (found.name, found.about, found.changed_at) == ("New name", "why", MORNING)


def test_change_segment__somebody_else_saved_meanwhile__is_refused() -> None:
    open_shop()
    make_segment("a", bought())
    rewrite("a", bought(2), expected=1, at=MORNING + DAY)

    with pytest.raises(services.SegmentChanged):
        rewrite("a", bought(3), expected=1, at=MORNING + DAY)

    versions = versions_of(find_segment("a").id)
    assert [(one.number, one.made_at - MORNING) for one in versions] == [(2, DAY), (1, timedelta(0))]


def test_change_segment__what_is_left_out__stays_as_it_is_when_written() -> None:
    open_shop()
    make_segment("a", bought())
    rewrite("a", bought(2), expected=1, at=MORNING)
    services.change_segment("a", SegmentChange(about="why"), expected=2, actor=MARKETER, at=MORNING + DAY)

    found = find_segment("a")
    assert (found.name, found.about, found.version, found.revision) == ("A", "why", 2, 3)


def test_change_segment__nothing_new__makes_no_revision() -> None:
    open_shop()
    make_segment("a", bought())

    services.change_segment("a", SegmentChange("A", "", bought()), expected=1, actor=MARKETER, at=MORNING)

    assert find_segment("a").revision == 1


@pytest.mark.parametrize("kinds", [("name", "name"), ("name", "condition"), ("about", "condition")])
def test_change_segment__many_writers_at_once__each_revision_is_one_writers(kinds: tuple[str, str]) -> None:
    open_shop()
    make_segment("a", bought())

    def write(number: int) -> None:
        kind = kinds[number % 2]
        written: dict[str, Any] = {kind: bought(number + 2) if kind == "condition" else f"{kind} {number}"}
        services.change_segment("a", SegmentChange(**written), expected=1, actor=MARKETER, at=MORNING)

    refused = together([partial(write, number) for number in range(6)])

    assert [type(one) for one in refused] == [services.SegmentChanged] * 5
    found = find_segment("a")
    assert found.revision == 2
    assert sum((found.name != "A", found.about != "", found.version == 2)) == 1


@pytest.mark.parametrize("turn", range(5))
def test_segments__two_change_at_once_to_ask_each_other__make_no_circle(turn: int) -> None:
    open_shop()
    make_segment("a", bought())
    make_segment("b", bought())

    refused = together(
        [
            partial(rewrite, slug, asks(other), expected=1, at=MORNING)
            for slug, other in (("a", "b"), ("b", "a"))
        ]
    )

    assert [type(one) for one in refused] == [ConditionCycle]
    assert len(load_running()) == 2


@pytest.mark.parametrize("turn", range(5))
def test_segments__one_archived_while_another_comes_to_ask_about_it__is_one_or_the_other(turn: int) -> None:
    open_shop()
    make_segment("a", bought())

    refused = together(
        [
            partial(archive_segment, "a", actor=MARKETER, at=MORNING),
            partial(make_segment, "b", asks("a"), at=MORNING),
        ]
    )

    assert [type(one) for one in refused] in ([services.SegmentInUse], [services.UnknownSegment])
    assert {one.slug for one in load_running()} in ({"a", "b"}, set())


def test_archive_segment__asked_about_by_others__is_refused_and_they_are_named() -> None:
    open_shop()
    make_segment("a", bought())
    make_segment("b", asks("a"))

    with pytest.raises(services.SegmentInUse) as refused:
        archive_segment("a", actor=MARKETER, at=MORNING + DAY)

    facts: dict[str, Any] = dict(refused.value.data)
    assert facts == {"segment": "a", "segments": "b"}
