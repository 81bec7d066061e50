"""What a member is told who cannot come in, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.access.members.codes import WrongCode
from dangol.core.access.members.confirming import (
    ConfirmationRequired,
    ConfirmationUnavailable,
    ConfirmationUnsettled,
)
from dangol.core.access.members.links import LinkOver
from dangol.core.access.members.paces import TooOften
from dangol.core.refusals import Words, register

register(
    {
        TooOften.code: Words(
            _("짧은 시간에 너무 여러 번 요청했어요."),
            _("{seconds}초 뒤에 다시 해 보세요. 급하면 매장에서 QR을 받으세요."),
        ),
        WrongCode.code: Words(
            _("코드가 맞지 않거나 시간이 지났어요."),
            _("코드는 5분 동안, 5번까지 적을 수 있어요. 다시 적거나 새 코드를 받으세요."),
        ),
        ConfirmationRequired.code: Words(
            _("{points}P를 쓰려면 회원 본인의 확인이 필요해요."),
            _(
                "회원에게 보낸 코드를 confirmation에 적거나, 회원 휴대폰의 내 멤버십에서 ‘본인 확인’을 한 뒤 "
                "5분 안에 다시 해 보세요."
            ),
        ),
        ConfirmationUnavailable.code: Words(
            _("이 회원에게는 코드를 보낼 수 없어요."),
            _("회원의 이메일 주소가 있는지, 메일을 보내게 설정했는지 확인하세요."),
        ),
        ConfirmationUnsettled.code: Words(
            _(
                "직원이나 가져온 파일이 이메일 주소를 바꾼 지 사흘이 안 되어, 그 주소로는 아직 본인을 "
                "확인할 수 없어요."
            ),
            _("{until} 뒤에 다시 하거나, 그때까지는 적은 포인트만 쓰게 하세요."),
            dates=("until",),
        ),
        LinkOver.code: Words(
            _("이미 쓴 QR이거나 시간이 지났어요."), _("매장 직원에게 새 QR을 보여 달라고 하세요.")
        ),
    }
)
