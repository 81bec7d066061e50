"""Stamp cards on pages: made and changed, stamped and undone by hand, drawn on a phone."""

import pytest
from django.test import Client

from dangol.core.access.keys import forget_remembered_keys, make_key
from dangol.core.access.rights import Right, Role
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.domain.stamps import GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import change_stock
from dangol.rooms.rewards.catalog.selectors import redemptions_of
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.coupons.models import CouponCode
from dangol.rooms.rewards.stamps.editing import ProgramDraft, create_program
from dangol.rooms.rewards.stamps.models import StampMove
from dangol.rooms.rewards.stamps.selectors import find_stamp_program, list_programs, standings_for
from dangol.rooms.rewards.stamps.services import add_stamps
from tests.api.conftest import Caller
from tests.rooms.rewards.coupons.shop import batch
from tests.web.phones import come_in
from tests.web.staff import sign_in
from tests.web.stamps import CLERK, tell_stamps
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def typed(**more: str) -> dict[str, str]:
    given = {
        "form": show_id(new_id()), "key": "tea", "name_ko": "차 카드", "size": "8", "gives": "points",
        "points": "1,000", "valid_days": "90", "carries_over": "1", "on_return": "debt",
    }  # fmt: skip
    return given | more


def stamps_of(story: Story, program_id: Id) -> int:
    return next(one for one in standings_for(story.regular, at=NOW) if one.program.id == program_id).stamps


def test_make__form_sent_twice__is_one_card(clerk: Client, story: Story) -> None:
    given = typed()
    answers = [clerk.post("/stamp-cards/new", given) for _ in range(2)]

    assert [one.status_code for one in answers] == [302, 302]
    [made] = list_programs()
    assert (made.key, made.size, made.points, made.valid_days) == ("tea", 8, 1_000, 90)
    assert (made.gives, made.on_return, made.carries_over) == (GiftKind.POINTS, OnReturn.DEBT, True)


def test_make__card_that_gives_a_coupon__needs_its_batch(clerk: Client, story: Story) -> None:
    codes = batch()

    refused = clerk.post("/stamp-cards/new", typed(gives="coupon"))
    made = clerk.post("/stamp-cards/new", typed(gives="coupon", batch=show_id(codes), carries_over=""))

    assert (refused.status_code, made.status_code) == (422, 302)
    assert 'id="batch-e"' in refused.content.decode()
    [one] = list_programs()
    assert (one.target_id, one.points, one.gift_name("ko"), one.carries_over) == (
        codes,
        None,
        "봄맞이",
        False,
    )


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name_ko": ""}, "name_ko"),
        ({"size": "0"}, "size"),
        ({"size": "x"}, "size"),
        ({"valid_days": "-1"}, "valid_days"),
        ({"points": ""}, "points"),
        ({"gives": "reward"}, "reward"),
    ],
)
def test_make__field_that_makes_no_sense__is_told_and_keeps_the_rest(
    clerk: Client, story: Story, more: dict[str, str], field: str
) -> None:
    answer = clerk.post("/stamp-cards/new", typed(**more))
    page = answer.content.decode()

    assert answer.status_code == 422
    assert f'id="{field}-e"' in page
    assert 'value="tea"' in page
    assert list_programs() == []


def test_make__key_that_is_taken__says_so(clerk: Client, story: Story) -> None:
    tell_stamps(story)

    answer = clerk.post("/stamp-cards/new", typed(key="coffee"))

    assert answer.status_code == 422
    assert "coffee" in answer.content.decode()


def test_edit__by_two_at_once__the_later_is_told(clerk: Client, story: Story) -> None:
    coffee, _ = tell_stamps(story)
    page = clerk.get(f"/stamp-cards/{show_id(coffee)}/edit").content.decode()
    assert 'value="커피 카드"' in page

    first = clerk.post(f"/stamp-cards/{show_id(coffee)}/edit", typed(revision="1"))
    second = clerk.post(f"/stamp-cards/{show_id(coffee)}/edit", typed(revision="1", size="9"))

    assert (first.status_code, second.status_code) == (302, 422)
    assert (find_stamp_program(coffee).size, find_stamp_program(coffee).key) == (8, "coffee")


def test_archive__and_restore__are_each_a_press(clerk: Client, story: Story) -> None:
    coffee, _ = tell_stamps(story)

    clerk.post(f"/stamp-cards/{show_id(coffee)}/archive")
    assert find_stamp_program(coffee).archived_at
    clerk.post(f"/stamp-cards/{show_id(coffee)}/restore")

    assert find_stamp_program(coffee).archived_at is None


def test_show__card_whose_reward_waits__says_whose_and_why(clerk: Client, story: Story) -> None:
    _, cake = tell_stamps(story)

    page = clerk.get(f"/stamp-cards/{show_id(cake)}").content.decode()

    assert "이 리워드는 다 나갔어요." in page
    assert f"/members/{show_id(story.regular)}/stamps" in page


def test_member__stamped_taken_and_undone__with_reasons(clerk: Client, story: Story) -> None:
    coffee, _ = tell_stamps(story)
    address = f"/members/{show_id(story.regular)}/stamps"
    given = {"form": show_id(new_id()), "program": show_id(coffee), "count": "2", "reason": "두 잔"}

    for _ in range(2):
        assert clerk.post(f"{address}/move", {**given, "way": "add"}).status_code == 302
    assert stamps_of(story, coffee) == 5
    taken = {**given, "form": show_id(new_id()), "count": "1", "way": "take"}
    assert clerk.post(f"{address}/move", taken).status_code == 302
    assert stamps_of(story, coffee) == 4

    move = StampMove.objects.get(reason="두 잔", kind="hand")
    undone = clerk.post(f"{address}/{show_id(move.id)}/undo", {"reason": "잘못"})
    assert undone.status_code == 302
    # Of two that came one was taken off already.
    assert stamps_of(story, coffee) == 3
    assert "되돌렸어요" in clerk.get(address).content.decode()


@pytest.mark.parametrize(
    "more",
    [
        {"count": "x"},
        {"count": "101"},
        {"reason": " "},
        {"program": "nothing"},
        {"count": "9", "way": "take"},
    ],
)
def test_member__what_cannot_be__is_told_and_changes_nothing(
    clerk: Client, story: Story, more: dict[str, str]
) -> None:
    coffee, _ = tell_stamps(story)
    given = {"form": show_id(new_id()), "program": show_id(coffee), "count": "1", "reason": "한 잔"} | more

    answer = clerk.post(f"/members/{show_id(story.regular)}/stamps/move", given)

    assert answer.status_code == 422
    assert stamps_of(story, coffee) == 3


def test_member__full_card__is_given_again_once_there_is_a_piece(clerk: Client, story: Story) -> None:
    _, cake = tell_stamps(story)
    address = f"/members/{show_id(story.regular)}/stamps/{show_id(cake)}/give"
    assert clerk.post(address).status_code == 302
    assert redemptions_of(story.regular) == []

    change_stock(find_stamp_program(cake).target_id or b"", 1, actor=CLERK, at=NOW)
    clerk.post(address)

    assert [one.points for one in redemptions_of(story.regular)] == [0]
    assert clerk.post(address).status_code == 422


def test_phone__cards__are_drawn_with_their_stamps(story: Story) -> None:
    tell_stamps(story)
    phone = come_in(Client(headers={"accept-language": "ko"}), story.regular)

    for address in ("/me/", "/me/stamps"):
        page = phone.get(address).content.decode()
        assert "도장 10개 가운데 3개" in page
        assert page.count('class="on"') == 3
        assert "7개 더 모으면" in page
    page = phone.get("/me/stamps").content.decode()
    assert "+500P" in page


def test_coupon_of_a_card__only_for_who_may_use_or_unmask__is_shown_whole(story: Story) -> None:
    forget_remembered_keys()
    draft = ProgramDraft("차 카드", 1, GiftKind.COUPON, target_id=batch(code_count=1))
    card = create_program(draft, key="tea", actor=CLERK, at=NOW)
    add_stamps(story.regular, card, count=1, key="k", reason="한 잔", by=By(CLERK, NOW))
    code, path = CouponCode.objects.get().shown, f"/members/{show_id(story.regular)}"

    for role, is_whole in ((Role.STORE, False), (Role.AGENT, True), (Role.MARKETER, True)):
        page = sign_in(Client(), f"one-{role}", role).get(f"{path}/stamps").content.decode()
        assert (code in page, f"••••{code[-4:]}" in page) == (is_whole, not is_whole)
    for more, shown in ((frozenset[Right](), f"••••{code[-4:]}"), ({Right.MEMBERS_UNMASK}, code)):
        scopes = frozenset({Right.POINTS_READ, *more})
        key = make_key(name="앱", space="live", scopes=scopes, created_by="agent", at=NOW)
        [one] = Caller(key.secret).get(f"{path}/stamp-cards").data["data"]
        assert one["gift_ref"] == shown
