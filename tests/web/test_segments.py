"""The pages of segments: the list, a segment, why somebody is in or not, and what others see of it."""

import re
from html import unescape

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.commerce.models import CustomerDay
from dangol.core.people.models import Customer
from dangol.core.people.shops import StoreRow, upsert_stores
from dangol.core.segments.models import Segment
from dangol.core.segments.selectors import find_segment
from dangol.core.segments.services import (
    SegmentChange,
    SegmentDraft,
    archive_segment,
    change_segment,
    condition_text,
    create_segment,
)
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job
from tests.web.segments import BOUGHT, MARKETER, catch_up, tell_segments
from tests.web.staff import sign_in
from tests.web.story import NOW, Story
from tests.web.test_members import read_csv

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_list__nothing_yet__suggests_three(clerk: Client, story: Story) -> None:
    page = read(clerk, "/segments")

    assert "아직 세그먼트가 없어요" in page
    assert re.findall(r'\?try=([a-z]+)"', page) == ["recent", "regulars", "lapsed"]


def test_list__some__tells_each_in_a_line_with_how_many_are_in(clerk: Client, story: Story) -> None:
    tell_segments(story)

    page = read(clerk, "/segments")

    assert '<td class="k-said">지금까지 구매가 있었어요</td>' in page
    assert "아닌 것: 기본 단골 세그먼트에 들어 있어요, 그리고 (" in page
    assert re.search(r'k-points">[1-9]\d*명', page)


def test_list__searched__finds_by_name_or_says_that_there_is_none(clerk: Client, story: Story) -> None:
    tell_segments(story)

    assert re.findall(r'<th scope="row".*?href="/segments/([a-z]+)"', read(clerk, "/segments?q=기본 단")) == [
        "buyers"
    ]
    assert "그런 이름의 세그먼트가 없어요" in read(clerk, "/segments?q=nothing")


def test_segment__just_saved__says_that_people_are_being_looked_at(clerk: Client, story: Story) -> None:
    create_segment(SegmentDraft("fresh", "Fresh", "", BOUGHT), actor=MARKETER, at=NOW)

    page = read(clerk, "/segments/fresh")

    assert 'hx-trigger="every 2s"' in page
    assert "모두를 다시 보려고 해요" in page
    state = clerk.get("/segments/fresh", headers={"HX-Request": "true", "HX-Target": "state"})
    assert state.content.decode().startswith('<section class="card" id="state"')
    catch_up()
    assert 'hx-trigger="every 2s"' not in read(clerk, "/segments/fresh")


def test_segment__in_words__who_is_in_its_versions_and_who_asks(clerk: Client, story: Story) -> None:
    tell_segments(story)

    page = read(clerk, "/segments/buyers")

    assert f'href="/segments/buyers/members/{show_id(story.regular)}"' in page
    assert "때가 되었거나 조건이 바뀌어서" in page
    assert "2판" in page
    assert "<ins>" in page
    assert '<a href="/segments/asking"><b>늦은 단골</b></a>' in page
    assert 'href="/members/export?segment=buyers"' in page


def test_segment__more_than_a_page__goes_on_and_comes_back(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_segments(story)
    monkeypatch.setattr("dangol.web.pages.segments.A_PAGE", 2)
    found, path = [], "/segments/buyers"

    while path:
        page = read(clerk, path)
        found += re.findall(r'href="/segments/buyers/members/([^"]+)"', page)
        following = re.search(r'href="(\?after=[^"]+)"', page)
        path = f"/segments/buyers{following[1]}" if following else ""

    assert len(found) == len(set(found)) == int(re.findall(r'seg-count">(\d+)명', page)[0])
    assert len(found) > 2
    assert "처음으로" in page


def test_why__in_and_not_in__names_what_decided(clerk: Client, story: Story) -> None:
    tell_segments(story)

    inside = read(clerk, f"/segments/buyers/members/{show_id(story.regular)}")
    outside = read(clerk, f"/segments/asking/members/{show_id(story.regular)}")

    assert "왜 ‘기본 단골’에 있나요?" in inside
    assert "맞아요: 지금까지 구매가 있었어요" in inside
    assert '<a class="link" href="/orders/till/' in inside
    assert "왜 ‘늦은 단골’에 없나요?" in outside
    assert "기본 단골 세그먼트에 들어 있어요" in outside


@pytest.mark.parametrize(
    "path",
    [
        "/segments/none",
        "/segments/none/edit",
        "/segments/none/members/{member}",
        "/segments/buyers/members/{nobody}",
    ],
)
def test_pages__of_what_is_not_there__are_not_found(clerk: Client, story: Story, path: str) -> None:
    tell_segments(story)

    filled = path.format(member=show_id(story.regular), nobody=show_id(bytes(15) + b"x"))

    assert clerk.get(filled).status_code == 404


def test_archive__unsure_in_use_and_sure__does_so_only_when_it_may(clerk: Client, story: Story) -> None:
    tell_segments(story)

    clerk.post("/segments/buyers/archive")
    refused = clerk.post("/segments/buyers/archive", {"sure": "1"})
    done = clerk.post("/segments/asking/archive", {"sure": "1"})

    assert refused.status_code == 409
    assert "다른 세그먼트가 이것을 묻고 있어요: asking" in refused.content.decode()
    assert done["Location"] == "/segments"
    assert set(Segment.objects.filter(archived_at=None).values_list("slug", flat=True)) == {"buyers", "many"}


def test_version__gone_back_to__is_a_new_one_with_the_old_condition(clerk: Client, story: Story) -> None:
    create_segment(SegmentDraft("fresh", "Fresh", "", BOUGHT), actor=MARKETER, at=NOW)
    many = {**BOUGHT, "times": {"op": "at_least", "n": 7}}
    change_segment("fresh", SegmentChange("Named", None, many), expected=1, actor=MARKETER, at=NOW)
    assert re.findall(r'href="(/segments/fresh/versions/\d+)"', read(clerk, "/segments/fresh")) == [
        "/segments/fresh/versions/1"
    ]

    page = read(clerk, "/segments/fresh/versions/1")
    [revision] = re.findall('name="revision" value="([^"]+)"', page)
    done = clerk.post("/segments/fresh/versions/1", {"revision": revision})

    assert re.search("<del>.*?7번 이상.*?</del>.*?<ins>.*?구매가 있었어요</ins>", page)
    assert done["Location"] == "/segments/fresh"
    found = find_segment("fresh")
    assert (found.name, found.version, found.revision) == ("Named", 3, 3)
    assert condition_text(found.id, 3) == condition_text(found.id, 1)


@pytest.mark.parametrize("sent", [{"revision": "2"}, {"revision": "x"}, {}])
def test_version__somebody_has_saved_since_it_was_shown__is_refused_with_what_changes_now(
    clerk: Client, story: Story, sent: dict[str, str]
) -> None:
    tell_segments(story)
    change_segment("buyers", SegmentChange("Renamed"), expected=2, actor=MARKETER, at=NOW)

    refused = clerk.post("/segments/buyers/versions/1", sent)

    assert refused.status_code == 409
    assert "그사이 다른 사람이 저장했어요" in refused.content.decode()
    assert 'name="revision" value="3"' in refused.content.decode()
    assert find_segment("buyers").version == 2


def test_version__asks_about_a_segment_that_is_archived__is_refused(clerk: Client, story: Story) -> None:
    tell_segments(story)
    asking = {"type": "member", "segment": "many"}
    create_segment(SegmentDraft("fresh", "Fresh", "", asking), actor=MARKETER, at=NOW)
    change_segment("fresh", SegmentChange(condition=BOUGHT), expected=1, actor=MARKETER, at=NOW)
    archive_segment("many", actor=MARKETER, at=NOW)

    refused = clerk.post("/segments/fresh/versions/1", {"revision": "2"})

    assert refused.status_code == 409
    assert "‘many’(이)라는 세그먼트는 없어요" in refused.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/segments/buyers/versions/2",
        "/segments/buyers/versions/9",
        "/segments/none/versions/1",
        "/segments/buyers/versions/99999999999999999999",
    ],
)
def test_version__the_present_one_or_none__is_not_found(clerk: Client, story: Story, path: str) -> None:
    tell_segments(story)

    assert clerk.get(path).status_code == 404


def test_archived__some_and_none__are_listed_and_restored(clerk: Client, story: Story) -> None:
    tell_segments(story)
    assert "archived=1" not in read(clerk, "/segments")
    assert "보관한 세그먼트가 없어요" in read(clerk, "/segments?archived=1")
    clerk.post("/segments/asking/archive", {"sure": "1"})
    assert '<a href="/segments?archived=1">보관한 것</a>' in read(clerk, "/segments")

    assert "그런 이름의 세그먼트가 없어요" in read(clerk, "/segments?archived=1&q=nothing")
    page = read(clerk, "/segments?archived=1")
    done = clerk.post("/segments/asking/restore")

    assert re.findall(r'action="/segments/([a-z]+)/restore"', page) == ["asking"]
    assert "아닌 것: 기본 단골 세그먼트에 들어 있어요, 그리고 (" in page
    assert done["Location"] == "/segments/asking"
    assert clerk.post("/segments/asking/restore").status_code == 404
    log = read(clerk, "/access-log")
    assert "늦은 단골 (asking)" in log
    assert "보관한 세그먼트 되살림" in log


def test_archived__more_than_a_page__each_is_on_one(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_segments(story)
    monkeypatch.setattr("dangol.web.pages.segments.A_PAGE", 1)
    for slug in ("asking", "many"):
        clerk.post(f"/segments/{slug}/archive", {"sure": "1"})

    first = read(clerk, "/segments?archived=1")
    after = re.search(r'href="([^"]*after=[^"]+)"', first)
    assert after
    second = read(clerk, "/segments" + unescape(after[1]))

    shown = [re.findall(r'action="/segments/([a-z]+)/restore"', page) for page in (first, second)]
    assert sorted(shown) == [["asking"], ["many"]]
    assert not re.search(r'href="[^"]*after=', second)


def test_list__more_than_few__says_about_how_many(
    clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_segments(story)
    assert "약 " not in read(clerk, "/segments")
    monkeypatch.setattr("dangol.core.segments.counts.FEW", 1)

    assert re.search(r"약 \d+명", read(clerk, "/segments"))


def test_restore__its_condition_cannot_be__says_why_and_keeps_it(clerk: Client, story: Story) -> None:
    tell_segments(story)
    for slug in ("asking", "buyers"):
        clerk.post(f"/segments/{slug}/archive", {"sure": "1"})

    refused = clerk.post("/segments/asking/restore")

    assert refused.status_code == 409
    assert "‘buyers’(이)라는 세그먼트는 없어요" in refused.content.decode()
    assert Segment.objects.filter(slug="asking", archived_at=None).count() == 0


def test_archived__whoever_may_only_look__sees_no_button(story: Story) -> None:
    tell_segments(story)
    Segment.objects.filter(slug="asking").update(archived_at=NOW)
    analyst = sign_in(Client(), "analyst", Role.ANALYST)

    assert "늦은 단골" in read(analyst, "/segments?archived=1")
    assert "/restore" not in read(analyst, "/segments?archived=1")
    assert analyst.post("/segments/asking/restore").status_code == 403


def test_rebuild__asked_for__leaves_the_work_and_goes_back(clerk: Client, story: Story) -> None:
    tell_segments(story)
    before = Job.objects.filter(name="segments.watch_all").count()

    answer = clerk.post("/segments/rebuild", {"segment": "buyers"})

    assert answer["Location"] == "/segments/buyers"
    assert Job.objects.filter(name="segments.watch_all").count() == before + 1
    assert clerk.post("/segments/rebuild", {"segment": "\0"})["Location"] == "/segments"


def test_members__of_a_segment__are_listed_kept_as_a_view_and_exported(clerk: Client, story: Story) -> None:
    tell_segments(story)

    page = read(clerk, "/members?segment=buyers")
    everybody = read(clerk, "/members?segment=none")

    inside = set(re.findall(r'name="who" value="([^"]+)"', page))
    assert show_id(story.regular) in inside
    assert len(set(re.findall(r'name="who" value="([^"]+)"', everybody))) > len(inside)
    assert 'href="/members/views?segment=buyers"' in page
    everyone, rows = (read_csv(clerk, f"/members.csv{query}") for query in ("", "?segment=buyers"))
    assert rows == [one for one in everyone if one["구매 횟수"] != "0"]
    assert len(rows) == len(inside) < len(everyone)
    numbers = {show_id(owner): number for number, owner in story.customers.items()}
    assert {one["회원 번호"] for one in rows} == {numbers[shown] for shown in inside}
    for number, owner in story.customers.items():
        days = CustomerDay.objects.filter(customer_id=owner).values_list("orders", "amount_minor")
        orders, amount = (sum(column) for column in zip(*days, strict=True)) if days else (0, 0)
        told = [(one["구매 횟수"], one["구매 금액"]) for one in rows if one["회원 번호"] == number]
        assert told == [(str(orders), f"{amount / 100:.2f}")] * bool(orders), number
    assert "세그먼트 기본 단골" in read(clerk, "/members/export?segment=buyers")


def test_member__page__tells_their_segments_to_those_who_may_see_them(clerk: Client, story: Story) -> None:
    tell_segments(story)
    page = f"/members/{show_id(story.regular)}"
    link = f'href="/segments/buyers/members/{show_id(story.regular)}"'

    assert link in read(clerk, page)
    assert link not in read(sign_in(Client(), "seller", Role.STORE), page)


def test_segment__staff_of_a_store__sees_only_its_own_members(story: Story) -> None:
    tell_segments(story)
    with write_transaction():
        stores = upsert_stores([StoreRow("1", "First"), StoreRow("2", "Second")], recorded_at=NOW)
    Customer.objects.filter(customer_id=story.regular).update(home_store_id=stores["2"])
    bound = sign_in(Client(), "bound", Role.OWNER, store_id=stores["1"])

    assert show_id(story.regular) not in read(bound, "/segments/buyers")
    assert show_id(story.regular) not in read(bound, "/segments/new?try=regulars")
    assert bound.get(f"/segments/buyers/members/{show_id(story.regular)}").status_code == 404
    sent = {"part": ["1::group", "2:1:did"], "do": f"why:{show_id(story.regular)}", "2.event": "order.placed"}
    assert bound.post("/segments/new", sent).status_code == 404
