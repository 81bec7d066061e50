"""What a newcomer ran into: addresses without a page, shown names, and what a passed-on link tells."""

import pytest
from django.test import Client

from dangol.core.storage.ids import show_id
from dangol.web.links import make_home_link
from tests.web.coupons import tell_coupons
from tests.web.promotions import address, draft
from tests.web.rewards import tell_rewards
from tests.web.stamps import tell_stamps
from tests.web.story import Story

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_address_of_a_form__opened__leads_to_the_page_above_it(clerk: Client, story: Story) -> None:
    made = draft()

    answer = clerk.get(address(made, "/publish"))

    page = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert f'href="{address(made)}"' in page
    assert "바뀐 것은 없어요." in page


def test_language__chosen_after_a_refused_form__leads_to_the_page_it_stood_on(
    clerk: Client, story: Story
) -> None:
    made = draft()
    stood_on = f"http://testserver{address(made, '/diff')}"

    refused = clerk.post(address(made, "/publish"), {"revision": "99"}, headers={"referer": stood_on})

    assert refused.status_code == 409
    assert f'name="next" value="{stood_on}"' in refused.content.decode()
    led = clerk.post("/language", {"language": "en", "next": stood_on})
    assert led["Location"] == stood_on
    assert clerk.get(led["Location"]).status_code == 200


@pytest.mark.parametrize("word", ["회원 1501", "Member 1501", "member  1501"])
def test_members__searched_by_the_name_that_is_shown__are_found(
    clerk: Client, story: Story, word: str
) -> None:
    page = clerk.get("/members", {"q": word}).content.decode()

    assert f"/members/{show_id(story.customers['1501'])}" in page
    assert f"/members/{show_id(story.customers['1502'])}" not in page


def test_member_link__coupons_stamps_rewards__are_told_without_a_code(client: Client, story: Story) -> None:
    coupons = tell_coupons(story)
    tell_rewards(story)
    tell_stamps(story)

    page = client.get(make_home_link(story.regular)).content.decode()

    assert "쓸 수 있는 쿠폰" in page
    assert "10% 할인" in page
    assert coupons.held not in page
    assert coupons.held.replace("-", "") not in page
    assert "/me/coupons/" not in page
    assert "본인인지 확인해요" in page
