"""`dangol write-key`: a key to send events with, and nothing else unless it is a server's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.instances import Instance, made_instance

SCOPES = """
from dangol.core.access.keys import open_key
from dangol.project.clock import now
print(",".join(sorted(open_key({key!r}, at=now()).scopes)))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Instance]:
    with made_instance(tmp_path) as instance:
        yield instance


def test_write_key__of_a_site_and_of_a_server__may_do_what_it_says(shop: Instance) -> None:
    site = shop.run("write-key", "web", "--json")
    server = shop.run("write-key", "server", "--server", "--space", "test", "--json")

    assert site.data["key"].startswith("dg_live_")
    assert server.data["key"].startswith("dg_test_")
    assert shop.run_python(SCOPES.format(key=site.data["key"])) == "events.write"
    scopes = shop.run_python(SCOPES.format(key=server.data["key"]))
    assert scopes == "events.write,members.write,orders.write"


def test_write_key__without_a_name_or_a_space__is_refused(shop: Instance) -> None:
    assert shop.run("write-key", " ").code == 2
    assert shop.run("write-key", "web", "--space", "nowhere").code != 0
