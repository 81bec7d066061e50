"""The page of the checkout's settings: in words, looked at before they are saved, with who and when."""

import re
from typing import Any

import pytest
from django.test import Client

from dangol.core.access.rights import Role
from dangol.domain.promotions.settings import Base, DeliveryBack, Stacking
from dangol.rooms.rewards.promotions.checkout import (
    DEFAULTS,
    checkout_number,
    list_checkout_versions,
    read_checkout,
    unpack_checkout,
    write_checkout,
)
from dangol.web.checkout_form import form_of_content
from tests.web.staff import sign_in
from tests.web.story import NOW, Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
EDIT = "/checkout-settings/edit"


def _body(**changed: str) -> dict[str, str]:
    """Return what the form sends as it is opened, with some of it changed (`tender__points` for its dots)."""
    form = form_of_content(read_checkout(), "USD")
    lanes = {f"lane.{place}": one.choice for place, one in enumerate(form.lanes)}
    stacking = {
        f"stack.{one.number}.{name}": value
        for one in form.stacking
        for name, value in (("category", one.category), ("way", one.way))
    }
    own = {name.replace("__", "."): value for name, value in changed.items()}
    return {**form.given, **lanes, **stacking, "version": str(checkout_number()), **own}


def _save(clerk: Client, **changed: str) -> Any:
    return clerk.post(EDIT, {**_body(**changed), **_looked(clerk, **changed), "do": "save"})


def _looked(clerk: Client, **changed: str) -> dict[str, str]:
    """Return what stands in the form once its changes were seen."""
    page = clerk.post(EDIT, {**_body(**changed), "do": "look"}).content.decode()
    return dict(re.findall(r'name="(seen|form)" value="([^"]*)"', page))


def test_checkout_settings__nobody_changed_anything__all_answers_in_words(
    clerk: Client, story: Story
) -> None:
    page = clerk.get("/checkout-settings").content.decode()

    assert "처음 그대로예요." in page
    assert "포인트로 낼 수 없어요." in page
    assert "앞의 할인을 뺀 값의 퍼센트예요" in page
    assert "아직 아무도 바꾸지 않았어요." in page


def test_checkout_settings__the_form__each_answer_has_what_it_comes_to(clerk: Client, story: Story) -> None:
    page = clerk.get(EDIT).content.decode()

    assert "$100에 20%, 그다음 10%면 모두 $28 할인" in page
    assert "$100에 20%, 그다음 10%면 모두 $30 할인" in page


def test_checkout_settings__looked_at_and_saved__hold_and_are_kept(clerk: Client, story: Story) -> None:
    answer = _save(
        clerk, tender__points="100", tender__minor="1.00", tender__most_share="50", percent_of="initial",
        confirm_points_from="5,000", delivery_back="last_unit", stack__0__category="vip",
        stack__0__way="never",
    )  # fmt: skip

    assert answer.status_code == 302
    content, latest = read_checkout(), list_checkout_versions()[0]
    assert content.tender is not None
    assert (content.tender.points, content.tender.minor, content.tender.most_share) == (100, 100, 5_000)
    assert (content.percent_of, content.delivery_back) == (Base.INITIAL, DeliveryBack.LAST_UNIT)
    assert (content.confirm_points_from, content.stacking) == (5_000, {"vip": Stacking.NEVER})
    assert (latest.number, latest.content) == (1, content)
    page = clerk.get("/checkout-settings").content.decode()
    assert latest.changed_by in page
    assert "4,999P까지는 바로 쓰고, 5,000P부터 회원에게 물어요." in page


def test_checkout_settings__looked_at__says_what_would_change_and_changes_nothing(
    clerk: Client, story: Story
) -> None:
    page = clerk.post(EDIT, {**_body(hold_minutes="45"), "do": "look"}).content.decode()

    assert "1가지가 바뀌어요" in page
    assert re.search(r"30분</del>.*?45분</ins>", page, re.DOTALL)
    assert read_checkout() == DEFAULTS


def test_checkout_settings__saved_unseen__are_shown_first(clerk: Client, story: Story) -> None:
    answer = clerk.post(EDIT, {**_body(hold_minutes="45"), "seen": "", "do": "save"})

    assert answer.status_code == 200
    assert "1가지가 바뀌어요" in answer.content.decode()
    assert checkout_number() == 0


def test_checkout_settings__changed_by_somebody_meanwhile__are_not_written_over(
    clerk: Client, story: Story
) -> None:
    version = _body()["version"]
    write_checkout(unpack_checkout({"undo_minutes": 5}), changed_by="동료", at=NOW)

    looked = _looked(clerk, hold_minutes="45")
    answer = clerk.post(EDIT, {**_body(hold_minutes="45"), **looked, "version": version, "do": "save"})

    assert answer.status_code == 422
    assert "동료 님이 결제 설정을 바꿨어요" in answer.content.decode()
    assert read_checkout() == unpack_checkout({"undo_minutes": 5})


@pytest.mark.parametrize(
    "changed",
    [
        {"tender__points": "100"},
        {"tender__minor": "100"},
        {"tender__points": "x", "tender__minor": "1"},
        {"tender__points": "1", "tender__minor": "1", "tender__most_share": "100.01"},
        {"tender__points": "1", "tender__minor": "1", "tender__most_share": "0"},
        {"most_codes": "0"},
        {"confirm_minutes": "61"},
        {"hold_minutes": ""},
        {"hold_minutes": "99999"},
        {"undo_minutes": "-1"},
    ],
)
def test_checkout_settings__an_answer_that_cannot_be__is_told_beside_its_field(
    clerk: Client, story: Story, changed: dict[str, str]
) -> None:
    answer = clerk.post(EDIT, {**_body(**changed), "do": "save"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert "고칠 곳이 있어요" in page
    assert checkout_number() == 0


def test_checkout_settings__asked_in_the_background__only_what_changes(clerk: Client, story: Story) -> None:
    page = clerk.post(EDIT, _body(undo_minutes="0"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in page
    assert "판 것은 되돌리지 않고 반품으로 처리해요." in page


def test_checkout_settings__a_marketer__sees_them_and_changes_nothing(client: Client, story: Story) -> None:
    marketer = sign_in(client, "marketer", Role.MARKETER)

    assert marketer.get("/checkout-settings").status_code == 200
    assert EDIT not in marketer.get("/checkout-settings").content.decode()
    assert marketer.get(EDIT).status_code == 403
