"""The shop events come in to."""

import pytest

from dangol.core.people.shops import set_shop


@pytest.fixture
def shop(transactional_db: None) -> None:
    """Open a shop in Korea."""
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")
