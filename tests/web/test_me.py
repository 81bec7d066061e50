"""The member's own pages: what they see, what they decide, and what it weighs."""

import json
import re
from datetime import timedelta

import pytest
from django.test import Client

from dangol.core.events.models import Event
from dangol.core.messaging.sink import Sink
from dangol.core.people.selectors import consents_of, names_of
from dangol.core.tasks.models import Heartbeat
from tests.core.messaging.ways import use
from tests.standing import stands_in
from tests.web.phones import OPEN, PAGES, come_in, give_email
from tests.web.story import NOW, Story
from tests.web.test_pages import DATA, HANGUL, NAMES_SOMEBODY, read

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture(autouse=True)
def sample_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is sent, as a sample shop does."""
    use(monkeypatch, Sink())


@pytest.fixture
def phone() -> Client:
    """Return a browser nobody is signed in at, which speaks Korean."""
    return Client(headers={"accept-language": "ko"})


def test_pages__same_origin_policy__lets_a_browser_prove_where_a_form_comes_from(
    phone: Client, story: Story
) -> None:
    come_in(phone, story.regular)

    # With `no-referrer` a browser says `Origin: null`, and every form would be refused.
    for path in (*PAGES, *OPEN):
        assert phone.get(path)["Referrer-Policy"] == "same-origin", path


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page__both_languages__whole_and_inside_the_policy(story: Story, language: str) -> None:
    phone = come_in(Client(headers={"accept-language": language}), story.regular)
    give_email(story.regular)

    for path in (*PAGES, *OPEN):
        answer = phone.get(path)
        page = read(answer.content.decode())

        assert answer.status_code == (404 if "nothing" in path else 200), path
        assert not page.inline, path
        assert "default-src 'none'" in answer["Content-Security-Policy"], path
        assert "unsafe" not in answer["Content-Security-Policy"], path
        assert not [one for one in page.addresses if NAMES_SOMEBODY.search(one)], path
        assert len(page.headings) == 1, path
        hangul = {word for words in page.words for word in HANGUL.findall(words)} - set(DATA)
        assert bool(hangul) is (language == "ko"), f"{path}: {hangul}"


def test_home__first_paint__has_the_barcode_without_scripts(phone: Client, story: Story) -> None:
    page = come_in(phone, story.regular).get("/me/").content.decode()

    assert "<rect" in page
    assert "<script" not in page
    assert "최근 내역" in page


def test_home__worker_silent__says_it_may_be_late(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)
    assert "조금 늦게" not in phone.get("/me/").content.decode()
    Heartbeat.objects.update(beat_at=NOW - timedelta(minutes=5))

    assert "조금 늦게" in phone.get("/me/").content.decode()


def test_history__each_line__opens_its_sum(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)
    seen: list[str] = []
    path = "/me/history"
    while path:
        page = phone.get(path).content.decode()
        seen += re.findall(r'<details class="open">', page)
        found = re.search(r'href="(\?kind=all&amp;after=[^"]+)"', page)
        path = f"/me/history{found[1].replace('&amp;', '&')}" if found else ""

    assert 'class="formula"' in phone.get("/me/history").content.decode()
    assert len(seen) > 20


def test_history__filtered__shows_those_or_says_there_are_none(phone: Client, story: Story) -> None:
    come_in(phone, story.newcomer)
    assert "아직 포인트 내역이 없어요" in phone.get("/me/history").content.decode()
    assert "여기에 맞는 내역이 없어요" in phone.get("/me/history?kind=spent").content.decode()

    come_in(phone, story.regular)
    spent = phone.get("/me/history?kind=spent").content.decode()
    assert spent.count('<details class="open">') == 1
    assert "−20P" in spent
    assert phone.get("/me/history?kind=nonsense&after=nonsense").status_code == 200


def test_consent__taken_back_by_one_tap__holds(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)
    assert "그만 받기" in phone.get("/me/data").content.decode()

    for _ in range(2):
        answer = phone.post("/me/consents", {"channel": "email", "purpose": "marketing"})
        assert answer["Location"] == "/me/data?done=taken-back"

    states = {one.channel: one for one in consents_of([story.regular])[story.regular]}
    assert not states["email"].granted
    assert states["email"].source == "phone"
    assert Event.objects.filter(customer_id=story.regular, name="consent.withdrawn").count() == 2
    assert "그만 받기" not in phone.get("/me/data").content.decode()


def test_consent__never_given__is_not_made(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)

    phone.post("/me/consents", {"channel": "kakao", "purpose": "x" * 500})

    assert len(consents_of([story.regular])[story.regular]) == 2


def test_download__a_member__has_all_of_theirs_and_nobody_else_s(phone: Client, story: Story) -> None:
    come_in(phone, story.customers["1502"])

    answer = phone.get("/me/data.json")
    told = json.loads(answer.content)

    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    assert (told["profile"]["name"], told["profile"]["phone"]) == ("김하늘", "(212) 555-0178")
    assert len(told["orders"]) == 28
    assert sum(line["change"] for line in told["points"]) == told["points"][0]["balance"]
    assert not stands_in("1501", answer.content.decode())


def test_leave__two_taps__is_out_everywhere_and_points_stay(phone: Client, story: Story) -> None:
    other = come_in(Client(), story.regular)
    come_in(phone, story.regular)
    assert 'href="/me/leave"' in phone.get("/me/data").content.decode()
    before = phone.get("/me/leave").content.decode()

    after = phone.post("/me/leave").content.decode()

    assert "바로 없애지 않아요" in before
    assert "탈퇴했어요" in after
    assert names_of([story.regular])[story.regular].kind == "customer"
    assert not any(one.granted for one in consents_of([story.regular])[story.regular])
    assert Event.objects.filter(customer_id=story.regular, name="customer.left").count() == 1
    for browser in (phone, other):
        assert browser.get("/me/").status_code == 302


def test_join_again__one_tap__goes_on_with_the_points(phone: Client, story: Story) -> None:
    come_in(phone, story.regular)
    points = re.search(r'class="pts">([\d,]+)', phone.get("/me/").content.decode())
    phone.post("/me/leave")
    come_in(phone, story.regular)
    asked = phone.get("/me/").content.decode()
    assert "지금은 회원이 아니에요" in asked
    assert "개인정보 수집·이용" in asked
    assert phone.get("/me/leave")["Location"] == "/me/"

    phone.post("/me/join")

    [agreed] = [one for one in consents_of([story.regular])[story.regular] if one.granted]
    assert (agreed.purpose, agreed.source, agreed.wording) == ("membership", "phone", "membership-2026-11-27")
    assert phone.post("/me/consents", {"channel": "none", "purpose": "membership"}).status_code == 302
    assert agreed in consents_of([story.regular])[story.regular]
    again = re.search(r'class="pts">([\d,]+)', phone.get("/me/").content.decode())
    assert points
    assert again
    assert points[1] == again[1]


def test_manifest__any_browser__makes_it_an_app(phone: Client, story: Story) -> None:
    answer = phone.get("/me/manifest.webmanifest")
    told = json.loads(answer.content)

    assert answer["Content-Type"] == "application/manifest+json"
    assert (told["name"], told["start_url"], told["display"]) == ("Complete Journey", "/me/", "standalone")
    for icon in told["icons"]:
        found = phone.get(icon["src"])
        assert found.status_code == 200
        found.close()


@pytest.fixture
def weighed(phone: Client, story: Story) -> dict[str, int]:
    """Return what each page weighs, compressed, with the style sheet and the scripts it loads."""
    come_in(phone, story.regular)

    def weigh(path: str) -> int:
        answer = phone.get(path, headers={"accept-encoding": "gzip"})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined] # a file streams
        answer.close()
        return len(content)

    icon = weigh("/static/web/dangol.svg")
    shared = weigh("/static/web/dangol.css") + icon + weigh("/me/manifest.webmanifest")
    return {path: weigh(path) + shared for path in PAGES} | {"awake": weigh("/static/web/awake.js")}


def test_member_page__all_it_loads__is_under_twenty_kilobytes(weighed: dict[str, int]) -> None:
    assert max(weighed.values()) <= 20_000, weighed
