"""The first setup: who is led to it, what each step keeps at once, and what it never does silently."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext

from dangol.core.access.log import list_entries
from dangol.core.access.rights import Role
from dangol.core.people.models import Setup
from dangol.core.people.selectors import shop
from dangol.core.people.setups import SetupState, Step, find_setup
from dangol.rooms.rewards.contents import load_content
from dangol.rooms.rewards.drafts import change_draft, find_draft, start_draft
from dangol.web.links import make_home_link
from dangol.web.scheme import find_program
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
STEPS = ["place", "brand", "kind", "mail", "data"]
PLACE = {"language": "ko", "zone": "Asia/Tokyo", "region": "JP", "currency": "JPY"}


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_owner__of_a_new_shop__is_led_to_the_first_open_step(clerk: Client, new_shop: None) -> None:
    assert clerk.get("/")["Location"] == "/setup"
    assert clerk.get("/start")["Location"] == "/setup"
    assert clerk.get("/setup")["Location"] == "/setup/place"

    clerk.post("/setup/place", PLACE)

    assert clerk.get("/setup")["Location"] == "/setup/brand"
    # Begun, it leads there at signing in only: one may look round meanwhile.
    assert clerk.get("/").status_code == HTTPStatus.OK
    assert clerk.get("/start")["Location"] == "/setup"


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST])
def test_others__of_a_new_shop__are_not_led_there(client: Client, new_shop: None, role: Role) -> None:
    sign_in(client, "somebody", role)

    assert client.get("/").status_code == HTTPStatus.OK
    assert client.get("/start")["Location"] == "/"
    assert client.get("/setup/place").status_code == HTTPStatus.FORBIDDEN


def test_owner__of_an_older_shop__was_never_asked(clerk: Client, story: Story) -> None:
    assert clerk.get("/").status_code == HTTPStatus.OK
    assert clerk.get("/start")["Location"] == "/"
    assert "설정으로 돌아가기" in page_of(clerk.get("/setup/place"))
    assert not Setup.objects.exists()


def test_setup__put_off__is_taken_up_again_from_the_settings(clerk: Client, new_shop: None) -> None:
    clerk.post("/setup/place", PLACE)

    assert clerk.post("/setup/end")["Location"] == "/"

    assert find_setup().state is SetupState.SKIPPED
    assert clerk.get("/start")["Location"] == "/"
    assert 'href="/setup"' in page_of(clerk.get("/settings"))
    clerk.post("/setup/brand", {"name": "골목 가게", "color": "#0b6b58"})
    assert find_setup() == (SetupState.BEGUN, [Step.PLACE, Step.BRAND])


def test_setup__gone_through__is_done_and_ends_at_the_overview(clerk: Client, new_shop: None) -> None:
    seen = []
    address = clerk.post("/setup/place", PLACE)["Location"]
    while address != "/setup/done":
        seen.append(address.rpartition("/")[2])
        form = {"do": "next", "name": "골목 가게", "color": "#0b6b58"}
        address = clerk.post(address, form)["Location"]

    assert seen == STEPS[1:]
    assert "준비가 끝났어요" in page_of(clerk.get("/setup/done"))
    assert clerk.post("/setup/end", {"do": "done"})["Location"] == "/"
    assert find_setup() == (SetupState.DONE, list(Step))
    assert clerk.get("/start")["Location"] == "/"


def test_progress__on_each_page__says_where_one_is_and_leads_back(clerk: Client, new_shop: None) -> None:
    clerk.post("/setup/place", PLACE)

    for place, step in enumerate(STEPS):
        page = page_of(clerk.get(f"/setup/{step}"))
        assert f'href="/setup/{step}" aria-current="step"' in page
        assert page.count('aria-current="step"') == 1
        assert f"5단계 중 {place + 1}단계" in page
        assert page.count("마쳤어요") == 1
        assert place == 0 or f'class="btn" href="/setup/{STEPS[place - 1]}"' in page


def test_place__kept__holds_at_once_and_is_written_down(clerk: Client, new_shop: None) -> None:
    answer = clerk.post("/setup/place", PLACE | {"language": "en"})

    assert answer["Location"] == "/setup/brand"
    assert (shop().zone, shop().region, shop().currency, shop().language) == ("Asia/Tokyo", "JP", "JPY", "en")
    assert 'lang="en"' in page_of(clerk.get("/setup/brand"))
    [entry] = list_entries()
    assert (entry.action, entry.actor, entry.seen, entry.people) == (
        "configure", "owner", ("zone", "currency", "region", "language"), 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "changed", "field"),
    [
        ("place", {"zone": "Mars/Base"}, "zone"),
        ("place", {"region": "XX"}, "region"),
        ("place", {"currency": "ZZZ"}, "currency"),
        ("place", {"language": "xx"}, "language"),
        ("brand", {"name": " ", "color": "#0b6b58"}, "name"),
        ("brand", {"name": "\0", "color": "#0b6b58"}, "name"),
        ("brand", {"name": "가게", "color": "red"}, "color"),
        ("brand", {"name": "가게", "color": "#fff;}"}, "color"),
        ("kind", {"do": "choose", "kind": "bank"}, ""),
        ("kind", {"do": "choose"}, ""),
    ],
)
def test_step__odd_part__is_refused_and_nothing_is_kept(
    clerk: Client, new_shop: None, step: str, changed: dict[str, str], field: str
) -> None:
    before = shop()

    answer = clerk.post(f"/setup/{step}", (PLACE if step == "place" else {}) | changed)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'role="alert"' in page_of(answer)
    if field:
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', page_of(answer))
    assert shop() == before
    assert find_setup() == (SetupState.WAITING, [])
    assert list_entries() == []


def test_brand__chosen__paints_the_members_page_and_no_other(
    clerk: Client, story: Story, client: Client
) -> None:
    link = make_home_link(story.regular)
    assert "/brand/" not in page_of(client.get(link))

    clerk.post("/setup/brand", {"name": "새 이름", "color": "#FFD600"})

    page = page_of(client.get(link))
    assert '<link rel="stylesheet" href="/brand/ffd600.css">' in page
    assert "새 이름" in page
    style = client.get("/brand/ffd600.css")
    assert style["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in style["Cache-Control"]
    assert "--hero-2: light-dark(#" in page_of(style)
    assert "/brand/" not in page_of(clerk.get("/"))
    assert client.get("/me/manifest.webmanifest").json()["theme_color"] == "#ffd600"


@pytest.mark.parametrize("color", ["red", "ffd60", "ffd60g", "ffd600%7D", "FFD6000", "FFD600", "ffd600%0a"])
def test_stylesheet__of_no_color__is_not_there(client: Client, new_shop: None, color: str) -> None:
    assert client.get(f"/brand/{color}.css").status_code == HTTPStatus.NOT_FOUND


def test_brand__pale_color__is_told_and_a_deeper_tone_is_shown(clerk: Client, new_shop: None) -> None:
    page = page_of(clerk.get("/setup/brand", {"name": "가게", "color": "#ffd600"}))

    assert "대비가 1.41라서 읽기 어려워요" in page
    assert shop().color == ""
    part = page_of(clerk.get("/setup/brand", {"color": "#ffd600"}, headers={"HX-Request": "true"}))
    assert 'href="/brand/ffd600.css"' in part
    assert "<html" not in part


def test_brand__previewed__is_shown_and_not_kept(clerk: Client, new_shop: None) -> None:
    form = {"do": "preview", "name": "새 이름", "color": "#ffd600", "csrfmiddlewaretoken": "x"}

    address = clerk.post("/setup/brand", form)["Location"]

    assert "csrf" not in address
    page = page_of(clerk.get(address))
    assert '<p class="preview-name">새 이름</p>' in page
    assert "/brand/ffd600.css" in page
    assert (shop().name, shop().color, find_setup().steps) == ("골목 가게", "", [])


@pytest.mark.parametrize("step", [*STEPS, "done"])
def test_address__of_any_form__has_no_token_in_it(clerk: Client, new_shop: None, step: str) -> None:
    for form in re.findall(r"<form.*?</form>", page_of(clerk.get(f"/setup/{step}")), re.DOTALL):
        opening = form.partition(">")[0]
        if "csrfmiddlewaretoken" in form:
            assert 'method="post"' in opening
            assert "formmethod" not in form
            assert "hx-get" not in form or 'hx-params="name,color"' in opening


def content_now() -> Any:
    running = find_program()
    assert running is not None
    return running.id, load_content(running, at=NOW)


@pytest.mark.parametrize(
    ("kind", "rate", "pending", "gold"),
    [("cafe", 5, 0, 300_000), ("clinic", 1, 0, 2_000_000), ("online", 1, 14, 1_000_000)],
)
def test_kind__chosen__is_a_draft_and_changes_nothing_until_published(
    clerk: Client, new_shop: None, kind: str, rate: int, pending: int, gold: int
) -> None:
    program_id, before = content_now()

    clerk.post("/setup/kind", {"do": "choose", "kind": kind})

    assert content_now()[1] == before
    draft = find_draft(program_id, at=NOW)
    page = page_of(clerk.get("/setup/kind"))
    assert "초안 · 아직 발행하지 않았어요" in page
    assert shop().kind == kind

    answer = clerk.post("/setup/kind", {"do": "publish", "revision": str(draft.revision)})

    assert answer["Location"] == "/setup/mail"
    after = content_now()[1]
    assert (after.rules[0].rate_points, after.rules[0].rate_minor) == (rate, 100)
    assert (after.terms.pending_days, after.tiers.levels[-1].threshold) == (pending, gold)
    assert after.tier_keys == before.tier_keys


def test_kind__chosen_again__is_drafted_anew(clerk: Client, new_shop: None) -> None:
    program_id = content_now()[0]
    clerk.post("/setup/kind", {"do": "choose", "kind": "cafe"})

    clerk.post("/setup/kind", {"do": "choose", "kind": "online"})

    assert find_draft(program_id, at=NOW).content.terms.pending_days == 14
    clerk.post("/setup/kind", {"do": "choose", "kind": "other"})
    assert "바꿀 것이 없어요" in page_of(clerk.get("/setup/kind"))


def test_kind__read_in_another_language__is_still_ours(clerk: Client, new_shop: None) -> None:
    clerk.post("/setup/kind", {"do": "choose", "kind": "cafe"})

    page = page_of(clerk.get("/setup/kind", headers={"accept-language": "en"}))

    assert "Draft · not published yet" in page
    assert (
        clerk.post("/setup/kind", {"do": "choose", "kind": "online"}, headers={"accept-language": "en"})[
            "Location"
        ]
        == "/setup/kind"
    )


def test_kind__where_somebody_works_on_a_draft__leaves_it_alone(clerk: Client, new_shop: None) -> None:
    program_id, content = content_now()
    draft = start_draft(program_id, begun_by="marketer", at=NOW)
    theirs = type(content)(rules=(), terms=content.terms, tiers=content.tiers)
    change_draft(program_id, theirs, revision=draft.revision, changed_by="marketer", at=NOW)

    answer = clerk.post("/setup/kind", {"do": "choose", "kind": "cafe"})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "marketer" in page_of(answer)
    assert find_draft(program_id, at=NOW).content == theirs
    assert shop().kind == ""


def test_kind__published_with_another_revision__is_refused(clerk: Client, new_shop: None) -> None:
    _id, before = content_now()
    clerk.post("/setup/kind", {"do": "choose", "kind": "cafe"})

    for revision in ("1", "x", "9" * 99):
        answer = clerk.post("/setup/kind", {"do": "publish", "revision": revision})
        assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert content_now()[1] == before


def test_done__of_a_shop__shows_the_members_address_as_a_qr(clerk: Client, new_shop: None) -> None:
    page = page_of(clerk.get("/setup/done"))

    assert "http://testserver/me/" in page
    assert '<svg role="img"' in page
    for address in ("/till/join", "/keys/new?preset=till", "/staff/invite"):
        assert f'href="{address}"' in page


def test_setup__in_a_browser__goes_through_back_and_forth(
    open_context: Callable[..., BrowserContext], new_shop: None
) -> None:
    page = open_context(width=390).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/start")
    assert page.url.endswith("/setup/place")
    page.locator(".wizard-nav .primary").click()
    page.wait_for_url("**/setup/brand")
    page.locator("button[value=preview]").click()
    page.wait_for_url("**/setup/brand?*")
    page.goto("/setup/brand")
    page.locator("#color").fill("#ffd600")
    page.wait_for_selector('#preview link[href="/brand/ffd600.css"]', state="attached")
    page.wait_for_function(
        "() => !getComputedStyle(document.querySelector('#preview .pass')).getPropertyValue('--hero-2')"
        ".includes('3a4fb8')"
    )
    page.locator(".wizard-nav .primary").click()
    page.wait_for_url("**/setup/kind")
    page.go_back()
    page.wait_for_url("**/setup/brand")
    assert page.locator("#color").input_value() == "#ffd600"
    page.go_forward()
    page.locator("input[value=cafe]").check()
    page.locator("button[value=choose]").click()
    page.wait_for_selector("#h-draft")
    page.locator("button[value=publish]").click()
    page.wait_for_url("**/setup/mail")
    page.locator(".wizard-nav button").click()
    page.wait_for_url("**/setup/data")
    page.locator(".wizard-nav .primary").click()
    page.wait_for_url("**/setup/done")
    page.locator(".wizard-nav .primary").click()
    page.wait_for_url(re.compile(r"/$"))
    assert any("/setup/brand?" in one for one in asked)
    assert not any("csrf" in one for one in asked)
    assert find_setup() == (SetupState.DONE, list(Step))
