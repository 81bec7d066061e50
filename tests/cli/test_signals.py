"""What ends a process of ours: the process itself, told at any moment."""

import os
import random
import signal
import subprocess
import sys

import pytest

from tests.sizes import SIZE
from tests.waiting import PATIENCE

# Rests so short that the signal finds the main thread as often about to rest as at rest.
PROGRAM = """
from dangol.cli.signals import StopSignals
signals = StopSignals()
print("up", flush=True)
while (number := signals.wait(0.0001)) is None:
    pass
print(number, flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signals__told_at_any_moment__never_stuck(number: signal.Signals) -> None:
    chance = random.Random(20_260_315)

    for _ in range(SIZE.rounds):
        with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdout.readline() == "up\n"
            signal.sigtimedwait((), chance.random() * 0.005)
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0
            assert process.stdout.read() == f"{int(number)}\n"


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
        started = [sys.executable, "-c", DEAF, str(other.pid)]
        with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as process:
            assert process.wait(PATIENCE) == -signal.SIGKILL
        other.kill()


def test_stop_with_parent__parent_lives__goes_on() -> None:
    started = [sys.executable, "-c", DEAF, str(os.getpid())]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.kill()
