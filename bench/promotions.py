"""Promotions: how long one evaluation of a cart takes in process, with 1 to 1,000 live promotions.

Carts of 10 lines with 3 units each, another one every time, of a shop with 400 products in 40 categories. Of
ten promotions three are for one product, three for one category, one is for a code that nobody has given, one
for members from a sum on, one by the hour, and one is for the whole cart: percentages, amounts, tiers, every
third free, buy two get one, points. Those for the whole cart go in a lane of which the best applies.

Beside that the worst that can be made of it: every promotion is for every line of every cart. No database has
a part in it.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from bench.figures import Figure, at_most
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
GOALS_P95_MS = {50: 20.0, 1_000: 40.0}
BENEFITS: tuple[Benefit, ...] = (
    Percent(500),
    Amount(300),
    Tiered((Step(10_000, Percent(300)), Step(50_000, Percent(700)))),
    NthFree(3),
    BuyGet(None, 2, 1),
    PointsRate(1, 100),
)
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
