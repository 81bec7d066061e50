"""Segments that make sense in any shop, to begin with."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Suggestion(NamedTuple):
    """A segment to begin with: its short name, its name, what it is good for, and its condition."""

    slug: str
    name: Promise
    good_for: Promise
    condition: dict[str, Any]


def _bought(times: int, op: str = "at_least", days: int | None = None) -> dict[str, Any]:
    window = {"window": {"type": "last", "n": days, "unit": "days"}} if days else {}
    return {"type": "did", "event": "order.placed", "times": {"op": op, "n": times}, **window}


SUGGESTIONS: Sequence[Suggestion] = (
    Suggestion(
        "recent",
        _("요즘 온 손님"),
        _("지난 30일에 산 사람이에요. 잘 지내는지 묻고, 다음에 올 까닭을 알려 주세요."),
        {"type": "all", "of": [_bought(1, days=30)]},
    ),
    Suggestion(
        "regulars",
        _("세 번 이상 산 손님"),
        _("세 번 이상 산 사람이에요. 단골이 되어 가는 이들이니 먼저 챙겨 주세요."),
        {"type": "all", "of": [_bought(3)]},
    ),
    Suggestion(
        "lapsed",
        _("발길이 뜸한 손님"),
        _("전에는 샀는데 60일 동안 오지 않은 사람이에요. 무엇이 아쉬웠는지 물어보세요."),
        {"type": "all", "of": [_bought(1), _bought(0, "exactly", 60)]},
    ),
)
