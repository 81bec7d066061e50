"""What the pages' own refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.web.stepup import NotConfirmed

register(
    {
        NotConfirmed.code: Words(
            _("{points}P를 쓰려면 본인 확인이 필요해요."),
            _("회원 휴대폰에서 내 멤버십의 ‘본인 확인’을 열고 코드를 적은 뒤, 5분 안에 다시 해 보세요."),
        ),
    }
)
