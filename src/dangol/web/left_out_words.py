"""Why somebody was left out, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.people.chosen import LeftOut, Why, count_by_why
from dangol.core.people.selectors import names_of

# Of those left out so many are named; the others are counted.
MOST_NAMED = 100

WORDS: Mapping[str, Promise] = {
    Why.UNKNOWN: _("없는 번호예요"),
    Why.MERGED: _("다른 회원과 합쳤어요"),
    Why.ERASED: _("지운 회원이에요"),
    Why.NOT_A_MEMBER: _("회원이 아니거나 탈퇴했어요"),
    Why.OTHER_STORE: _("다른 매장의 회원이에요"),
    Why.OWN: _("내 멤버십이에요"),
    "points.invalid": _("쓸 수 있는 날이 지났어요"),
}


def why_words(why: str) -> str:
    """Return a reason in words; one that is a refusal's code without words of its own stands for itself."""
    return str(WORDS.get(why, why))


def told_left_out(left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """Return who is left out, as pages tell it; whom the reader may not see is only counted."""
    hidden = (Why.UNKNOWN, Why.OTHER_STORE)
    named = [one for one in left_out if one.why not in hidden][:MOST_NAMED]
    people = names_of([one.customer_id for one in named])
    return {
        "left_out": len(left_out),
        "whys": [(why_words(why), count) for why, count in count_by_why(left_out).items()],
        "named": [(people.get(one.customer_id), why_words(one.why)) for one in named],
        "unnamed": len(left_out) - len(named),
    }
