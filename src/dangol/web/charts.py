"""Charts as SVG from Python: no script, the same in mail and print; colors come from the stylesheet.

Every chart has a twin table on its page, and a sentence as its label.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_WIDTH, _HEIGHT = 760, 266
# As wide as a phone shows it, so that its letters keep their size there.
PHONE_WIDTH = 340
_LEFT, _TOP, _BASE = 56, 28, 220
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_EDGE = 92, 36, 4
_GAP, _NARROW_GAP = 3, 1
# Under this the bars of a column stand closer.
_NARROW_SLOT = 40
_WIDEST_BAR = 26.0
# Under this a bar would be too thin to be seen at all.
_THINNEST_MARK = 1.5
# From here on a column has room for its values above it, and for a note under its label.
_WIDE_SLOT = 60
_NOTE_SLOT = 96


class Label(NamedTuple):
    """What stands under a column, with a note of why it is not whole: such a column is drawn lighter."""

    text: str
    note: str = ""


class Series(NamedTuple):
    """One kind of bar: its name, its style (`s1`, `s2`, `s3`) and a value for each column."""

    name: str
    style: str
    values: Sequence[int]


def nice_steps(largest: int, *, steps: int = 4) -> list[int]:
    """Return about `steps` + 1 round numbers from 0 that reach `largest`: steps of 1, 2, 2.5 or 5 × 10ⁿ."""
    if largest <= 0:
        return [0, 1]
    rough = -(-largest // steps)
    power = 1
    while power * 10 <= rough:
        power *= 10
    candidates = [power, 2 * power, 5 * power // 2 if power >= 10 else 0, 5 * power, 10 * power]
    step = next(one for one in sorted(candidates) if one >= rough)
    return [step * number for number in range(-(-largest // step) + 1)]


def column_chart(
    labels: Sequence[Label],
    series: Sequence[Series],
    *,
    label: str,
    write: Callable[[int], str],
    write_tick: Callable[[int], str],
    width: int = _WIDTH,
) -> SafeString:
    """Return grouped columns over `labels`; `label` says the chart in a sentence.

    `width` is in the units in which a letter is 12 high.

    `write_tick` writes the numbers of the axis; the last column's values are above its bars, by `write`.
    """
    ticks = nice_steps(max((value for one in series for value in one.values), default=0))
    scale = (_BASE - _TOP) / ticks[-1]
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}{}</svg>',
        width,
        _HEIGHT,
        label,
        _hatch(width),
        _grid(ticks, scale, write_tick, width),
        _columns(labels, series, scale, write, width),
        _column_labels(labels, width),
    )


def _hatch(width: int) -> SafeString:
    """Return the pattern of hatched bars: one for each width, since what is hidden lends nothing."""
    return format_html(
        '<defs><pattern id="hatch{}" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><rect class="hatch-bg" width="6" height="6"/>'
        '<rect class="hatch-fg" width="2.4" height="6"/></pattern></defs>',
        width,
    )


def _grid(ticks: Sequence[int], scale: float, write_tick: Callable[[int], str], width: int) -> SafeString:
    rows = []
    for tick in ticks:
        y = _BASE - tick * scale
        style = "grid" if tick else "base"
        rows.append(
            (style, _LEFT, width, f"{y:.1f}", f"{y:.1f}", _LEFT - 8, f"{y + 4:.1f}", write_tick(tick))
        )
    return format_html_join(
        "",
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        rows,
    )


def _column_labels(labels: Sequence[Label], width: int) -> SafeString:
    slot = (width - _LEFT) / max(len(labels), 1)
    # Where the columns are narrow only every second or third label has room.
    every = max(1, round(74 / slot))
    rows = [
        (f"{_LEFT + slot * (place + 0.5):.1f}", _BASE + 22, "middle", one.text)
        for place, one in enumerate(labels)
        if (len(labels) - 1 - place) % every == 0
    ]
    if labels and slot < _NARROW_SLOT:  # there is no room beside the last column for half of its label
        rows[-1] = (f"{width:.1f}", _BASE + 22, "end", labels[-1].text)
    notes = [(place, one.note) for place, one in enumerate(labels) if one.note]
    rows += [(*_note_place(place, len(labels), width), note) for place, note in notes]
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', rows)


def _note_place(place: int, columns: int, width: int) -> tuple[str, int, str]:
    """Return where a note stands: under its label, at the drawing's edge where the column is narrow."""
    slot = (width - _LEFT) / columns
    x, anchor = _LEFT + slot * (place + 0.5), "middle"
    if slot < _NOTE_SLOT and place in (0, columns - 1):
        x, anchor = (_LEFT, "start") if place == 0 else (width, "end")
    return f"{x:.1f}", _BASE + 38, anchor


class _Bar(NamedTuple):
    """A bar's place on the drawing."""

    x: float
    y: float
    width: float
    height: float


def _columns(
    labels: Sequence[Label], series: Sequence[Series], scale: float, write: Callable[[int], str], width: int
) -> SafeString:
    slot = (width - _LEFT) / max(len(labels), 1)
    gap = _GAP if slot >= _NARROW_SLOT else _NARROW_GAP
    wide = min(_WIDEST_BAR, (slot - 4 * gap) / len(series) - gap)
    drawn = []
    for place, label in enumerate(labels):
        left = _LEFT + slot * (place + 0.5) - (wide + gap) * len(series) / 2
        for number, one in enumerate(series):
            value = one.values[place]
            if not value:
                continue
            height = max(value * scale, _THINNEST_MARK)
            bar = _Bar(left + (wide + gap) * number, _BASE - height, wide, height)
            drawn.append(_draw_bar(bar, one.style, is_whole=not label.note, hatch=f"hatch{width}"))
            if place == len(labels) - 1 and slot >= _WIDE_SLOT:
                drawn.append(_draw_value(bar, write(value)))
    return mark_safe("".join(drawn))  # made of escaped parts


def _draw_bar(bar: _Bar, style: str, *, is_whole: bool, hatch: str) -> SafeString:
    return format_html(
        '<rect class="{}"{} x="{}" y="{}" width="{}" height="{}" rx="{}"/>',
        style if is_whole else f"{style} part",
        format_html(' fill="url(#{})"', hatch) if style == "s3" else "",
        *(f"{part:.1f}" for part in (*bar, min(4.0, bar.width / 3, bar.height / 2))),
    )


def _draw_value(bar: _Bar, text: str) -> SafeString:
    return format_html(
        '<text class="value" x="{}" y="{}" text-anchor="middle">{}</text>',
        f"{bar.x + bar.width / 2:.1f}",
        f"{bar.y - 6:.1f}",
        text,
    )


def sparkline(values: Sequence[int]) -> SafeString:
    """Return a small line of how a figure went; decoration: the figure is said in words.

    Fewer than two values, or only zeros, draw nothing.
    """
    if len(values) < 2 or not any(values):
        return mark_safe("")
    low, high = min(values), max(values)
    spread = (high - low) or 1
    inner_width, inner_height = _SPARK_WIDTH - 8, _SPARK_HEIGHT - 2 * _SPARK_EDGE
    points = [
        (
            2 + inner_width * place / (len(values) - 1),
            _SPARK_EDGE + inner_height * (high - value) / spread,
        )
        for place, value in enumerate(values)
    ]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    assert all(one[0] < other[0] for one, other in pairwise(points)), "a line runs from left to right"
    (first_x, _), (last_x, last_y) = points[0], points[-1]
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true"><path class="area" d="{}L{} {}L{} {}Z"/>'
        '<path class="line" d="{}"/><circle class="end" cx="{}" cy="{}" r="3"/></svg>',
        _SPARK_WIDTH, _SPARK_HEIGHT, line, f"{last_x:.1f}", _SPARK_HEIGHT, f"{first_x:.1f}", _SPARK_HEIGHT,
        line, f"{last_x:.1f}", f"{last_y:.1f}",
    )  # fmt: skip
