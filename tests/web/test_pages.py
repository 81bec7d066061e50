"""Pages: who may see them, what they cost, in which language, and that they keep to the content policy."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from structlog.testing import capture_logs

from dangol.core.access.approvals import count_waiting
from dangol.core.commerce.drafts import LineDraft, OrderDraft
from dangol.core.commerce.models import Order, Product
from dangol.core.commerce.services import place_orders
from dangol.core.duties.incidents import Facts, list_incidents, record_incident
from dangol.core.duties.requests import Answered, answer_request, note_request, open_requests
from dangol.core.ledger.by_hand import ByHand, move_by_hand
from dangol.core.ledger.models import Transfer
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.data_keys import forget_cached_keys
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.storage.ids import new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.web.links import make_home_link
from tests.web.programs import tell_program
from tests.web.staff import make_staff, sign_in
from tests.web.story import CURRENCY, NOW, Story, open_shop, set_working
from tests.web.works import make_works

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HANGUL = re.compile("[가-힣]+")
# Words of the shop's own data, which are not translated.
DATA = (
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
    "늘",
)
SETUP_PATHS = (
    "/setup/place", "/setup/brand", "/setup/brand?color=%23ffd600", "/setup/kind", "/setup/mail",
    "/setup/data", "/setup/done",
)  # fmt: skip


def member_paths(story: Story) -> list[str]:
    """Return the addresses of a member's page with each of its lists."""
    page = f"/members/{show_id(story.regular)}"
    return [page, f"{page}?tab=points", f"{page}?tab=orders"]


def act_paths(story: Story) -> list[str]:
    """Return the addresses of what can be done to a member."""
    page = f"/members/{show_id(story.newcomer)}"
    acts = (
        "edit", "identities", "requests", "notes", "consents", "unmask", "export", "erase", "merge",
        "merge?q=15",
    )  # fmt: skip
    return [*(f"{page}/{act}" for act in acts), f"{page}/merge?with={show_id(story.customers['1502'])}"]


def undo_path(story: Story) -> str:
    """Return the address on which the story's one spend can be undone; there a request waits for somebody."""
    spent = Transfer.objects.get(customer_id=story.regular, key="spend-1")
    if not count_waiting(at=NOW):
        move_by_hand(
            story.regular, ByHand(CURRENCY, 20_000), form=new_id(),
            actor=Actor(ActorKind.STAFF, "clerk"), reason="적립 늦은", at=NOW - timedelta(hours=1), limit=100,
        )  # fmt: skip
    return f"/members/{show_id(story.regular)}/points/{show_id(spent.id)}/undo"


def requests_path(story: Story) -> str:
    """Return the address of the queue of people's requests, with one that waits and one that is over."""
    if not open_requests():
        who, zone = Actor(ActorKind.STAFF, "clerk"), ZoneInfo("America/New_York")
        for came_on in (NOW.date() - timedelta(days=20), NOW.date() - timedelta(days=2)):
            last = note_request(story.regular, "access", came_on=came_on, actor=who, at=NOW, zone=zone)
        answer_request(story.regular, last, Answered.REFUSED, words="김", actor=who, at=NOW, zone=zone)
    return "/requests"


def incident_path() -> str:
    """Return the address of an incident of which nobody has been told yet."""
    if not list_incidents():
        facts = Facts(NOW, "늦은", "김", 1_200, False, False, "더", "더", "단골")
        record_incident(facts, actor=Actor(ActorKind.STAFF, "clerk"), at=NOW)
    return f"/incidents/{show_id(list_incidents()[0].id)}"


def till_paths(story: Story) -> list[str]:
    """Return the addresses of the till that are about a member, or a sale of the story."""
    page, sale = f"/till/members/{show_id(story.newcomer)}", "/till/sales/1501-0"
    return [page, f"{page}?amount=12", f"{page}?amount=x", f"{page}/claim", sale, f"{sale}/move?q=김"]


def program_paths(story: Story) -> list[str]:
    """Return the addresses of the program's pages, with a draft and simulations to show."""
    made = tell_program(story)
    return [
        "/programs", "/programs/draft", "/programs/draft/diff", "/programs/versions/2",
        *(f"/programs/simulations/{show_id(one)}" for one in made.simulations),
    ]  # fmt: skip


def works_paths() -> list[str]:
    """Return the addresses of the pages for those who develop and operate, with something on each."""
    works = make_works()
    webhook = f"/webhooks/{show_id(works.endpoint_id)}"
    return [
        "/keys", "/keys/new", "/keys/new?preset=till", f"/keys/{show_id(works.key_id)}",
        "/webhooks", "/webhooks/new", webhook, f"{webhook}?state=failed", f"{webhook}/edit",
        f"{webhook}/check", f"{webhook}/{show_id(works.message_id)}",
        "/jobs", "/jobs?state=done", f"/jobs/{show_id(works.job_id)}",
        "/import", f"/import/{show_id(works.uploads[0])}/undo",
        *(f"/import/{show_id(one)}" for one in works.uploads),
        "/access-log", "/access-log?person=1501", "/access-log?staff=nobody", "/health", "/settings",
        "/settings/mail", *SETUP_PATHS,
        "/access-log/reviews", "/access-log/reviews/2026-10", "/access-log/reviews/2026-11",
    ]  # fmt: skip


def staff_paths(story: Story) -> list[str]:
    """Return an address of every page a clerk can see."""
    return [
        "/", "/?days=7", "/?days=90", "/members", "/members?q=1501", "/members?q=nobody", "/members?soon=1",
        "/members?joined=30d&visited=days&visited_from=2026-01-02", "/members/views", "/members/views?soon=1",
        "/members/export?soon=1",
        *member_paths(story), f"/members/{show_id(story.newcomer)}", "/design", "/messages",
        "/till", "/till?q=nobody", "/till/join", *till_paths(story),
        *act_paths(story), "/approvals", requests_path(story),
        "/incidents", "/incidents/new", incident_path(),
        f"/members/{show_id(story.regular)}/adjust", undo_path(story),
        "/orders", "/orders?q=1501-0", "/orders?placed=30d", "/order-acts/undo/till/1501-0",
        "/order-acts/move/till/1501-0", "/order-acts/move/till/1501-0?q=1502",
        "/orders?q=nothing", "/orders/till/1501-0",
        "/staff", "/staff/invite", f"/staff/{make_staff().pk}",
        f"/staff/{make_staff('clerk', 'store').pk}", "/account", "/account/membership",
        *program_paths(story),
        *works_paths(),
    ]  # fmt: skip


class _Text(HTMLParser):
    """What a reader gets: text and the attributes that are read aloud, and how the page is built."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inline: list[str] = []
        self.headings: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.words += [
            given[name] or "" for name in ("aria-label", "title", "placeholder", "alt") if name in given
        ]
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


def test_every_page__not_signed_in__leads_to_sign_in(client: Client, story: Story) -> None:
    for path in [*staff_paths(story), "/members.csv"]:
        answer = client.get(path)

        assert answer.status_code == 302, path
        assert answer["Location"].startswith("/sign-in?next="), path


def test_every_page__both_languages__renders_by_the_content_policy(story: Story) -> None:
    for language in ("ko", "en"):
        client = speaking(language)
        for path in [*staff_paths(story), make_home_link(story.regular)]:
            answer = client.get(path)
            page = read(answer.content.decode())

            assert answer.status_code == 200, path
            assert not page.inline, f"{path}: inline style or script in {page.inline}"
            assert len(page.headings) == 1, f"{path}: one h1"
            assert f'<html lang="{language}">' in answer.content.decode(), path
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "'unsafe-inline'" not in policy


def test_every_page__english__no_hangul_beyond_data(story: Story) -> None:
    client = speaking("en")
    for path in [*staff_paths(story), make_home_link(story.regular), "/sign-in", "/nowhere"]:
        found = {
            word for words in read(client.get(path).content.decode()).words for word in HANGUL.findall(words)
        }

        assert not found - set(DATA), f"{path}: {found - set(DATA)}"


def test_every_page__korean__no_english_sentence(story: Story) -> None:
    # Three Latin words in a row are a sentence; the shop's name and its products are data.
    sentence = re.compile(r"[A-Za-z]{2,}(?:\s+[A-Za-z]{2,}){2,}")
    data = {"GROCERY", "Complete Journey", "dangol import", "dangol backup", "dangol ledger"}
    client = speaking("ko")
    for path in [*staff_paths(story), make_home_link(story.regular), "/nowhere"]:
        for words in read(client.get(path).content.decode()).words:
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


def test_pages__more_data__same_number_of_statements(story: Story) -> None:
    client = speaking("ko")
    _name_everyone(story)
    paths = staff_paths(story)
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
