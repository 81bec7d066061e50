"""The numbers of docs/algorithms/promotions.md, computed: `python -m tests.domain.promotions.worked`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dangol.domain.accrual import Rounding
from dangol.domain.promotions import Cart, Coupon, Minimum, Promotion, Remaining, Settings
from dangol.domain.promotions.benefits import (
    Amount,
    Benefit,
    Bundle,
    BuyGet,
    NthFree,
    Part,
    Percent,
    PointsRate,
    Which,
)
from dangol.domain.promotions.returns import Back, Tender, return_amount, return_units, sold_of
from dangol.domain.promotions.settings import Base, Choice, Lane, OverBudget, RoundedOn, Stacking
from dangol.domain.splitting import Spare
from tests.domain.promotions.shop import COFFEE, cart, line, off, promotion, run

THREE = cart(line("b", 9_000), line("a", 9_000), line("c", 9_000))
ONE = cart(line("a", 10_000))
FOUR = cart(*(line(f"₩{price:,}", price, categories=("Coffee",)) for price in (6_000, 5_000, 4_000, 3_000)))
MUGS = cart(line("mug", 9_000, 3))
MUG_RULES = (promotion("less", Amount(10_000)), promotion("earn", PointsRate(1, 100), lane="after"))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table as Markdown has it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_written(cell) for cell in row)} |" for row in lines)


def _written(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def splits() -> str:
    """Return ₩10,000 off three lines that cost the same, by each answer to the spare unit."""
    rows = []
    for spare in Spare:
        taken = off(run(THREE, promotion("p", Amount(10_000)), settings=Settings(spare=spare)))
        rows.append([f"`{spare}`", *(taken[key][0] for key in "bac")])
    return table(["spare", "b, added first", "a", "c, added last"], rows)


class Example(NamedTuple):
    """A setting, an example of it in words, the cart and the promotions, and the answers there are."""

    setting: str
    said: str
    cart: Cart
    rules: tuple[Promotion, ...]
    answers: Sequence[object]


TENTH = (promotion("p", Percent(1_000)),)
FIFTHS = (promotion("p", Percent(2_000)), promotion("q", Percent(2_000)))
FROM_TEN = (promotion("p", Amount(1)), promotion("q", Amount(500), minimum=Minimum(10_000)))
SEVERAL = (promotion("p", Amount(1_000)), promotion("q", Amount(3_000)))
SMALL = cart(line("a", 15), line("b", 15), line("c", 15, 2))
EXAMPLES = (
    Example("percent_of", "20 % off ₩10,000, then 20 % off", ONE, FIFTHS, tuple(Base)),
    Example("threshold_on", "₩1 off ₩10,000, then ₩500 off from ₩10,000 on", ONE, FROM_TEN, tuple(Base)),
    Example("rounding", "10 % off ₩5", cart(line("a", 5)), TENTH, tuple(Rounding)),
    Example("rounded_on", "10 % off ₩15, ₩15 and 2 × ₩15", SMALL, TENTH, tuple(RoundedOn)),
    Example(
        "over_budget", "₩1,000 off with a budget of ₩700 left", ONE, (promotion("b", Amount(1_000)),),
        tuple(OverBudget),
    ),
    Example(
        "floors_hold", "30 % off ₩10,000 with a floor of ₩9,000", cart(line("a", 10_000, floor_minor=9_000)),
        (promotion("p", Percent(3_000)),), (True, False),
    ),
    Example("lanes", "₩1,000 off and ₩3,000 off in one lane", ONE, SEVERAL, tuple(Choice)),
)  # fmt: skip


def answers() -> str:
    """Return what each setting makes of one example."""
    budget = {b"b": Remaining(budget_minor=700)}
    rows = []
    for one in EXAMPLES:
        for answer in one.answers:
            value = (Lane("main", answer),) if isinstance(answer, Choice) else answer
            given: dict[str, Any] = {one.setting: value}
            settings = Settings(**given)
            found = run(one.cart, *one.rules, settings=settings, remaining=budget)
            rows.append([f"`{one.setting}`", one.said, f"`{answer}`", found.discount_minor])
    return table(["setting", "example", "answer", "₩ off"], rows)


def codes() -> str:
    """Return what becomes of a code that takes nothing off, and of a good code beside a bad one."""
    free, rule = cart(line("a", 0)), promotion("p", Percent(1_000), needs_code=True)
    rows = []
    for uses_up in (False, True):
        settings = Settings(uses_up_without_effect=uses_up)
        found = run(free, rule, settings=settings, coupons=(Coupon("HELLO", b"p"),))
        used = ", ".join(found.used_codes) or "none"
        rows.append(["`uses_up_without_effect`", "HELLO, 10 % off ₩0", f"`{uses_up}`", 0, used])
    for both in (False, True):
        given = (Coupon("HELLO", b"p"), Coupon("NOSUCH"))
        found = run(ONE, rule, settings=Settings(all_or_nothing=both), coupons=given)
        used = ", ".join(found.used_codes) or "none"
        rows.append(
            ["`all_or_nothing`", "HELLO and NOSUCH, ₩10,000", f"`{both}`", found.discount_minor, used]
        )
    return table(["setting", "example", "answer", "₩ off", "codes used"], rows)


def units() -> str:
    """Return which of four coffees are reduced, and by how much."""
    kinds: list[tuple[str, Benefit]] = [
        ("every 2nd free, the cheapest of all", NthFree(2)),
        ("every 2nd free, the cheapest of each two", NthFree(2, which=Which.OF_EACH)),
        ("every 3rd free", NthFree(3)),
        ("buy 2, get 1", BuyGet(None, 2, 1)),
        ("buy 1, get 1 at half price", BuyGet(None, 1, 1, 5_000)),
        ("buy 1, get 1, at most one round", BuyGet(None, 1, 1, most_rounds=1)),
        ("any two for ₩6,000", Bundle((Part(COFFEE, 2),), 6_000)),
        ("any two for ₩8,000", Bundle((Part(COFFEE, 2),), 8_000)),
    ]
    rows = []
    for name, benefit in kinds:
        found = run(FOUR, promotion("p", benefit))
        rows.append([name, *(off(found)[one.key][0] for one in FOUR.lines), found.discount_minor])
    return table(["promotion", *(one.key for one in FOUR.lines), "₩ off"], rows)


def stacking() -> str:
    """Return which categories go together."""
    settings = Settings(stacking={one.value: one for one in Stacking})
    rows = [
        [f"**{one}**", *("yes" if settings.go_together(one, other) else "no" for other in Stacking)]
        for one in Stacking
    ]
    return table(["", *Stacking], rows)


def returns() -> str:
    """Return three mugs, paid with points and a card, too, and what comes back with an amount and each."""
    sold = sold_of(run(MUGS, *MUG_RULES), Tender(points=1_700, minor=1_700, stored_minor=3_000))
    rows: list[list[object]] = [[f"mug {key[1] + 1} carries", *one] for key, one in sold.units.items()]
    rows.append(["**all carry**", *sold.carried])
    steps: list[tuple[str, Back]] = []
    for name in ("₩5,000 without goods", "mug 2", "mug 1", "mug 3"):
        back = return_amount(sold, 5_000) if "₩" in name else return_units(sold, [("mug", int(name[-1]) - 1)])
        assert isinstance(back, Back)
        steps.append((name, back))
        sold = back.sold
    rows += [[f"{name} comes back", *back.total] for name, back in steps]
    rows.append(["**still carried**", *sold.carried])
    return table(
        ["", "₩ in money", "₩ in points", "points paid", "points earned", "₩ discount", "₩ on a card"], rows
    )


TABLES = (splits, answers, codes, units, stacking, returns)

if __name__ == "__main__":
    for one in TABLES:
        print(f"{one()}\n")
