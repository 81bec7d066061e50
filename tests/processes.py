"""The processes of a served instance, found by what their command lines say."""

import subprocess
from pathlib import Path


def pids_of(home: Path, kind: str = "") -> list[int]:
    """Return an instance's processes of a kind, or all of them; those that have started others come first.

    Numbers begin anew after some ten thousand: they do not say who was there before.
    """
    words = [str(home), f"--only {kind}" if kind else "dangol serve"]
    parents = {}
    told = subprocess.run(["ps", "-axwwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    for line in told.stdout.splitlines():
        if all(word in line for word in words):
            pid, parent = map(int, line.split(maxsplit=2)[:2])
            parents[pid] = parent
    return sorted(parents, key=lambda pid: (parents[pid] in parents, pid))


def children_among(pids: list[int]) -> list[int]:
    """Return those of these processes that others of them have started."""
    told = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(pid): int(parent) for pid, parent in map(str.split, told.stdout.splitlines())}
    return [pid for pid in pids if parents.get(pid) in pids]
