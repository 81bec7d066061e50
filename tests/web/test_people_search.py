"""Whom staff look for does not stand in an address: it is sent, and carried on sealed for who typed it."""

import re
from collections.abc import Callable
from html import unescape
from itertools import product
from urllib.parse import parse_qs, unquote_plus, urlsplit

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

from dangol.core.access.models import AccessEntry, StaffSession
from dangol.core.access.rights import Role
from dangol.core.ledger.models import Transfer
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.households.services import By, make_household
from dangol.rooms.rewards.households.settings import DEFAULTS, write_settings
from dangol.web.sealed_search import LONGEST_TEXT, open_text, seal_text
from tests.sizes import drawn
from tests.web.coupons import tell_coupons
from tests.web.seeking import seek, sent, settled
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
NAME, PHONE, NOBODY = "김하늘", "212-555-0178", "010-1111-2222"
LEADS = re.compile(r"""(?:href|src|(?:form)?action|hx-[\w-]+)=["']([^"']*)["']""")


def hand_out(story: Story) -> str:
    return f"/coupons/{show_id(tell_coupons(story).spring)}/hand-out"


def household(story: Story) -> str:
    write_settings(msgspec.structs.replace(DEFAULTS, is_open=True), changed_by="kim", at=NOW)
    make_household(story.regular, name="우리 집", by=By(Actor(ActorKind.STAFF, "kim", "Kim"), NOW))
    return f"/members/{show_id(story.regular)}/household"


# Each page on which somebody is looked for, and the field.
PAGES: dict[str, tuple[Callable[[Story], str], str]] = {
    "members": (lambda _: "/members", "q"),
    "till": (lambda _: "/till", "q"),
    "till-move": (lambda _: "/till/sales/1501-0/move", "q"),
    "order-move": (lambda _: "/order-acts/move/till/1501-0", "q"),
    "order-claim": (lambda _: "/order-acts/claim/till/1501-0", "q"),
    "merge": (lambda story: f"/members/{show_id(story.regular)}/merge", "q"),
    "hand-out": (hand_out, "q"),
    "household": (household, "q"),
    "access-log": (lambda _: "/access-log", "person"),
}


def holds(told: str, text: str) -> bool:
    """Say whether an address holds a text, however it is written."""
    plain, digits = unquote_plus(unescape(told)), re.sub(r"\D", "", text)
    return text in plain or bool(digits and digits in re.sub(r"[-\s]", "", plain))


def staff_of(client: Client) -> int:
    return int(client.session["_auth_user_id"])


@pytest.mark.parametrize(("page", "text"), drawn([*product(PAGES, (NAME, PHONE, NOBODY))], one_in=4))
def test_search__sent__comes_to_results_by_addresses_without_the_text(
    clerk: Client, story: Story, page: str, text: str
) -> None:
    make, field = PAGES[page]
    path, shown = make(story), show_id(story.customers["1502"])

    address = sent(clerk, path, text, field=field)
    answer = clerk.get(address)

    assert urlsplit(address).path == path
    assert not holds(address, text)
    if page == "till" and text != NOBODY:
        assert answer["Location"] == f"/till/members/{shown}"
        return
    content = answer.content.decode()
    leads = LEADS.findall(content)
    assert len(leads) > 5
    assert [one for one in leads if holds(one, text)] == []
    assert f'value="{text}"' in content, "the field shows what was looked for"
    if page != "access-log":
        assert (shown in content) is (text != NOBODY)


# How an address may hold what does not open.
HOWS = ("another", "changed", "cut", "nonsense", "long")


def typed(client: Client, story: Story, page: str, **more: str) -> tuple[str, int, str]:
    """Ask for a page with a number typed into its address; return the path, the code and where it leads."""
    make, field = PAGES[page]
    path = make(story)
    answer = client.get(path, {field: PHONE, **more})
    assert not holds(answer["Location"], PHONE)
    return path, answer.status_code, answer["Location"]


@pytest.mark.parametrize("page", PAGES)
def test_search__typed_into_the_address__is_led_to_the_sealed_one(
    clerk: Client, story: Story, page: str
) -> None:
    path, code, led = typed(clerk, story, page, other="1")

    assert (code, urlsplit(led).path) == (303, path)
    given = parse_qs(urlsplit(led).query)
    assert open_text(given[PAGES[page][1]][0], viewer=staff_of(clerk)) == PHONE
    assert given["other"] == ["1"], "the rest stays"


@pytest.mark.parametrize(("page", "how"), drawn([*product(PAGES, HOWS)], one_in=4))
def test_search__does_not_open__is_a_search_for_nothing(
    clerk: Client, story: Story, page: str, how: str
) -> None:
    make, field = PAGES[page]
    path, mine = make(story), seal_text(NAME, viewer=staff_of(clerk))
    odd = {
        "another": seal_text(NAME, viewer=staff_of(clerk) + 1),
        "changed": mine[:-3] + ("AAA" if mine[-3:] != "AAA" else "BBB"),
        "cut": mine[:9],
        "nonsense": "~é\0%",
        "long": "~" + "A" * 5_000,
    }[how]

    led = clerk.get(path, {field: odd})
    answer = clerk.get(led["Location"])

    assert (led.status_code, led["Location"]) == (303, path)
    assert answer.status_code == 200
    assert NAME not in answer.content.decode()


def test_address__passed_on__tells_another_account_nothing(clerk: Client, story: Story) -> None:
    address = sent(clerk, "/members", NAME, sort="spend")
    other = sign_in(Client(headers={"accept-language": "ko"}), "agent", Role.AGENT)

    led = other.get(address)

    assert led["Location"] == "/members?sort=spend"
    assert f'value="{NAME}"' not in other.get(led["Location"]).content.decode()
    assert clerk.get(address).status_code == 200


def test_address__same_search_twice__differs_and_is_bounded(clerk: Client, story: Story) -> None:
    first, second = (sent(clerk, "/members", NAME) for _ in range(2))
    longest = seal_text("😀" * 500, viewer=1)

    assert first != second, "two histories are not compared"
    assert open_text(longest, viewer=1) == "😀" * LONGEST_TEXT
    assert len(longest) < 600
    assert sent(clerk, "/members", "  ") == "/members"


def test_form__other_fields__only_the_filters_go_along(clerk: Client, story: Story) -> None:
    address = sent(
        clerk, "/members", NAME, tier="silver", soon="", sort="spend", secret="x", csrfmiddlewaretoken="y"
    )

    assert parse_qs(urlsplit(address).query).keys() == {"q", "tier", "sort"}


def gather(number: int) -> None:
    with write_transaction():
        known = [f"crowd-{one}" for one in range(number)]
        made = resolve_customers("external", known, recorded_at=NOW)
        set_people([PersonRow(made[one], name=NAME) for one in known], recorded_at=NOW)


def test_list__more_than_a_page__is_turned_sorted_and_taken_along_by_sealed_addresses(
    clerk: Client, story: Story
) -> None:
    gather(60)
    page = seek(clerk, "/members", NAME, sort="joined").content.decode()
    leads = [unescape(one) for one in LEADS.findall(page)]
    [further] = [one for one in leads if "after=" in one]
    [file] = [one for one in leads if one.startswith("/members/export?q=~") and "sort=joined" in one][:1]

    second = clerk.get(f"/members{further}").content.decode()
    taken = clerk.post(file, {"which": "match", "sure": "1"})

    assert "회원 61명" in page
    assert "회원 61명" in second
    assert len(re.findall(r'<th scope="row"', page)) == 50
    assert len(re.findall(r'<th scope="row"', second)) == 11
    assert len(b"".join(taken).splitlines()) == 62
    assert b"".join(clerk.get(f"/members.csv{further}")).count(b"\n") == 62


def test_list__asked_in_the_background__part_of_the_page_and_its_address(clerk: Client, story: Story) -> None:
    led = clerk.post("/members", {"q": NAME}, headers={"HX-Request": "true"})

    part = clerk.get(led["Location"], headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "회원 1명" in part


@pytest.mark.parametrize("plain", [True, False])
def test_acts_on_all_found__search_does_not_open__nothing_is_done_to_all(
    clerk: Client, story: Story, plain: bool
) -> None:
    odd = NAME if plain else seal_text(NAME, viewer=staff_of(clerk) + 1)
    before = Transfer.objects.count()
    everybody = {"which": "match", "sure": "1", "points": "5", "reason": "x"}

    answers = [
        clerk.post(f"{path}?q={odd}", everybody) for path in ("/members/export", "/members/bulk/points")
    ]

    assert {one.status_code for one in answers} == {303}
    assert {urlsplit(one["Location"]).path for one in answers} == {"/members"}
    assert not any(holds(one["Location"], NAME) for one in answers)
    assert (Transfer.objects.count(), AccessEntry.objects.count()) == (before, 0)


def test_files__search_does_not_open__lead_to_the_list(clerk: Client, story: Story) -> None:
    odd = seal_text(NAME, viewer=staff_of(clerk) + 1)

    assert clerk.get("/members.csv", {"q": odd})["Location"] == "/members"
    assert clerk.get("/access-log.csv", {"person": odd})["Location"] == "/access-log"
    assert clerk.get("/till/join", {"q": odd})["Location"] == "/till"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("reason", ["asked", ""])
def test_search__read_only__is_answered_and_writes_nothing(
    clerk: Client, story: Story, settings: Settings, page: str, reason: str
) -> None:
    make, field = PAGES[page]
    path = make(story)
    settings.READ_ONLY = reason
    before = Transfer.objects.count(), AccessEntry.objects.count()

    answer = seek(clerk, path, NOBODY, field=field)

    assert answer.status_code == 200
    assert (Transfer.objects.count(), AccessEntry.objects.count()) == before
    refused = clerk.post(path, {"to": show_id(story.regular)}).status_code
    assert (refused == 503) is (reason == "asked"), "what acts is no search"


@pytest.mark.parametrize("page", PAGES)
def test_search__without_the_right__is_refused_as_the_page_is(story: Story, page: str) -> None:
    make, field = PAGES[page]
    path = make(story)

    for role in Role:
        client = sign_in(Client(), role, role)
        opens, searches = client.get(path).status_code, client.post(path, {field: NAME}).status_code

        assert searches == (303 if opens == 200 else 403), role


def test_search__form_not_from_our_page__is_refused(story: Story) -> None:
    strict = sign_in(Client(enforce_csrf_checks=True))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', strict.get("/members").content.decode())
    assert token

    assert strict.post("/members", {"q": NAME}).status_code == 403
    assert sent(strict, "/members", NAME, csrfmiddlewaretoken=token[1]).startswith("/members?q=~")


@pytest.mark.parametrize("page", PAGES)
def test_address__typed_while_signed_out__is_not_carried_to_the_sign_in(
    client: Client, story: Story, page: str
) -> None:
    path, _, led = typed(client, story, page, sort="spend")

    assert led.startswith("/sign-in?next=/")
    assert unquote_plus(led).endswith(f"{path}?sort=spend")


def test_address__sealed_while_signed_out__is_gone_back_to(clerk: Client, story: Story) -> None:
    address = sent(clerk, "/members", NAME)
    StaffSession.objects.all().delete()

    led = clerk.get(address)["Location"]

    assert unquote_plus(led) == f"/sign-in?next={address}"


def test_things__searched_by_number__keep_their_plain_address(clerk: Client, story: Story) -> None:
    assert settled(clerk, "/orders?q=1501-0") == "/orders?q=1501-0"
    assert clerk.get("/orders?q=1501-0").status_code == 200
