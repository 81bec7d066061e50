"""An import whose process is killed at any instant goes on, and ends as one that was left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.instances import Instance, copied_instance, fresh_instance
from tests.sizes import SIZE

ORDERS = 12 * SIZE.import_batch
SIDE_BY_SIDE = b"side by side\n"
CHILD = Path(__file__).with_name("importing.py")


def write_orders(path: Path) -> None:
    """Write a year of orders with everything in it: returns, guests, bad rows, several lines.

    Guests fill several batches and bring back in other batches than they bought in, and members bring back
    what others of the family have bought.
    """
    draw = random.Random(20260601)
    with path.open("w", encoding="utf-8") as file:
        file.write("주문번호,회원번호,판매일시,상품코드,수량,판매금액\n")
        for number in range(ORDERS):
            who = f"c{draw.randrange(400)}" if draw.random() > 0.3 else ""
            at = f"2025-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02} {draw.randrange(24):02}:15"
            for _ in range(draw.randrange(1, 4)):
                amount = draw.randrange(100, 90_000) if draw.random() > 0.001 else "?"
                product = f"P{draw.randrange(300)}"
                file.write(f"{number},{who},{at},{product},1,{amount}\n")
            if draw.random() < 0.03:
                who = f"c{draw.randrange(400)}" if who and draw.random() < 0.3 else who
                back = f"P{draw.randrange(300)}" if draw.random() < 0.3 else product
                at = at if draw.random() < 0.5 else "2025-12-30 10:00"
                file.write(f"{number},{who},{at},{back},-1,500\n")


def start(instance: Instance, path: Path, *, what: str = "run") -> "subprocess.Popen[bytes]":
    """Start a child process that imports the file into the instance and tells what is in it then.

    Returns as soon as it is at work.
    """
    command = [sys.executable, str(CHILD), what, str(instance.home), str(path)]
    root = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    given = instance.environment(PYTHONPATH=paths)
    child = subprocess.Popen(command, bufsize=0, stdout=subprocess.PIPE, cwd=root, env=given)
    assert child.stdout is not None
    assert child.stdout.readline() == b"at work\n"
    return child


def finish(instance: Instance, path: Path, *, what: str = "run") -> bytes:
    """Run a child to its end and return what it says."""
    return end(start(instance, path, what=what))


def end(child: "subprocess.Popen[bytes]") -> bytes:
    """Wait for a child's end and return what it says."""
    said, _ = child.communicate(timeout=300)
    assert child.returncode == 0
    return said


def kill(instance: Instance, path: Path, *, after: float) -> bool:
    """Start a child and kill it after so many seconds of work; says whether it was still at work."""
    with start(instance, path) as child:
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    return child.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    write_orders(path)
    return path


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory, path: Path) -> Iterator[Instance]:
    """An open shop without an order, to be copied."""
    with fresh_instance(tmp_path_factory.mktemp("blank")) as instance:
        finish(instance, path, what="init")
        yield instance


class Whole(NamedTuple):
    """What an import by one process that nobody disturbed has left in the tables, and how long it took."""

    told: bytes
    seconds: float


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, path: Path, blank: Instance) -> Whole:
    with copied_instance(blank, tmp_path_factory.mktemp("whole")) as instance:
        child, began = start(instance, path, what="alone"), time.monotonic()
        told = end(child)
        seconds = time.monotonic() - began
    assert told.count(b"\n") > ORDERS
    return Whole(told, seconds)


def test_import__killed_again_and_again__same_tables_as_an_unbroken_run(
    tmp_path: Path, path: Path, blank: Instance, whole: Whole
) -> None:
    draw, kills, shops = random.Random(), 0, 0
    while kills < SIZE.kill_cycles:
        shops += 1
        with copied_instance(blank, tmp_path / f"broken-{shops}") as broken:
            # What was killed goes on, so only the first few hit a child at work; then another shop begins.
            while kills < SIZE.kill_cycles and kill(
                broken, path, after=draw.uniform(0.1, 0.8) * whole.seconds
            ):
                kills += 1
            told = finish(broken, path).removeprefix(SIDE_BY_SIDE)
        assert told == whole.told, sha256(told).hexdigest()


@pytest.mark.parametrize("what", ["run", "killed", "stopped"])
def test_import__two_processes_and_one_of_them_leaving_off__same_tables_as_by_one(
    tmp_path: Path, path: Path, blank: Instance, whole: Whole, what: str
) -> None:
    with copied_instance(blank, tmp_path) as instance:
        told = finish(instance, path, what=what)

    assert told == SIDE_BY_SIDE + whole.told, sha256(told).hexdigest()
