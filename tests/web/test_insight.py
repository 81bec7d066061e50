"""The pages about all customers: what they show of the latest run, and what can be done from them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.rights import Role
from dangol.core.commerce.models import CustomerDay
from dangol.core.events.settling import settle_all
from dangol.core.people.selectors import shop
from dangol.core.segments.models import Segment, SegmentVersion
from dangol.core.segments.services import archive_segment
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.tasks.models import Job
from dangol.domain.errors import DomainError
from dangol.insight.lifetime.refusals import NotEnoughData
from dangol.rooms.personalization.refresh import refresh_all
from tests.core.segments.shop import MARKETER, make_segment
from tests.ports import free_port
from tests.rooms.personalization.baskets import LAST, fill_baskets
from tests.rooms.personalization.test_refresh import START, bring_history
from tests.sizes import drawn
from tests.snapshots import Kept
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
ADDRESSES = ("/insight", "/insight/cohorts", "/insight/value", "/insight/models")


def read(client: Client, address: str) -> str:
    """Return a page that opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def run() -> dict[str, int | DomainError]:
    """Do what the night does."""
    return refresh_all(shop(), as_of=NOW.date() - timedelta(days=1), at=NOW)


def _tell_year() -> list[Id]:
    owners = bring_history(300, seed=4)
    refresh_all(shop(), as_of=START + timedelta(days=365), at=NOW)
    return owners


_kept_year = Kept(_tell_year)


@pytest.fixture
def year(transactional_db: None, still_clock: Any) -> list[Id]:
    """A shop with a year of purchases by 300 customers, of whom the models have told."""
    return [*_kept_year()]


def _tell_baskets() -> list[Id]:
    owners = fill_baskets(120)
    refresh_all(shop(), as_of=LAST, at=NOW)
    return [*owners]


_kept_baskets = Kept(_tell_baskets)


@pytest.fixture
def baskets(transactional_db: None, still_clock: Any) -> list[Id]:
    """A shop with the baskets of 120 customers, of whom the models have told."""
    return [*_kept_baskets()]


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages__before_the_first_run__say_when_it_comes(clerk: Client, story: Story, address: str) -> None:
    assert "아직 한 번도 셈하지 않았어요" in read(clerk, address)


def test_value__too_few_customers__says_how_many_are_needed(clerk: Client, story: Story) -> None:
    assert isinstance(run()["lifetime"], NotEnoughData)

    for address in ("/insight/value", "/insight/models"):
        assert "아직 자료가 모자라요: 구매한 고객" in read(clerk, address), address


def test_map__a_year__shows_every_cell_and_segment(clerk: Client, year: list[Id]) -> None:
    page = read(clerk, "/insight")

    assert page.count('class="z-name"') == 25
    for words in ("산 적이 있는 고객 300명", "놓치면 안 될 고객", "2026년 3월 2일", "95% 구간"):
        assert words in page, words


@pytest.mark.parametrize(
    ("choice", "slug", "condition"),
    [
        ({"segment": "at_risk"}, "rfm-at-risk", '"rfm.segment"'),
        ({"r": "5", "f": "4"}, "rfm-r5-f4", '"rfm.recency"'),
    ],
)
def test_make_segment__of_a_choice__keeps_it_and_counts_the_same(
    clerk: Client, year: list[Id], choice: dict[str, str], slug: str, condition: str
) -> None:
    before = read(clerk, "/insight?" + "&".join(f"{key}={value}" for key, value in choice.items()))
    assert "이 고객들로 세그먼트 만들기" in before

    assert before.count('aria-current="true"') == (4 if "segment" in choice else 1)

    answer = clerk.post("/insight/segment", choice)

    assert answer.status_code == 302
    assert "고객을 살펴보는 중이에요" in read(clerk, answer["Location"])
    assert condition in SegmentVersion.objects.get(segment_id=Segment.objects.get(slug=slug).id).condition
    settle_all(clock=lambda: NOW, zone=shop().tz)
    page = read(clerk, answer["Location"])
    count = page.split("<dt>고객</dt><dd>")[1].split("명")[0]
    assert f"지금 {count}명이에요." in page
    assert clerk.post("/insight/segment", choice).status_code == 302, "twice is once"
    assert Segment.objects.count() == 1


def test_make_segment__slugs_are_archived_or_somebody_s__takes_the_next_and_shows_that_one(
    clerk: Client, year: list[Id]
) -> None:
    clerk.post("/insight/segment", {"segment": "at_risk"})
    archive_segment("rfm-at-risk", actor=MARKETER, at=NOW)
    make_segment("rfm-at-risk-2", {"type": "trait", "trait": "rfm.money", "op": "equals", "value": 5}, at=NOW)
    assert "세그먼트 만들기" in read(clerk, "/insight?segment=at_risk"), "neither of them is what is chosen"

    for _ in range(2):
        answer = clerk.post("/insight/segment", {"segment": "at_risk"})
        assert answer.status_code == 302

    assert "(rfm-at-risk-3)" in read(clerk, answer["Location"])
    slugs = Segment.objects.filter(archived_at=None).order_by("slug").values_list("slug", flat=True)
    assert list(slugs) == ["rfm-at-risk-2", "rfm-at-risk-3"]


def test_make_segment__all_its_slugs_are_taken__is_told(clerk: Client, year: list[Id]) -> None:
    for number in ("", *(f"-{number}" for number in range(2, 10))):
        condition = {"type": "trait", "trait": "rfm.money", "op": "equals", "value": 5}
        make_segment(f"rfm-at-risk{number}", condition, at=NOW)

    answer = clerk.post("/insight/segment", {"segment": "at_risk"})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("choice", [{}, {"segment": "nobody"}, {"r": "6", "f": "1"}, {"r": "5"}, {"r": "x"}])
def test_make_segment__of_no_choice__is_not_there(
    clerk: Client, story: Story, choice: dict[str, str]
) -> None:
    assert clerk.post("/insight/segment", choice).status_code == 404
    assert read(clerk, "/insight?" + "&".join(f"{key}={value}" for key, value in choice.items()))


def test_make_segment__before_the_first_run__is_refused_in_words(clerk: Client, story: Story) -> None:
    answer = clerk.post("/insight/segment", {"segment": "loyal"})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert not Segment.objects.exists()


def test_acts__analyst__sees_the_pages_and_no_button(year: list[Id]) -> None:
    client = sign_in(Client(headers={"accept-language": "ko"}), "analyst", Role.ANALYST)

    page = read(client, "/insight?segment=loyal")

    assert "세그먼트 만들기" not in page
    assert "지금 다시 셈하기" not in page
    for address in ("/insight/segment", "/insight/refresh"):
        assert client.post(address, {"segment": "loyal"}).status_code == 403


def test_cohorts__shares_and_amounts__by_the_address(clerk: Client, year: list[Id]) -> None:
    shares, amounts = read(clerk, "/insight/cohorts"), read(clerk, "/insight/cohorts?show=revenue")

    assert "2025년 3월" in shares
    assert "heat-8" in shares
    assert " part" in shares, "March 2026 has just begun"
    assert "₩" in amounts
    assert "몇 번째까지 올까요" in shares
    for words in ("두 번째까지 얼마나 걸릴까요", "180일 안에", "다음에 오기까지 며칠이나", "95%"):
        assert words in shares, words


def test_value_and_models__a_year__tell_the_same_sum(clerk: Client, year: list[Id]) -> None:
    value, models = read(clerk, "/insight/value"), read(clerk, "/insight/models")

    total = value.split("<dt>열두 달의 가치</dt><dd>")[1].split("</dd>")[0]
    assert total.startswith("₩")
    assert f"<dd>{total}</dd>" in models
    held = value.partition("이 모델이 얼마나 맞았나요")[2]
    assert held.count("떼어 둔 주") == 13
    assert held.count('class="chart"') == 2
    assert "7번 이상 더 옴" in held
    for words in ("MBG/NBD", "alpha", "2026년 3월 2일", "10%"):
        assert words in models, words


def test_models__run_again__keep_the_runs_before(clerk: Client, year: list[Id]) -> None:
    refresh_all(shop(), as_of=START + timedelta(days=366), at=NOW + timedelta(days=1))

    assert "그 전에 셈한 1번" in read(clerk, "/insight/models")


def test_refresh__asked_for__is_left_as_a_job_and_shown(clerk: Client, story: Story) -> None:
    settle_all(clock=lambda: NOW, zone=shop().tz)

    answer = clerk.post("/insight/refresh", {"back": "insight-value"})

    assert answer["Location"] == "/insight/value"
    assert "다시 셈하고 있어요" in read(clerk, "/insight/value")
    assert "HX-Refresh" not in clerk.get("/insight/state").headers
    settle_all(clock=lambda: NOW, zone=shop().tz)
    assert Job.objects.get(name="personalization.refresh_now").state == "done"
    assert clerk.get("/insight/state").headers["HX-Refresh"] == "true"
    assert "RFM 지도" in read(clerk, "/insight")


def test_member__told_of_by_the_models__shows_what_with_day_and_version(
    clerk: Client, year: list[Id]
) -> None:
    page = read(clerk, f"/members/{show_id(year[0])}")

    for words in (
        "앞으로 어떨까요",
        "RFM 세그먼트",
        "열두 달의 가치",
        "다시 올 가능성",
        "60일 동안",
        "3월 2일까지",
    ):
        assert words in page, words


def test_member__not_told_of__has_no_such_panel(clerk: Client, story: Story) -> None:
    assert "앞으로 어떨까요" not in read(clerk, f"/members/{show_id(story.newcomer)}")


def test_pages__in_english__have_no_korean_but_names(year: list[Id]) -> None:
    client = sign_in(Client(headers={"accept-language": "en"}))

    page = read(client, "/insight?segment=loyal")

    assert "Make a segment of these" in page
    assert "단골이 될 고객" not in page


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("ko", ("무엇을 살까요", "다시 살 만한 것", "번 샀고 마지막은", "함께 많이 사요", "4월 30일까지")),
        ("en", ("Likely to buy again", "times, last on", "Often bought with", "up to Apr 30")),
    ],
)
def test_member__with_product_lists__shows_products_by_name_and_why(
    baskets: list[Id], lang: str, words: tuple[str, ...]
) -> None:
    client = sign_in(Client(headers={"accept-language": lang}))

    page = read(client, f"/members/{show_id(baskets[0])}").split('id="h-offers"')[1].split("</section>")[0]

    for word in words:
        assert word in page, word
    names = re.findall(r"<p>([^<]+?)(?: <span|</p>)", page)
    assert len([name for name in names if name.startswith("음료")]) >= 6, names


def test_models__with_product_lists__tell_how_well_they_foretold(clerk: Client, baskets: list[Id]) -> None:
    page = read(clerk, "/insight/models")

    for card in ("buy_again", "discover"):
        section = page.split(f'id="{card}"')[1].split("</section>")[0]
        assert "산 것 가운데 열 가지 안에 든 비율" in section
        assert "가장 나은 규칙보다 높은 비율" in section
        assert re.search(r"n=\d+", section)
        assert "쓰는 중" in section


def test_models__hardly_a_purchase__say_what_is_lacking(clerk: Client, story: Story) -> None:
    run()

    section = read(clerk, "/insight/models").split('id="discover"')[1].split("</section>")[0]

    assert "아직 자료가 모자라요" in section
    assert "말하지 않아요" in section


def test_member__nothing_known_of_what_they_buy__says_so(clerk: Client, story: Story) -> None:
    assert "아직 산 것이 적어서 말할 수 없어요" in read(clerk, f"/members/{show_id(story.newcomer)}")


def test_pages__orders_in_another_currency__say_that_they_are_not_counted(
    clerk: Client, story: Story
) -> None:
    run()
    for address in ADDRESSES:
        assert "여기에서 세지 않아요" not in read(clerk, address), address
    CustomerDay.objects.create(
        customer_id=new_id(), day=NOW.date() - timedelta(days=9), currency="JPY", orders=1_234, amount_minor=5
    )

    run()

    for address in ADDRESSES:
        assert "JPY 주문 1,234건은 여기에서 세지 않아요." in read(clerk, address), address


@pytest.mark.parametrize(
    ("language", "words"),
    drawn(
        [
            ("ko", "클러스터가 답하지 않아서 이 컴퓨터에서 셈했어요"),
            ("en", "the cluster did not answer, so this machine did the counting"),
        ],
        one_in=2,
    ),
)
def test_pages__cluster_was_gone__say_that_this_machine_reckoned_until_it_is_back(
    year: list[Id], settings: Settings, language: str, words: str
) -> None:
    client = sign_in(Client(headers={"Accept-Language": language}), "reader", Role.ANALYST)
    assert [address for address in ADDRESSES if words in read(client, address)] == []
    settings.ENGINE = f"spark://127.0.0.1:{free_port()}"
    run()

    for address in ADDRESSES:
        page = read(client, address)
        assert words in page, address
        assert settings.ENGINE in page, address
    assert words not in read(client, "/insight/liability")

    settings.ENGINE = ""
    run()
    assert [address for address in ADDRESSES if words in read(client, address)] == []
