"""Promotions: how long one evaluation of a cart takes in process, with 1 to 1,000 live promotions.

Carts of 10 lines with 3 units each, another one every time, of a shop with 400 products in 40 categories. Of
ten promotions three are for one product, three for one category, one is for a code that nobody has given, one
for members from a sum on, one by the hour, and one is for the whole cart: percentages, amounts, tiers, every
third free, buy two get one, points. Those for the whole cart go in a lane of which the best applies.

Beside that the worst that can be made of it: every promotion is for every line of every cart. No database has
a part in it.

Then the largest carts there may be, and peers with the same carts and promotions of 5 % off one category
each, all in one lane: django-oscar's `Applicator`, pretix's `apply_discounts` (a position has one discount
there) and Medusa's compute of `@medusajs/promotion`, each with what it asks its database. A peer that cannot
be installed is passed over, and it is said why.
"""

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bench.figures import Figure, at_most
from bench.peers import ask, ask_node, environment_of, modules_of
from dangol.domain.conditions import Condition, Subject, read_condition
from dangol.domain.promotions import (
    CART_TRAITS,
    CUSTOMER_TRAITS,
    Book,
    Cart,
    Context,
    Line,
    Minimum,
    Promotion,
    Settings,
    Target,
    evaluate,
)
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    BuyGet,
    Items,
    NthFree,
    Percent,
    PointsRate,
    Step,
    Tiered,
)
from dangol.domain.promotions.settings import Choice, Lane
from dangol.domain.promotions.templates import members_only

AT, SEOUL = datetime(2026, 11, 27, 3, tzinfo=UTC), ZoneInfo("Asia/Seoul")
LIVE, CARTS, PRODUCTS, CATEGORIES = (1, 10, 50, 200, 1_000), 300, 400, 40
LIVE_BESIDE_PEERS = (1, 10, 50, 200)
GOALS_P95_MS = {50: 20.0, 1_000: 40.0}
BENEFITS: tuple[Benefit, ...] = (
    Percent(500),
    Amount(300),
    Tiered((Step(10_000, Percent(300)), Step(50_000, Percent(700)))),
    NthFree(3),
    BuyGet(None, 2, 1),
    PointsRate(1, 100),
)
OSCAR = ("django-oscar==4.2.1", "factory_boy==3.3.3")
PRETIX = ("pretix==2026.8.0",)
MEDUSA = ("@medusajs/promotion@2.21.2", "@medusajs/framework@2.21.2")
# A peer is asked of carts for so long, and of one at least.
PEER_SECONDS = 10
LANES = (Lane("main"), Lane("best", Choice.BEST))


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    carts = _carts()
    for live in LIVE:
        yield from _figures(f"{live:,} live", _shop(live), carts, GOALS_P95_MS.get(live))
    for live in LIVE:
        every = [_for_everything(n) for n in range(live)]
        yield from _figures(
            f"{live:,} live, each for all lines, the best", every, carts, GOALS_P95_MS.get(live)
        )
    yield from _large()
    yield from _beside_peers(carts)


def _large() -> Iterator[Figure]:
    """Yield what the largest carts take, with 50 promotions of which every second is for all lines."""
    book = Book([_one(n) if n % 2 else _for_everything(n) for n in range(50)])
    for name, lines, units in (("5,000 lines", 5_000, 1), ("5,000 lines of 20 units", 5_000, 20)):
        cart = Cart("KRW", tuple(_line(n)._replace(quantity=units) for n in range(lines)))
        context = Context(AT, SEOUL, Subject({"customer.is_member": True}, ()))
        times = sorted(
            _timed(partial(evaluate, cart, book, Settings(lanes=LANES), context)) for _ in range(5)
        )
        yield Figure(f"{name}, 50 live: median", times[2], "ms")


def _beside_peers(carts: Sequence[Cart]) -> Iterator[Figure]:
    """Yield what each peer takes, and how many times ours that is."""
    with TemporaryDirectory(prefix="dangol-bench-") as folder:
        file = Path(folder) / "carts.json"
        lines = [[_told(line) for line in cart.lines] for cart in carts]
        file.write_text(json.dumps({"categories": CATEGORIES, "carts": lines}))
        ours = {live: _median(_ours(live, carts)) for live in LIVE_BESIDE_PEERS}
        for live, median in ours.items():
            yield Figure(f"{live} of one category each: median", median, "ms")
        for name, asked in _peers(file).items():
            try:
                for live, median in ours.items():
                    seconds, statements = asked(live, PEER_SECONDS)
                    yield from _shown(f"{name}, {live} live", seconds, statements, median)
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"    {name} was not measured here: {error}", flush=True)


def _peers(file: Path) -> dict[str, Callable[[int, int], Any]]:
    """Return how each peer is asked: with how many promotions, and for how many seconds."""
    return {
        "django-oscar": lambda *rest: ask(environment_of(*OSCAR), "oscar_offers.py", file, *rest),
        "pretix": lambda *rest: ask(environment_of(*PRETIX), "pretix_discounts.py", file, *rest),
        "Medusa": lambda *rest: ask_node(modules_of(*MEDUSA), "medusa_promotions.cjs", file, *rest),
    }


def _ours(live: int, carts: Sequence[Cart]) -> list[float]:
    categories = [Items(categories=frozenset({f"c{n % CATEGORIES}"})) for n in range(live)]
    rules = [
        replace(_promotion(n, Target(one)), benefits=(Percent(500),)) for n, one in enumerate(categories)
    ]
    work = partial(evaluate, book=Book(rules), settings=Settings(), context=Context(AT, SEOUL))
    return [_timed(partial(work, cart)) for cart in carts]


def _shown(name: str, seconds: Sequence[float], statements: int | None, ours: float) -> Iterator[Figure]:
    times = sorted(one * 1_000 for one in seconds)
    yield Figure(f"{name}: median of {len(times)} carts", _median(times), "ms")
    yield Figure(f"{name}: p95", times[int(len(times) * 0.95)], "ms")
    yield Figure(f"{name} : ours, median", _median(times) / ours, "×")
    if statements is not None:
        yield Figure(f"{name}: statements a cart", statements, "")


def _median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]


def _told(line: Line) -> tuple[int, int, int, int]:
    """Return a line as peers are told of it: product, category, price, quantity."""
    number = int(line.key[1:])
    return number, number % CATEGORIES, line.unit_minor, line.quantity


def _figures(
    name: str, promotions: Sequence[Promotion], carts: Sequence[Cart], goal: float | None
) -> Iterator[Figure]:
    began = time.perf_counter()
    book, settings = Book(promotions), Settings(lanes=LANES)
    made = time.perf_counter() - began
    customer = Subject({"customer.is_member": True, "customer.order_count": 3}, ())
    context = Context(AT, SEOUL, customer)
    applied = [len(evaluate(cart, book, settings, context).effects) for cart in carts[:20]]
    times = sorted(_timed(partial(evaluate, cart, book, settings, context)) for cart in carts)
    yield Figure(f"{name}: effects a cart", sum(applied) / len(applied), "")
    yield Figure(f"{name}: median", times[len(times) // 2], "ms")
    p95 = times[int(len(times) * 0.95)]
    yield Figure(f"{name}: p95", p95, "ms") if goal is None else at_most(f"{name}: p95", p95, "ms", goal)
    yield Figure(f"{name}: made ready, once", made * 1_000, "ms")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1_000


def _carts() -> list[Cart]:
    drawn = random.Random(27)
    return [
        Cart("KRW", tuple(_line(n) for n in drawn.sample(range(PRODUCTS), 10)), 3_000) for _ in range(CARTS)
    ]


def _line(product: int) -> Line:
    categories = (f"c{product % CATEGORIES}",)
    return Line(f"l{product}", f"p{product}", 2_000 + 37 * product, 3, categories=categories)


def _shop(live: int) -> list[Promotion]:
    return [_one(n) for n in range(live)]


def _one(n: int) -> Promotion:
    """Return the n-th promotion of the shop."""
    match n % 10:
        case 1 | 2 | 3:
            return _promotion(n, Target(Items(products=frozenset({f"p{n % PRODUCTS}"}))))
        case 4 | 5 | 6:
            return _promotion(n, Target(Items(categories=frozenset({f"c{n % CATEGORIES}"}))))
        case 7:
            return _promotion(n, Target(), needs_code=True)
        case 8:
            return members_only(_promotion(n, Target(), minimum=Minimum(30_000 + 1_000 * n), lane="best"))
        case 9:
            return _promotion(n, Target(), condition=_in_minutes(n), lane="best")
    return _for_everything(n)


def _for_everything(n: int) -> Promotion:
    return _promotion(n, Target(), lane="best")


def _promotion(n: int, target: Target, **rest: Any) -> Promotion:
    benefit = BENEFITS[n // 10 % len(BENEFITS)] if n >= 10 else BENEFITS[n % len(BENEFITS)]
    return Promotion(
        id=n.to_bytes(16), version=1, name=f"{n}", currency="KRW", target=target, benefits=(benefit,), **rest
    )


def _in_minutes(n: int) -> Condition:
    """Return that it is within the two hours of a happy hour."""
    first = n * 60 % 1_320
    asked = {"type": "trait", "trait": "time.minute", "op": "between", "value": [first, first + 120]}
    return read_condition(asked, {**CUSTOMER_TRAITS, **CART_TRAITS})
