"""Names: what they are found by, and how much of them is shown."""

import pytest
from hypothesis import given, settings, strategies as st

from dangol.core.people.masking import (
    mask_birthday,
    mask_card,
    mask_email,
    mask_name,
    mask_phone,
    show_phone,
)
from dangol.core.people.names import (
    begins_with,
    fold_name,
    leading_parts,
    normalize_name,
    parts_to_find,
)
from dangol.core.people.refused_values import RefusedValue
from tests.sizes import SIZE


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("김하늘", {"김", "김하", "김하늘"}),
        ("김 하늘", {"김", "김하", "김하늘", "하", "하늘"}),
        ("Jane Doe", {"ja", "jan", "jane", "janed", "janedo", "janedoe", "do", "doe"}),
        ("Ng", {"ng"}),
        ("J", {"j"}),
    ],
)
def test_leading_parts__of_a_name__its_beginnings(name: str, parts: set[str]) -> None:
    assert leading_parts(name) == parts


def test_leading_parts__long_name__eight_letters_and_the_whole() -> None:
    parts = leading_parts("Wolfeschlegelstein")

    assert max(parts - {"wolfeschlegelstein"}, key=len) == "wolfesch"


@settings(max_examples=SIZE.examples)
@given(name=st.text(min_size=1, max_size=40), cut=st.integers(1, 40))
def test_parts_to_find__any_beginning__meets_the_name(name: str, cut: int) -> None:
    try:
        normal = normalize_name(name)
    except RefusedValue:
        return
    wanted = fold_name(normal)[:cut]
    if fold_name(wanted) != wanted or (len(wanted) < 2 and fold_name(normal) != wanted):
        return

    assert leading_parts(normal) & set(parts_to_find(wanted))
    assert begins_with(normal, wanted)


@settings(max_examples=SIZE.examples)
@given(name=st.text(max_size=60))
def test_normalize_name__normal_form__normal_again(name: str) -> None:
    try:
        normal = normalize_name(name)
    except RefusedValue:
        return

    assert normalize_name(normal) == normal
    assert fold_name(fold_name(normal)) == fold_name(normal)


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        (mask_name("김하늘"), "김*늘"),
        (mask_name("김하"), "김*"),
        (mask_name("남궁민수"), "남**수"),
        (mask_name("Jane Doe"), "J*** D**"),
        (mask_name("김"), "김"),
        (mask_email("haneul@example.com"), "ha***@example.com"),
        (mask_email("ha@example.com"), "h***@example.com"),
        (mask_phone(show_phone("+821012345678", region="KR")), "010-1234-**78"),
        (mask_phone(show_phone("+821012345678", region="US")), "+82 10-1234-**78"),
        (mask_card("1234567890"), "******7890"),
        (mask_card("1234"), "**34"),
        (mask_birthday("1990-03-14"), "1990-**-**"),
    ],
)
def test_mask__each_kind__shows_only_so_much(shown: str, masked: str) -> None:
    assert shown == masked
