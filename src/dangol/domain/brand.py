"""A brand's one color, and the colors a page needs that are made of it so that text on them can be read.

Contrast is WCAG 2.2's (relative luminance, 1.4.3). Lightness is changed in OKLCH (B. Ottosson, "A perceptual
color space for image processing", 2020), where hue and chroma stay what the eye calls the same.
"""

import math
import re
from functools import lru_cache
from typing import NamedTuple

from dangol.domain.errors import Malformed

# Text pairs need this much (WCAG 2.2, 1.4.3).
READABLE = 4.5
# 쪽빛: the color of a shop that has chosen none.
HOUSE_COLOR = "#3a4fb8"
_WHITE, _NIGHT = "#ffffff", "#161d27"
# The palest text that stands on the pass.
_ON_PASS = "#dbe1ff"
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEP = 0.01
_MOST_CHROMA_ON_DARK, _SOFT_CHROMA = 0.13, 0.05

Linear = tuple[float, float, float]


class NotAColor(Malformed):
    """A color is written `#rrggbb` (`field`)."""

    code = "brand.not_a_color"


class Palette(NamedTuple):
    """What a member's pages are painted with, each as `#rrggbb`; `…_dark` where the phone is dark.

    `on_…` is the text on it. `is_shifted` says whether the brand's own color was too pale for white text and
    a darker tone of it stands on the pass instead; `contrast` is that of white text on the brand's own color.
    """

    brand: str
    contrast: float
    is_shifted: bool
    hero: str
    hero_2: str
    hero_dark: str
    hero_2_dark: str
    primary: str
    primary_dark: str
    hover: str
    hover_dark: str
    soft: str
    soft_dark: str
    on_primary: str
    on_primary_dark: str


def read_color(text: str, *, field: str = "color") -> str:
    """Return a color as it is kept, `#rrggbb` in small letters; raises NotAColor."""
    color = text.strip().lower()
    if not _HEX.fullmatch(color):
        raise NotAColor(field=field)
    return color


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=64)
def make_palette(brand: str) -> Palette:
    """Return the colors made of a brand's; every text among them has a contrast of at least 4.5."""
    light, chroma, hue = _to_oklch(brand)
    hero_2 = _darken(brand, against=(_WHITE, _ON_PASS))
    deep = _to_oklch(hero_2)[0]
    primary = _darken(brand, against=(_WHITE, "#f5f6f8", "#eef0f4"))
    soft = _from_oklch(0.955, min(chroma, _SOFT_CHROMA / 2), hue)
    primary = _darken(primary, against=(soft,))
    soft_dark = _from_oklch(0.31, min(chroma, _SOFT_CHROMA), hue)
    pale = _from_oklch(max(light, 0.75), min(chroma, _MOST_CHROMA_ON_DARK), hue)
    primary_dark = _lighten(pale, against=(_NIGHT, soft_dark, "#1e2733"))
    pale_light = _to_oklch(primary_dark)[0]
    return Palette(
        brand=brand,
        contrast=round(contrast(brand, _WHITE), 2),
        is_shifted=hero_2 != brand,
        hero=_from_oklch(max(deep - 0.08, 0.0), chroma, hue),
        hero_2=hero_2,
        hero_dark=_from_oklch(min(deep, 0.30), min(chroma, 0.1), hue),
        hero_2_dark=_from_oklch(min(deep, 0.38), min(chroma, 0.1), hue),
        primary=primary,
        primary_dark=primary_dark,
        hover=_from_oklch(max(_to_oklch(primary)[0] - 0.06, 0.0), chroma, hue),
        hover_dark=_from_oklch(min(pale_light + 0.06, 1.0), min(chroma, _MOST_CHROMA_ON_DARK), hue),
        soft=soft,
        soft_dark=soft_dark,
        on_primary=_WHITE,
        on_primary_dark=_from_oklch(0.22, min(chroma, _SOFT_CHROMA), hue),
    )


def _darken(color: str, *, against: tuple[str, ...]) -> str:
    return _move(color, -_STEP, against)


def _lighten(color: str, *, against: tuple[str, ...]) -> str:
    return _move(color, _STEP, against)


def _move(color: str, step: float, against: tuple[str, ...]) -> str:
    """Return the color, made darker or lighter in steps until all of `against` can be read with it."""
    light, chroma, hue = _to_oklch(color)
    while min(contrast(color, one) for one in against) < READABLE and 0 <= light <= 1:
        light += step
        color = _from_oklch(min(max(light, 0.0), 1.0), chroma, hue)
    return color


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _linear(color: str) -> Linear:
    """Return the color's light by channel (IEC 61966-2-1)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in _channels(color))
    )
    return red, green, blue


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklch(color: str) -> tuple[float, float, float]:
    """Return lightness from 0 to 1, chroma, and hue in radians."""
    red, green, blue = _linear(color)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return light, math.hypot(a, b), math.atan2(b, a)


def _from_oklch(light: float, chroma: float, hue: float) -> str:
    """Return the color nearest to these, with as much chroma as a screen can show."""
    while True:
        linear = _to_linear(light, chroma * math.cos(hue), chroma * math.sin(hue))
        if chroma <= 0 or all(-0.0005 <= part <= 1.0005 for part in linear):
            return "#" + "".join(f"{_channel(part):02x}" for part in linear)
        chroma = max(chroma - 0.005, 0.0)


def _to_linear(light: float, a: float, b: float) -> Linear:
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _channel(part: float) -> int:
    part = min(max(part, 0.0), 1.0)
    value = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    return round(value * 255)
