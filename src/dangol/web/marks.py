"""The Dangol mark: seven petals, one for each element of loyalty, around the regular in the middle."""

from functools import cache
from math import cos, pi, sin

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_CENTER, _INNER, _OUTER = 70.0, 27.0, 65.0
_PETALS = 7
# Half of a petal's opening at its foot and at its rim, in radians: they widen outward.
_FOOT, _RIM = 0.372, 0.364


def _point(radius: float, angle: float) -> str:
    return f"{_CENTER + radius * sin(angle):.1f} {_CENTER - radius * cos(angle):.1f}"


def _petal(middle: float) -> str:
    return (
        f"M{_point(_INNER, middle - _FOOT)}L{_point(_OUTER, middle - _RIM)}"
        f"A{_OUTER:g} {_OUTER:g} 0 0 1 {_point(_OUTER, middle + _RIM)}"
        f"L{_point(_INNER, middle + _FOOT)}"
        f"A{_INNER:g} {_INNER:g} 0 0 0 {_point(_INNER, middle - _FOOT)}Z"
    )


@cache
def _petals() -> SafeString:
    path = "".join(_petal(2 * pi * number / _PETALS) for number in range(_PETALS))
    return mark_safe(f'<path d="{path}" fill="#fff"/>')  # numbers only


def logo(size: int = 34) -> SafeString:
    """Return the mark on its rounded ground."""
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 140 140" aria-hidden="true">'
        '<rect width="140" height="140" rx="40" fill="#3a4fb8"/>'
        '<g transform="translate(70 70) scale(.8) translate(-70 -70)">{1}</g></svg>',
        size,
        _petals(),
    )


def watermark() -> SafeString:
    """Return the bare petals, for the corner of a member's pass."""
    return format_html('<svg class="wm" viewBox="0 0 140 140" aria-hidden="true">{}</svg>', _petals())
