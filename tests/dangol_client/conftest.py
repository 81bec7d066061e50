"""One served shop for the tests of the client."""

from collections.abc import Iterator

import pytest

from tests.served import Served, served_instance


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_instance(tmp_path_factory.mktemp("served")) as one:
        yield one
