"""Charts say what they are given, at the height it is."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from dangol.web.barcodes import render_barcode
from dangol.web.charts import PHONE_WIDTH, Label, Series, column_chart, nice_steps, sparkline


@pytest.mark.parametrize(
    ("largest", "steps"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (7, [0, 2, 4, 6, 8]),
        (1017, [0, 500, 1000, 1500]),
        (10_170_000, [0, 5_000_000, 10_000_000, 15_000_000]),
        (98, [0, 25, 50, 75, 100]),
    ],
)
def test_nice_steps__largest_value__round_and_reaching(largest: int, steps: list[int]) -> None:
    assert nice_steps(largest) == steps


@given(st.integers(min_value=1, max_value=10**15))
def test_nice_steps__any_value__few_even_and_enough(largest: int) -> None:
    steps = nice_steps(largest)

    assert steps[-1] >= largest > steps[-2]
    assert len({after - before for before, after in pairwise(steps)}) == 1
    assert len(steps) <= 6


def test_column_chart__values__bars_are_as_high_as_they_say() -> None:
    drawn = column_chart(
        [Label("1"), Label("2", "이번 주, 아직")],
        [Series("적립", "s1", [50, 100]), Series("사용", "s2", [0, 25])],
        label="<두 주>",
        write=str,
        write_tick=str,
    )

    root = ElementTree.fromstring(drawn)
    heights = {
        style: [
            float(bar.get("height", "")) for bar in root.iter("rect") if style in (bar.get("class") or "")
        ]
        for style in ("s1", "s2")
    }
    assert heights["s1"][1] == 2 * heights["s1"][0] == 4 * heights["s2"][0]
    assert root.get("aria-label") == "<두 주>"
    assert [text.text for text in root.iter("text") if text.get("class") == "value"] == ["100", "25"]


def test_column_chart__column_not_whole__lighter_and_says_why() -> None:
    labels = [Label("1", "주 중간부터"), *(Label(str(one)) for one in range(2, 13)), Label("13", "아직")]

    root = ElementTree.fromstring(
        column_chart(labels, [Series("a", "s1", [5] * 13)], label="", write=str, write_tick=str)
    )

    classes = [bar.get("class") for bar in root.iter("rect") if "s1" in (bar.get("class") or "")]
    assert classes == ["s1 part", *["s1"] * 11, "s1 part"]
    edges = {text.text: (text.get("x"), text.get("text-anchor")) for text in root.iter("text")}
    assert edges["주 중간부터"] == ("56.0", "start")
    assert edges["아직"] == ("760.0", "end")


@pytest.mark.parametrize("columns", [1, 5, 7, 13])
@pytest.mark.parametrize("kinds", [1, 3])
def test_column_chart__on_a_phone__bars_stand_side_by_side_and_nothing_leaves_it(
    columns: int, kinds: int
) -> None:
    labels = [Label(f"11. {one}.") for one in range(columns)]
    series = [Series(f"{one}", f"s{one + 1}", [5] * columns) for one in range(kinds)]

    root = ElementTree.fromstring(
        column_chart(labels, series, label="", write=str, write_tick=str, width=PHONE_WIDTH)
    )

    bars = sorted(
        (float(bar.get("x", "")), float(bar.get("width", "")))
        for bar in root.iter("rect")
        if (bar.get("class") or "").startswith("s")
    )
    assert len(bars) == columns * kinds
    assert min(width for _, width in bars) >= 3
    assert all(x + width < after for (x, width), (after, _) in pairwise(bars))
    last = next(text for text in root.iter("text") if text.text == labels[-1].text)
    half = 20 if last.get("text-anchor") == "middle" else 0
    assert float(last.get("x", "")) + half <= PHONE_WIDTH
    assert {one.get("fill") for one in root.iter("rect") if one.get("class") == "s3"} <= {"url(#hatch340)"}


@pytest.mark.parametrize("values", [[], [3], [0, 0, 0]])
def test_sparkline__nothing_to_show__draws_nothing(values: list[int]) -> None:
    assert sparkline(values) == ""


def test_sparkline__values__ends_at_the_last_one() -> None:
    drawn = ElementTree.fromstring(sparkline([1, 3, 2]))

    end = drawn.find("circle")
    assert end is not None
    assert (end.get("cx"), end.get("cy")) == ("86.0", "18.0")


def _read_code128(drawn: str) -> str:
    """Read the bars back: an independent reader of code set B and C, by the standard's widths."""
    root = ElementTree.fromstring(drawn)
    bars = [(int(bar.get("x", "")), int(bar.get("width", ""))) for bar in root.iter("rect")]
    bits = ["0"] * int(root.get("viewBox", "").split()[2])
    for x, width in bars:
        bits[x : x + width] = ["1"] * width
    return "".join(bits)


@pytest.mark.parametrize("text", ["1519", "882012045567", "CARD-7781"])
def test_render_barcode__number__has_quiet_zones_start_and_stop(text: str) -> None:
    bits = _read_code128(render_barcode(text, label="회원 바코드"))

    assert bits.startswith("0" * 10 + "11010")
    assert bits.endswith("1100011101011" + "0" * 10)
    assert (len(bits) - 20 - 13) % 11 == 0


@pytest.mark.parametrize("text", ["", "단골", "a\nb"])
def test_render_barcode__unwritable__refused(text: str) -> None:
    with pytest.raises(ValueError, match="Code 128"):
        render_barcode(text, label="")


def test_charts__markup__no_inline_style() -> None:
    drawn = column_chart(
        [Label("1")], [Series("a", "s3", [1])], label="", write=str, write_tick=str
    ) + sparkline([1, 2])

    assert not re.search(r"\bstyle=", drawn)
