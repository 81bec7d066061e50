"""Points outstanding as a page: told by hand, in money where the shop has said what a point is worth."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.people.selectors import shop
from dangol.rooms.personalization.models import Assumption
from dangol.rooms.personalization.refresh import refresh_all
from dangol.web.scheme import find_program
from tests.rooms.personalization.points import LAST, bring_points
from tests.snapshots import Kept
from tests.web.staff import sign_in
from tests.web.story import NOW, Story, open_shop, start_program
from tests.web.test_insight import read

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, MONEY, SAY = "/insight/liability", "/insight/money", "/insight/money/say"


def points_code() -> str:
    """Return the program's kind of points."""
    running = find_program()
    assert running is not None
    return running.row.points_currency


def run() -> None:
    """Do what the night after October does."""
    refresh_all(shop(), as_of=LAST, at=NOW)


def _tell_half_a_year() -> None:
    open_shop()
    start_program()
    bring_points(points_code(), shop().tz)
    run()


_kept_half_a_year = Kept(_tell_half_a_year)


@pytest.fixture
def half_a_year(transactional_db: None, still_clock: Any) -> None:
    """A shop in dollars with half a year of points, of which the night has told."""
    _kept_half_a_year()


def lines_of(client: Client) -> list[dict[str, str]]:
    """Return the CSV's lines."""
    answer = client.get(f"{PAGE}.csv")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(StringIO(text)))


def test_liability__before_the_first_run_and_without_points__says_so(clerk: Client, new_shop: None) -> None:
    assert "아직 한 번도 셈하지 않았어요" in read(clerk, PAGE)
    assert lines_of(clerk) == []

    run()

    assert "아직 준 포인트가 없어요" in read(clerk, PAGE)


def test_liability__no_worth_yet__shows_points_and_asks_for_it(clerk: Client, half_a_year: None) -> None:
    page = read(clerk, PAGE)

    for words in (
        "40,000P",
        "10,000P",
        "30,000P",
        "75.0% (75.0% – 75.0%)",
        "포인트의 값 적기",
        "2026년 12월",
    ):
        assert words in page, words
    assert "$" not in page


def test_liability__a_cent_a_point__is_what_was_reckoned_by_hand(clerk: Client, half_a_year: None) -> None:
    """40,000 points are left, 30,000 of them for good; of 600 dollars of breakage 533.33 are earned so far.

    By months: all of the four oldest, 12,500 of 15,000 points of September, 7,500 of October.
    """
    assert clerk.post(SAY, {"worth": "1.00"})["Location"] == f"{MONEY}?saved=1"

    page = read(clerk, PAGE)

    for words in ("$400.00", "−$300.00", "$100.00", "$600.00", "$533.33", "$66.67"):
        assert words in page, words
    assert "포인트의 값 적기" not in page


def test_liability__won__has_no_decimals_and_parts_of_a_won_are_kept(clerk: Client, new_shop: None) -> None:
    """150 won for a hundred points: 10,000 points to be spent are 15,000 won."""
    bring_points(points_code(), shop().tz)
    run()
    clerk.post(SAY, {"worth": "150"})

    page = read(clerk, PAGE)

    for words in ("₩60,000", "−₩45,000", "₩15,000"):
        assert words in page, words
    assert [line["계약 부채"] for line in lines_of(clerk)] == ["0", "0", "0", "0", "3750", "11250"]


def test_csv__a_line_for_each_month__adds_up_to_the_page(clerk: Client, half_a_year: None) -> None:
    clerk.post(SAY, {"worth": "1"})

    lines = lines_of(clerk)

    assert [line["적립한 달"] for line in lines][::5] == ["2026-05", "2026-10"]
    assert sum(int(line["남은 포인트"]) for line in lines) == 40_000
    assert [line["계약 부채"] for line in lines] == ["0.00", "0.00", "0.00", "0.00", "25.00", "75.00"]
    assert {line["통화"] for line in lines} == {"USD"}


def test_liability__hardly_spent__says_what_is_needed_and_shows_what_is_there(
    clerk: Client, story: Story
) -> None:
    clerk.post(SAY, {"worth": "1"})
    run()

    page = read(clerk, PAGE)

    assert "아직 자료가 모자라요: 포인트를 쓴 기록" in page
    assert "남은 포인트" in page
    assert "쓰이지 않을 것으로 보는 포인트" not in page


def test_rights__who_reads_reports__sees_it_and_who_writes_programs__says_the_worth(
    half_a_year: None,
) -> None:
    for role in Role:
        client = sign_in(Client(headers={"accept-language": "ko"}), f"the-{role}", role)
        sees = role is not Role.STORE
        says = role in (Role.OWNER, Role.MARKETER)

        for address in (PAGE, f"{PAGE}.csv", MONEY):
            assert client.get(address).status_code == (200 if sees else 403), (role, address)
        assert client.post(SAY, {"worth": "2"}).status_code == (302 if says else 403), role
        if sees:
            assert ('name="worth"' in read(client, MONEY)) is says, role


def test_money__said_changed_and_taken_back__is_kept_with_who_and_when(
    clerk: Client, half_a_year: None
) -> None:
    for worth in ("1.50", "1.50", "2", ""):
        assert clerk.post(SAY, {"worth": worth}).status_code == 302

    assert list(Assumption.objects.order_by("id").values_list("amount", flat=True)) == [150, 200, None]
    page = read(clerk, MONEY)
    for words in ("$1.50", "$2.00", "지움", "100포인트의 값"):
        assert words in page, words
    assert "$" not in read(clerk, PAGE)


@pytest.mark.parametrize("worth", ["-1", "1.234", "x", "1e9", "9" * 14, "１"])
def test_money__no_amount__is_refused_and_stays_typed(clerk: Client, half_a_year: None, worth: str) -> None:
    answer = clerk.post(SAY, {"worth": worth})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert f'value="{worth}"' in page
    assert not Assumption.objects.exists()


def test_money__no_field_at_all__is_refused(clerk: Client, half_a_year: None) -> None:
    assert clerk.post(SAY).status_code == 422


def test_liability__in_english__has_no_korean(half_a_year: None) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}))
    client.post(SAY, {"worth": "1"})

    for address in (PAGE, MONEY):
        page = read(client, address).partition("<main")[2]
        assert not any("가" <= sign <= "힣" for sign in page), address
