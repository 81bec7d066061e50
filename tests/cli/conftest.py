"""What the tests of the command line share."""

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Let the environment be as it was: a command sets its home and where it counts for its whole process."""
    with patch.dict(os.environ):
        yield
