"""What is kept of values that other programs send."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from dangol.domain.personal_data import looks_personal
from dangol.domain.tracked_values import LONGEST_TEXT, bare_address, exact_number, keep_values
from tests.sizes import SIZE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Decimal("19.99"), 19.99),
        (Decimal("19.989999999999998"), 19.99),
        (Decimal("1.10"), 1.1),
        (Decimal("5.0"), 5),
        (Decimal("0.0000004"), 0),
        (Decimal("123456789.123456"), 123456789.123456),
        (Decimal("1234567890123.123456"), "1234567890123.123456"),
        (2**60, str(2**60)),
        (-3, -3),
        (True, True),
        (None, None),
    ],
)
def test_keep_values__a_number__as_it_was_given(given: Any, kept: Any) -> None:
    found = keep_values({"n": given}, at="properties").values["n"]

    assert found == kept
    assert type(found) is type(kept)


def test_keep_values__personal_ones__are_taken_out_and_named() -> None:
    given = {
        "plan": "gold", "email": "a@b.kr", "note": "call 010-1234-5678",
        "user": {"first_name": "하늘", "level": 3},
        "list": ["ok", "kim@example.com"], "card": 4111111111111111, "is_mobile": True,
    }  # fmt: skip

    kept = keep_values(given, at="traits")

    assert kept.values == {"plan": "gold", "user": {"level": 3}, "list": ["ok"], "is_mobile": True}
    assert kept.taken == [
        "traits.email",
        "traits.note",
        "traits.user.first_name",
        "traits.list[1]",
        "traits.card",
    ]


def test_keep_values__a_name__of_a_product_stays_and_of_a_person_goes() -> None:
    product = keep_values({"product_id": "P1", "name": "Monopoly"}, at="properties")
    inner = keep_values({"products": [{"sku": "S", "name": "Uno"}], "name": "김하늘"}, at="properties")

    assert product.values["name"] == "Monopoly"
    assert inner.values == {"products": [{"sku": "S", "name": "Uno"}]}
    assert inner.taken == ["properties.name"]


def test_keep_values__too_long_or_too_deep__is_cut_and_named() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10):
        deep = {"d": deep}

    kept = keep_values({"long": "a" * 5_000, "deep": deep}, at="p")

    assert len(kept.values["long"]) == LONGEST_TEXT
    assert kept.cut == ["p.long", "p.deep.d.d.d.d.d"]


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("https://shop.kr/a?q=kim#x", "https://shop.kr/a"),
        ("https://me:pw@shop.kr/a", "https://shop.kr/a"),
        ("/path?token=1", "/path"),
    ],
)
def test_bare_address__with_a_query__is_without(address: str, bare: str) -> None:
    assert bare_address(address) == bare


def test_exact_number__beyond_any_amount__is_none() -> None:
    assert exact_number(Decimal("1e400")) is None
    assert exact_number(Decimal("NaN")) is None
    assert exact_number(Decimal("1e999999999")) is None


@pytest.mark.parametrize(
    "number",
    [4106011000000, -4106011000000, 4106011000000.0, Decimal(4106011000000), Decimal("4106011000000.003953")],
)
def test_keep_values__number_with_a_resident_number_in_it__is_taken_out(
    number: int | float | Decimal,
) -> None:
    kept = keep_values({"n": number, "more": 1}, at="properties")

    assert (kept.values, kept.taken) == ({"more": 1}, ["properties.n"])


@given(st.dictionaries(st.text(max_size=12), JSON, max_size=6))
@example({"": Decimal("4106011000000.003953")})
@settings(max_examples=SIZE.examples, deadline=None)
def test_keep_values__of_anything__is_json_and_nothing_personal(values: dict[str, Any]) -> None:
    kept = keep_values(values, at="properties")

    text = json.dumps(kept.values, allow_nan=False)
    assert "\\u0000" not in text
    assert not any(looks_personal(one) for one in _texts(kept.values))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
@settings(max_examples=SIZE.examples, deadline=None)
def test_keep_values__a_decimal_of_six_places__reads_as_what_was_sent(number: Decimal) -> None:
    kept = keep_values({"n": number}, at="properties").values["n"]

    assert Decimal(str(kept)) == number


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    return [text for one in value for text in _texts(one)] if isinstance(value, list) else []
