"""The processes of a served instance, found by what their command lines say."""

import subprocess
from pathlib import Path


def pids_of(home: Path, kind: str = "") -> list[int]:
    """Return an instance's processes of a kind, or all of them; those that have started others come first.

    Numbers begin anew after some ten thousand: they do not say who was there before.
    """
    parents = _parents(home, kind)
    return sorted(parents, key=lambda pid: (parents[pid] in parents, pid))


def children_of(home: Path, kind: str) -> list[int]:
    """Return those of an instance's processes of a kind that others of that kind have started."""
    parents = _parents(home, kind)
    return sorted(pid for pid, parent in parents.items() if parent in parents)


def _parents(home: Path, kind: str) -> dict[int, int]:
    words = [str(home), f"--only {kind}" if kind else "dangol serve"]
    told = subprocess.run(["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    found = [line.split(maxsplit=2) for line in told.stdout.splitlines()]
    return {
        int(pid): int(parent) for pid, parent, *args in found if all(word in "".join(args) for word in words)
    }
