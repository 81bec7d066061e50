"""The shop and the instant that tests of people share."""

from datetime import UTC, datetime

import pytest

from dangol.core.people.selectors import ShopView
from dangol.core.people.shops import set_shop


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def korean_shop(db: None) -> ShopView:
    return set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
