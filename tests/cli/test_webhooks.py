"""`dangol listen` and `dangol trigger` as a developer uses them: real processes, a real receiver."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.cli.instances import Instance, made_instance
from tests.core.events.webhooks.receiver import Receiver, answer
from tests.served import served_instance
from tests.waiting import PATIENCE, wait_for

PRIVATE = {"DANGOL_WEBHOOKS_PRIVATE": "1"}
CREATE = """
from dangol.core.events.webhooks.services import create_endpoint
from dangol.project.clock import now
made = create_endpoint(url="{url}", events=["points.earned"], at=now())
print(made.secret)
"""
IN_TEST_SPACE = """
from dangol.core.events.webhooks.services import create_endpoint
from dangol.core.storage.spaces import in_space
from dangol.project.clock import now
with in_space("test"):
    create_endpoint(url="{url}", events=["order.placed"], at=now())
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with made_instance(tmp_path_factory.mktemp("webhooks")) as made:
        yield made


class Lines:
    """The lines of a process as they come."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._lines: Queue[str] = Queue()
        self.process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def close(self) -> int:
        """End the process as its user would; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self._thread.join(PATIENCE)
            for pipe in (self.process.stdout, self.process.stderr):
                if pipe:
                    pipe.close()

    def next(self) -> Any:
        """Return the next line's JSON."""
        try:
            return json.loads(self._lines.get(timeout=PATIENCE))
        except Empty:
            self.process.kill()
            pytest.fail(f"nothing was said: {self.process.communicate()[1]}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(answer(200)) as made:
        yield made


@pytest.fixture
def listening(instance: Instance, receiver: Receiver) -> Iterator[Lines]:
    lines = Lines(instance.start("listen", "--forward-to", receiver.url, "--json"))
    yield lines
    lines.close()


def test_listen__real_and_made_up_events__forwarded_signed_and_told_line_by_line(
    instance: Instance, receiver: Receiver, listening: Lines, tmp_path: Path
) -> None:
    began = listening.next()
    assert (began["schema"], began["forward_to"]) == ("dangol.listen/1", receiver.url)

    triggered = instance.run("trigger", "points.earned", "--json")
    assert triggered.code == 0, triggered.words
    assert triggered.data["endpoints"] == []
    told = listening.next()
    assert (told["id"], told["type"], told["test"]) == (triggered.data["id"], "points.earned", True)
    assert (told["status"], told["failure"]) == (200, "")

    people = tmp_path / "people.csv"
    people.write_text("external_id,name,joined_at\nA-1,김하늘,2026-03-02\n")
    imported = instance.run("import", "customers", str(people))
    assert imported.code == 0, imported.words
    assert instance.run("worker", "--until-idle").code == 0
    told = listening.next()
    assert (told["type"], told["test"], told["status"]) == ("customer.updated", False, 200)

    listening.process.send_signal(signal.SIGINT)
    assert listening.process.wait(PATIENCE) == 0
    for got in receiver.got:
        body = Webhook(began["secret"]).verify(got.body, dict(got.headers))
        assert body["data"]["customer_id"]
        assert "김하늘" not in got.body.decode()
    assert receiver.ids[:2] == [triggered.data["id"], told["id"]]


def test_listen__some_events_and_a_secret_of_its_own__only_those_and_by_that(
    instance: Instance, receiver: Receiver
) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    receiver.behavior = answer(500)
    words = ["--events", "points.spent, order.placed", "--secret", secret, "--json"]
    lines = Lines(instance.start("listen", "--forward-to", receiver.url, *words))
    try:
        assert lines.next()["secret"] == secret
        for name in ("points.earned", "order.placed"):
            assert instance.run("trigger", name).code == 0
        told = lines.next()
    finally:
        code = lines.close()

    assert code == 0
    assert (told["type"], told["status"], told["failure"]) == ("order.placed", 500, "status")
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--forward-to", "localhost:3000"], "listen.address_malformed"),
        (["--forward-to", "ftp://localhost/"], "listen.address_malformed"),
        (["--forward-to", "http://localhost:3000/", "--events", "points.eaten"], "webhooks.event_unknown"),
        (["--forward-to", "http://localhost:3000/", "--secret", "whsec_short"], "webhooks.secret_malformed"),
        (
            ["--forward-to", "http://localhost:3000/", "--secret", "whpk_" + "A" * 43],
            "webhooks.secret_malformed",
        ),
    ],
)
def test_listen__words_that_cannot_be_meant__refused_at_once(
    instance: Instance, words: list[str], code: str
) -> None:
    said = instance.run("listen", *words, "--json")

    assert said.code == 2
    assert said.data["error"]["code"] == code


def test_trigger__real_shop_with_an_endpoint__only_with_yes(
    instance: Instance, receiver: Receiver, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text("external_id,joined_at\nT-1,2026-03-02\n")
    assert instance.run("import", "customers", str(people)).code == 0
    secret = instance.run_python(CREATE.format(url=receiver.url), **PRIVATE)

    refused = instance.run("trigger", "points.earned", "--json")
    assert (refused.code, refused.data["error"]["code"]) == (4, "trigger.real_shop")
    assert instance.run("trigger", "order.placed").code == 0  # nobody asked for it
    sent = instance.run("trigger", "points.earned", "--member", "external:T-1", "--yes", "--json")
    assert sent.code == 0, sent.words
    assert len(sent.data["endpoints"]) == 1
    assert instance.run("worker", "--until-idle", DANGOL_WEBHOOKS_PRIVATE="1").code == 0

    assert receiver.ids == [sent.data["id"]]
    body = Webhook(secret).verify(receiver.got[0].body, dict(receiver.got[0].headers))
    assert (body["type"], body["test"]) == ("points.earned", True)
    # What was made up has touched nothing.
    assert instance.run("ledger", "verify").code == 0


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (["points.eaten"], 2, "webhooks.event_unknown"),
        (["points.earned", "--member", "external:nobody"], 3, "trigger.member_unknown"),
        (["points.earned", "--member", "not-an-id"], 3, "trigger.member_unknown"),
        (["points.earned", "--member", "0190b8c5-0000-7000-8000-000000000000"], 3, "trigger.member_unknown"),
    ],
)
def test_trigger__event_or_member_that_is_not_there__refused(
    instance: Instance, words: list[str], exit_code: int, code: str
) -> None:
    said = instance.run("trigger", *words, "--json")

    assert (said.code, said.data["error"]["code"]) == (exit_code, code)


def test_trigger__without_a_name__shows_them_all(instance: Instance) -> None:
    names = instance.run("trigger", "--json").data["names"]

    assert {"webhook.tested", "points.earned", "order.placed", "customer.joined", "tier.changed"} <= set(
        names
    )


def test_worker__webhook_while_it_runs__is_sent_without_being_told(
    instance: Instance, receiver: Receiver
) -> None:
    instance.run_python(CREATE.format(url=receiver.url), **PRIVATE)
    worker = instance.start("worker", **PRIVATE)
    try:
        sent = instance.run("trigger", "points.earned", "--yes", "--json")
        wait_for(lambda: sent.data["id"] in receiver.ids, "it was not sent")
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE)

    assert worker.returncode == 0


def test_worker__webhook_in_a_test_space__sent_there_marked_and_again_as_its_clock_moves(
    tmp_path: Path,
) -> None:
    times = {"1": "2031-01-01T00:00:00Z", "2": "2031-01-02T00:00:00Z"}
    with (
        Receiver(busy_at_first) as receiver,
        served_instance(tmp_path, **PRIVATE) as served,
    ):
        served.instance.run_python(IN_TEST_SPACE.format(url=receiver.url), **PRIVATE)
        headers = {"Authorization": f"Bearer {served.test_key}"}

        def buy(number: str) -> None:
            order = {"number": number, "source": "pos", "member": "external:M-1", "placed_at": times[number],
                     "lines": [{"product": "P", "list_minor": 5_000}]}  # fmt: skip
            named = headers | {"Idempotency-Key": number, "Dangol-Clock": times[number]}
            told = httpx.post(f"{served.url}/api/v1/orders", json=order, headers=named, timeout=PATIENCE)
            assert told.status_code == 201, told.text

        member = headers | {"Idempotency-Key": "member"}
        httpx.post(
            f"{served.url}/api/v1/members", json={"external_id": "M-1"}, headers=member, timeout=PATIENCE
        ).raise_for_status()
        buy("1")
        wait_for(lambda: len(receiver.got) == 1)
        buy("2")
        wait_for(lambda: len(receiver.got) == 3)

    bodies = [json.loads(one.body) for one in receiver.got]
    assert [one["test"] for one in bodies] == [True] * 3
    assert bodies[0] in bodies[1:]
    assert {one["timestamp"] for one in bodies} == set(times.values())


def busy_at_first(receiver: Receiver, request: BaseHTTPRequestHandler, number: int) -> None:
    answer(200 if number else 503)(receiver, request, number)
