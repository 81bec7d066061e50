"""What tests of households begin with."""

import pytest

from dangol.core.storage.ids import Id
from tests.rooms.rewards.households.shop import give, open_shop


@pytest.fixture
def three() -> list[Id]:
    """A mother with 300 points that lapse in 20 days, a child with 200 in 10, a father with 100 for good."""
    mom, child, dad = open_shop("mom", "child", "dad")
    give(mom, 300, 20)
    give(child, 200, 10)
    give(dad, 100)
    return [mom, child, dad]
