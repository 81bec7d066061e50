"""Bundles: no other choice of units takes more off; worked by hand, and against all choices there are."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, strategies as st

from dangol.domain.promotions import Cart, Line
from dangol.domain.promotions.benefits import Bundle, Items, Part
from dangol.domain.promotions.checking import RuleFault, find_fault
from dangol.domain.promotions.effects import Reason
from tests.domain.promotions.shop import cart, line, off, promotion, run, why
from tests.domain.promotions.test_laws import much


def of(names: str) -> Items:
    return Items(products=frozenset(names))


@pytest.mark.parametrize(
    ("parts", "price", "amount"),
    [
        # All four in two bundles: a goes into the first part, though it fits the second, too.
        ((Part(of("ab")), Part(of("acd"))), 5_000, 8_000),
        # Two parts that both fit a and b: one bundle, of both.
        ((Part(of("ab")), Part(of("ab"))), 5_000, 6_000),
        # Three that overlap in a ring.
        ((Part(of("ab")), Part(of("bc")), Part(of("ca"))), 5_000, 10_000),
        ((Part(of("abcd"), 2), Part(of("cd"))), 5_000, 10_000),
    ],
)
def test_bundle__of_parts_that_overlap__takes_the_most_off(
    parts: tuple[Part, ...], price: int, amount: int
) -> None:
    four = cart(line("a", 6_000), line("b", 5_000), line("c", 4_000), line("d", 3_000))

    assert run(four, promotion("p", Bundle(parts, price))).discount_minor == amount


def test_bundle__whose_dearest_unit_is_needed_elsewhere__is_found() -> None:
    # The first part would take c, the dearest; then one unit is left for the second, which needs two.
    units = cart(line("d", 3_000), line("b", 3_000), line("c", 4_000))

    found = run(units, promotion("p", Bundle((Part(of("abc")), Part(of("acd"), 2)), 1_000)))

    assert off(found) == {"b": [2_700], "c": [3_600], "d": [2_700]}


def test_bundle__one_more_that_would_cost_more__is_left_out() -> None:
    lines = cart(line("a", 9_000, 2), line("b", 1_000, 2))

    found = run(lines, promotion("p", Bundle((Part(of("ab"), 2),), 3_000)))

    assert (off(found)["b"], found.discount_minor) == ([0, 0], 15_000)


def test_bundle__dearer_than_all_units__takes_nothing_and_says_so() -> None:
    lines = cart(line("a", 1_000), line("b", 1_000))

    assert why(run(lines, promotion("p", Bundle((Part(of("a")), Part(of("b"))), 2_000)))) == {
        "p": Reason.NOTHING_TO_DISCOUNT
    }


@pytest.mark.parametrize(("count", "fault"), [(6, None), (7, RuleFault.TOO_MANY_PARTS)])
def test_bundle__of_so_many_parts__has_an_end(count: int, fault: RuleFault | None) -> None:
    assert find_fault(promotion("p", Bundle((Part(of("a")),) * count, 1))) is fault


def test_bundle__of_many_units_and_parts__is_found_in_time() -> None:
    names = "abcdef"
    lines = cart(*(line(f"{n}", 1_000 + n, 20, product=names[n % 6]) for n in range(5_000)))
    parts = tuple(Part(of(names[n:] + names[: n // 2]), 1 + n % 2) for n in range(6))

    assert run(lines, promotion("p", Bundle(parts, 100))).discount_minor > 0


lines_of = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 12)), max_size=6).map(
    lambda drawn: [line(f"{n}", price, product=name) for n, (name, price) in enumerate(drawn)]
)
parts_of = st.lists(
    st.builds(Part, st.sets(st.sampled_from("abcd"), min_size=1).map("".join).map(of), st.integers(1, 2)),
    min_size=1,
    max_size=3,
).map(tuple)


@much
@given(lines_of, st.builds(Bundle, parts_of, st.integers(0, 20), st.none() | st.integers(1, 2)))
def test_bundle__any__takes_as_much_as_the_best_of_all_choices(lines: list[Line], benefit: Bundle) -> None:
    of_these = Cart("KRW", tuple(lines))

    found = run(of_these, promotion("p", benefit))

    assert found.discount_minor == _worth(of_these, benefit)


def _worth(of_these: Cart, benefit: Bundle) -> int:
    """Return the most that any choice takes off: every unit in each part of each bundle, or in none."""
    best, size = 0, sum(part.count for part in benefit.parts)
    for count in range(1, len(of_these.lines) + 1):
        if (benefit.most is not None and count > benefit.most) or count * size > len(of_these.lines):
            break
        wanted = Counter({n: part.count * count for n, part in enumerate(benefit.parts)})
        for choice in _choices(of_these, benefit):
            if Counter(one for one in choice if one is not None) == wanted:
                prices = zip(of_these.lines, choice, strict=True)
                worth = sum(one.unit_minor for one, place in prices if place is not None)
                best = max(best, worth - count * benefit.price_minor)
    return best


def _choices(of_these: Cart, benefit: Bundle) -> Iterator[tuple[int | None, ...]]:
    fitting = [
        [None, *(n for n, part in enumerate(benefit.parts) if one.product in part.items.products)]
        for one in of_these.lines
    ]
    return product(*fitting)
