"""The collector of cycles in a process that stays: seldom at work, and nothing is kept for good."""

import json
import subprocess
import sys

_SCRIPT = """
import gc, json, weakref
from dangol.core.operations.cycles import YOUNG, calm_collector

class Node:
    pass

calm_collector()
before = gc.get_stats()[0]["collections"]
for _ in range(200):
    kept = [(number, number) for number in range(5_000)]
del kept
batches = gc.get_stats()[0]["collections"] - before
alive = weakref.WeakSet()
most = 0
for _ in range(20 * YOUNG):
    one, other = Node(), Node()
    one.other, other.one = other, one
    alive.add(one)
    most = max(most, len(alive))
print(json.dumps({"frozen": gc.get_freeze_count(), "batches": batches, "most": most, "young": YOUNG}))
"""


def test_calm_collector__batches_then_cycles__is_idle_for_the_one_and_frees_the_other() -> None:
    ran = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    told = json.loads(ran.stdout)
    assert told["frozen"] > 1_000, "what was loaded is passed over"
    assert told["batches"] == 0, "a million tuples that were freed by counting cost no look"
    assert told["most"] <= told["young"], "a million pairs that hold each other were freed on the way"
