"""The list of members: sorted, cut, found and written to a file as it says."""

import csv
import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dangol.connectors.files.guard import unguarded
from dangol.core.access.models import AccessEntry
from dangol.core.access.rights import Role
from dangol.core.people.actors import HOUSE
from dangol.core.people.erasures import erase_customer
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import profiles_of
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.web.reads.members import MemberLine, MemberQuery, Scheme, Sort, read_member_page, walk_members
from tests.web.seeking import seek
from tests.web.staff import sign_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def walk(query: MemberQuery, scheme: Scheme, *, limit: int) -> list[MemberLine]:
    """Return all pages of a query, one after the other."""
    lines = []
    while True:
        page = read_member_page(query, scheme, at=NOW, limit=limit)
        lines += page.lines
        if not page.next_after:
            return lines
        query = query._replace(after=page.next_after)


@pytest.mark.parametrize(
    ("sort", "key", "descending"),
    [
        (Sort.SPEND, lambda line: line.spend_minor, True),
        (Sort.POINTS, lambda line: line.points, True),
        (Sort.RECENT, lambda line: line.last_order_at or line.joined_at, True),
        (Sort.AWAY, lambda line: line.last_order_at or line.joined_at, False),
        (Sort.JOINED, lambda line: line.joined_at, True),
    ],
)
@pytest.mark.parametrize("limit", [1, 5, 50])
def test_list__each_order__walks_everyone_once(
    story: Story, sort: Sort, key: Callable[[MemberLine], Any], descending: bool, limit: int
) -> None:
    lines = walk(MemberQuery(sort=sort), Scheme(story.program_id, CURRENCY), limit=limit)

    assert {line.person.customer_id for line in lines} == set(story.customers.values())
    assert len(lines) == len(story.customers)
    assert [key(line) for line in lines] == sorted((key(line) for line in lines), reverse=descending)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_list__tier__only_those_on_it(story: Story, level: int) -> None:
    scheme = Scheme(story.program_id, CURRENCY)

    page = read_member_page(MemberQuery(level=level), scheme, at=NOW)

    everyone = walk(MemberQuery(), scheme, limit=50)
    assert page.total == len(page.lines) == sum(line.level == level for line in everyone) > 0
    assert {line.level for line in page.lines} == {level}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1501", ["1501"]),
        ("212-555-0178", ["1502"]),
        ("0178", ["1502"]),
        ("김하", ["1502"]),
        ("박", []),
        ("9", []),
    ],
)
def test_list__search__finds_by_blind_index(
    clerk: Client, story: Story, text: str, numbers: list[str]
) -> None:
    page = read_member_page(MemberQuery(text=text), Scheme(story.program_id, CURRENCY), at=NOW)

    assert [line.person.external_id for line in page.lines] == numbers
    shown = seek(clerk, "/members", text).content.decode()
    assert f"회원 {len(numbers)}명" in shown
    assert ("조건에 맞는 회원이 없어요" in shown) is (not numbers)


@pytest.mark.parametrize("after", ["", "x", "AAAA", "é", "A" * 40])
def test_list__place_that_makes_no_sense__begins_anew(clerk: Client, story: Story, after: str) -> None:
    answer = clerk.get("/members", {"after": after})

    assert answer.status_code == 200
    assert "회원 1501" in answer.content.decode()


def test_list__name__is_masked(clerk: Client, story: Story) -> None:
    page = clerk.get("/members").content.decode()

    assert "김*늘" in page
    assert "김하늘" not in page


def test_csv__as_on_the_page__every_row_of_the_filter(clerk: Client, story: Story) -> None:
    answer = clerk.get("/members.csv?sort=spend&tier=silver")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    lines = walk(MemberQuery(sort=Sort.SPEND, level=1), Scheme(story.program_id, CURRENCY), limit=50)
    assert [row["회원 번호"] for row in rows] == [line.person.external_id for line in lines]
    assert [row["구매 금액"] for row in rows] == [f"{line.spend_minor / 100:.2f}" for line in lines]
    assert "김하늘" not in text


@pytest.mark.parametrize("sort", Sort)
def test_walk__any_batch__everyone_in_order_sorted_once(story: Story, sort: Sort) -> None:
    query, scheme = MemberQuery(sort=sort), Scheme(story.program_id, CURRENCY)
    with CaptureQueriesContext(connection) as statements:
        walked = list(walk_members(query, scheme, at=NOW, size=2))

    assert walked == walk(query, scheme, limit=50)
    assert len(walked) > 4
    found = [one["sql"] for one in statements if 'WHERE "dg_customer"."kind" =' in one["sql"]]
    assert len(found) == 1


def test_csv__name_like_a_formula__is_text(clerk: Client, story: Story) -> None:
    names = {story.newcomer: "=1+1", story.customers["1503"]: "'=1+1", story.customers["1504"]: "@a"}
    with write_transaction():
        set_people([PersonRow(owner, name=name) for owner, name in names.items()], recorded_at=NOW)

    rows = read_csv(clerk)

    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    masked = {profile.person.name or "" for profile in profiles_of(list(names)).values()}
    # The names are masked, and what an import reads from the file is what the page shows.
    assert masked <= {unguarded(row["이름"]) for row in rows}


def test_csv__instants__in_the_shop_s_zone(clerk: Client, story: Story) -> None:
    lines = walk(MemberQuery(), Scheme(story.program_id, CURRENCY), limit=50)
    zone = ZoneInfo("America/New_York")

    rows = read_csv(clerk)

    joined = [line.joined_at.astimezone(zone).isoformat() for line in lines if line.joined_at]
    assert [row["가입"] for row in rows] == joined
    assert {row["마지막 방문"][-6:] for row in rows if row["마지막 방문"]} == {"-05:00"}


def read_csv(clerk: Client, address: str = "/members.csv") -> list[dict[str, str]]:
    """Return the rows of the file of all members, or of those the address asks for."""
    text = b"".join(clerk.get(address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def entries() -> list[AccessEntry]:
    """Return what the access log tells, the latest last."""
    return list(AccessEntry.objects.order_by("at", "id"))


def test_csv__every_one__is_in_the_access_log_with_its_filter(clerk: Client, story: Story) -> None:
    rows = read_csv(clerk)
    clerk.get("/members.csv?q=1501&tier=silver&joined=30d&after=x", follow=True)

    whole, filtered = entries()
    assert (whole.actor, whole.action, whole.people, whole.seen) == ("owner", "download", len(rows), "")
    assert whole.address
    assert whole.reason == "members.csv"
    assert filtered.reason == "members.csv?tier=silver&joined=30d&q=*"
    assert filtered.people == 0
    assert "members.csv?tier=silver" in clerk.get("/access-log").content.decode()


def test_csv__whole__only_for_a_reason_and_by_who_may(clerk: Client, story: Story) -> None:
    given = {"which": "match", "whole": "1", "sure": "1"}
    refused = clerk.post("/members/export", given)
    assert refused.status_code == 422
    assert "이유" in refused.content.decode()
    marketer = sign_in(Client(), "marketer", Role.MARKETER)
    assert marketer.post("/members/export", given | {"reason": "우편"}).status_code == HTTPStatus.FORBIDDEN
    assert entries() == []

    answer = clerk.post("/members/export", given | {"reason": "우편 보내기"})

    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "김하늘" in text
    assert "0178" in text
    kept = entries()[0]
    assert kept.seen == "name,phone,email"
    assert kept.reason == "우편 보내기 · members.csv"
    assert answer["Cache-Control"] == "no-store" or "no-store" in answer["Cache-Control"]
    masked = marketer.post("/members/export", {"which": "match", "sure": "1"})
    assert "김하늘" not in b"".join(masked.streaming_content).decode()  # type: ignore[attr-defined]


def test_csv__chosen__those_only_and_who_is_left_out(clerk: Client, story: Story) -> None:
    gone = story.customers["1503"]
    erase_customer(gone, actor=HOUSE, reason="asked", at=NOW)
    who = [show_id(one) for one in (story.regular, story.customers["1502"], gone)]

    page = clerk.post("/members/export", {"which": "ticked", "who": who}).content.decode()
    assert "고른 회원 2명" in page
    assert "지운 회원이에요 (1)" in page
    answer = clerk.post("/members/export", {"which": "ticked", "who": who, "sure": "1"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["회원 번호"] for row in rows} == {"1501", "1502"}
    kept = entries()[-1]
    assert (kept.people, kept.reason) == (2, "members.csv (chosen)")


def test_csv__nobody_chosen__says_so_and_no_right__no_link(clerk: Client, story: Story) -> None:
    answer = clerk.post("/members/export", {"which": "ticked"})
    assert answer.status_code == 422
    assert "고른 회원이 없어요" in answer.content.decode()
    keeper = sign_in(Client(), "keeper", Role.STORE)
    page = keeper.get("/members").content.decode()
    assert "members.csv" not in page
    assert "members/export" not in page
