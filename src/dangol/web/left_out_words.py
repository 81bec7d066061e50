"""Why somebody was left out, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.people.chosen import Why

WORDS: Mapping[str, Promise] = {
    Why.UNKNOWN: _("없는 번호예요"),
    Why.MERGED: _("다른 회원과 합쳤어요"),
    Why.ERASED: _("지운 회원이에요"),
    Why.NOT_A_MEMBER: _("회원이 아니거나 탈퇴했어요"),
    Why.OTHER_STORE: _("다른 매장의 회원이에요"),
    "points.invalid": _("쓸 수 있는 날이 지났어요"),
}


def why_words(why: str) -> str:
    """Return a reason in words; one that is a refusal's code without words of its own stands for itself."""
    return str(WORDS.get(why, why))
