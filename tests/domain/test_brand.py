"""A brand's palette: whatever the color, text on it can be read, and a readable one stays itself."""

import pytest
from hypothesis import given, strategies as st

from dangol.domain.brand import READABLE, NotAColor, contrast, make_palette, read_color

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_palette__of_any_color__every_text_can_be_read(color: str) -> None:
    made = make_palette(color)

    pairs = [
        (made.hero, "#ffffff"), (made.hero_2, "#ffffff"), (made.hero_2, "#dbe1ff"), (made.hero, "#dbe1ff"),
        (made.hero_dark, "#dbe1ff"), (made.hero_2_dark, "#dbe1ff"), (made.primary, made.on_primary),
        (made.hover, made.on_primary), (made.primary_dark, made.on_primary_dark),
        (made.hover_dark, made.on_primary_dark), (made.primary, made.soft),
        (made.primary_dark, made.soft_dark), (made.primary, "#f5f6f8"), (made.primary_dark, "#161d27"),
    ]  # fmt: skip
    unreadable = {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < READABLE}
    assert unreadable == {}


@given(COLORS)
def test_palette__made_of_its_own_tone__stays_as_it_is(color: str) -> None:
    tone = make_palette(color).hero_2

    assert make_palette(tone).hero_2 == tone


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#ffffff", "#000000", 21.0), ("#777777", "#ffffff", 4.48), ("#0000ff", "#ffffff", 8.59)],
)
def test_contrast__of_known_pairs__is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


def test_palette__of_a_pale_color__says_that_it_was_shifted() -> None:
    assert make_palette("#ffd600").is_shifted
    assert not make_palette("#3a4fb8").is_shifted


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "3a4fb8", "#3a4fb8;}", "#３a4fb8"])
def test_color__not_one__is_refused(text: str) -> None:
    with pytest.raises(NotAColor):
        read_color(text)


def test_color__in_capitals__is_kept_small() -> None:
    assert read_color(" #3A4FB8 ") == "#3a4fb8"
