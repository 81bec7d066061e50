"""The page of the shop's facts: what is changed, what is refused, and what stays."""

from typing import Any

import pytest
from django.test import Client

from dangol.core.people.selectors import shop
from tests.web.story import Story, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
FACTS: dict[str, Any] = {
    "name": "골목 빵집",
    "zone": "Asia/Seoul",
    "currency": "USD",
    "region": "KR",
    "language": "en",
}


def test_settings__changed__are_kept_and_the_rest_stays(clerk: Client, story: Story) -> None:
    before = shop()

    page = clerk.post("/settings", FACTS, follow=True).content.decode()

    assert "바꿨어요." in page
    assert shop() == before._replace(**FACTS)


@pytest.mark.parametrize(
    "changed",
    [{"name": " "}, {"zone": "Mars/Base"}, {"zone": "../etc"}, {"region": "XX"}, {"currency": "KRW"}],
)
def test_settings__odd_part__is_refused_and_nothing_changes(
    clerk: Client, story: Story, changed: dict[str, str]
) -> None:
    before = shop()

    answer = clerk.post("/settings", FACTS | changed)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert shop() == before


def test_settings__currency_before_the_first_order__is_changed(clerk: Client) -> None:
    open_shop()

    clerk.post("/settings", FACTS | {"currency": "KRW"})

    assert shop().currency == "KRW"


def test_settings__secrets__are_not_shown(clerk: Client, story: Story) -> None:
    from_page = clerk.get("/settings").content.decode()

    assert "DANGOL_MASTER_KEYS" in from_page
    assert "서버에서 정하는 것" in from_page
