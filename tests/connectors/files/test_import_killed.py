"""An import whose process is killed at any instant goes on, and ends as one that was left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.sizes import SIZE

ORDERS = 12_000
CHILD = Path(__file__).with_name("importing.py")
pytestmark = pytest.mark.skipif(
    os.environ["DANGOL_TEST_DATABASE"] != "sqlite", reason="the child makes a SQLite home of its own"
)


def write_orders(path: Path) -> None:
    """Write a year of orders with everything in it: returns, guests, bad rows, several lines."""
    draw = random.Random(20260601)
    with path.open("w", encoding="utf-8") as file:
        file.write("주문번호,회원번호,판매일시,상품코드,수량,판매금액\n")
        for number in range(ORDERS):
            who = f"c{draw.randrange(400)}" if draw.random() > 0.02 else ""
            at = f"2025-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02} {draw.randrange(24):02}:15"
            for _ in range(draw.randrange(1, 4)):
                amount = draw.randrange(100, 90_000) if draw.random() > 0.001 else "?"
                file.write(f"{number},{who},{at},P{draw.randrange(300)},1,{amount}\n")
            if draw.random() < 0.03:
                file.write(f"{number},{who},2025-12-30 10:00,P{draw.randrange(300)},-1,500\n")


def start(home: Path, path: Path, *, what: str = "run") -> "subprocess.Popen[bytes]":
    """Start a child process that imports the file into the home, or tells what is in it."""
    command = [sys.executable, str(CHILD), what, str(home), str(path)]
    root = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=os.environ | {"PYTHONPATH": paths})


def finish(home: Path, path: Path, *, what: str = "run") -> bytes:
    """Run a child to its end and return what it says."""
    child = start(home, path, what=what)
    said, _ = child.communicate(timeout=300)
    assert child.returncode == 0
    return said


def test_import__killed_again_and_again__same_tables_as_an_unbroken_run(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    write_orders(path)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    finish(whole, path, what="init")
    finish(broken, path, what="init")
    began = time.monotonic()
    finish(whole, path)
    length = time.monotonic() - began

    draw = random.Random()
    for _ in range(SIZE.kill_cycles):
        with start(broken, path) as child:
            time.sleep(draw.uniform(0.2, 0.8) * length)
            child.send_signal(signal.SIGKILL)
    finish(broken, path)

    told = finish(broken, path, what="tell")
    assert told == finish(whole, path, what="tell"), sha256(told).hexdigest()
    assert told.count(b"\n") > ORDERS
