"""What the refusals about orders say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.commerce.shop_facts import CurrencyInUse
from dangol.core.refusals import Words, register

register(
    {
        CurrencyInUse.code: Words(
            _("{currency}로 된 주문이 있어서 통화를 바꿀 수 없어요."), _("통화는 그대로 두세요.")
        ),
        "order.already_claimed": Words(
            _("주문 {source} {number}은(는) 이미 회원의 것이에요."), _("주문 번호를 확인하세요.")
        ),
        "order.before_placed": Words(
            _("주문 {order}은(는) {placed_at}에 했어요. 그보다 먼저일 수 없어요: {at}"),
            _("언제였는지 확인하세요."),
        ),
        "order.claimed_too_late": Words(
            _("{days}일이 지난 영수증이에요: {order}"), _("{days}일 안에 산 것만 적립할 수 있어요.")
        ),
        "order.unknown_buyer": Words(
            _("주문 {source} {number}의 고객을 찾을 수 없어요."),
            _("회원을 먼저 등록하거나, 고객 없이 보내세요."),
        ),
        "order.nothing_left": Words(_("주문 {order}은(는) 이미 모두 되돌렸어요."), _("주문을 확인하세요.")),
        "order.partly_returned": Words(
            _("주문 {order}은(는) 일부가 반품됐어요."), _("남은 것을 되돌리고 새로 적립하세요.")
        ),
        "order.same_member": Words(
            _("주문 {order}은(는) 이미 이 회원의 것이에요."), _("다른 회원을 고르세요.")
        ),
        "order.unknown": Words(_("주문 {order}을(를) 찾을 수 없어요."), _("출처와 주문 번호를 확인하세요.")),
    }
)
