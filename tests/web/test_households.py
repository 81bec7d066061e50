"""Households on the pages: switched on, made, joined on the phone and at the counter, spent of and left."""

import re
from typing import Any

import msgspec
import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import Id, show_id
from dangol.domain.households import Leaving
from dangol.rooms.rewards.households.selectors import standing_of
from dangol.rooms.rewards.households.services import By, accept, invite, make_household
from dangol.rooms.rewards.households.settings import DEFAULTS, read_settings, write_settings
from tests.web.phones import come_in
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
BY = By(Actor(ActorKind.STAFF, "kim", "김"), NOW)
EDIT = "/household-settings/edit"


@pytest.fixture
def owner(story: Story) -> Client:
    return sign_in(Client(headers={"accept-language": "ko"}), "owner", Role.OWNER)


@pytest.fixture
def opened(story: Story) -> None:
    write_settings(msgspec.structs.replace(DEFAULTS, is_open=True), changed_by="kim", at=NOW)


def read(answer: Any) -> str:
    """Return what a page says, tags and all."""
    return str(answer.content.decode())


def phone(member: Id) -> Client:
    return come_in(Client(headers={"accept-language": "ko"}), member)


def page_of(member: Id) -> str:
    return f"/members/{show_id(member)}/household"


def live_together(story: Story) -> Id:
    """Let the regular and the newcomer be a household."""
    home = make_household(story.regular, name="우리 집", by=BY)
    invite(home, story.newcomer, by=BY)
    accept(story.newcomer, home, shares=True, by=BY)
    return home


def has(*members: Id) -> int:
    """Return what these may spend together."""
    return sum(one.available for one in balances_of(list(members), CURRENCY).values())


def given(**changed: str) -> dict[str, str]:
    """Return what the form of the settings sends."""
    form = {
        "is_open": "1", "most_members": "4", "rejoin_days": "0", "sharing": "chosen",
        "spender": "everybody", "most_a_month": "1,000", "leaving": "keeps",
    }  # fmt: skip
    return form | changed


def look(owner: Client, form: dict[str, str]) -> dict[str, str]:
    """Return what stands in the form once its changes were seen."""
    page = read(owner.post(EDIT, {**form, "version": "0", "do": "look"}))
    return dict(re.findall(r'name="(seen|version)" value="([^"]*)"', page))


def test_pages__shop_without_households__say_nothing_of_them(owner: Client, story: Story) -> None:
    member = f"/members/{show_id(story.regular)}"

    assert "가족 포인트" not in read(owner.get(member))
    assert "가족" not in read(phone(story.regular).get("/me/"))
    assert "가족 포인트 보기" not in read(phone(story.regular).get("/me/rewards"))
    assert "쓰지 않아요" in read(owner.get(page_of(story.regular)))
    assert "포인트를 함께 쓰지 않아요" in read(phone(story.regular).get("/me/household"))


def test_settings__looked_at_first__are_so_only_when_that_was_seen(owner: Client, story: Story) -> None:
    unseen = owner.post(EDIT, {**given(), "version": "0", "do": "save"})
    assert unseen.status_code == 200
    assert not read_settings().is_open

    seen = look(owner, given())
    saved = owner.post(EDIT, {**given(), **seen, "do": "save"})

    assert saved["Location"] == "/household-settings?saved=1"
    content = read_settings()
    assert (content.is_open, content.most_members, content.most_a_month) == (True, 4, 1_000)
    assert "가족 설정" in read(owner.get("/access-log"))
    page = read(owner.get(saved["Location"]))
    assert "함께 써요" in page
    assert "4명" in page


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("most_members", "1", "2명부터 50명까지"),
        ("most_members", "many", "2명부터 50명까지"),
        ("rejoin_days", "9999", "0일부터 3,650일까지"),
        ("most_a_month", "0", "1부터 100,000,000까지"),
    ],
)
def test_settings__answer_that_cannot_be__is_told(
    owner: Client, story: Story, field: str, value: str, told: str
) -> None:
    answer = owner.post(EDIT, {**given(**{field: value}), "version": "0", "do": "look"})

    assert answer.status_code == 422
    assert told in read(answer)


def test_phone__head_makes_one_and_another_joins_by_the_link(opened: Any, story: Story) -> None:
    head = phone(story.regular)
    made = head.post("/me/household", {"do": "make", "name": "우리 집"})
    page = read(head.get(made["Location"]))
    link = re.search(r'id="link" value="([^"]+)"', page)
    assert link

    other = phone(story.newcomer)
    asked = read(other.get(link[1].replace("http://testserver", "")))
    token = re.search(r'name="to" value="([^"]+)"', asked)
    assert token
    other.post("/me/household", {"do": "enter", "to": token[1], "shares": "1"})

    assert "우리 집" in asked
    household = standing_of(story.newcomer, at=NOW).household
    assert household is not None
    assert [one.customer_id for one in household.members] == [story.regular, story.newcomer]
    assert "가족과 함께" in read(head.get("/me/"))


def test_phone__name_that_is_none__is_told_in_words(opened: Any, story: Story) -> None:
    answer = phone(story.regular).post("/me/household", {"do": "make", "name": " "})

    assert answer.status_code == 422
    assert "가족 이름이 비었거나 너무 길어요." in read(answer)
    assert "(length)" not in read(answer)


def test_phone__link_that_somebody_made_up__leads_nowhere(opened: Any, story: Story) -> None:
    other = phone(story.newcomer)

    page = other.get("/me/household?to=made-up")
    joined = other.post("/me/household", {"do": "enter", "to": "made-up"})

    assert "초대받지 않았거나" in read(page)
    assert joined.status_code == 422
    assert standing_of(story.newcomer, at=NOW).household is None


def test_phone__head_sends_away_and_nobody_else_can(opened: Any, story: Story) -> None:
    live_together(story)
    household = standing_of(story.regular, at=NOW).household
    assert household is not None
    head, other = household.members

    phone(story.newcomer).post("/me/household", {"do": "remove", "who": head.shown})
    assert standing_of(story.regular, at=NOW).household is not None
    phone(story.regular).post("/me/household", {"do": "remove", "who": other.shown})

    assert standing_of(story.newcomer, at=NOW).household is None


def test_phone__shares_no_more_and_leaves(opened: Any, story: Story) -> None:
    live_together(story)
    mine = phone(story.newcomer)

    mine.post("/me/household", {"do": "share"})
    assert not standing_of(story.newcomer, at=NOW).may_spend
    mine.post("/me/household", {"do": "share", "shares": "1"})
    assert standing_of(story.newcomer, at=NOW).may_spend
    mine.post("/me/household", {"do": "leave"})

    assert standing_of(story.newcomer, at=NOW).household is None


def test_phone__leaves_where_points_stay__only_with_the_number_seen(story: Story) -> None:
    content = msgspec.structs.replace(DEFAULTS, is_open=True, leaving=Leaving.LEAVES)
    write_settings(content, changed_by="kim", at=NOW)
    live_together(story)
    earn_points(story.newcomer, points=70, currency=CURRENCY, key="since", at=NOW)
    mine = phone(story.newcomer)

    unseen = mine.post("/me/household", {"do": "leave"})
    assert unseen.status_code == 422
    assert standing_of(story.newcomer, at=NOW).household is not None
    seen = re.search(r'name="gives" value="(\d+)"', read(unseen))
    assert seen
    mine.post("/me/household", {"do": "leave", "gives": seen[1]})

    assert seen[1] == "70"
    assert standing_of(story.newcomer, at=NOW).household is None


def test_counter__leaves_where_points_stay__takes_the_right_to_send_them(story: Story) -> None:
    content = msgspec.structs.replace(DEFAULTS, is_open=True, leaving=Leaving.LEAVES)
    write_settings(content, changed_by="kim", at=NOW)
    live_together(story)
    earn_points(story.newcomer, points=70, currency=CURRENCY, key="since", at=NOW)
    clerk = sign_in(Client(headers={"accept-language": "ko"}), "clerk", Role.STORE)

    answer = clerk.post(f"{page_of(story.newcomer)}/change", {"do": "leave"})

    assert answer.status_code == 422
    assert standing_of(story.newcomer, at=NOW).household is not None


def test_counter__makes_invites_and_notes_the_yes(opened: Any, owner: Client, story: Story) -> None:
    page = page_of(story.regular)
    owner.post(f"{page}/change", {"do": "make", "name": "우리 집"})
    found = read(seek(owner, page, "2"))
    owner.post(f"{page}/change", {"do": "invite", "with": show_id(story.newcomer)})
    theirs = read(owner.get(page_of(story.newcomer)))
    home = re.search(r'name="household" value="([^"]+)"', theirs)
    assert home

    owner.post(f"{page_of(story.newcomer)}/change", {"do": "accept", "household": home[1], "shares": "1"})

    assert "우리 집" in theirs
    assert "초대하기" in found
    household = standing_of(story.newcomer, at=NOW).household
    assert household is not None
    assert len(household.members) == 2
    assert "함께 쓸 수 있는 포인트" in read(owner.get(page))


def test_counter__spends_of_both_once(opened: Any, owner: Client, story: Story) -> None:
    live_together(story)
    before = has(story.regular, story.newcomer)
    page = read(owner.get(page_of(story.newcomer)))
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form
    body = {"form": form[1], "points": "5", "reason": "컵"}

    for _ in range(2):
        owner.post(f"{page_of(story.newcomer)}/spend", body)

    assert has(story.regular, story.newcomer) == before - 5
    after = read(owner.get(page_of(story.newcomer)))
    assert "함께 쓴 내역" in after
    assert "컵" in after
    timeline = read(owner.get(f"/members/{show_id(story.newcomer)}"))
    assert "가족 포인트를 씀" in timeline


def test_counter__more_than_both_have__is_refused_in_words(opened: Any, owner: Client, story: Story) -> None:
    live_together(story)
    before = has(story.regular, story.newcomer)
    page = read(owner.get(page_of(story.newcomer)))
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form

    answer = owner.post(
        f"{page_of(story.newcomer)}/spend", {"form": form[1], "points": f"{before + 1}", "reason": "컵"}
    )

    assert answer.status_code == 422
    assert has(story.regular, story.newcomer) == before
