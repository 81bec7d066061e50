"""Saved views: a filter under a name, of oneself or of all staff, and never two of one name."""

import re
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import new_id, show_id
from dangol.domain.errors import DomainError
from dangol.web.models import SavedView
from dangol.web.saved_views import (
    MOST,
    BadViewName,
    NothingFiltered,
    TooManyViews,
    UnknownView,
    ViewDraft,
    ViewNameTaken,
    delete_view,
    list_views,
    rename_view,
    save_view,
)
from tests.together import together
from tests.web.seeking import settled
from tests.web.staff import make_staff, sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def save(name: str, *, staff: int, shared: bool = False, filter_: str = "tier=gold") -> bytes:
    """Save a view; returns its id."""
    view_id = new_id()
    save_view(ViewDraft(view_id, name, filter_, shared), staff_id=staff, at=NOW)
    return view_id


def names_of(staff: int) -> list[str]:
    """Return the names of the views somebody sees."""
    return [one.name for one in list_views(staff)]


@pytest.fixture
def two(transactional_db: None) -> tuple[int, int]:
    """Return two of the staff."""
    return make_staff("agent", Role.AGENT).pk, make_staff("marketer", Role.MARKETER).pk


@pytest.mark.parametrize(
    ("name", "filter_", "refusal"),
    [
        ("", "tier=gold", BadViewName),
        ("  \t ", "tier=gold", BadViewName),
        ("가" * 41, "tier=gold", BadViewName),
        ("a\x00b", "tier=gold", BadViewName),
        ("골드", "", NothingFiltered),
        ("골드", "x" * 401, NothingFiltered),
    ],
)
def test_save_view__odd__is_refused_and_nothing_kept(
    two: tuple[int, int], name: str, filter_: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        save(name, staff=two[0], filter_=filter_)

    assert not SavedView.objects.exists()


def test_save_view__names__are_one_however_they_are_written(two: tuple[int, int]) -> None:
    save(" Gold   사람 ", staff=two[0])

    for same in ("gold 사람", "GOLD\u3000사람", "gold 사람"):
        with pytest.raises(ViewNameTaken):
            save(same, staff=two[0])
    save("gold 사람", staff=two[1])
    assert names_of(two[0]) == ["Gold 사람"]


def test_save_view__shared__is_seen_by_all_and_its_name_is_everybody_s(two: tuple[int, int]) -> None:
    own, shared = save("가", staff=two[0]), save("나", staff=two[0], shared=True)

    assert names_of(two[0]) == ["가", "나"]
    assert names_of(two[1]) == ["나"]
    with pytest.raises(ViewNameTaken):
        save("나", staff=two[1], shared=True)
    # Nobody but its owner changes it, unless they manage the shop.
    for view_id, manages in ((own, False), (own, True), (shared, False)):
        with pytest.raises(UnknownView):
            rename_view(view_id, "다", staff_id=two[1], manages=manages)
        with pytest.raises(UnknownView):
            delete_view(view_id, staff_id=two[1], manages=manages)
    rename_view(shared, "다", staff_id=two[1], manages=True)
    assert names_of(two[0]) == ["가", "다"]
    assert [one.staff_id for one in list_views(two[1])] == [two[0]]


def test_rename_view__taken__stays_as_it_was(two: tuple[int, int]) -> None:
    first, _ = save("가", staff=two[0]), save("나", staff=two[0])

    with pytest.raises(ViewNameTaken):
        rename_view(first, "나", staff_id=two[0], manages=False)
    rename_view(first, "가 ", staff_id=two[0], manages=False)

    assert names_of(two[0]) == ["가", "나"]


def test_save_view__more_than_one_may__is_refused_until_one_goes(two: tuple[int, int]) -> None:
    ids = [save(f"{one}", staff=two[0], shared=one % 2 == 0) for one in range(MOST)]

    with pytest.raises(TooManyViews):
        save("one more", staff=two[0])
    delete_view(ids[3], staff_id=two[0], manages=False)
    save("one more", staff=two[0])
    assert len(list_views(two[0])) == MOST


def test_save_view__eight_windows__one_name_and_never_too_many(two: tuple[int, int]) -> None:
    refused = together([lambda: save("하나", staff=two[0])] * 8)

    assert {type(one) for one in refused} == {ViewNameTaken}
    assert len(refused) == 7
    for one in range(MOST - 4):
        save(f"{one}", staff=two[0])
    refused = together([lambda one=one: save(f"새 {one}", staff=two[0]) for one in range(8)])  # type: ignore[misc]
    assert {type(one) for one in refused} == {TooManyViews}
    assert SavedView.objects.filter(staff_id=two[0]).count() == MOST


def test_page__saves_what_is_filtered_and_leads_there_by_a_tab(clerk: Client, story: Story) -> None:
    asked = "tier=silver&sort=spend&joined=30d&q=1501"
    page = clerk.get(settled(clerk, f"/members?{asked}")).content.decode()
    assert "/members/views?tier=silver&amp;joined=30d&amp;sort=spend" in page

    saving = settled(clerk, f"/members/views?{asked}")
    page = clerk.get(saving).content.decode()
    assert "등급 실버 · 가입: 지난 30일 · 많이 산 순서" in page
    assert "찾은 말은 저장하지 않아요" in page
    form = re.search(r'name="form" value="([^"]+)"', page)[1]  # type: ignore[index]
    given = {"form": form, "name": "새 실버", "shared": "1"}
    for _ in range(2):
        answer = clerk.post(saving, given)
        assert answer["Location"] == "/members?tier=silver&joined=30d&sort=spend"

    page = clerk.get(answer["Location"]).content.decode()
    assert re.search(r'aria-current="true">.*?새 실버', page, re.DOTALL)
    assert "이 보기 저장하기" not in page
    assert SavedView.objects.get().is_shared
    other = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)
    assert "새 실버" in other.get("/members").content.decode()


def test_page__of_another__is_not_found_and_taken_name_says_so(clerk: Client, story: Story) -> None:
    agent = make_staff("agent", Role.AGENT)
    view_id = save("남의 것", staff=agent.pk)
    save("함께", staff=agent.pk, shared=True)

    answer = clerk.post(f"/members/views/{show_id(view_id)}", {"choice": "delete"})
    assert answer.status_code == HTTPStatus.NOT_FOUND
    answer = clerk.post("/members/views?soon=1", {"form": show_id(new_id()), "name": "함께", "shared": "1"})
    assert answer.status_code == 422
    assert "‘함께’ 보기가 이미 있어요" in answer.content.decode()
    shared = SavedView.objects.get(is_shared=True)
    assert clerk.post(f"/members/views/{show_id(shared.id)}", {"choice": "delete"}).status_code == 302
    assert [one.id for one in SavedView.objects.all()] == [view_id]


def test_save_view__under_the_id_of_another_s__is_refused_and_leaves_it(two: tuple[int, int]) -> None:
    shared = save("함께", staff=two[0], shared=True)

    with pytest.raises(UnknownView):
        save_view(ViewDraft(shared, "가로챔", "tier=gold"), staff_id=two[1], at=NOW)

    assert names_of(two[1]) == ["함께"]
