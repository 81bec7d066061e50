"""The page of who is like those in a segment: before, refused, found, and a segment made of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from dangol.core.access.rights import Role
from dangol.core.events.settling import settle_all
from dangol.core.people.selectors import shop
from dangol.core.segments.models import Segment, SegmentVersion
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.personalization.likeness import find_alike
from dangol.rooms.personalization.selectors import most_alike
from dangol.web.pages.segment_alike import SHOWN
from tests.core.segments.shop import catch_up, make_segment
from tests.ports import free_port
from tests.rooms.personalization.test_likeness import AS_OF, SLUG, name_some
from tests.rooms.personalization.test_refresh import NIGHT, bring_history
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE = f"/segments/{SLUG}/alike"


def read(client: Client, address: str = PAGE) -> str:
    """Return a page that opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.fixture
def found(still_clock: Any) -> list[Id]:
    """A segment of 60 of 300 customers, and a search for who is like them."""
    owners = bring_history(300, seed=4)
    name_some(owners, 60)
    find_alike(shop(), SLUG, as_of=AS_OF, at=NOW)
    return owners


def test_alike__found__shows_who_by_what_and_how_far_to_rely_on_it(clerk: Client, found: list[Id]) -> None:
    page = read(clerk)

    best = most_alike(SLUG, limit=1)[0]
    assert show_id(best.customer_id) in page
    assert f"{best.score * 100:.1f}%" in page
    for words in ("말한 닮음", "AUC", "구매한 날의 수", "나이, 성별", "<dd>60</dd>", "다시 찾기"):
        assert words in page, words
    assert f"/segments/{SLUG}/alike" in read(clerk, f"/segments/{SLUG}")
    last = most_alike(SLUG, limit=SHOWN)[-1]
    assert f'name="percent" min="1" max="100" step="1" value="{int(last.score * 100)}"' in page
    assert "거의 가르지 못해요" not in page


def test_alike__members_by_chance__says_not_to_rely_on_it(clerk: Client, still_clock: Any) -> None:
    owners = sorted(bring_history(300, seed=4))
    with write_transaction():
        some = [TraitDraft(one, "app.vip", True, NIGHT, "app") for one in owners[::5]]
        report_traits(some, recorded_at=NIGHT)
    make_segment(SLUG, {"type": "trait", "trait": "app.vip", "op": "equals", "value": True}, at=NIGHT)
    catch_up(NIGHT)
    find_alike(shop(), SLUG, as_of=AS_OF, at=NOW)

    assert "거의 가르지 못해요" in read(clerk)


def test_alike__in_english__has_no_korean(found: list[Id]) -> None:
    page = read(sign_in(Client(headers={"accept-language": "en"})))

    assert "Who is like these" in page
    assert "닮" not in page


def test_make__of_a_score__is_a_segment_of_who_is_so_alike_and_not_in(clerk: Client, found: list[Id]) -> None:
    answer = clerk.post(f"{PAGE}/segment", {"percent": "30"})

    assert answer["Location"] == "/segments/like-regulars-of-ours-30"
    made = Segment.objects.get(slug="like-regulars-of-ours-30")
    condition = SegmentVersion.objects.get(segment_id=made.id).condition
    assert '"lookalike.regulars_of_ours"' in condition
    assert f'"{SLUG}"' in condition
    again = clerk.post(f"{PAGE}/segment", {"percent": "30"})
    assert again.status_code == 409
    assert 'role="alert"' in again.content.decode()


@pytest.mark.parametrize("percent", ["", "0", "101", "x", "-5", "²"])
def test_make__of_no_score__makes_nothing(clerk: Client, found: list[Id], percent: str) -> None:
    answer = clerk.post(f"{PAGE}/segment", {"percent": percent})

    assert answer["Location"] == PAGE
    assert Segment.objects.count() == 1


def test_alike__asked_for__waits_then_says_what_is_lacking(clerk: Client, still_clock: Any) -> None:
    name_some(bring_history(60, seed=4), 10)
    assert "아직 찾아본 적이 없어요" in read(clerk)

    answer = clerk.post(f"{PAGE}/find")

    assert answer["Location"] == PAGE
    assert "찾고 있어요" in read(clerk)
    state = {"HX-Target": "alike-state"}
    assert "HX-Refresh" not in clerk.get(PAGE, headers=state).headers
    settle_all(clock=lambda: NOW + timedelta(seconds=1), zone=shop().tz)
    assert clerk.get(PAGE, headers=state).headers["HX-Refresh"] == "true"
    page = read(clerk)
    assert "아직 자료가 모자라요: 세그먼트에 든 구매 고객" in page
    assert "가장 닮은 사람" not in page


def test_alike__analyst__looks_and_has_no_button(found: list[Id]) -> None:
    client = sign_in(Client(headers={"accept-language": "ko"}), "analyst", Role.ANALYST)

    page = read(client)

    assert "가장 닮은 사람" in page
    assert "다시 찾기" not in page
    for act in ("find", "segment"):
        assert client.post(f"{PAGE}/{act}", {"percent": "30"}).status_code == 403
    assert Segment.objects.count() == 1


def test_alike__no_such_segment__is_not_there(clerk: Client, story: Story) -> None:
    assert clerk.get("/segments/nobody/alike").status_code == 404
    assert clerk.post("/segments/nobody/alike/find").status_code == 404
    assert clerk.post("/segments/nobody/alike/segment", {"percent": "30"}).status_code == 404


def test_alike__cluster_was_gone__says_that_this_machine_reckoned_until_it_is_back(
    clerk: Client, found: list[Id], settings: Settings
) -> None:
    words = "클러스터가 답하지 않아서 이 컴퓨터에서 셈했어요"
    assert words not in read(clerk)
    settings.ENGINE = f"spark://127.0.0.1:{free_port()}"
    find_alike(shop(), SLUG, as_of=AS_OF, at=NOW + timedelta(minutes=1))

    page = read(clerk)
    assert words in page
    assert settings.ENGINE in page

    settings.ENGINE = ""
    find_alike(shop(), SLUG, as_of=AS_OF, at=NOW + timedelta(minutes=2))
    assert words not in read(clerk)
