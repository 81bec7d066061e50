"""Receivers of these tests are on this machine."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def private(settings: Settings) -> None:
    settings.WEBHOOKS_PRIVATE = True
