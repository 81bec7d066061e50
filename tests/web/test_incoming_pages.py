"""The event debugger's pages: the tail, what each event was taken for and caused, its problems in words."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.behavior.models import MergeProposal
from dangol.core.people.models import Merge
from dangol.core.people.selectors import find_by_identity
from dangol.core.storage.ids import Id, show_id
from tests.core.behavior.sending import BROWSER, identify, send, track
from tests.core.behavior.test_commerce import order
from tests.core.segments.shop import catch_up
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def read(client: Client, address: str, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, address
    return answer.content.decode()


def names(page: str) -> list[str]:
    """Return what the events of a list are called, in its order."""
    return re.findall(r'<a href="/incoming/[0-9a-f-]{36}">([^<]+)</a>', page)


def open_first(client: Client, query: str = "") -> str:
    """Return the page of the first event of the list."""
    [address, *_] = re.findall(r'href="(/incoming/[0-9a-f-]{36})"', read(client, f"/incoming{query}"))
    return read(client, address)


def who(number: str) -> Id:
    return find_by_identity("external", [number])[number]


def test_list__events_come_in__are_there_at_the_next_look_the_newest_first(
    clerk: Client, story: Story
) -> None:
    send(track("First", user="1501"), at=NOW)
    page = read(clerk, "/incoming")
    [again] = re.findall(r'hx-get="([^"]+)" hx-trigger="every 2s"', page)

    send(track("Second", user="null"), at=NOW)
    tail = read(clerk, again, HX_Request="true")

    assert tail.lstrip().startswith('<div id="tail"')
    assert names(tail) == ["Second", "First"]
    assert 'hx-trigger="every 2s"' in tail, "it goes on looking"
    first, second = tail.split("<tr>")[-1], tail.split("<tr>")[-2]
    assert "받았어요" in first
    assert "chip bad" in second
    assert "아무도 아님" in second


def test_list__narrowed__shows_those_of_a_sender_a_kind_or_with_a_problem(
    clerk: Client, story: Story
) -> None:
    send(track("Server", user="1501"), identify("1501", plan="gold"), track("Lost", user="null"), at=NOW)
    send(track("Site", anon="a-1"), sender=BROWSER, at=NOW)

    found = {
        query: names(read(clerk, f"/incoming?{query}"))
        for query in (
            "source=web",
            "kind=identify",
            "problem=any",
            "problem=behavior.id_blocked",
            "source=no",
        )
    }

    assert found == {
        "source=web": ["Site"], "kind=identify": ["identify"], "problem=any": ["Lost"],
        "problem=behavior.id_blocked": ["Lost"], "source=no": [],
    }  # fmt: skip
    assert "조건에 맞는 활동이 없어요" in read(clerk, "/incoming?source=no")


def test_list__more_than_a_page__goes_on_without_looking_again(clerk: Client, story: Story) -> None:
    send(*(track(f"E{number}", user="1501") for number in range(60)), at=NOW)

    first = read(clerk, "/incoming")
    [onward] = re.findall(r'href="(/incoming\?after=[^"]+)"', first)
    second = read(clerk, onward)

    assert names(first) + names(second) == [f"E{number}" for number in reversed(range(60))]
    assert "every 2s" not in second


def test_entry__an_order__says_whom_it_was_taken_for_how_and_what_it_earned(
    clerk: Client, story: Story
) -> None:
    send(track("Order Completed", user="1501", properties=order(currency="USD")), at=NOW)
    catch_up(NOW)

    page = open_first(clerk)

    for words in (
        f'href="/members/{show_id(who("1501"))}"',
        "찾은 방법",
        "회원 번호",
        "<b>주문</b>",
        "<b>구매</b>",
    ):
        assert words in page, words


def test_entry__personal_and_unfit__names_what_was_taken_out_and_what_is_wrong(
    clerk: Client, story: Story
) -> None:
    send(
        track(
            "Order Completed", user="1501", properties=order(currency="USD", total="1") | {"email": "a@b.kr"}
        ),
        at=NOW,
    )

    page = open_first(clerk)

    assert '<code class="break">properties.email</code>' in page
    assert "a@b.kr" not in page
    assert 'class="note bad' in page
    assert "<b>주문</b>" not in page


def test_entry__browser_signs_in__says_that_two_became_one(clerk: Client, story: Story) -> None:
    send(track("Before", anon="a-1"), at=NOW - timedelta(minutes=1))
    send(identify("1501", "a-1"), at=NOW)

    assert Merge.objects.count() == 1
    assert "로그인하기 전의 브라우저를 이 고객과 합쳤어요" in open_first(clerk)


def test_proposal__two_who_may_be_one__is_decided_and_not_asked_again(clerk: Client, story: Story) -> None:
    send(identify("1501", email="kim@example.com"), identify("1503", email="kim@example.com"), at=NOW)
    page = read(clerk, "/incoming")
    assert "같은 사람일까요?" in page
    assert re.search(r'href="/members/[^"]+/merge\?with=', page)
    fields = dict(re.findall(r'name="(customer|other)" value="([^"]+)"', page))
    assert set(fields.values()) == {show_id(who("1501")), show_id(who("1503"))}

    answer = clerk.post("/incoming/refuse", fields)

    assert (answer.status_code, answer["Location"]) == (302, "/incoming")
    assert "같은 사람일까요?" not in read(clerk, "/incoming")
    send(identify("1503", email="kim@example.com"), at=NOW)
    assert "같은 사람일까요?" not in read(clerk, "/incoming")
    assert MergeProposal.objects.get().refused_by


def test_proposal__who_may_not_merge__sees_no_button_and_decides_nothing(story: Story) -> None:
    send(identify("1501", email="kim@example.com"), identify("1503", email="kim@example.com"), at=NOW)
    analyst = sign_in(Client(headers={"accept-language": "ko"}), "analyst", Role.ANALYST)
    fields = {"customer": show_id(who("1501")), "other": show_id(who("1503"))}

    assert "/incoming/refuse" not in read(analyst, "/incoming")
    assert analyst.post("/incoming/refuse", fields).status_code == 403
    assert MergeProposal.objects.get().refused_at is None


@pytest.mark.parametrize("fields", [{}, {"customer": "x", "other": "y"}])
def test_proposal__of_nobody__is_not_there(clerk: Client, story: Story, fields: dict[str, str]) -> None:
    assert clerk.post("/incoming/refuse", fields).status_code == 404
