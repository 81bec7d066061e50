"""The whole instance as real processes: started, killed, started again, and never left behind."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from dangol.cli.serve import HostElsewhere, HostUnknown, PortForbidden, PortTaken, require_free_port
from dangol.cli.supervisor import Child
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from tests.cli.instances import Instance, made_instance
from tests.ports import free_port
from tests.processes import pids_of
from tests.waiting import ONE_TRY, PATIENCE, wait_for

POSTGRES = os.environ["DANGOL_TEST_DATABASE"] == "postgres"
KINDS = ("web", "worker", "scheduler") + (("helper", "sequencer") if POSTGRES else ())


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with made_instance(tmp_path_factory.mktemp("serve")) as made:
        yield made
        for pid in pids(made):
            os.kill(pid, signal.SIGKILL)


def pids(instance: Instance, kind: str = "") -> list[int]:
    """Return the instance's processes, those first that have started others."""
    return pids_of(instance.home, kind)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def serving(instance: Instance, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = instance.start("serve", "--port", str(port))
    wait_for(lambda: answers(port))
    wait_for(lambda: all(pids(instance, kind) for kind in KINDS))
    yield process
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_for(lambda: not pids(instance))


def beats(instance: Instance, pid: int) -> bool:
    """Say whether the process has told that it is at work."""
    asked = f"print(Heartbeat.objects.filter(pid={pid}).exists())"
    return instance.run_python(f"from dangol.core.tasks.models import Heartbeat\n{asked}") == "True"


def answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=ONE_TRY).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def test_serve__child_killed__is_started_again_while_the_others_go_on(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    before = {kind: pids(instance, kind) for kind in KINDS}

    os.kill(before["worker"][0], signal.SIGKILL)

    wait_for(lambda: bool(pids(instance, "worker")) and pids(instance, "worker") != before["worker"])
    assert pids(instance, "scheduler") == before["scheduler"]
    wait_for(lambda: answers(port))


def test_serve__web_killed_outright__its_workers_go_and_the_port_is_served_again(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    before = pids(instance, "web")
    assert len(before) == 3  # the server and its two workers

    os.kill(before[0], signal.SIGKILL)

    wait_for(lambda: not set(before) & set(pids(instance, "web")))
    wait_for(lambda: answers(port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve__asked_to_stop__ends_well_and_leaves_nobody(
    serving: "subprocess.Popen[str]", instance: Instance, port: int, number: signal.Signals
) -> None:
    serving.send_signal(number)

    assert serving.wait(PATIENCE) == 0
    assert pids(instance) == []
    assert not answers(port)


def test_serve__parent_killed_outright__leaves_no_orphan(
    serving: "subprocess.Popen[str]", instance: Instance, port: int
) -> None:
    serving.kill()
    serving.wait(PATIENCE)

    wait_for(lambda: not pids(instance))
    assert not answers(port)


def test_serve__port_taken__names_the_next_free_one(instance: Instance) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = instance.run("serve", "--port", str(port))

    assert result.code == 4
    remedy = result.words.splitlines()[-1]
    assert f"dangol serve --home {instance.home} --port " in remedy
    assert int(remedy.rstrip("`").split()[-1]) > port


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (OSError(errno.EADDRINUSE, "in use"), PortTaken),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), HostUnknown),
        (UnicodeError("label empty"), HostUnknown),
        (OSError(errno.EADDRNOTAVAIL, "not here"), HostElsewhere),
        (PermissionError(errno.EACCES, "denied"), PortForbidden),
    ],
)
def test_require_free_port__cannot_listen__says_why(
    monkeypatch: pytest.MonkeyPatch, error: Exception, refusal: type[DomainError]
) -> None:
    def listen(host: str, port: int) -> int:
        if port == 80:
            raise error
        return port

    monkeypatch.setattr("dangol.cli.serve._listen", listen)

    with pytest.raises(refusal) as refused:
        require_free_port("shop.example", 80)

    sentence, remedy = explain(refused.value)
    assert "…" not in sentence + remedy
    assert "dangol serve" in remedy
    assert "--port 0" not in remedy


def test_require_free_port__address_of_another_machine__is_refused() -> None:
    with pytest.raises(HostElsewhere):
        require_free_port("192.0.2.1", 8000)


@pytest.mark.parametrize("kind", ["sequencer", "helper"])
def test_serve__what_many_writers_need__runs_on_postgresql_only(instance: Instance, kind: str) -> None:
    process = instance.start("serve", "--only", kind)
    if POSTGRES:
        wait_for(lambda: beats(instance, process.pid))
        assert process.poll() is None
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    else:
        _told, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 4
        assert "SQLite" in said


def test_worker__until_idle__does_what_is_due_and_leaves(instance: Instance) -> None:
    result = instance.run("worker", "--until-idle", "--json")

    assert result.code == 0, result.words
    assert '"stuck_consumers": []' in result.out


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
