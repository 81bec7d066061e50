"""The shop that tests of access share."""

import pytest

from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import set_shop


@pytest.fixture
def korean_shop(db: None) -> ShopView:
    return set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
