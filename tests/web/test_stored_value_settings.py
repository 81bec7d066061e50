"""The page of the settings of gift cards and credit: in words, looked at before they are saved, kept."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.core.storage.ids import new_id, show_id
from dangol.rooms.rewards.stored_value.settings import (
    DEFAULTS,
    list_settings_versions,
    read_settings,
    settings_number,
    unpack_settings,
    write_settings,
)
from dangol.web.stored_value_settings_form import form_of_content
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
PAGE, EDIT = "/stored-value-settings", "/stored-value-settings/edit"


def _body(**changed: str) -> dict[str, str]:
    """Return what the form sends as it is opened, with some of it changed."""
    form = form_of_content(read_settings(), "USD")
    return {**form.given, "version": str(settings_number()), "form": show_id(new_id()), **changed}


def _seen(clerk: Client, **changed: str) -> str:
    """Return what stands in the form once its changes were seen."""
    page = clerk.post(EDIT, {**_body(**changed), "do": "look"}).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found
    return found[1]


def _save(clerk: Client, **changed: str) -> Any:
    return clerk.post(EDIT, {**_body(**changed), "seen": _seen(clerk, **changed), "do": "save"})


def test_stored_value_settings__nobody_changed_anything__all_answers_and_what_they_come_to(
    clerk: Client, story: Story
) -> None:
    page = clerk.get(PAGE).content.decode()

    assert "처음 그대로예요. 한국의 표준약관을 따라요." in page
    assert "$100짜리는 $80어치를 쓰면 남은 $20어치를 현금으로 돌려줘요." in page
    assert "$500짜리는 $300어치를 쓰면 남은 $200어치를 현금으로 돌려줘요." in page
    assert "현금으로는 $450, 예치금으로는 $500예요." in page
    assert "현금으로는 $950, 예치금으로는 $1,000예요." in page
    assert "아직 아무도 바꾸지 않았어요." in page


def test_stored_value_settings__the_form_as_it_opens__means_what_is_in_force(
    clerk: Client, story: Story
) -> None:
    page = clerk.post(EDIT, {**_body(), "do": "look"}).content.decode()

    assert "바뀐 것이 없어요" in page
    assert "$500 가운데 $200어치를 상품권으로 내면 $300어치를 적립해요" in page


def test_stored_value_settings__looked_at_and_saved__hold_and_are_kept(clerk: Client, story: Story) -> None:
    answer = _save(
        clerk, accepts_credit="", most_credit_share="12.5", is_discount="1", cash_from="100",
        small_minor="0", credit_valid_days="365", credit_limit_minor="0",
        confirm_credit_from_minor="20.50", least_card_minor="5",
    )  # fmt: skip

    assert answer.status_code == 302
    assert read_settings() == unpack_settings(
        {
            "accepts_credit": False, "most_credit_share": 1_250, "is_discount": True, "cash_from": 10_000,
            "small_minor": 0, "credit_valid_days": 365, "credit_limit_minor": 0,
            "confirm_credit_from_minor": 2_050, "least_card_minor": 500,
        }
    )  # fmt: skip
    (latest,) = list_settings_versions()
    page = clerk.get(PAGE).content.decode()
    assert (latest.number, latest.content) == (1, read_settings())
    assert latest.changed_by in page
    assert "예치금으로는 낼 수 없어요." in page
    assert "$500짜리는 다 써야 해서, 쓰는 동안 현금으로 돌려주지 않아요." in page
    assert re.search(r"60%</del>.*?100%</ins>", page, re.DOTALL)


def test_stored_value_settings__looked_at__says_what_would_change_and_changes_nothing(
    clerk: Client, story: Story
) -> None:
    page = clerk.post(EDIT, {**_body(withdraw_days="14"), "do": "look"}).content.decode()

    assert "1가지가 바뀌어요" in page
    assert re.search(r"7일</del>.*?14일</ins>", page, re.DOTALL)
    assert read_settings() == DEFAULTS


def test_stored_value_settings__saved_unseen__are_shown_first(clerk: Client, story: Story) -> None:
    answer = clerk.post(EDIT, {**_body(withdraw_days="14"), "seen": "", "do": "save"})

    assert answer.status_code == 200
    assert "1가지가 바뀌어요" in answer.content.decode()
    assert settings_number() == 0


def test_stored_value_settings__changed_by_somebody_meanwhile__are_not_written_over(
    clerk: Client, story: Story
) -> None:
    version = _body()["version"]
    write_settings(unpack_settings({"withdraw_days": 3}), changed_by="동료", at=NOW)

    seen = _seen(clerk, withdraw_days="14")
    answer = clerk.post(EDIT, {**_body(withdraw_days="14"), "seen": seen, "version": version, "do": "save"})

    assert answer.status_code == 422
    assert "동료 님이 상품권·예치금 설정을 바꿨어요" in answer.content.decode()
    assert read_settings() == unpack_settings({"withdraw_days": 3})


@pytest.mark.parametrize(
    "changed",
    [
        {"most_credit_share": "0"},
        {"most_credit_share": "100.01"},
        {"lapsed_share": ""},
        {"cash_from": "x"},
        {"least_card_minor": "0"},
        {"least_card_minor": "9,999,999"},
        {"claim_months": "59"},
        {"valid_months": "0"},
        {"withdraw_days": "366"},
        {"withdraw_days": "-1"},
        {"credit_valid_days": "0"},
        {"credit_limit_minor": ""},
        {"confirm_credit_from_minor": "0"},
    ],
)
def test_stored_value_settings__an_answer_that_cannot_be__is_told_beside_its_field(
    clerk: Client, story: Story, changed: dict[str, str]
) -> None:
    answer = clerk.post(EDIT, {**_body(**changed), "do": "save"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert "고칠 곳이 있어요" in page
    assert settings_number() == 0


def test_stored_value_settings__asked_in_the_background__only_what_changes(
    clerk: Client, story: Story
) -> None:
    page = clerk.post(EDIT, _body(withdraw_days="0"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert "쓰지 않은 상품권이라도 산 다음에 모두 돌려주는 기간은 없어요." in page


def test_stored_value_settings__a_marketer__sees_them_and_changes_nothing(
    client: Client, story: Story
) -> None:
    marketer = sign_in(client, "marketer", Role.MARKETER)

    assert marketer.get(PAGE).status_code == 200
    assert EDIT not in marketer.get(PAGE).content.decode()
    assert marketer.get(EDIT).status_code == 403


def test_stored_value_settings__from_the_checkout_and_the_cards__are_one_step_away(
    clerk: Client, story: Story
) -> None:
    for page in ("/checkout-settings", "/gift-cards"):
        assert f'href="{PAGE}"' in clerk.get(page).content.decode()


def test_stored_value_settings__a_limit_loosened__waits_for_another_and_says_so(
    clerk: Client, story: Story
) -> None:
    looked = clerk.post(EDIT, {**_body(credit_limit_minor="2000"), "do": "look"}).content.decode()
    assert "한 사람이 혼자 할 수 있는 일이 늘어나서, 다른 사람이 승인해야 바뀌어요." in looked
    sent = re.search(r'name="form" value="([^"]*)"', looked)
    assert sent
    body = {
        **_body(credit_limit_minor="2000"), "seen": _seen(clerk, credit_limit_minor="2000"), "do": "save",
        "form": sent[1],
    }  # fmt: skip

    without = clerk.post(EDIT, body)
    answer = clerk.post(EDIT, {**body, "reason": "봄 행사"})
    page = clerk.get(PAGE).content.decode()

    assert without.status_code == 422
    assert answer["Location"] == f"{PAGE}?saved=waits"
    assert read_settings() == DEFAULTS
    assert "한도를 더 느슨하게 바꾸자고 했어요." in page
    assert "→ $2,000" in clerk.get("/approvals").content.decode()


def test_stored_value_settings__a_limit_loosened_and_approved__stays_as_it_was_asked(
    clerk: Client, story: Story
) -> None:
    write_settings(unpack_settings({"offline_minor": 1_000}), changed_by="owner", at=NOW - timedelta(hours=1))
    looked = clerk.post(EDIT, {**_body(offline_minor="30"), "do": "look"}).content.decode()
    sent, seen = (re.search(rf'name="{one}" value="([^"]*)"', looked) for one in ("form", "seen"))
    assert sent
    assert seen
    body = {**_body(offline_minor="30"), "seen": seen[1], "form": sent[1], "do": "save", "reason": "시장"}
    clerk.post(EDIT, body)
    other = sign_in(Client(headers={"accept-language": "ko"}), "second", Role.OWNER)
    address = re.search(r'action="(/approvals/[^"]+)"', other.get("/approvals").content.decode())
    assert address

    other.post(address[1], {"choice": "approve", "reason": "그래요"})
    write_settings(unpack_settings({"offline_minor": 500}), changed_by="third", at=NOW + timedelta(hours=1))
    settled, page = (clerk.get(one).content.decode() for one in ("/approvals", PAGE))

    assert "연결이 없을 때 얼마까지 받나요? $10 → $30" in settled
    assert re.search(r"owner · .*? · 시장</span><span class=\"sub\">second · .*? · 그래요", settled)
    assert "owner 요청, second 승인" in page
    assert re.search(r"<b>3판</b><span class=\"sub\">third ·", page)
