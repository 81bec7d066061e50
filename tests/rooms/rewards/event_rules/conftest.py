"""The member most of these tests are about."""

import pytest

from dangol.core.storage.ids import Id
from tests.rooms.rewards.event_rules.shop import open_shop


@pytest.fixture
def minji() -> Id:
    """A member of a shop that is open, with a program and points."""
    (member,) = open_shop("minji")
    return member
