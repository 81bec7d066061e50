"""What ends a process of ours: the process itself, told at any moment."""

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
