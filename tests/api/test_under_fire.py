"""Under fire: requests sent several times at once to web workers that are killed outright, each done once."""

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from dangol_client import ConsentDraft, Dangol, LineDraft, Patience, Refused
from tests.served import Served, served_instance
from tests.sizes import SIZE
from tests.waiting import wait_for

MEMBERS, THREADS, MOST_SENDS = 10, 12, 5
MUCH, TOO_MUCH = 1_000_000, 90_000_000
LATTE = [LineDraft("LATTE", 4_500)]
COUNT = """
import json
from dangol.api.models import Answer
from dangol.core.commerce.models import Order
from dangol.core.ledger.models import Transfer
from dangol.core.people.models import Customer
print(json.dumps([one.objects.count() for one in (Order, Customer, Transfer, Answer)]))
"""


class Wish(NamedTuple):
    """A request: its key, whom it is about, and what it does."""

    key: str
    member: str
    act: Callable[[Dangol, str, str], object]


def buy(dangol: Dangol, member: str, key: str) -> object:
    return dangol.orders.place(key, LATTE, member=member, idempotency_key=key).id


def buy_unknown(dangol: Dangol, member: str, key: str) -> object:
    return dangol.orders.place(key, LATTE, idempotency_key=key).member_id


def give(dangol: Dangol, member: str, key: str) -> object:
    return dangol.points.adjust(member, 7, "사과", idempotency_key=key).id


def spend(dangol: Dangol, member: str, key: str) -> object:
    return dangol.points.spend(member, 3, "쿠키", idempotency_key=key).id


def agree(dangol: Dangol, member: str, key: str) -> object:
    consent = ConsentDraft("email", "marketing", True, wording=key)
    return dangol.members.give_consent(member, consent, idempotency_key=key).history[-1].at


def ask_too_much(dangol: Dangol, member: str, key: str) -> object:
    with pytest.raises(Refused) as refused:
        dangol.points.spend(member, TOO_MUCH, "섬", idempotency_key=key)
    return refused.value.request_id


ACTS = (buy, buy_unknown, give, spend, agree, ask_too_much)


class Heard:
    """What was answered: for each key the bodies, how many were no replay, and each status."""

    def __init__(self) -> None:
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.first_answers: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._lock = threading.Lock()

    def __call__(self, response: httpx.Response) -> None:
        body = response.read()
        key = response.request.headers.get("Idempotency-Key", "")
        code = msgspec.json.decode(body)["code"] if response.status_code >= 400 else ""
        with self._lock:
            self.statuses[response.status_code] += 1
            if response.status_code >= 500 or code == "idempotency.in_flight":
                return
            self.bodies[key].add(body)
            self.first_answers[key] += "Idempotent-Replayed" not in response.headers


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    # Nobody is there to approve or to confirm.
    limits = dict.fromkeys(("DANGOL_ADJUST_LIMIT", "DANGOL_STEP_UP_POINTS"), "1000000000")
    with served_instance(tmp_path_factory.mktemp("fire"), **limits) as one:
        yield one


def test_requests__sent_up_to_five_times_to_killed_workers__happen_once_each(served: Served) -> None:
    with served.open() as calm:
        members = [calm.members.create(external_id=f"fire-{number}").id for number in range(MEMBERS)]
        for member in members:
            calm.points.adjust(member, MUCH, "시작")
    wishes = [
        Wish(f"fire-{number}", members[number % MEMBERS], ACTS[number % len(ACTS)])
        for number in range(SIZE.requests)
    ]
    before: list[int] = msgspec.json.decode(served.run_python(COUNT))
    heard = Heard()

    answers = send_under_fire(served, wishes, heard)

    assert {len(found) for found in answers.values()} == {1}
    assert len(answers) == SIZE.requests
    assert {key: len(bodies) for key, bodies in heard.bodies.items()} == dict.fromkeys(answers, 1)
    assert max(heard.first_answers.values()) == 1
    check_effects(served, wishes, before)
    served.verify_ledger()
    print(f"{SIZE.requests} requests, {dict(heard.statuses)}")


def send_under_fire(served: Served, wishes: list[Wish], heard: Heard) -> dict[str, set[Any]]:
    """Send each wish one to five times, while workers are killed; return what each key was answered."""
    dice = random.Random()
    sends = [wish for wish in wishes for _ in range(dice.randint(1, MOST_SENDS))]
    # Those of one key stay close together, so that they meet.
    order = sorted(range(len(sends)), key=lambda place: place + dice.random() * 8)
    kills = set(dice.sample(range(len(sends)), SIZE.requests_kills))
    answers: dict[str, set[Any]] = defaultdict(set)
    lock, killed = threading.Lock(), []
    patience = Patience(total_seconds=180, try_seconds=30, first_pause_seconds=0.1)
    with (
        httpx.Client(event_hooks={"response": [heard]}) as http,
        Dangol(served.url, served.live_key, http=http, patience=patience) as dangol,
    ):

        def send(place: int) -> None:
            if place in kills:
                killed.append(kill_a_worker(served, dice))
            wish = sends[order[place]]
            found = wish.act(dangol, wish.member, wish.key)
            with lock:
                answers[wish.key].add(found)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(send, range(len(sends))))
    assert len(killed) == SIZE.requests_kills
    return answers


def kill_a_worker(served: Served, dice: random.Random) -> int:
    """Kill one of the web workers as nothing can forbid; waits for one, if they have all just been."""
    alive: list[int] = []

    def find() -> bool:
        alive[:] = served.web_workers()
        return bool(alive)

    while True:
        wait_for(find)
        victim = dice.choice(alive)
        # Another of these threads may have killed it since it was found.
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            return victim


def check_effects(served: Served, wishes: list[Wish], before: list[int]) -> None:
    """Assert that each wish has had its effect once: in what members see, and in the tables."""
    done = Counter(wish.act for wish in wishes)
    by_member: dict[str, Counter[Any]] = defaultdict(Counter)
    for wish in wishes:
        by_member[wish.member][wish.act] += 1
    with served.open() as dangol:
        for member, own in by_member.items():
            points = MUCH + own[buy] * 45 + own[give] * 7 - own[spend] * 3
            assert dangol.points.get(member).available == points
            assert len(list(dangol.points.history(member))) == 1 + own[buy] + own[give] + own[spend]
            assert len(dangol.members.consents(member).history) == own[agree]
    orders, customers, transfers, answers = msgspec.json.decode(served.run_python(COUNT))
    guests = done[buy_unknown]
    assert orders - before[0] == done[buy] + guests
    assert customers - before[1] == guests
    # A guest earns nothing until somebody claims the order.
    assert transfers - before[2] == done[buy] + done[give] + done[spend]
    assert answers - before[3] == len(wishes)
