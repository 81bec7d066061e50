"""Instances for tests of the command line: real homes, with databases of their own, and real processes."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from dangol.core.storage.ids import new_id
from tests.cli.warm import Warm
from tests.waiting import PATIENCE

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
    """A home, the databases that belong to it (on SQLite files in it), and what `dangol init` told of it."""

    home: Path
    databases: dict[str, str]
    told: Any = None

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

    def run(self, *words: str, seconds: float = PATIENCE, **given: str) -> Answer:
        """Run `dangol` to its end, as its user would, in a process that has the libraries at hand."""
        return Answer(*_warm().run([*words, "--home", str(self.home)], self.environment(**given), seconds))

    def run_python(self, program: str, **given: str) -> str:
        """Run a program in the instance, with Django set up; return what it prints."""
        told = Answer(*_warm().run([], self.environment(**given), PATIENCE, program))
        assert told.code == 0, told.words
        return told.out.strip()


@contextmanager
def fresh_instance(folder: Path) -> Iterator[Instance]:
    """Give a home that does not exist yet; on PostgreSQL two empty databases for as long as it is used."""
    databases = _create_databases({})
    try:
        yield Instance(folder / "shop", databases)
    finally:
        _drop_databases(databases)


@contextmanager
def made_instance(folder: Path) -> Iterator[Instance]:
    """Give what `dangol init` has made: home and databases are copies of a shop this process made once.

    For tests of everything else than the making, which takes seconds.
    """
    with copied_instance(_pattern(), folder) as instance:
        yield instance


@contextmanager
def copied_instance(pattern: Instance, folder: Path) -> Iterator[Instance]:
    """Give a copy of an instance nobody is using: its home in the folder, and its databases."""
    databases = _create_databases(pattern.databases)
    try:
        shutil.copytree(pattern.home, folder / "shop")
        yield Instance(folder / "shop", databases, pattern.told)
    finally:
        _drop_databases(databases)


@cache
def _warm() -> Warm:
    folder = Path(tempfile.mkdtemp(prefix="dangol-warm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    warm = Warm(folder, {name: value for name, value in os.environ.items() if name not in GIVEN_TO_TESTS})
    atexit.register(warm.close)
    return warm


@cache
def _pattern() -> Instance:
    """Return the shop that is copied; it is gone when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="dangol-pattern-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    blank = Instance(folder / "shop", _create_databases({}))
    atexit.register(_drop_databases, blank.databases)
    made = blank.run("init", "--json")
    assert made.code == 0, made.words
    return blank._replace(told=made.data)


def _create_databases(patterns: dict[str, str]) -> dict[str, str]:
    """Return the addresses of two databases of one's own, copies of the `patterns`; none on SQLite."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return {}
    parts, made = urlsplit(url), {}
    with psycopg.connect(url, autocommit=True) as server:
        for key in ("DATABASE_URL", "DANGOL_KEYS_URL"):
            name = f"cli_{new_id().hex()}"
            like = urlsplit(patterns[key]).path.lstrip("/") if patterns else "template1"
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
            made[key] = urlunsplit(parts._replace(path=f"/{name}"))
    return made


def _drop_databases(databases: dict[str, str]) -> None:
    if not databases:
        return
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        for url in databases.values():
            server.execute(f'DROP DATABASE "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)')
