"""What staff did to an order, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.core.commerce.acts import Act

ACT_WORDS: Mapping[str, Promise] = {
    Act.UNDONE: _("되돌렸어요"),
    Act.MOVED: _("다른 회원에게 옮겼어요"),
    Act.RECEIVED: _("다른 회원에게서 옮겨 왔어요"),
    Act.CLAIMED: _("회원의 것으로 적립했어요"),
}
