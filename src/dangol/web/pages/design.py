"""The living design system: every component as pages use it, and the target of the accessibility tests."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.web.charts import Label, Series, column_chart, sparkline
from dangol.web.formats import format_number
from dangol.web.guard import signed_in_only

_COLORS = (
    "bg",
    "surface",
    "sunken",
    "primary",
    "accent",
    "success",
    "warning",
    "danger",
    "info",
    "c1",
    "c2",
    "c3",
    "c4",
)
_COLUMNS = ((742, 455, 96), (765, 470, 88), (800, 512, 104), (780, 498, 92), (842, 540, 90), (900, 589, 84))


@signed_in_only
def show_design(request: HttpRequest) -> HttpResponse:
    """Show the components. The figures here are examples of form and are said to be."""
    earned, spent, expired = zip(*_COLUMNS, strict=True)
    chart = column_chart(
        [
            *(Label(str(number)) for number in range(1, len(_COLUMNS))),
            Label(str(len(_COLUMNS)), _("이번 주, 아직")),
        ],
        [
            Series(_("적립"), "s1", earned),
            Series(_("사용"), "s2", spent),
            Series(_("소멸"), "s3", expired),
        ],
        label=_("막대 그림의 보기예요."),
        write=format_number,
        write_tick=format_number,
    )
    context = {"colors": _COLORS, "chart": chart, "spark": sparkline(earned)}
    return render(request, "web/design.html", context)
