"""Pages: who may see them, what they cost, in which language, and that they keep to the content policy."""

import gzip
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import unquote_plus

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, Product
from dangol.core.commerce.services import place_orders
from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from dangol.web.links import make_home_link
from tests.sizes import drawn
from tests.web.paths import PAGES_IN, Shown
from tests.web.seeking import settled
from tests.web.staff import sign_in
from tests.web.story import NOW, Story, open_shop, set_working

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HANGUL = re.compile("[가-힣]+")
# Words of the shop's own data, which are not translated.
DATA = (
    "머그컵",
    "커피 카드",
    "케이크 카드",
    "유리컵",
    "한 잔에 하나",
    "설상품권",
    "리뷰",
    "포인트",
    "지난",
    "행사",
    "모두",
    "적은",
    "것",
    "사진도",
    "함께",
    "올려",
    "주세요",
    "단골의 친구",
    "둘 다 받아요",
    "박",
    "우",
    "영화표",
    "단골",
    "기본",
    "반값",
    "행사",
    "실버",
    "골드",
    "우유",
    "더",
    "적립",
    "늦은",
    "배달",
    "한국어",
    "김",
    "김하늘",
    "늘",
)


# What a browser may ask for, and would leave in its history and in logs.
LEADS = (
    "href", "src", "action", "formaction", "hx-get", "hx-post", "hx-push-url", "hx-replace-url",
)  # fmt: skip
# The name and the phone of somebody in the story, however they are written.
NAMES_SOMEBODY = re.compile(r"김하늘|212\D{0,2}555\D?0178")


class _Text(HTMLParser):
    """What a reader gets: text and the attributes that are read aloud, and how the page is built."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inline: list[str] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.words += [
            given[name] or "" for name in ("aria-label", "title", "placeholder", "alt") if name in given
        ]
        self.addresses += [unquote_plus(given[name] or "") for name in LEADS if name in given]
        if "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)
        if tag in {"script", "style"}:
            self._silent += 1
            if not given.get("src"):
                self.inline.append(tag)
        if tag == "h1":
            self.headings.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.words.append(data.strip())


def read(html: str) -> _Text:
    """Parse a page."""
    parser = _Text()
    parser.feed(html)
    return parser


def speaking(language: str) -> Client:
    """Return a signed-in browser of that language."""
    return sign_in(Client(headers={"accept-language": language}))


def test_every_page__not_signed_in__leads_to_sign_in(client: Client, shown: Shown) -> None:
    for path in [*shown.staff, "/members.csv"]:
        answer = client.get(path)

        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/sign-in?next="), path


def opened(language: str, paths: Sequence[str]) -> Iterator[tuple[str, _Text]]:
    """Open pages one after the other, each of which has to keep to the policy; return their texts."""
    client = speaking(language)
    for path in paths:
        answer = client.get(settled(client, path))
        page = read(answer.content.decode())

        assert answer.status_code == (404 if path == "/nowhere" else 200), path
        assert not page.inline, f"{path}: inline style or script in {page.inline}"
        assert len(page.headings) == 1, f"{path}: one h1"
        assert f'<html lang="{language}">' in answer.content.decode(), path
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not [one for one in page.addresses if NAMES_SOMEBODY.search(one)], path
        yield path, page


def paths_of(shown: Shown) -> list[str]:
    """Return the addresses whose turn it is, and those that are no page of the staff's."""
    return [*drawn(shown.staff, one_in=PAGES_IN), make_home_link(shown.story.regular), "/nowhere"]


def test_every_page__english__keeps_to_the_policy_and_has_no_hangul_beyond_data(shown: Shown) -> None:
    for path, page in opened("en", paths_of(shown)):
        found = {word for words in page.words for word in HANGUL.findall(words)}

        assert not found - set(DATA), f"{path}: {found - set(DATA)}"


def test_sign_in__english__no_hangul(client: Client, story: Story) -> None:
    page = client.get("/sign-in", headers={"accept-language": "en"}).content.decode()

    assert not {word for words in read(page).words for word in HANGUL.findall(words)} - set(DATA)


def test_every_page__korean__keeps_to_the_policy_and_has_no_english_sentence(shown: Shown) -> None:
    # Three Latin words in a row are a sentence; the shop's name and its products are data.
    sentence = re.compile(r"[A-Za-z]{2,}(?:\s+[A-Za-z]{2,}){2,}")
    data = {
        "GROCERY",
        "Complete Journey",
        "dangol import",
        "dangol backup",
        "dangol ledger",
        "dangol segments",
        "segment.analytics",
    }
    for path, page in opened("ko", paths_of(shown)):
        for words in page.words:
            found = sentence.search(words)

            assert not found or any(one in words for one in data), f"{path}: {words!r}"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_error_page__both_languages__says_what_to_do(
    status: int, clerk: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: object) -> None:
        raise {403: PermissionDenied, 500: ZeroDivisionError}[status]

    if status != 404:
        monkeypatch.setattr("dangol.web.pages.overview.find_program", lambda: fail(None))
    clerk.raise_request_exception = False
    path = "/nowhere" if status == 404 else "/"

    answers = {language: clerk.get(path, headers={"accept-language": language}) for language in ("ko", "en")}

    assert {one.status_code for one in answers.values()} == {status}
    assert HANGUL.search(answers["ko"].content.decode())
    assert {
        word for words in read(answers["en"].content.decode()).words for word in HANGUL.findall(words)
    } <= set(DATA)


def test_error_page__member_s_own_link__log_has_its_route_only(
    client: Client, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dangol.web.pages.home.find_program", fail)
    client.raise_request_exception = False
    link = make_home_link(story.regular)

    with capture_logs() as logs:
        answer = client.get(link)

    assert answer.status_code == 500
    (told,) = (one for one in logs if one["event"] == "page.failed")
    assert told["route"] == "m/<str:token>"
    assert told["code"] in answer.content.decode()
    assert link.removeprefix("/m/") not in str(logs)


TRIES_OUT = re.compile(r"amount=12|/order-acts/undo/")


def test_pages__more_data__same_number_of_statements(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    story, paths = shown.story, drawn(shown.staff, one_in=PAGES_IN)
    client, began = speaking("ko"), now()
    paths = [settled(client, path) for path in paths]
    # Once a minute a session notes that it is in use: one statement more.
    monkeypatch.setattr("dangol.web.frame.now", lambda: began)
    _name_everyone(story)
    before = {path: _count_statements(client, path) for path in paths}
    _multiply(story)

    after = {path: _count_statements(client, path) for path in paths}

    # Fewer where a phone number is no longer among what is shown; never more.
    assert {path: count for path, count in after.items() if count > before[path]} == {}
    # A preview does it, reads what came of it, and takes it back.
    assert {path: count for path, count in after.items() if count > 45 and not TRIES_OUT.search(path)} == {}
    assert max(after.values()) <= 80, after


def _count_statements(client: Client, path: str) -> int:
    client.get(path)  # what a process reads once is read
    forget_cached_keys()  # those the pages before have opened
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        client.get(path)
    return len(main) + len(keys)


def _name_everyone(story: Story) -> None:
    """Give every member a name to open, whoever of them a page shows."""
    with write_transaction():
        set_people(
            [PersonRow(one, name="김하늘") for one in story.customers.values()],
            recorded_at=NOW,
            occurred_at=NOW,
        )


def _multiply(story: Story) -> None:
    """Give every member more of the same, through the service."""
    product = Product.objects.get(number="2")
    line = LineDraft(product.id, "2", product.category, 1000, 900, 0, 900)
    drafts = [
        OrderDraft(
            customer_id, "till", f"more-{number}-{visit}", NOW - timedelta(minutes=60 - visit), "USD", [line]
        )
        for number, customer_id in story.customers.items()
        for visit in range(3)
        if number != "1512"
    ]
    with write_transaction():
        place_orders(drafts, recorded_at=NOW)
    assert Order.objects.filter(number__startswith="more-").count() == len(drafts)


def test_sign_in__wrong_password__says_so_in_our_words(client: Client, clerk: Client) -> None:
    open_shop()

    answer = client.post(
        "/sign-in", {"login": "owner", "password": "wrong"}, headers={"accept-language": "ko"}
    )

    assert "아이디나 비밀번호가 달라요" in answer.content.decode()


def test_sign_in__right_password__leads_where_one_was_going(client: Client, clerk: Client) -> None:
    open_shop()

    answer = client.post(
        "/sign-in", {"login": "owner", "password": "a-long-enough-password", "next": "/members"}
    )

    assert answer["Location"] == "/members"


def test_sign_out__afterwards__nothing_is_seen(clerk: Client) -> None:
    open_shop()

    assert clerk.post("/sign-out").status_code == 302
    assert clerk.get("/members").status_code == 302


def test_language__chosen__is_kept(clerk: Client) -> None:
    open_shop()

    clerk.post("/language", {"language": "en", "next": "/design"})

    assert '<html lang="en">' in clerk.get("/design").content.decode()


def test_any_page__no_shop_yet__says_how_to_make_one(clerk: Client) -> None:
    answer = clerk.get("/")

    assert answer.status_code == 503
    assert "dangol init" in answer.content.decode()


def test_frame__worker_silent__says_so(clerk: Client, still_clock: object) -> None:
    open_shop()

    assert "일꾼이 30초 넘게 조용해요" in clerk.get("/design").content.decode()


def test_frame__worker_alive__no_banner(clerk: Client, still_clock: object) -> None:
    open_shop()
    set_working()

    assert "조용해요" not in clerk.get("/design").content.decode()


def test_frame__real_shop__no_sample_chip(clerk: Client) -> None:
    open_shop(sample=False)

    assert "견본 데이터" not in clerk.get("/design").content.decode()


def test_static__htmx__comes_from_the_pinned_wheel(clerk: Client) -> None:
    open_shop()
    page = clerk.get("/design").content.decode()

    scripts = re.findall(r'<script src="([^"]+)"', page)
    assert scripts == ["/static/django_htmx/htmx-2.min.js", "/static/web/dangol.js"]
    for path in [*scripts, "/static/web/dangol.css"]:
        answer = clerk.get(path)

        assert answer.status_code == 200
        assert b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a file streams
        answer.close()


def test_back_office_page__all_it_loads__is_under_sixty_kilobytes(shown: Shown, clerk: Client) -> None:
    def read(path: str) -> bytes:
        answer = clerk.get(path, headers={"accept-encoding": "gzip"})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined] # a file streams
        answer.close()
        return bytes(content)

    weights: dict[str, int] = {}
    weighed: dict[str, int] = {}
    for path in drawn(shown.staff, one_in=PAGES_IN):
        page = read(settled(clerk, path))
        text = gzip.decompress(page).decode() if page[:2] == b"\x1f\x8b" else page.decode()
        loaded = re.findall(r'(?:src|href)="(/static/[^"]+|/brand/[^"]+\.css)"', text)
        weights |= {one: len(read(one)) for one in set(loaded) - weights.keys()}
        weighed[path] = len(page) + sum(weights[one] for one in set(loaded))

    assert max(weighed.values()) <= 60_000, weighed
    assert min(weighed.values()) > 10_000, "the style sheet and the script are among what is weighed"
