"""An instance that is really served, by its own processes on a port of this machine, for tests over HTTP."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from dangol_client import Dangol, Patience
from tests.cli.instances import Instance, made_instance
from tests.ports import free_port
from tests.processes import children_of, pids_of
from tests.waiting import ONE_TRY, PATIENCE, wait_for

# A key to the shop itself, as its owner would make one; the command shows it and nothing else.
_MAKE_LIVE_KEY = """
from dangol.core.access.keys import make_key
from dangol.core.access.rights import Right
from dangol.project.clock import now
key = make_key(name="test", space="live", scopes=frozenset(Right), created_by="owner", at=now())
print(key.secret)
"""


class Served(NamedTuple):
    """A shop that answers at `url`, with a key to its test space and one to itself."""

    instance: Instance
    url: str
    port: int
    test_key: str
    live_key: str

    def open(self, *, live: bool = True, url: str = "", patience: Patience | None = None) -> Dangol:
        """Return a client of it."""
        return Dangol(
            url or self.url, self.live_key if live else self.test_key, patience=patience or Patience(PATIENCE)
        )

    def pids(self, kind: str = "") -> list[int]:
        """Return its processes of a kind, or all of them."""
        return pids_of(self.instance.home, kind)

    def web_workers(self) -> list[int]:
        """Return the processes that answer requests: the children of the web process."""
        return children_of(self.instance.home, "web")

    def run_python(self, program: str) -> str:
        """Run a program in the instance, with Django set up; return what it prints."""
        return self.instance.run_python(program)

    def verify_ledger(self) -> None:
        """Prove its points, as `dangol ledger verify` does."""
        answer = self.instance.run("ledger", "verify", "--json")
        assert answer.code == 0, answer.words
        assert answer.data["is_kept"] is True


def answers(url: str) -> bool:
    """Say whether somebody answers there."""
    try:
        return httpx.get(f"{url}/api/v1/openapi.json", timeout=ONE_TRY).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def serve(instance: Instance, port: int = 0, **given: str) -> Iterator[str]:
    """Serve an instance that is there, and yield its address; nothing of it runs afterwards."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    with (instance.home / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dangol", "serve", "--home", str(instance.home), "--port", str(port)],
            env=instance.environment(**given), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(lambda: answers(url))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def served_instance(folder: Path, **given: str) -> Iterator[Served]:
    """Make a fresh instance and serve it; `given` goes into its environment."""
    with made_instance(folder) as instance:
        live_key = instance.run_python(_MAKE_LIVE_KEY)
        with serve(instance, 0, DANGOL_API_RATE="1000000/minute", **given) as url:
            yield Served(instance, url, int(url.rsplit(":", 1)[1]), instance.told["test_key"], live_key)
