"""What access's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.access.errors import NobodyThere
from dangol.core.refusals import Words, register

register(
    {
        NobodyThere.code: Words(_("그런 고객은 없어요: {customer_id}"), _("고객의 번호를 확인하세요.")),
    }
)
