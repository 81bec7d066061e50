"""Names of traits: of any script, in one form."""

import unicodedata

import pytest
from hypothesis import example, given, settings, strategies as st

from dangol.domain.trait_names import LONGEST_NAME, composed, is_trait_name, trait_words
from tests.sizes import SIZE


@pytest.mark.parametrize(
    "name",
    ["plan", "app.plan", "app.seats_2026", "app.단계", "회원등급", "app.größe_é", "app.класс", "app.श्रेणी",
     "app.ระดับ", "app.会員ランク", "app.مستوى", "app.2026", "a__b", "x" * LONGEST_NAME, "단" * LONGEST_NAME],
)  # fmt: skip
def test_is_trait_name__letters_of_any_script__may_be_one(name: str) -> None:
    assert is_trait_name(composed(name.casefold()))


@pytest.mark.parametrize(
    "name",
    ["", ".", "app.", ".plan", "app..plan", "App.plan", "app.Größe", "2026", "_plan", "app plan", "app.a-b",
     "app.a\0", "app.🙂", "app.\u0301a", "\u0301", "app.½", "app.a\u200bb", "app.\ud800",
     unicodedata.normalize("NFD", "app.단계"), "x" * (LONGEST_NAME + 1)],
)  # fmt: skip
def test_is_trait_name__what_does_not_read_as_one__may_not(name: str) -> None:
    assert not is_trait_name(name)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("plan", "plan"),
        ("favoriteColor", "favorite_color"),
        ("Seats 2026", "seats_2026"),
        ("rewards.points", "rewards_points"),
        ("단계", "단계"),
        (unicodedata.normalize("NFD", "회원 등급"), "회원_등급"),
        ("VIP등급", "vip등급"),
        ("Größe", "grösse"),
        ("श्रेणी", "श्रेणी"),
        ("🙂", ""),
        ("--", ""),
        ("x" * 99, "x" * 99),
    ],
)
def test_trait_words__another_program_s_name__reads_as_ours(told: str, words: str) -> None:
    assert trait_words(told) == words


@given(st.text(max_size=40))
@example("İ")
@example("\u0345a")
@settings(max_examples=SIZE.examples, deadline=None)
def test_trait_words__any_text__is_a_name_or_none_and_the_same_again(told: str) -> None:
    words = trait_words(told)

    if is_trait_name(f"app.{words}"):
        assert trait_words(words) == words
        assert trait_words(unicodedata.normalize("NFD", told)) == words
