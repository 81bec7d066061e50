"""The page of the access log: what is kept is found, downloaded and proved, and names stay masked."""

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client

from dangol.core.access.chain import chain_entries, read_head
from dangol.core.access.keys import make_key
from dangol.core.access.log import PERSONAL, Access, AccessDraft, record_access, unmask
from dangol.core.access.models import AccessEntry, AccessLink
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.storage.ids import show_id
from dangol.core.storage.spaces import LIVE
from dangol.core.tasks.runner import Runner
from dangol.web.work_words import ACCESSES, ACTORS, seen_names
from tests.standing import stands_in
from tests.web.seeking import settled
from tests.web.staff import make_staff
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
KIM = Actor(ActorKind.STAFF, "kim", "Kim", "192.0.2.7")
LEE = Actor(ActorKind.STAFF, "lee", "Lee", "192.0.2.8")


@pytest.fixture(autouse=True)
def entries(story: Story) -> None:
    """Let Kim have seen one person yesterday, and Lee have downloaded many a week ago."""
    unmask([story.customers["1502"]], actor=KIM, reason="=전화로 물어봤어요", at=NOW - timedelta(days=1))
    record_access([AccessDraft(Access.DOWNLOAD, LEE, "<b>메일</b>", people=12)], at=NOW - timedelta(days=7))


def test_log__entries__say_who_saw_what_of_whom_and_why(clerk: Client) -> None:
    page = clerk.get("/access-log").content.decode()

    assert stands_in("Kim", page)
    assert "192.0.2.7" in page
    assert "가린 것을 열어 봤어요" in page
    assert "이름, 전화번호, 생일" in page
    assert "김하늘" not in page, "names are masked here, too"
    assert "12명" in page
    assert "&lt;b&gt;메일" in page


@pytest.mark.parametrize(
    ("asked", "sees"),
    [
        ("staff=KIM", {"Kim"}),
        ("staff=KIM&person=1502", {"Kim"}),
        ("staff=KIM&action=download", set()),
        ("staff=kim", set()),
        ("staff=0", set()),
        ("action=download", {"Lee"}),
        ("person=212-555-0178", {"Kim"}),
        ("person=1502", {"Kim"}),
        ("person=1501", set()),
        ("person=nobody", set()),
        ("from=2026-11-20", {"Kim"}),
        ("to=2026-11-20", {"Lee"}),
        ("from=2026-11-21&to=2026-11-21", {"Kim"}),
        ("action=x&from=x&to=9999-12-31&after=x&staff=", {"Kim", "Lee"}),
        ("staff=%00", set()),
    ],
)
def test_log__asked_for_by_the_address__page_and_file_agree(
    clerk: Client, asked: str, sees: set[str]
) -> None:
    asked = asked.replace("KIM", str(make_staff("kim").pk))
    page = clerk.get(settled(clerk, f"/access-log?{asked}")).content.decode()
    rows = b"".join(clerk.get(settled(clerk, f"/access-log.csv?{asked}"))).decode()

    table = page.partition("<table")[2]
    assert {name for name in ("Kim", "Lee") if stands_in(name, table)} == sees
    assert {name for name in ("Kim", "Lee") if stands_in(name, rows)} == sees
    assert ("조건에 맞는 기록이 없어요" in page) is not bool(sees)


def test_log__form__names_staff_and_keys_to_people_and_by_numbers_in_the_address(clerk: Client) -> None:
    number = make_staff("sora-kim").pk
    key = make_key(name="앱", space=LIVE, scopes=[], created_by="owner", at=NOW).view
    record_access(
        [AccessDraft(Access.DOWNLOAD, Actor(ActorKind.KEY, key.shown, "앱"), "앱이 받았어요")], at=NOW
    )

    page = clerk.get("/access-log").content.decode()
    answer = clerk.post(
        "/access-log", {"person": "", "staff": str(number), "action": "", "from": "", "to": ""}
    )
    of_key = clerk.get(f"/access-log?staff={show_id(key.id)}").content.decode()

    assert f'<option value="{number}">sora-kim</option>' in page
    assert f'<option value="{show_id(key.id)}">앱 ({key.shown})</option>' in page
    assert answer["Location"] == f"/access-log?staff={number}"
    assert "앱이 받았어요" in of_key
    assert "전화로 물어봤어요" not in of_key
    assert f'<option value="{show_id(key.id)}" selected>' in of_key


def test_file__reason_like_a_formula__is_text_and_nobody_is_named(clerk: Client, story: Story) -> None:
    rows = b"".join(clerk.get("/access-log.csv")).decode()

    assert ",=" not in rows
    assert "김하늘" not in rows
    assert show_id(story.customers["1502"]) in rows


def test_log__more_than_a_page__each_is_seen_once(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dangol.web.pages.access_log.A_PAGE", 2)
    monkeypatch.setattr("dangol.web.pages.access_log.AT_ONCE", 2)
    record_access([AccessDraft(Access.TAKEOUT, LEE, f"reason {number}") for number in range(5)], at=NOW)

    seen, address = list[str](), "/access-log?action=takeout"
    while address:
        page = clerk.get(address).content.decode()
        seen += re.findall(r"reason \d", page)
        further = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
        address = f"/access-log{further.group(1).replace('&amp;', '&')}" if further else ""

    assert sorted(seen) == [f"reason {number}" for number in range(5)]
    assert b"".join(clerk.get("/access-log.csv")).count(b"reason ") == 5


def verified(clerk: Client) -> str:
    """Ask for a check, let the worker do it, and return the page."""
    assert "확인하고 있어요" in clerk.post("/access-log/verify", follow=True).content.decode()
    Runner(lambda: NOW).run_due()
    return clerk.get("/access-log").content.decode()


def test_verify__as_written__says_so_with_the_head(clerk: Client) -> None:
    chain_entries()

    page = verified(clerk)

    assert "기록 2개가 쓴 그대로예요" in page
    assert read_head().text in page


def test_verify__link_of_another_entry__says_that_it_was_changed(clerk: Client) -> None:
    entry = AccessEntry.objects.order_by("id")[0]
    AccessLink.objects.create(number=1, entry_id=entry.id, digest=bytes(32))

    page = verified(clerk)

    assert "쓴 그대로가 아니에요" in page
    assert "기록이 바뀌었어요" in page


def test_verify__by_a_link_elsewhere__is_not_run(clerk: Client) -> None:
    assert clerk.get("/access-log/verify").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_words__every_act_actor_and_field__has_some() -> None:
    assert set(ACCESSES) == set(Access)
    assert set(ACTORS) == set(ActorKind)
    assert not any(one in seen_names((one,)) for one in PERSONAL)
