"""What messaging's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.messaging.trials import NotHandedOver, NoWayOut
from dangol.core.refusals import Words, register

register(
    {
        NoWayOut.code: Words(
            _("메시지를 보낼 길({channel})이 아직 없어요."),
            _(
                "설정의 ‘메일 보내기’에서 메일 서버를 정하거나,"
                " DANGOL_SMTP_URL과 DANGOL_MAIL_FROM을 정하세요."
            ),
        ),
        NotHandedOver.code: Words(
            _("시험 메일을 넘기지 못했어요({error})."),
            _("메일 서버의 주소, 계정, 포트를 확인하고 다시 보내 보세요."),
        ),
    }
)
