"""What may be wrong with an event that came in, and what to do about it, in words."""

from django.utils.translation import gettext_lazy as _

from dangol.core.behavior.errors import (
    EventTooLarge,
    IdBlocked,
    IdDropped,
    IdUnfit,
    InstantUnclear,
    KeyMayNotOrder,
    KeyMayNotTell,
    MergeRefused,
    MessageUnfit,
    NobodyNamed,
    OrderMissing,
    OrderTold,
    OtherCurrency,
    TooMuchInside,
    TraitRefused,
    TypeUnknown,
)
from dangol.core.refusals import Words, register
from dangol.domain.commerce_events import (
    AmountsDisagree,
    AmountUnclear,
    CurrencyUnknown,
    NoProducts,
    NothingLeft,
    OrderUnnumbered,
    QuantityUnclear,
    RefundTooMuch,
    RefundUnclear,
)

register(
    {
        "behavior.unknown_entry": Words(
            _("이 활동은 없거나, 오래되어 지워졌어요."), _("목록에서 다시 고르세요.")
        ),
        NobodyNamed.code: Words(
            _("누구의 활동인지 알 수 없어요."), _("userId나 anonymousId를 함께 보내세요.")
        ),
        IdBlocked.code: Words(
            _("{kind} 값이 ‘없음’을 뜻하는 말이라서 쓰지 않았어요."),
            _("로그인하지 않았으면 그 값을 보내지 마세요."),
        ),
        IdUnfit.code: Words(
            _("{kind} 값은 식별자가 될 수 없어서 쓰지 않았어요({why})."), _("값을 확인하세요.")
        ),
        IdDropped.code: Words(
            _("{kind} 값은 다른 고객의 것이거나 너무 많아서 쓰지 않았어요."),
            _("같은 사람이면 회원 화면에서 합치세요."),
        ),
        MergeRefused.code: Words(
            _("로그인하기 전의 활동을 합치지 못했어요({why})."), _("회원 화면에서 합쳐 보세요.")
        ),
        TraitRefused.code: Words(_("‘{field}’ 값을 고객 정보로 둘 수 없어요({why})."), _("값을 확인하세요.")),
        KeyMayNotOrder.code: Words(
            _("주문, 반품, 배송 완료, 구매 확정을 알리는 활동인데, 이 키는 활동만 보낼 수 있어요."),
            _("서버에서 보내고, 주문 권한이 있는 키를 쓰세요."),
        ),
        KeyMayNotTell.code: Words(
            _("개인정보({fields})가 있는데, 이 키는 고객 정보를 쓸 수 없어서 뺐어요."),
            _("서버에서 보내고, 회원 쓰기 권한이 있는 키를 쓰세요."),
        ),
        OtherCurrency.code: Words(
            _("{currency}로 산 주문이라서 고객 분석에는 세지 않아요. 이 가게의 통화는 {own}예요."),
        ),
        OrderTold.code: Words(
            _("주문 {number}은(는) 이미 다른 내용으로 있어요."), _("한 주문은 한 번만 보내세요.")
        ),
        OrderMissing.code: Words(
            _("활동이 말하는 주문 {number}을(를) 이 고객에게서 찾을 수 없어요."),
            _("주문을 먼저 보내고, 주문 번호를 확인하세요."),
        ),
        TypeUnknown.code: Words(
            _("‘{type}’라는 종류는 몰라요. 온 그대로 두었어요."), _("보내는 종류를 확인하세요.")
        ),
        MessageUnfit.code: Words(_("‘{field}’ 값이 맞지 않아서 뺐어요."), _("보내는 값을 확인하세요.")),
        EventTooLarge.code: Words(
            _("활동 하나가 {most}바이트를 넘어서 값을 뺐어요."), _("더 짧게 보내세요.")
        ),
        InstantUnclear.code: Words(
            _("‘{field}’ 시각을 알 수 없어서 받은 시각으로 두었어요."),
            _("ISO 8601로, 보내는 곳의 시계를 맞춰서 보내세요."),
        ),
        TooMuchInside.code: Words(_("‘{at}’이(가) 너무 길거나 깊어서 줄였어요."), _("더 짧게 보내세요.")),
        OrderUnnumbered.code: Words(
            _("주문 번호(order_id)가 없거나, 64자를 넘거나, 개인정보처럼 보여요."),
            _("주문마다 다른 번호를 order_id로 보내세요."),
        ),
        NoProducts.code: Words(
            _("주문에 상품(products)이 없거나, {place}번째 상품에 product_id도 sku도 없어요."),
            _("상품을 1개에서 500개까지 번호와 함께 보내세요."),
        ),
        AmountUnclear.code: Words(
            _("‘{field}’의 {value}은(는) {currency} 금액으로 정확하지 않아요."),
            _("숫자와 소수점만, 통화의 소수 자리까지 보내세요."),
        ),
        QuantityUnclear.code: Words(
            _("‘{field}’의 {value}은(는) 수량이 아니에요."),
            _("0보다 큰 수를 소수 셋째 자리까지 보내세요."),
        ),
        CurrencyUnknown.code: Words(
            _("‘{currency}’라는 통화는 없어요."), _("KRW, USD처럼 ISO 4217 코드를 보내세요.")
        ),
        AmountsDisagree.code: Words(
            _("‘{field}’ 금액({stated})이 상품을 더한 금액({computed})과 달라요."),
            _("할인은 discount, 배송비는 shipping, 세금은 tax로 보내세요."),
        ),
        RefundUnclear.code: Words(
            _("주문의 남은 금액은 {left}인데 {stated}만 돌려주면서 상품이 없어요."),
            _("돌려받는 상품을 products로 보내세요."),
        ),
        RefundTooMuch.code: Words(
            _("상품 {product}을(를) 남은 것보다 많이 돌려받아요."), _("수량을 확인하세요.")
        ),
        NothingLeft.code: Words(_("이미 모두 돌려받은 주문이에요."), _("주문을 확인하세요.")),
    }
)
