"""The brand's colors as a stylesheet: the policy of our pages lets no style stand in them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dangol.domain.brand import NotAColor, make_palette, read_color
from dangol.web.guard import open_to_all

_A_YEAR = 365 * 24 * 60 * 60
_RULE = """.branded {{
  --hero: light-dark({0.hero}, {0.hero_dark}); --hero-2: light-dark({0.hero_2}, {0.hero_2_dark});
  --primary: light-dark({0.primary}, {0.primary_dark});
  --primary-hover: light-dark({0.hover}, {0.hover_dark});
  --primary-soft: light-dark({0.soft}, {0.soft_dark});
  --on-primary: light-dark({0.on_primary}, {0.on_primary_dark});
}}
"""


@open_to_all
@require_safe
@cache_control(public=True, max_age=_A_YEAR, immutable=True)
def show_stylesheet(request: HttpRequest, color: str) -> HttpResponse:
    """Return what paints pages in a brand's color (`rrggbb`): it follows from the address alone."""
    try:
        kept = read_color(f"#{color}")
    except NotAColor:
        raise Http404 from None
    if kept != f"#{color}":
        raise Http404
    palette = make_palette(kept)
    return HttpResponse(_RULE.format(palette), content_type="text/css; charset=utf-8")
