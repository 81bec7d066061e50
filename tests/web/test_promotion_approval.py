"""A second person on the pages: asked on the promotion, decided under approvals, told to who asked."""

import re

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.promotions.editing import archive, find_promotion, write_draft
from tests.web.promotions import EVERYTHING, PERCENT, address, draft, publish
from tests.web.second_person import decide, limits
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def send(
    client: Client, promotion: Id, act: str = "/publish", reason: str = "가을 행사예요", revision: int = 1
) -> None:
    form = re.search(r'name="form" value="([^"]+)"', client.get(address(promotion, "/diff")).content.decode())
    assert form
    answer = client.post(
        address(promotion, act), {"revision": str(revision), "form": form[1], "reason": reason}
    )
    assert answer.status_code == 302, answer.content.decode()


def read_approvals(client: Client, language: str = "ko") -> str:
    return client.get("/approvals", headers={"accept-language": language}).content.decode()


def is_live(promotion: Id) -> bool:
    return find_promotion(promotion).state(NOW) == "live"


def test_diff__above_a_limit__says_why_and_asks(clerk: Client, story: Story) -> None:
    limits(approve_budget_above=100_000, approve_share_above=500)
    made = draft()

    page = clerk.get(address(made, "/diff")).content.decode()

    assert "다른 사람이 승인해야 발행돼요" in page
    assert "예산을 정하지 않았어요. 혼자서는 예산 $1,000까지 발행해요." in page
    assert "10%까지 깎아요. 혼자서는 5%까지 발행해요." in page
    assert address(made, "/ask") in page
    assert address(made, "/publish") not in page


def test_publication__asked_and_approved__is_live(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft(name="가을 할인")

    send(clerk, made)
    waits = clerk.get(address(made, "/diff")).content.decode()
    asked = other.get("/approvals").content.decode()
    before = is_live(made)
    decide(other, "approve")

    assert "님이 승인을 부탁했어요." in waits
    assert "‘가을 할인’ 발행하기" in asked
    assert address(made, "/diff") in asked
    assert (before, is_live(made)) == (False, True)


def test_publication__asked_by_oneself__cannot_be_decided(clerk: Client, story: Story) -> None:
    limits(approve_always=True)

    send(clerk, draft())

    page = clerk.get("/approvals").content.decode()
    assert "내가 요청한 일이라 다른 사람이 결정해야 해요." in page
    assert 'value="approve"' not in page


def test_publication__declined__says_who_and_why(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()

    send(clerk, made)
    decide(other, "decline", "너무 일러요")

    page = clerk.get(address(made, "/diff")).content.decode()
    assert "님이 거절했어요: 너무 일러요" in page
    assert "승인 부탁하기" in page
    assert not is_live(made)


def test_publication__of_a_marketer__is_asked_for_and_approved(clerk: Client, story: Story) -> None:
    marketer, made = sign_in(Client(), "marketer", Role.MARKETER), draft()

    send(marketer, made, "/ask")
    decide(clerk, "approve")

    assert is_live(made)


def test_publication__without_a_reason__is_told_on_the_page(clerk: Client, story: Story) -> None:
    limits(approve_always=True)
    made = draft()
    page = clerk.get(address(made, "/diff")).content.decode()
    form = re.search(r'name="form" value="([^"]+)"', page)
    assert form

    answer = clerk.post(address(made, "/ask"), {"revision": "1", "form": form[1], "reason": " "})

    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()


def test_settings__limits_eased__wait_for_another_owner(clerk: Client, other: Client, story: Story) -> None:
    limits(approve_always=True)
    body = {"version": "1", "do": "look", "confirm_minutes": "5", "hold_minutes": "30", "undo_minutes": "30",
            "floors_hold": "1", "gives_use_back": "1"}  # fmt: skip
    looked = clerk.post("/checkout-settings/edit", body).content.decode()
    seen, form = (re.search(rf'name="{one}" value="([^"]+)"', looked) for one in ("seen", "form"))
    assert seen
    assert form
    assert "다른 사람이 승인해야 바뀌어요" in looked

    saved = clerk.post(
        "/checkout-settings/edit",
        body | {"do": "save", "seen": seen[1], "form": form[1], "reason": "바쁜 철이에요"},
    )
    asked = other.get("/approvals").content.decode()
    before = read_checkout().approve_always
    decide(other, "approve")

    assert saved["Location"].endswith("?saved=waits")
    assert "언제나 승인해야 발행돼요 → 아래 기준을 넘을 때만" in asked
    assert (before, read_checkout().approve_always) == (True, False)
    assert "언제나 승인해야 발행돼요 → 아래 기준을 넘을 때만" in other.get("/approvals").content.decode()


def test_publication__of_another_draft__shows_the_approver_what_changes_and_why_they_are_asked(
    clerk: Client, other: Client, story: Story
) -> None:
    made = publish(name="가을 할인")
    limits(approve_budget_above=100_000, approve_share_above=500)
    changed = {"name": "겨울 할인", "currency": "USD", "benefits": [{**PERCENT, "basis_points": 2_000}],
               "limits": {"budget_minor": 200_000}}  # fmt: skip
    write_draft(made, changed, revision=None, changed_by="marketer", at=NOW)

    send(clerk, made)
    asked, english = (read_approvals(other, language) for language in ("ko", "en"))

    assert re.search(r"<dt>이름</dt><dd>가을 할인 → 겨울 할인</dd>", asked)
    assert re.search(r"<dt>혜택</dt><dd>10%[^<]* → 20%", asked)
    assert re.search(r"<dt>한도</dt><dd>– → 예산 \$2,000</dd>", asked)
    assert "예산이 $2,000예요. 혼자서는 $1,000까지 발행해요." in asked
    assert "20%까지 깎아요. 혼자서는 5%까지 발행해요." in asked
    assert re.search(r"<dt>Why a second person</dt><dd>Its budget is \$2,000", english)


def test_publication__of_a_first_version__shows_all_it_says(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)

    send(clerk, draft(**EVERYTHING))
    asked = read_approvals(other)

    assert re.search(r"<dt>언제</dt><dd>[^<→]*까지예요.</dd>", asked)
    assert "<dd>한 사람이 2번까지</dd>" in asked
    assert "→" not in asked


def test_publication__draft_changed_since__is_told_to_the_approver(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)
    made = draft()
    send(clerk, made)
    changed = {"name": "할인", "currency": "USD", "benefits": [{**PERCENT, "basis_points": 9_000}]}
    write_draft(made, changed, revision=1, changed_by="kim", at=NOW)

    assert "그사이 초안이 바뀌었어요." in read_approvals(other)
    assert "이 초안을 고쳤어요." in decide(other, "approve", is_done=False)
    assert not is_live(made)


def test_publication__put_away_since__is_told_to_the_approver(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)
    made = draft()
    send(clerk, made)
    archive(made, at=NOW)

    assert "그사이 보관해서 발행할 수 없어요." in read_approvals(other)


def test_publication__draft_written_by_the_approver__may_be_declined_only(
    clerk: Client, other: Client, story: Story
) -> None:
    limits(approve_always=True)
    made = draft()
    write_draft(
        made,
        {"name": "할인", "currency": "USD", "benefits": [{**PERCENT, "basis_points": 9_000}]},
        revision=1,
        changed_by="second",
        at=NOW,
    )
    send(clerk, made, revision=2)

    page, english = read_approvals(other), read_approvals(other, "en")
    refused = decide(other, "approve", is_done=False)

    assert "<dt>초안을 쓴 사람</dt><dd>marketer, second</dd>" in page
    assert "내가 쓰거나 고친 초안이라 다른 사람이 승인해야 해요." in page
    assert "You wrote or changed this draft, so somebody else has to approve it." in english
    assert 'value="approve"' not in page
    assert 'value="decline"' in page
    assert "초안을 쓰거나 고친 사람은 그 초안을 승인할 수 없어요." in refused
    assert not is_live(made)
