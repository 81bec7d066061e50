"""Peers: what others have for the same, each in an environment of its own, which knows nothing of ours.

The environments are made once, in the folder that `DANGOL_BENCH_PEERS` names, else in the user's cache.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).resolve().parent
# So many processor threads has every engine.
THREADS = 2


def _home() -> Path:
    given = os.environ.get("DANGOL_BENCH_PEERS")
    return Path(given) if given else Path.home() / ".cache" / "dangol-bench"


def modules_of(*packages: str) -> Path:
    """Return a folder of Node modules with these packages (`name@version`), made if there is none."""
    folder = _home() / "_".join(one.replace("/", "+") for one in sorted(packages))
    done = folder / "complete"
    if not done.exists():
        print(f"    installing {', '.join(packages)}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        # Nothing of a package is run as it is installed.
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
        subprocess.run([*command, str(folder), *packages], check=True)
        done.touch()
    return folder / "node_modules"


def environment_of(*packages: str) -> Path:
    """Return the Python of an environment with these packages (`name==version`), made if there is none."""
    folder = _home() / "_".join(sorted(packages))
    python = folder / "bin" / "python"
    done = folder / "complete"
    if not done.exists():
        print(f"    installing {', '.join(packages)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
        done.touch()
    return python


def ask(python: Path, program: str, *arguments: object) -> Any:
    """Run a peer's Python program; return what its last line says, as JSON."""
    return _told([str(python), "-W", "ignore", str(PROGRAMS / program), *map(str, arguments)])


def ask_node(modules: Path, program: str, *arguments: object) -> Any:
    """Run a peer's program of Node, which is given its modules first; return the same."""
    return _told(["node", str(PROGRAMS / program), str(modules), *map(str, arguments)])


def _told(command: list[str]) -> Any:
    names = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")
    given = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, text=True,
        env=given | dict.fromkeys(names, str(THREADS)),
    )  # fmt: skip
    return json.loads(done.stdout.strip().splitlines()[-1])
