"""The whole instance as real processes: started, killed, started again, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from dangol.cli.supervisor import Child

LONGEST_SECONDS = 15.0
POSTGRES = os.environ["DANGOL_TEST_DATABASE"] == "postgres"
KINDS = ("web", "worker", "scheduler") + (("sequencer",) if POSTGRES else ())


class Instance:
    """A shop in a home of its own, and the ways to start it and to see its processes."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home, self._environment = home, environment

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "dangol", *arguments, "--home", str(self.home), "--lang", "en"]
        return subprocess.Popen(
            command, env=self._environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        told, said = process.communicate(timeout=LONGEST_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, told, said)

    def pids(self, kind: str = "") -> list[int]:
        """Return the instance's processes, by what their command lines say."""
        words = [str(self.home), f"--only {kind}" if kind else "dangol serve"]
        lines = subprocess.run(
            ["ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        return sorted(int(line.split()[0]) for line in lines if all(word in line for word in words))


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    home = tmp_path_factory.mktemp("shop")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DANGOL_", "DJANGO_", "DATABASE_URL"))
    }
    if POSTGRES:
        server = os.environ["DATABASE_URL"]
        for name in ("serve_test", "serve_test_keys"):
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
        parts = psycopg.conninfo.conninfo_to_dict(server)
        base = f"postgresql://{parts.get('user', '')}@/{{}}?host={parts.get('host', '')}"
        environment["DATABASE_URL"] = base.format("serve_test")
        environment["DANGOL_KEYS_URL"] = base.format("serve_test_keys")
    made = Instance(home, environment)
    result = made.run("init")
    assert result.returncode == 0, result.stderr
    yield made
    for pid in made.pids():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        found: int = trial.getsockname()[1]
        return found


@pytest.fixture
def serving(instance: Instance, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = instance.start("serve", "--port", str(port))
    wait_for(lambda: answers(port))
    wait_for(lambda: all(instance.pids(kind) for kind in KINDS))
    yield process
    process.kill()
    process.communicate()
    wait_for(lambda: not instance.pids())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_serve__child_killed__is_started_again_while_the_others_go_on(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    before = {kind: instance.pids(kind) for kind in KINDS}

    os.kill(before["worker"][0], signal.SIGKILL)

    wait_for(lambda: bool(instance.pids("worker")) and instance.pids("worker") != before["worker"])
    assert instance.pids("scheduler") == before["scheduler"]
    assert answers(port)


def test_serve__web_killed_outright__its_workers_go_and_the_port_is_served_again(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    before = instance.pids("web")
    assert len(before) == 3  # the server and its two workers

    os.kill(before[0], signal.SIGKILL)

    wait_for(lambda: not set(before) & set(instance.pids("web")))
    wait_for(lambda: answers(port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve__asked_to_stop__ends_well_and_leaves_nobody(
    serving: "subprocess.Popen[str]", instance: Instance, port: int, number: signal.Signals
) -> None:
    serving.send_signal(number)

    assert serving.wait(LONGEST_SECONDS) == 0
    assert instance.pids() == []
    assert not answers(port)


def test_serve__parent_killed_outright__leaves_no_orphan(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    serving.kill()
    serving.wait()

    wait_for(lambda: not instance.pids())
    assert not answers(port)


def test_serve__port_taken__names_the_next_free_one(instance: Instance) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = instance.run("serve", "--port", str(port))

    assert result.returncode == 4
    remedy = result.stderr.splitlines()[-1]
    assert f"dangol serve --home {instance.home} --port " in remedy
    assert int(remedy.rstrip("`").split()[-1]) > port


def test_serve__sequencer_alone__runs_on_postgresql_only(instance: Instance) -> None:
    process = instance.start("serve", "--only", "sequencer")
    if POSTGRES:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4)
        process.terminate()
        process.communicate(timeout=LONGEST_SECONDS)
        assert process.returncode == 0
    else:
        _told, said = process.communicate(timeout=LONGEST_SECONDS)
        assert process.returncode == 4
        assert "SQLite" in said


def test_worker__until_idle__does_what_is_due_and_leaves(instance: Instance) -> None:
    result = instance.run("worker", "--until-idle", "--json")

    assert result.returncode == 0, result.stderr
    assert '"stuck_consumers": []' in result.stdout


def test_child__dies_at_once_each_time__is_started_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    instant = [1_000.0]
    monkeypatch.setattr("dangol.cli.supervisor.time.monotonic", lambda: instant[0])
    child = Child("short", [sys.executable, "-c", "raise SystemExit(3)"])
    said: list[str] = []

    while len(said) < 8:
        if told := child.keep_running():
            said.append(told)
        elif child.pid is None:
            instant[0] += 0.5
        time.sleep(0.01)

    pauses = [line.split("again in ")[1] for line in said]
    assert pauses == ["0.5 s", "1 s", "2 s", "4 s", "8 s", "16 s", "30 s", "30 s"]
    assert said[0] == "short: exit 3; again in 0.5 s"
