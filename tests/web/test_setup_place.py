"""The shop's place in the first setup: suggested by the browser, followed by programs and test spaces."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from phonenumbers import SUPPORTED_REGIONS

from dangol.core.access.keys import forget_remembered_keys, make_key
from dangol.core.access.rights import Right
from dangol.core.people.models import Shop
from dangol.core.people.selectors import shop
from dangol.core.people.shops import ELSEWHERE
from dangol.core.storage.spaces import in_space
from dangol.project.clock import now
from dangol.rooms.rewards.checking import RuleDraft
from dangol.rooms.rewards.contents import ProgramContent, load_content
from dangol.rooms.rewards.models import EarningRule
from dangol.rooms.rewards.programs import find_program as find_running, supersede_rule
from dangol.web.scheme import find_program
from dangol.web.setup_places import list_regions
from tests.api.conftest import Caller
from tests.spaces import bare_space, fresh_space
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
STEPS = ["place", "brand", "kind", "mail", "data"]
PLACE = {"language": "ko", "zone": "Asia/Tokyo", "region": "JP", "currency": "JPY"}


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def content_now() -> ProgramContent:
    return load_content(find_running(), at=NOW)


def test_place__currency_after_the_first_order__stays(clerk: Client, story: Story) -> None:
    answer = clerk.post("/setup/place", PLACE)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (shop().currency, shop().zone) == ("USD", "America/New_York")
    assert "readonly" in page_of(clerk.get("/setup/place"))


@pytest.mark.parametrize("address", ["/setup/place", "/settings"])
def test_currency_and_zone__before_the_first_order__are_followed_by_the_program(
    clerk: Client, new_shop: None, address: str
) -> None:
    assert find_program() is not None
    facts = {"name": "표본", "language": "ko", "zone": "Asia/Seoul", "region": "KR", "currency": "KRW"}
    assert clerk.post(address, facts).status_code == HTTPStatus.FOUND

    forget_remembered_keys()
    key = make_key(name="till", space="live", scopes=frozenset(Right), created_by="owner", at=now())
    api = Caller(key.secret)
    api.post("/members", {"external_id": "A"})
    line = {"product": "LATTE", "list_minor": 4_500}
    told = api.post("/orders", {"number": "1", "member": "external:A", "lines": [line]})

    assert (told.data["currency"], [one["points"] for one in told.data["earned"]]) == ("KRW", [45])
    assert str(find_running().rules.terms[-1][1].zone) == "Asia/Seoul"


def test_language__before_the_first_order__is_that_of_the_first_program_s_names(
    clerk: Client, new_shop: None
) -> None:
    def names() -> list[str]:
        content = content_now()
        return [content.rules[0].name, *(level.name for level in content.tiers.levels)]

    clerk.post("/setup/place", PLACE | {"language": "en", "currency": "USD"})
    assert names() == ["Points on every purchase", "Member", "Silver", "Gold"]
    assert [level.threshold for level in content_now().tiers.levels] == [0, 50_000, 200_000]

    clerk.post("/setup/place", PLACE | {"language": "ko", "currency": "KRW"})
    assert names() == ["모든 구매에 적립", "회원", "실버", "골드"]
    assert [level.threshold for level in content_now().tiers.levels] == [0, 300_000, 1_000_000]


@pytest.mark.parametrize("has_ordered", [False, True])
def test_space__nothing_was_ordered_in__is_told_the_same(
    clerk: Client, new_shop: None, has_ordered: bool
) -> None:
    with fresh_space("place") as name:
        key = make_key(name="till", space=name, scopes=frozenset(Right), created_by="owner", at=now())
        api = Caller(key.secret)
        api.post("/members", {"external_id": "A"})
        order = {"member": "external:A", "lines": [{"product": "LATTE", "list_minor": 4_500}]}
        if has_ordered:
            api.post("/orders", order | {"number": "0"})

        clerk.post("/setup/place", PLACE | {"language": "en", "currency": "USD"})

        told = api.post("/orders", order | {"number": "1"})
        assert told.data["currency"] == ("KRW" if has_ordered else "USD")
        assert [one["points"] for one in told.data["earned"]] == [45]
        with in_space(name):
            assert (shop().currency, shop().language) == (("KRW", "ko") if has_ordered else ("USD", "en"))


@pytest.mark.parametrize("address", ["/settings", "/keys"])
def test_space__that_did_not_follow__is_told_with_what_to_do(
    clerk: Client, new_shop: None, address: str
) -> None:
    with fresh_space("place") as name, bare_space("half"):
        assert "dangol init --space" not in page_of(clerk.get(address))

        with in_space(name):
            Shop.objects.update(zone="UTC", currency="USD")

        page = page_of(clerk.get(address))
        assert f"시험 공간 {name}은(는) 가게(Asia/Seoul, KRW)와 달리 UTC, USD로 세요." in page
        assert "<code>dangol init --space test2</code>" in page
        assert 'href="/keys/spaces"' in page


def test_space__without_tables__does_not_keep_the_shop_from_changing(clerk: Client, new_shop: None) -> None:
    with bare_space("half"):
        assert clerk.post("/setup/place", PLACE | {"currency": "USD"}).status_code == HTTPStatus.FOUND

    assert shop().currency == "USD"


def test_language__of_a_program_somebody_has_changed__leaves_its_names(clerk: Client, new_shop: None) -> None:
    clerk.post("/setup/place", PLACE | {"language": "ko"})
    running = find_running()
    supersede_rule(EarningRule.objects.get().id, RuleDraft("우리 규칙", 2, 100), at=now(), recorded_at=now())

    clerk.post("/setup/place", PLACE | {"language": "en"})

    assert content_now().rules[0].name == "우리 규칙"
    assert find_running().tiers_row.levels == running.tiers_row.levels


def test_currency__changed_after_a_kind_was_chosen__is_followed_by_program_and_draft(
    clerk: Client, new_shop: None
) -> None:
    clerk.post("/setup/place", PLACE | {"language": "en", "currency": "USD"})
    clerk.post("/setup/kind", {"do": "choose", "kind": "cafe"})

    clerk.post("/setup/place", PLACE | {"language": "ko", "currency": "KRW"})

    levels = [(level.name, level.threshold) for level in content_now().tiers.levels]
    assert levels == [("회원", 0), ("실버", 300_000), ("골드", 1_000_000)]
    assert "₩300,000" in page_of(clerk.get("/setup/kind"))
    answer = clerk.post("/setup/kind", {"do": "choose", "kind": "online"})
    assert answer.status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("address", ["/setup/place", "/settings"])
def test_currency__of_a_program_somebody_has_changed__is_changed_when_told_so(
    clerk: Client, new_shop: None, address: str
) -> None:
    supersede_rule(EarningRule.objects.get().id, RuleDraft("우리 규칙", 2, 100), at=now(), recorded_at=now())
    facts = PLACE | {"name": "표본", "currency": "USD"}

    answer = clerk.post(address, facts)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'name="keeps_amounts"' in page_of(answer)
    assert (shop().currency, find_running().row.money_currency) == ("KRW", "KRW")
    assert clerk.post(address, facts | {"keeps_amounts": "1"}).status_code == HTTPStatus.FOUND
    assert (shop().currency, find_running().row.money_currency) == ("USD", "USD")


def test_space__deleted_meanwhile__does_not_keep_the_shop_from_changing(
    clerk: Client, new_shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dangol.web.shop_change.list_spaces", lambda: ["gone"])

    assert clerk.post("/setup/place", PLACE | {"currency": "USD"}).status_code == HTTPStatus.FOUND

    assert shop().currency == "USD"


@pytest.mark.parametrize(
    ("accepted", "suggested"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8", {"zone": "Asia/Seoul", "region": "KR", "currency": "KRW"}),
        ("en-GB,en;q=0.9", {"zone": "Europe/London", "region": "GB", "currency": "GBP"}),
        ("en-US,en;q=0.9", {"zone": "UTC", "region": "US", "currency": "USD"}),
        ("ko", {"zone": "Asia/Seoul", "region": "KR", "currency": "KRW"}),
        ("ko,en-US;q=0.9", {"zone": "Asia/Seoul", "region": "KR", "currency": "KRW"}),
        ("ja,en-US;q=0.9,en;q=0.8", {"zone": "Asia/Tokyo", "region": "JP", "currency": "JPY"}),
        ("zh-Hant,en-US;q=0.9", {"zone": "Asia/Taipei", "region": "TW", "currency": "TWD"}),
        ("en-US;q=0.5,ko-KR", {"zone": "Asia/Seoul", "region": "KR", "currency": "KRW"}),
        ("en-ZZ, x-y-'<b>'", {"zone": "UTC", "region": "US", "currency": "USD"}),
        ("", {"zone": "UTC", "region": "US", "currency": "USD"}),
    ],
)
def test_place__of_a_shop_told_nothing__begins_from_what_the_browser_says(
    clerk: Client, new_shop: None, accepted: str, suggested: dict[str, str]
) -> None:
    Shop.objects.update(**ELSEWHERE)

    page = page_of(clerk.get("/setup/place", headers={"Accept-Language": accepted}))

    assert f"<option selected>{suggested['zone']}</option>" in page
    assert f'<option value="{suggested["region"]}" selected>' in page
    assert f'name="currency" value="{suggested["currency"]}"' in page
    assert shop().zone == "UTC"


@pytest.mark.parametrize("address", ["/setup/place", "/settings"])
@pytest.mark.parametrize(
    ("language", "country", "neighbor", "currency"),
    [
        ("ko", "대한민국 (KR)", "독일 (DE)", "대한민국 원 (KRW)"),
        ("en", "South Korea (KR)", "South Sudan (SS)", "South Korean Won (KRW)"),
    ],
)
def test_countries_and_currencies__on_the_pages__are_named_in_the_reader_s_language(
    clerk: Client, new_shop: None, address: str, language: str, country: str, neighbor: str, currency: str
) -> None:
    page = page_of(clerk.get(address, headers={"Accept-Language": language}))

    assert f'<option value="KR" selected>{country}</option>' in page
    assert page.index(country) < page.index(neighbor)
    assert f'<option value="KRW">{currency}</option>' in page


def test_countries__with_marks_on_their_letters__stand_where_those_without_do() -> None:
    with override("en"):
        codes = [one.code for one in list_regions()]

    # Afghanistan, Åland Islands, Albania.
    assert codes[:3] == ["AF", "AX", "AL"]
    assert set(codes) == SUPPORTED_REGIONS


def test_place__gone_through_or_told__is_not_suggested_anew(clerk: Client, new_shop: None) -> None:
    asked = {"Accept-Language": "ja-JP"}
    Shop.objects.update(**ELSEWHERE | {"zone": "Europe/Paris"})
    assert "<option selected>Europe/Paris</option>" in page_of(clerk.get("/setup/place", headers=asked))

    clerk.post("/setup/place", ELSEWHERE)

    page = page_of(clerk.get("/setup/place", headers=asked))
    assert "<option selected>UTC</option>" in page
    assert "data-zone" not in page


def test_currency_and_zone__after_the_first_order__leave_the_program_as_it_is(
    clerk: Client, story: Story
) -> None:
    before = find_running().row.money_currency, str(find_running().rules.terms[-1][1].zone)
    facts = {"name": "표본", "language": "ko", "zone": "Asia/Seoul", "region": "KR", "currency": "USD"}

    assert clerk.post("/settings", facts).status_code == HTTPStatus.FOUND

    assert (find_running().row.money_currency, str(find_running().rules.terms[-1][1].zone)) == before
