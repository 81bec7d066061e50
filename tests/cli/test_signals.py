"""What ends a process of ours: the process itself, told at any moment."""

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.sizes import SIZE
from tests.waiting import PATIENCE

BEGIN = """
import os, threading, time
from dangol.cli.signals import StopSignals
signals = StopSignals()
print("up", flush=True)
"""
WAYS = {
    # Rests so short that the signal finds the main thread as often about to rest as at rest.
    "again and again": """
while (number := signals.wait(0.0001)) is None:
    pass
print(number, flush=True)
""",
    "for good": """
print(signals.wait(), flush=True)
""",
    # As a web server's main thread does, which takes no look at anything before it is woken.
    "beside a main thread at rest": """
done = threading.Event()
def wait():
    print(signals.wait(), flush=True)
    done.set()
threading.Thread(target=wait).start()
done.wait()
""",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("way", WAYS)
def test_stop_signals__told_at_any_moment__never_stuck(way: str, number: signal.Signals) -> None:
    chance = random.Random(20_260_315)

    for _ in range(SIZE.kill_cycles * 10):
        with start(BEGIN + WAYS[way]) as process:
            assert said(process) == "up"
            signal.sigtimedwait((), chance.random() * 0.005)
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0
            assert said(process) == str(int(number))


FORKED = """
for _ in range(100):
    child = os.fork()
    if not child:
        time.sleep(3600)
    os.kill(child, 15)
    assert os.waitpid(child, 0)[1] == 15
print(signals.wait(0), flush=True)
print(signals.wait(), flush=True)
"""


def test_stop_signals__forked_process_told__ends_and_its_parent_hears_only_its_own() -> None:
    with start(BEGIN + FORKED) as process:
        assert (said(process), said(process)) == ("up", "None")
        process.send_signal(signal.SIGINT)
        assert said(process) == str(int(signal.SIGINT))


def start(program: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> str:
    """Return the next line the process says."""
    assert process.stdout
    return process.stdout.readline().strip()


# It takes no notice of SIGTERM, as one that is just being made or whose work stands still.
DEAF = """
import signal, sys, time
from dangol.cli import signals
signals.LEAVE_SECONDS = 0.1
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signals.stop_with_parent(int(sys.argv[1]))
print("up", flush=True)
time.sleep(3600)
"""


def test_stop_with_parent__parent_is_gone_and_signal_lost__ends_all_the_same() -> None:
    with subprocess.Popen(["sleep", "3600"]) as other:  # not its parent, as if that had gone
        with start(DEAF, str(other.pid)) as process:
            assert process.wait(PATIENCE) == -signal.SIGKILL
        other.kill()


def test_stop_with_parent__parent_lives__goes_on() -> None:
    with start(DEAF, str(os.getpid())) as process:
        assert said(process) == "up"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
