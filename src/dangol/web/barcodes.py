"""A member's number as a Code 128 barcode (ISO/IEC 15417), drawn as SVG."""

from itertools import groupby

from barcode import Code128
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# Ten modules of silence on each side, as the standard asks.
_QUIET = 10
_HEIGHT = 60


def render_barcode(text: str, *, label: str) -> SafeString:
    """Return the barcode of a text of ASCII characters, named `label` for those who cannot see it.

    Raises ValueError for text Code 128 cannot hold.
    """
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError(f"{text!r} cannot be written in Code 128")
    modules = Code128(text).build()[0]
    place, bars = _QUIET, []
    for bit, run in groupby(modules):
        width = len(list(run))
        if bit == "1":
            bars.append((place, width, _HEIGHT))
        place += width
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"'
        ' shape-rendering="crispEdges">{}</svg>',
        place + _QUIET,
        _HEIGHT,
        label,
        format_html_join("", '<rect x="{}" width="{}" height="{}"/>', bars),
    )
