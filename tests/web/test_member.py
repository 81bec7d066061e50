"""A member's page: every point has its why, and the link to their own page is theirs alone."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from itertools import pairwise

import msgspec
import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone, translation

from dangol.core.commerce.events import OrderPlaced
from dangol.core.commerce.models import Order
from dangol.core.storage.ids import random_id, show_id
from dangol.domain.accrual import compute_points
from dangol.domain.calendars import day_of
from dangol.rooms.rewards.models import Accrual, TierRules
from dangol.web.formats import format_date, format_last_day, with_josa
from dangol.web.links import VALID_FOR, make_home_link
from dangol.web.reads.member import find_member, read_orders, read_timeline
from dangol.web.reads.statement import StatementLine, merge_expired, read_statement
from dangol.web.scheme import find_program
from dangol.web.words import Setting, tell
from tests.standing import stands_in
from tests.web.story import CURRENCY, NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def all_lines(story: Story, number: str = "1501", *, limit: int = 7) -> list[StatementLine]:
    """Return a member's whole points history, latest first, page by page."""
    lines, after = [], ""
    while True:
        page = read_statement(story.customers[number], CURRENCY, after=after, limit=limit)
        lines += page.lines
        if not (after := page.next_after):
            return lines


def test_statement__every_line__balance_follows_from_the_one_before(story: Story) -> None:
    lines = all_lines(story)

    member = find_member(story.regular, find_program(), at=NOW)
    assert member is not None
    assert lines[0].balance == member.points
    assert lines[-1].balance == lines[-1].change
    for later, earlier in pairwise(lines):
        assert later.balance - later.change == earlier.balance


def test_merge_expired__same_instant__one_line_with_the_sum(story: Story) -> None:
    lines = [line for number in sorted(story.customers) for line in all_lines(story, number)]
    expired = [line for line in lines if line.kind == "expire"]
    twice = [replace(expired[0], at=NOW), replace(expired[1], at=NOW), lines[0], expired[2]]

    merged = merge_expired(twice)

    assert [line.change for line in merged] == [
        expired[0].change + expired[1].change, lines[0].change, expired[2].change,
    ]  # fmt: skip
    assert len(merged[0].lots) == len(expired[0].lots) + len(expired[1].lots)


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_statement__any_page_size__same_lines(story: Story, limit: int) -> None:
    assert [one.id for one in all_lines(story, limit=limit)] == [one.id for one in all_lines(story)]


def test_statement__every_earning__why_gives_the_same_integer(story: Story) -> None:
    for number in story.customers:
        for line in all_lines(story, number):
            if line.kind != "earn":
                continue
            assert line.why is not None
            assert sum(compute_points(one.part) for one in line.why.sums) == line.points == line.why.points
            assert line.lot is not None
            assert line.lot.points == line.points


def test_statement__return__why_tells_before_and_after(story: Story) -> None:
    line = next(one for one in all_lines(story) if one.kind in {"claw_back", "void"})

    assert line.why is not None
    assert line.why.is_return
    assert line.why.stands - line.why.stood == line.why.points == -line.points


def test_member_page__why__shows_rule_version_and_arithmetic(clerk: Client, story: Story) -> None:
    page = clerk.get(f"/members/{show_id(story.regular)}?tab=points").content.decode()

    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert re.search(r"\$\d+\.\d\d × 1P/\$1\.00 = [\d.,]+ → \d+P", text)
    assert "규칙 ‘기본 적립’ 1판" in text
    assert "소수점 아래는 버려요" in text
    assert "쓸 수 있는 때" in text


def test_member_page__opening__adds_nothing_a_second_time(clerk: Client, story: Story) -> None:
    pages, after = "", ""
    while True:
        path = f"/members/{show_id(story.regular)}"
        pages += clerk.get(path, {"tab": "points", "after": after}).content.decode()
        if not (after := read_statement(story.regular, CURRENCY, after=after).next_after):
            break

    plus = [int(shown.replace(",", "")) for shown in re.findall(r'class="amt plus">\+([\d,]+)P', pages)]
    lines = all_lines(story)
    assert sum(plus) == sum(line.signed for line in lines if line.signed > 0 and line.kind != "post")
    opened = next(line for line in lines if line.kind == "post")
    assert f'<p class="amt quiet">{opened.change}P 사용 가능</p>' in pages
    assert pages.count('class="amt quiet"') == sum(line.kind == "post" for line in lines)


def test_timeline__orders__carry_their_points(story: Story) -> None:
    items, after = [], ""
    while True:
        page = read_timeline([story.regular], at=NOW, after=after, limit=6)
        items += page.items
        if not (after := page.next_after):
            break

    orders = [one for one in items if one.name == "order.placed"]
    assert len(orders) == Order.objects.filter(customer_id=story.regular).count()
    assert all(one.why for one in orders)
    assert [one.at for one in items] == sorted((one.at for one in items), reverse=True)


@pytest.mark.parametrize(
    ("channel", "store", "detail"),
    [
        ("store", "406", "물건 1가지 · 매장 406"),
        ("store", None, "물건 1가지 · 매장"),
        ("online", "406", "물건 1가지 · 온라인 · 매장 406"),
        ("online", None, "물건 1가지 · 온라인"),
    ],
)
def test_tell__order__says_that_the_number_is_a_store_s(
    story: Story, channel: str, store: str | None, detail: str
) -> None:
    items = read_timeline([story.regular], at=NOW).items
    item = next(one for one in items if isinstance(one.payload, OrderPlaced))
    assert isinstance(item.payload, OrderPlaced)
    payload = msgspec.structs.replace(
        item.payload, channel=channel, store=store, lines=item.payload.lines[:1]
    )

    with translation.override("ko"):
        assert tell(item._replace(payload=payload), Setting({}, "USD", {})).detail == detail


def test_timeline__tier__tells_the_figures_it_was_decided_on(clerk: Client, story: Story) -> None:
    path, text = f"/members/{show_id(story.regular)}", ""
    while path:
        page = clerk.get(path).content.decode()
        text += re.sub(r"<[^>]+>", "", page)
        more = re.search(r'<a class="btn wide" href="([^"]+)"', page)
        path = f"/members/{show_id(story.regular)}{unescape(more[1])}" if more else ""

    assert "골드로 바뀌었어요" in text
    assert re.search(r"전에는 실버 · 기준을 채웠어요 · 구매 금액 \$6\d\d\.\d\d, 기준 \$600\.00", text)


def test_orders__lines__add_up_to_the_order(story: Story) -> None:
    page = read_orders([story.regular])

    assert len(page.orders) == 10
    assert page.next_after
    for order in page.orders:
        assert sum(line.net_minor for line in order.lines) == order.net_minor
        assert {line.product for line in order.lines} <= {"MILK 1GAL", "COFFEE 12OZ"}


def test_find_member__tier_by_visits__days_on_which_something_was_bought_that_was_not_undone(
    story: Story,
) -> None:
    TierRules.objects.update(measure="visits")
    running = find_program()
    assert running is not None
    zone = running.rules.tiers.zone
    own = Accrual.objects.filter(customer_id=story.regular, number=1, is_return=False)
    days = {
        day_of(one, zone) for one in own.filter(at__gt=NOW - timedelta(days=364)).values_list("at", flat=True)
    }

    member = find_member(story.regular, running, at=NOW)

    assert member is not None
    assert member.standing is not None
    assert member.standing.value == len(days) > 1
    own.update(is_undone=True)
    undone = find_member(story.regular, running, at=NOW)
    assert undone is not None
    assert undone.standing is not None
    assert undone.standing.value == 0


def test_find_member__tier_value__counts_what_was_bought_in_the_window(story: Story) -> None:
    member = find_member(story.regular, find_program(), at=NOW)

    assert member is not None
    assert member.standing is not None
    spend = sum(Order.objects.filter(customer_id=story.regular).values_list("net_minor", flat=True))
    assert member.standing.value == spend - 399
    assert member.standing.level == 2
    assert member.standing.window_days == 365


def test_member_page__nobody__is_not_found(clerk: Client, story: Story) -> None:
    assert clerk.get(f"/members/{show_id(random_id())}").status_code == 404


def test_home__signed_link__opens_without_signing_in(client: Client, story: Story) -> None:
    answer = client.get(make_home_link(story.regular), headers={"accept-language": "ko"})
    page = answer.content.decode()

    assert answer.status_code == 200
    assert 'role="img" aria-label="회원 번호 1501의 바코드"' in page
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in page


def test_home__sum_of_several_rules__names_each(client: Client, story: Story) -> None:
    page = client.get(make_home_link(story.regular), headers={"accept-language": "ko"}).content.decode()

    lines = [re.findall(r'<span class="sub">([^<]* × [^<]*)</span>', one) for one in page.split("<li>")]
    several = [sums for sums in lines if len(sums) > 1]
    assert several
    for sums in several:
        assert [one.rpartition(" · ")[2] for one in sums] == ["기본 적립", "우유 더 적립"]


@pytest.mark.parametrize("number", ["1501", "1503"])
def test_home__tier__says_until_when_it_is_held(client: Client, story: Story, number: str) -> None:
    member = find_member(story.customers[number], find_program(), at=NOW)
    assert member is not None
    assert member.standing is not None
    assert member.standing.held_until is not None
    name = with_josa(member.standing.tier.name, "을")

    page = client.get(make_home_link(member.customer_id), headers={"accept-language": "ko"}).content.decode()

    with timezone.override("America/New_York"):
        day = format_date(format_last_day(member.standing.held_until))
    (words,) = re.findall(r'<p class="sub mt2">([^<]*지켜요\.)</p>', page)
    assert f"{day}까지" in words
    assert name in words


def test_home__own_name__is_whole(client: Client, story: Story) -> None:
    assert (
        "김하늘 님, 반가워요"
        in client.get(
            make_home_link(story.customers["1502"]), headers={"accept-language": "ko"}
        ).content.decode()
    )


def test_home__link_tampered_with__opens_nothing(client: Client, story: Story) -> None:
    link = make_home_link(story.regular)
    forged = [
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        "/m/" + signing.dumps(show_id(story.regular), salt="another"),
        "/m/" + signing.dumps("no id", salt="dangol.web.member-home"),
        "/m/x",
    ]

    for one in forged:
        answer = client.get(one)

        assert answer.status_code == 404
        assert not stands_in("1501", answer.content.decode())


def test_home__link_out_of_time__opens_nothing(client: Client, story: Story) -> None:
    with time_machine.travel(NOW, tick=False):
        link = make_home_link(story.regular)
    with time_machine.travel(NOW + VALID_FOR - timedelta(seconds=1), tick=False):
        assert client.get(link).status_code == 200
    with time_machine.travel(NOW + VALID_FOR + timedelta(seconds=1), tick=False):
        assert client.get(link).status_code == 404


def test_pages__compressed__keep_to_their_budgets(clerk: Client, story: Story) -> None:
    def weigh(path: str) -> int:
        answer = clerk.get(path, headers={"accept-encoding": "gzip"})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        answer.close()
        assert answer["Content-Encoding"] == "gzip", path
        return len(content)

    styles = weigh("/static/web/dangol.css")
    scripts = weigh("/static/django_htmx/htmx-2.min.js") + weigh("/static/web/dangol.js")
    assert styles <= 12_000
    assert scripts <= 30_000
    assert weigh(make_home_link(story.regular)) + styles <= 20_000
    for path in ("/", "/members", f"/members/{show_id(story.regular)}"):
        assert weigh(path) <= 15_000, path
