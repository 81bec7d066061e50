"""What the refusals about orders say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "order.already_claimed": Words(
            _("주문 {source} {number}은(는) 이미 회원의 것이에요."), _("주문 번호를 확인하세요.")
        ),
        "order.unknown_buyer": Words(
            _("주문 {source} {number}의 고객을 찾을 수 없어요."),
            _("회원을 먼저 등록하거나, 고객 없이 보내세요."),
        ),
        "order.unknown": Words(
            _("주문 {source} {number}을(를) 찾을 수 없어요."), _("출처와 주문 번호를 확인하세요.")
        ),
    }
)
