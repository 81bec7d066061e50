"""Instances for tests of the command line: real homes, with databases of their own, and real processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from dangol.core.storage.ids import new_id

GIVEN_TO_TESTS = (
    "DANGOL_HOME",
    "DANGOL_KEYS_URL",
    "DANGOL_MASTER_KEYS",
    "DANGOL_SECRET_KEY",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
)


class Answer(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    words: str

    @property
    def data(self) -> Any:
        """Return the JSON that was shown."""
        return json.loads(self.out)


class Instance(NamedTuple):
    """A home and the databases that belong to it; on SQLite they are files in it."""

    home: Path
    databases: dict[str, str]

    def environment(self, **given: str) -> dict[str, str]:
        """Return what a child process is given, so that it finds this instance and no other."""
        kept = {name: value for name, value in os.environ.items() if name not in GIVEN_TO_TESTS}
        return kept | {"DANGOL_HOME": str(self.home), "DANGOL_LANG": "ko"} | self.databases | given

    def start(self, *words: str, **given: str) -> "subprocess.Popen[str]":
        """Start `dangol` with these words and further environment variables, and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-m", "dangol", *words, "--home", str(self.home)],
            env=self.environment(**given),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, seconds: float = 60.0, **given: str) -> Answer:
        """Run `dangol` to its end, as its user would."""
        with self.start(*words, **given) as process:
            try:
                out, said = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Answer(process.returncode, out, said)


@contextmanager
def fresh_instance(folder: Path) -> Iterator[Instance]:
    """Give a home that does not exist yet; on PostgreSQL two empty databases for as long as it is used."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        yield Instance(folder / "shop", {})
        return
    names = {"DATABASE_URL": f"cli_{new_id().hex()}", "DANGOL_KEYS_URL": f"cli_{new_id().hex()}"}
    with psycopg.connect(url, autocommit=True) as server:
        for name in names.values():
            server.execute(f'CREATE DATABASE "{name}"')
        try:
            parts = urlsplit(url)
            urls = {key: urlunsplit(parts._replace(path=f"/{name}")) for key, name in names.items()}
            yield Instance(folder / "shop", urls)
        finally:
            for name in names.values():
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
