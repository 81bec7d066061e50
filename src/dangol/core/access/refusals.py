"""What access's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.access.errors import LogBroken, NobodyThere
from dangol.core.refusals import Words, register

register(
    {
        NobodyThere.code: Words(_("그런 고객은 없어요: {customer_id}"), _("고객의 번호를 확인하세요.")),
        LogBroken.code: Words(
            _("열람 기록이 적힌 그대로가 아니에요: {faults}곳이 달라요."),
            _("데이터베이스를 보존하고, 따로 둔 머리 값과 백업을 견주어 보세요."),
        ),
    }
)
