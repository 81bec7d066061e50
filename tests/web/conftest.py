"""A signed-in clerk, a small shop with a history, and a clock that stands still."""

from datetime import datetime

import pytest
from django.test import Client

from tests.web.staff import sign_in
from tests.web.story import NOW, Story, tell_story


@pytest.fixture
def still_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let every page be of one instant."""
    monkeypatch.setattr("dangol.web.frame.now", lambda: NOW)
    return NOW


@pytest.fixture
def story(transactional_db: None, still_clock: datetime) -> Story:
    """Return the people of a shop with three months of history."""
    return tell_story()


@pytest.fixture
def clerk(transactional_db: None) -> Client:
    """Return a signed-in browser that speaks Korean."""
    return sign_in(Client(headers={"accept-language": "ko"}))
