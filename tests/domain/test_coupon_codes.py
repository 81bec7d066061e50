"""Codes: what they are drawn from, what a check character finds, and how they are read."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from dangol.domain.coupon_codes import (
    ALPHABET,
    GuessablePattern,
    InvalidPattern,
    check_character,
    draw,
    is_whole,
    normalize,
    read_pattern,
)
from tests.domain.coupon_worked import TABLES
from tests.house_rules import ROOT
from tests.sizes import SIZE

PAGE = (ROOT / "docs/algorithms/coupons.md").read_text()
SPRING = read_pattern("SPRING-####-####-####")
LAW = settings(max_examples=SIZE.examples, deadline=None)
keys = st.text(ALPHABET, min_size=1, max_size=40).map(lambda text: text + check_character(text))


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.__name__)
def test_page__worked_numbers__are_what_the_code_does(table: Callable[[], str]) -> None:
    assert table() in PAGE, "run `python -m tests.domain.coupon_worked` and put its table in"


@LAW
@given(keys, st.data())
def test_check__any_single_character_is_another__is_found(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from([one for one in ALPHABET if one != key[place]]))

    assert is_whole(key)
    assert not is_whole(key[:place] + other + key[place + 1 :])


@LAW
@given(keys, st.data())
def test_check__two_neighbors_changed_places__is_found(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 2))
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert is_whole(swapped) == (swapped == key)


def test_check__all_pairs_of_neighbors__each_found_wherever_they_stand() -> None:
    for before in ("", "7", "KZ0"):
        for first in ALPHABET:
            for second in ALPHABET:
                key = before + first + second + "Q"
                key += check_character(key)
                swapped = before + second + first + key[len(before) + 2 :]
                assert is_whole(swapped) == (first == second)


@LAW
@given(st.text(max_size=80))
def test_normalize__anything_twice__is_as_once(text: str) -> None:
    key = normalize(text)

    assert normalize(key) == key
    assert not set(key) & set("ILOU -")


@LAW
@given(st.sampled_from(draw(SPRING, 50)), st.data())
def test_normalize__typed_carelessly__is_the_same_code(code: str, data: st.DataObject) -> None:
    typed = []
    for one in code:
        forms = [one, one.lower(), f" {one}", f"{one}\u200b", chr(ord(one) + 0xFEE0), f"{one}\u2013"]
        forms += {"0": ["o", "O"], "1": ["i", "L", "l"], "V": ["u"]}.get(one, [])
        typed.append(data.draw(st.sampled_from(forms)))

    assert normalize("".join(typed)) == normalize(code)
    assert is_whole("".join(typed))


class Bytes:
    """Gives each byte once for the first place; the next one counts on, so that no two codes are alike."""

    def __init__(self) -> None:
        self._place = 0

    def __call__(self, count: int) -> bytes:
        """Return the bytes of the next place."""
        assert count == 256
        self._place += 1
        return bytes(number >> (5 if self._place == 2 else 0) for number in range(256))


def test_draw__many__fit_the_pattern_and_are_no_two_alike() -> None:
    codes = draw(SPRING, 5_000)

    assert len({normalize(code) for code in codes}) == 5_000
    drawn = f"[{ALPHABET}]"
    assert all(re.fullmatch(rf"SPRING-{drawn}{{4}}-{drawn}{{4}}-{drawn}{{5}}", code) for code in codes)
    assert all(is_whole(code) for code in codes)


def test_draw__every_character__is_as_likely_as_any_other() -> None:
    shares = Counter(code[7] for code in draw(SPRING, 256, random=Bytes()))

    assert shares == dict.fromkeys(ALPHABET, 8)


def test_draw__the_same_bytes_twice__is_drawn_anew() -> None:
    told = iter([bytes(2)] * 12 + [b"\x01"] * 12)

    first, second = draw(SPRING, 2, random=lambda _: next(told))

    assert first[7:16] == "0000-0000"
    assert second[7:16] == "1111-1111"


@pytest.mark.parametrize(("text", "bits"), [("SPRING-####-####-###", 55), ("#", 5), ("A-" + "#" * 11, 55)])
def test_read_pattern__too_few_drawn__is_refused(text: str, bits: int) -> None:
    with pytest.raises(GuessablePattern) as refusal:
        read_pattern(text)

    assert refusal.value.data == {"bits": bits, "least": 60}


@pytest.mark.parametrize(
    ("text", "problem"),
    [("SPRING", "empty"), ("", "empty"), ("#" * 64, "too_long"), ("봄-" + "#" * 12, "character")],
)
def test_read_pattern__that_is_none__is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidPattern) as refusal:
        read_pattern(text)

    assert refusal.value.data["problem"] == problem


def test_read_pattern__small_and_full_width__is_read_in_capitals() -> None:
    pattern = read_pattern(" ｓｐｒｉｎｇ-####-####-#### ")

    assert pattern == SPRING
    assert (pattern.bits, pattern.prefix) == (60, "SPRING")


@pytest.mark.parametrize("text", ["", "A", "!!", "봄봄봄", "SPRING-0000-0000-0000"])
def test_is_whole__what_was_not_drawn_here__is_not(text: str) -> None:
    assert not is_whole(text)
