"""Further fresh instances for a benchmark that needs more than the one it runs in."""

import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

OWN = ("DATABASE_URL", "DANGOL_KEYS_URL")


def fresh_environment(home: Path) -> dict[str, str]:
    """Return the environment of an instance in `home`; on PostgreSQL with two databases made for it."""
    home.mkdir(parents=True)
    given = os.environ | {"DANGOL_HOME": str(home)}
    url = os.environ.get("DATABASE_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            for variable in OWN:
                database = f"bench_{secrets.token_hex(6)}"
                connection.execute(f'CREATE DATABASE "{database}"')
                given[variable] = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    return given


def run_in(given: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in an instance, as `python -m` would; raises where it fails."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
    )
