"""Promotions on pages: found, written in a form, told in words, published, rested and put away."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from dangol.rooms.rewards.promotions.contents import PromotionContent, pack, unpack
from dangol.rooms.rewards.promotions.models import Promotion
from dangol.web.suggested_promotions import SUGGESTIONS
from tests.web.forms import read_form
from tests.web.promotions import EVERYTHING, MEMBER, PERCENT, address, draft, publish, tell_promotions
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def content_of(promotion_id: Id) -> PromotionContent:
    return editing.find_promotion(promotion_id).content


def form_on(page: Any) -> dict[str, list[str]]:
    """Return what a browser would send of the form as it stands."""
    return read_form(page.content.decode(), "promotion")


def typed(**more: str) -> dict[str, Any]:
    """Return a new promotion as a form sends it: ten percent for everybody."""
    given = {
        "form": show_id(bytes([7] * 16)), "name": "할인", "benefit": ["1:percent"], "b1.basis_points": "10",
        "part": ["1::group"], "1.join": "all", "lane": "main", "priority": "0", "do": "save",
    }  # fmt: skip
    return {**given, **{name.replace("__", "."): value for name, value in more.items()}}


def errors_on(page: Any) -> dict[str, str]:
    """Return what is said at each input that is wrong."""
    text = page.content.decode()
    wrong = re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', text)
    return {name: re.findall(rf'id="{re.escape(name)}\.e">([^<]+)<', text)[0] for name in wrong}


def text_of(page: Any) -> str:
    """Return what a reader sees."""
    return html.unescape(re.sub(r"<[^>]+>", "", page.content.decode()))


@pytest.mark.parametrize("suggestion", [*SUGGESTIONS, None], ids=lambda one: one.slug if one else "blank")
def test_make__from_each_offer__is_a_draft_that_can_be_published(
    clerk: Client, story: Story, suggestion: Any
) -> None:
    slug = suggestion.slug if suggestion else "blank"
    page = clerk.get(f"/promotions/new?try={slug}")

    answer = clerk.post("/promotions/new", form_on(page) | {"do": "diff"})

    if suggestion is None:
        assert answer.status_code == 422
        assert errors_on(answer) == {"name": "이름을 적어 주세요."}
        return
    assert answer.status_code == 302
    [made] = editing.list_promotions()
    assert (made.name, made.state(NOW)) == (str(suggestion.name), "draft")
    shown = clerk.get(answer["Location"]).content.decode()
    assert f'action="{address(made.id, "/publish")}"' in shown
    assert clerk.post(address(made.id, "/publish"), {"revision": "1"}).status_code == 302
    assert editing.find_promotion(made.id).state(NOW) == "live"


def test_make__sent_twice__is_one(clerk: Client, story: Story) -> None:
    answers = [clerk.post("/promotions/new", typed()) for _ in range(2)]

    assert answers[0]["Location"] == answers[1]["Location"]
    assert Promotion.objects.count() == 1


def test_edit__everything_there_is__comes_back_as_it_was(clerk: Client, story: Story) -> None:
    made = draft(**EVERYTHING)
    page = clerk.get(address(made, "/edit"))

    answer = clerk.post(address(made, "/edit"), form_on(page) | {"do": "save"})

    assert answer.status_code == 302
    assert pack(content_of(made)) == pack(unpack(EVERYTHING))


def test_edit__instants_to_the_second__stay_unless_they_are_touched(clerk: Client, story: Story) -> None:
    start = NOW + timedelta(seconds=12, microseconds=7)
    made = draft(active_from=start.isoformat(), active_to=(start + timedelta(days=2)).isoformat())
    form = form_on(clerk.get(address(made, "/edit")))

    clerk.post(address(made, "/edit"), form | {"name": "다른 이름", "do": "save"})
    kept = content_of(made)
    clerk.post(
        address(made, "/edit"), form | {"first_time": "", "last_time": "", "revision": "2", "do": "save"}
    )
    days = content_of(made)

    assert (kept.active_from, kept.active_to) == (start, start + timedelta(days=2))
    # Midnights of New York: the first day from its beginning, the last one to its end.
    assert days.active_from == datetime(2026, 11, 22, 5, tzinfo=UTC)
    assert days.active_to == datetime(2026, 11, 25, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "가" * 81}, "name"),
        ({"b1__basis_points": ""}, "b1.basis_points"),
        ({"b1__basis_points": "0"}, "b1.basis_points"),
        ({"b1__basis_points": "100.5"}, "b1.basis_points"),
        ({"b1__basis_points": "10.123"}, "b1.basis_points"),
        ({"min_money": "-5"}, "min_money"),
        ({"budget": "1.234"}, "budget"),
        ({"uses": "0"}, "uses"),
        ({"priority": "first"}, "priority"),
        ({"first_day": "soon"}, "first_day"),
        ({"first_time": "10:00"}, "first_day"),
        ({"first_day": "2026-11-01", "first_time": "25:00"}, "first_time"),
        ({"first_day": "2026-11-05", "last_day": "2026-11-04"}, "last_day"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_beside_it_and_nothing_is_lost(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    given = typed(**{"exclusive_group": "가을", "include.products": "1\n2", **more})

    answer = clerk.post("/promotions/new", given)

    assert answer.status_code == 422
    assert list(errors_on(answer)) == [field]
    stays = form_on(answer)
    expected = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    assert {name: stays.get(name) for name in expected if name != "do"} == {
        name: value for name, value in expected.items() if name != "do"
    }
    assert not Promotion.objects.exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"part": ["1::group", "2:1:trait"]}, "채워 주세요."),
        ({"benefit": ["1:tiered"]}, "단계를 하나는 적어 주세요."),
        ({"benefit": ["1:bundle"], "b1.price_minor": "10"}, "묶을 상품을 하나는 적어 주세요."),
        ({"benefit": ["1:gift"], "b1.count": "1"}, "이 칸을 적어 주세요."),
    ],
)
def test_make__part_that_is_not_filled_in__is_told(
    clerk: Client, story: Story, more: dict[str, Any], words: str
) -> None:
    answer = clerk.post("/promotions/new", typed() | more)

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_save__what_can_be_read_but_not_published__is_a_draft_and_says_so(
    clerk: Client, story: Story
) -> None:
    steps = {
        "benefit": ["1:tiered"], "b1.by": "amount", "b1.0.at_least": "20", "b1.0.kind": "percent",
        "b1.0.value": "20", "b1.1.at_least": "10", "b1.1.kind": "amount", "b1.1.value": "3",
    }  # fmt: skip
    answer = clerk.post("/promotions/new", typed() | steps)

    [made] = editing.list_promotions()
    page = clerk.get(answer["Location"]).content.decode()
    assert "단계는 아래로 갈수록 기준이 커져야 해요." in page
    told = clerk.get(address(made.id, "/diff")).content.decode()
    assert "고칠 곳이 있어서 아직 발행할 수 없어요." in told
    assert address(made.id, "/publish") not in told
    assert clerk.post(address(made.id, "/publish"), {"revision": "1"}).status_code == 409


def test_draw__benefits_added_moved_and_taken_out__keep_what_is_typed(clerk: Client, story: Story) -> None:
    two = typed() | {"benefit": ["1:percent", "2:points"], "b2.points": "77"}
    htmx = {"HX-Request": "true", "HX-Target": "then"}

    more = clerk.post("/promotions/new", two | {"do": "gain", "gain_kind": "gift"}, headers=htmx)
    swapped = clerk.post("/promotions/new", two | {"do": "sink:1"}, headers=htmx)
    fewer = clerk.post("/promotions/new", two | {"do": "lose:1"}, headers=htmx)

    def listed(page: Any) -> list[str]:
        return re.findall(r'name="benefit" value="([^"]+)"', page.content.decode())

    assert listed(more) == ["1:percent", "2:points", "3:gift"]
    assert re.search(r'name="b3.product"[^>]* autofocus', more.content.decode())
    assert 'value="77"' in more.content.decode()
    assert listed(swapped) == ["2:points", "1:percent"]
    assert listed(fewer) == ["2:points"]
    assert 'hx-swap-oob="true"' in fewer.content.decode()
    assert not Promotion.objects.exists()


def test_preview__as_it_is_typed__reads_it_back_and_warns(clerk: Client, story: Story) -> None:
    publish(name="먼저 하는 것", exclusive_group="가을")
    given = typed(b1__basis_points="60", exclusive_group="가을", priority="3", min_money="30")
    answer = clerk.post(
        "/promotions/new", given | {"do": "preview"}, headers={"HX-Request": "true", "HX-Target": "preview"}
    )
    page = text_of(answer)

    for words in (
        "60% 할인",
        "장바구니 $30부터",
        "늘 먼저 적용되는 ‘먼저 하는 것’",
        "최대 60%",
        "예산도 없어요",
    ):
        assert words in page
    assert "<html" not in answer.content.decode()


def test_save__somebody_else_was_faster__shows_both_and_may_be_overwritten(
    clerk: Client, story: Story
) -> None:
    made = draft()
    form = form_on(clerk.get(address(made, "/edit"))) | {"b1.basis_points": "15", "do": "save"}
    theirs = {"name": "할인", "currency": "USD", "benefits": [{**PERCENT, "basis_points": 2_000}]}
    editing.write_draft(made, theirs, revision=1, changed_by="kim", at=NOW)

    refused = clerk.post(address(made, "/edit"), form)
    page = refused.content.decode()

    assert refused.status_code == 422
    for words in ("kim", "20% 할인", "15% 할인", 'value="overwrite:2"'):
        assert words in page
    assert clerk.post(address(made, "/edit"), form | {"do": "overwrite:2"}).status_code == 302
    assert content_of(made).benefits[0]["basis_points"] == 1_500


def test_publish__draft_of_a_live_one__shows_sentence_by_sentence_what_changes(
    clerk: Client, story: Story
) -> None:
    live, _draft = tell_promotions(story)
    page = clerk.get(address(live, "/diff")).content.decode()

    for words in ("10% 할인", "60% 할인", "예산 $10", "값의 절반이 넘게 깎일 수 있어요"):
        assert words in page
    stale = clerk.post(address(live, "/publish"), {"revision": "9"})
    assert stale.status_code == 409
    done = clerk.post(address(live, "/publish"), {"revision": "1"})
    assert done["Location"] == address(live, "?done=published")
    shown = clerk.get(done["Location"]).content.decode()
    assert "발행했어요." in shown
    assert address(live, "/versions/2") in shown
    second = clerk.get(address(live, "/versions/2")).content.decode()
    assert "10% 할인" in second
    assert "지금 판" in second
    assert clerk.get(address(live, "/versions/3")).status_code == 404
    # What was published is thrown away by nobody.
    assert clerk.post(address(live, "/discard")).status_code == 409


def test_discard__draft_of_a_live_one__leaves_what_is_in_force(clerk: Client, story: Story) -> None:
    live, never = tell_promotions(story)

    assert clerk.post(address(live, "/discard")).status_code == 302
    view = editing.find_promotion(live)
    assert (view.draft, view.state(NOW)) == (None, "live")
    refused = clerk.post(address(never, "/discard"))
    assert refused.status_code == 409
    assert "쓰지 않으려면 보관하세요." in refused.content.decode()


@pytest.mark.parametrize(
    ("act", "state", "undo", "back"),
    [
        ("pause", "paused", "resume", "live"), ("archive", "archived", "restore", "live"),
    ],
)  # fmt: skip
def test_acts__done_and_undone__are_as_they_were(
    clerk: Client, story: Story, act: str, state: str, undo: str, back: str
) -> None:
    made = publish()

    page = clerk.post(address(made, f"/{act}"), follow=True).content.decode()
    first = editing.find_promotion(made).state(NOW)
    assert f'action="{address(made, f"/{undo}")}"' in page
    clerk.post(address(made, f"/{undo}"), {"undo": "1"})

    assert (first, editing.find_promotion(made).state(NOW)) == (state, back)


def test_restore__later__rests_until_it_is_resumed(clerk: Client, story: Story) -> None:
    made = publish()
    clerk.post(address(made, "/archive"))

    clerk.post(address(made, "/restore"))
    rests = editing.find_promotion(made).state(NOW)
    clerk.post(address(made, "/resume"))

    assert (rests, editing.find_promotion(made).state(NOW)) == ("paused", "live")
    clerk.post(address(made, "/archive"))
    assert clerk.get(address(made, "/edit"))["Location"] == address(made)
    assert clerk.get(address(made, "/diff"))["Location"] == address(made)


def test_publish__by_who_may_only_write__is_left_to_others(story: Story) -> None:
    made = draft()
    marketer = sign_in(Client(headers={"accept-language": "ko"}), "mina", Role.MARKETER)

    page = marketer.get(address(made, "/diff")).content.decode()

    assert "발행은 발행 권한이 있는 사람이 승인해요." in page
    assert address(made, "/publish") not in page
    assert marketer.post(address(made, "/publish"), {"revision": "1"}).status_code == 403
    assert marketer.post(address(made, "/pause")).status_code == 403


def test_edit__condition_that_cannot_be_read_any_more__says_so(clerk: Client, story: Story) -> None:
    made = draft(condition={**MEMBER, "trait": "gone.by"})

    page = clerk.get(address(made)).content.decode()
    told = clerk.get(address(made, "/diff")).content.decode()

    assert "조건을 읽을 수 없어요." in page
    assert "고칠 곳이 있어서 아직 발행할 수 없어요." in told


def test_edit__benefit_of_an_unknown_kind__is_kept_as_it_is(clerk: Client, story: Story) -> None:
    made = draft(benefits=[PERCENT, {"kind": "moon", "phase": 3}])
    page = clerk.get(address(made, "/edit"))

    clerk.post(address(made, "/edit"), form_on(page) | {"name": "달", "do": "save"})

    assert content_of(made).benefits == (PERCENT, {"kind": "moon", "phase": 3})
    assert "화면이 모르는 혜택" in page.content.decode()


def test_edit__lane_of_the_shops_own__is_offered_and_kept(clerk: Client, story: Story) -> None:
    lanes = [{"key": "main"}, {"key": "weekend", "choice": "best"}]
    write_checkout(unpack_checkout({"lanes": lanes}), changed_by="owner", at=NOW)
    made = draft(lane="gone")

    page = clerk.get(address(made, "/edit")).content.decode()

    options = re.findall(
        r'<option value="(\w+)"[^>]*>', page.partition('id="lane"')[2].partition("</select>")[0]
    )
    assert options == ["main", "weekend", "gone"]
    assert "결제 설정에 없어요" in page
