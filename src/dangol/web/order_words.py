"""What staff did to an order, and why no program has looked at one, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.commerce.models import Act
from dangol.rooms.rewards.whys import NotJudged

ACT_WORDS: Mapping[str, Promise] = {
    Act.UNDONE: _("되돌렸어요"),
    Act.MOVED: _("다른 회원에게 옮겼어요"),
    Act.RECEIVED: _("다른 회원에게서 옮겨 왔어요"),
    Act.CLAIMED: _("회원의 것으로 적립했어요"),
    Act.CONFIRMED: _("구매를 확정했어요"),
}
_NOT_JUDGED: Mapping[str, Promise] = {
    NotJudged.NO_PROGRAM: _("적립 프로그램이 없어서 적립하지 않았어요."),
    NotJudged.OTHER_CURRENCY: _("이 통화로 산 것을 세는 적립 프로그램이 없어서 적립하지 않았어요."),
}


def not_judged_reason(reason: str) -> str:
    """Return why no program has looked at an order."""
    return str(_NOT_JUDGED[reason])
