"""The checkout over HTTP at 50 requests a second, with 50 and 1,000 live promotions, on a served instance.

Requests come when they come (an open loop): each has its instant, whether or not those before are
answered, and its time counts from that instant. First carts are asked about, 50 a second. Then 25 a second
are held, and 25 a second become orders, each a second after it was held. Carts are members' and have 10 lines
of 3 units; of ten promotions three are for one product, three for one category, one waits for a code, one is
for members from a sum on, one by the hour, and one for everything; of the last three the best applies.

`DANGOL_BENCH_SECONDS` says for how long. The clients are threads of this process, on the same cores.
"""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeAlias

from django.db import connection

from bench.figures import Figure, at_most
from bench.web_orders import Spent, open_shop, percentile_ms, send, serving, spent
from dangol.project.clock import now
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from dangol.rooms.rewards.promotions.editing import create_promotion, publish

LIVE, RATE, MEMBERS, PRODUCTS, CATEGORIES = (50, 1_000), 50, 200, 400, 40
SECONDS, WARM_UP_SECONDS = int(os.environ.get("DANGOL_BENCH_SECONDS", "20")), 3
GOAL_EVALUATE_MS, GOAL_COMMIT_MS = 60, 120
# So many requests may be on their way at once.
THREADS = 64
BENEFITS: tuple[dict[str, Any], ...] = (
    {"kind": "percent", "basis_points": 500},
    {"kind": "amount", "minor": 300},
    {
        "kind": "tiered",
        "steps": [{"at_least": 10_000, "benefit": {"kind": "percent", "basis_points": 300}}],
    },
    {"kind": "nth_free", "nth": 3},
    {"kind": "points_rate", "points": 1, "per_minor": 100},
)


class Told(NamedTuple):
    """A request: how long after its instant it was answered, what was answered, and what went wrong."""

    seconds: float
    answer: bytes
    error: str


# When to do something, in seconds from the first, and what.
Planned: TypeAlias = tuple[float, Callable[[], bytes]]


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    key = open_shop()
    lanes = {"lanes": [{"key": "main"}, {"key": "best", "choice": "best"}]}
    write_checkout(unpack_checkout(lanes), changed_by="bench", at=now())
    published = 0
    for live in LIVE:
        for number in range(published, live):
            _publish(number)
        published = live
        with serving() as (port, serve):
            _join(port, key)
            yield from _figures(f"{live:,} live", port, key, serve)


def _publish(number: int) -> None:
    raw = {"name": f"{number}", "currency": "KRW", "benefits": [BENEFITS[number // 10 % len(BENEFITS)]]}
    promotion_id = create_promotion(raw | _rest(number), made_by="bench", at=now())
    publish(promotion_id, revision=1, published_by="bench", at=now())


def _rest(number: int) -> dict[str, Any]:
    """Return what of a promotion is its own by its place among ten."""
    match number % 10:
        case 1 | 2 | 3:
            return {"target": {"include": {"products": [f"p{number % PRODUCTS}"]}}}
        case 4 | 5 | 6:
            return {"target": {"include": {"categories": [f"c{number % CATEGORIES}"]}}}
        case 7:
            return {"needs_code": True}
        case 8:
            members = {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True}
            return {"condition": members, "minimum": {"minor": 30_000 + 1_000 * number}, "lane": "best"}
        case 9:
            first = number * 60 % 1_320
            hours = {"type": "trait", "trait": "time.minute", "op": "between", "value": [first, first + 120]}
            return {"condition": hours, "lane": "best"}
    return {"lane": "best"}


def _member(number: int) -> str:
    return f"m{number}"


def _join(port: int, key: str) -> None:
    http = HTTPConnection("127.0.0.1", port, timeout=60)
    for number in range(MEMBERS):
        send(http, key, "/members", name=f"join-{number}", body=json.dumps({"external_id": _member(number)}))
    http.close()


def _figures(name: str, port: int, key: str, serve: int) -> Iterator[Figure]:
    door, before = _Door(port, key), spent(serve)
    carts = _carts(RATE * (SECONDS + WARM_UP_SECONDS), seed=len(name))
    asking = [(place / RATE, partial(door.ask, cart)) for place, cart in enumerate(carts)]
    told = _run(asking)[RATE * WARM_UP_SECONDS :]
    yield from _shown(f"{name}: evaluate", told, GOAL_EVALUATE_MS)
    before = yield from _each(f"{name}: an evaluation", before, spent(serve), len(asking))
    yield Figure(f"{name}: an answer", sum(len(one.answer) for one in told) / len(told) / 1_024, "KiB")
    holding, taking = door.sales(carts[: len(carts) // 2], RATE // 2, f"{name.split()[0]}-live")
    told = _run([*holding, *taking])
    first, half = RATE // 2 * WARM_UP_SECONDS, len(holding)
    yield from _shown(f"{name}: reserve", told[first:half])
    yield from _shown(f"{name}: commit", told[half + first :], GOAL_COMMIT_MS)
    yield from _each(f"{name}: a sale, held and made an order", before, spent(serve), half)


def _each(name: str, before: Spent, after: Spent, count: int) -> Generator[Figure, None, Spent]:
    """Yield the processor time that each took, which says more than the clock where others work, too."""
    yield Figure(f"{name}, application", (after.own - before.own) * 1_000 / count, "ms of a processor")
    if connection.vendor == "postgresql":
        server = (after.server - before.server) * 1_000 / count
        yield Figure(f"{name}, PostgreSQL", server, "ms of a processor")
    return after


def _shown(name: str, told: Sequence[Told], goal: float | None = None) -> Iterator[Figure]:
    for error in {one.error for one in told if one.error}:
        print(f"    {name}: {error}", flush=True)
    taken = sorted(one.seconds for one in told)
    p95 = percentile_ms(taken, 95)
    is_promised = goal is not None and connection.vendor == "postgresql"
    yield Figure(f"{name}, p50 of {len(taken):,}", percentile_ms(taken, 50), "ms")
    yield at_most(f"{name}, p95", p95, "ms", goal or 0) if is_promised else Figure(f"{name}, p95", p95, "ms")
    yield Figure(f"{name}, p99", percentile_ms(taken, 99), "ms")
    yield at_most(f"{name}, errors", sum(bool(one.error) for one in told), "", 0)


def _carts(count: int, *, seed: int) -> list[dict[str, Any]]:
    drawn = random.Random(seed)
    return [
        {
            "member": f"external:{_member(drawn.randrange(MEMBERS))}",
            "lines": [_line(n) for n in drawn.sample(range(PRODUCTS), 10)],
        }
        for _ in range(count)
    ]


def _line(product: int) -> dict[str, Any]:
    categories = [f"c{product % CATEGORIES}"]
    return {
        "product": f"p{product}", "unit_minor": 2_000 + 37 * product, "quantity": 3, "categories": categories,
    }  # fmt: skip


class _Door:
    """The instance's checkout, over connections that stay open, one a thread."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key, self._own = port, key, threading.local()

    def ask(self, cart: dict[str, Any]) -> bytes:
        # As a shop's pages ask: they show why a code is refused, and not which offers are for others.
        return self._send("/checkout/evaluate", "", cart | {"reasons": "asked"})

    def sales(
        self, carts: Sequence[dict[str, Any]], rate: int, turn: str
    ) -> tuple[list[Planned], list[Planned]]:
        """Return when to hold each cart, and when to make it an order: a second later."""
        held: list[Future[str]] = [Future() for _ in carts]
        holding: list[Planned] = [
            (place / rate, partial(self._hold, cart, f"{turn}-{place}", held[place]))
            for place, cart in enumerate(carts)
        ]
        taking: list[Planned] = [
            (1 + (place + 0.5) / rate, partial(self._take, f"{turn}-{place}", held[place]))
            for place in range(len(carts))
        ]
        return holding, taking

    def _hold(self, cart: dict[str, Any], name: str, held: Future[str]) -> bytes:
        try:
            answer = self._send("/checkout/reserve", f"hold-{name}", cart)
        except BaseException as error:
            held.set_exception(error)
            raise
        held.set_result(json.loads(answer)["id"])
        return answer

    def _take(self, name: str, held: Future[str]) -> bytes:
        return self._send(f"/checkout/{held.result()}/commit", f"take-{name}", {"number": name})

    def _send(self, path: str, name: str, body: dict[str, Any]) -> bytes:
        if not hasattr(self._own, "http"):
            self._own.http = HTTPConnection("127.0.0.1", self._port, timeout=60)
        return send(self._own.http, self._key, path, name=name, body=json.dumps(body))


def _run(planned: Sequence[Planned]) -> list[Told]:
    """Do each at its instant, in seconds from now; return what came of each, in the order given."""
    began = time.perf_counter() + 0.1
    order = sorted(range(len(planned)), key=lambda place: planned[place][0])
    found: dict[int, Future[Told]] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for place in order:
            due, act = began + planned[place][0], planned[place][1]
            time.sleep(max(due - time.perf_counter(), 0))
            found[place] = pool.submit(_do, act, due)
        return [found[place].result() for place in range(len(planned))]


def _do(act: Callable[[], bytes], due: float) -> Told:
    try:
        answer = act()
    except Exception as error:
        return Told(time.perf_counter() - due, b"", f"{type(error).__name__}: {error}"[:200])
    return Told(time.perf_counter() - due, answer, "")
