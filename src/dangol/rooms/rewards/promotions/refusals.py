"""What the refusals of promotions and of the checkout say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register
from dangol.rooms.rewards.promotions.words import STATES, STORED, TENDER

register(
    {
        "promotions.invalid": Words(
            _("프로모션의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "promotions.unknown": Words(_("그런 프로모션이 없어요."), _("목록에서 다시 찾아보세요.")),
        "promotions.unknown_version": Words(
            _("프로모션에 {number}판이 없어요."), _("판 목록에서 다시 찾아보세요.")
        ),
        "promotions.no_draft": Words(_("초안이 없어요. 지금 내용이 이미 발행됐어요."), _("먼저 고치세요.")),
        "promotions.draft_changed": Words(
            _("그 사이 {changed_by} 님이 초안을 고쳤어요."), _("초안을 다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "promotions.nothing_to_publish": Words(
            _("초안이 운영 중인 내용과 같아요."), _("바꿀 것을 고친 뒤 발행하세요.")
        ),
        "promotions.nothing_published": Words(
            _("아직 발행한 적이 없어서 초안을 버리면 남는 것이 없어요."), _("쓰지 않으려면 보관하세요.")
        ),
        "promotions.archived": Words(_("보관한 프로모션이라 고칠 수 없어요."), _("먼저 보관에서 꺼내세요.")),
        "promotions.unknown_simulation": Words(
            _("그런 시뮬레이션이 없어요. 프로모션마다 마지막 스무 번만 남겨 둬요."), _("다시 돌려 보세요.")
        ),
        "promotions.simulation_over": Words(
            _("이미 끝난 시뮬레이션이에요({state})."), _("결과를 보거나 다시 돌려 보세요.")
        ),
        "checkout.settings_changed": Words(
            _("그 사이 {changed_by} 님이 결제 설정을 바꿨어요(지금 {version}판)."),
            _("다시 열고, 바뀐 것을 보고 고치세요."),
        ),
        "checkout.unknown_sale": Words(_("그런 판매가 없어요."), _("id를 확인하거나 새로 예약하세요.")),
        "checkout.wrong_state": Words(
            _("{state} 판매라서 할 수 없어요."),
            _("판매가 지금 어떤지 먼저 확인하세요."),
            names={"state": STATES},
        ),
        "checkout.timed_out": Words(
            _("예약 시간이 지났어요({until}). 잡아 둔 쿠폰과 포인트는 풀렸어요."),
            _("판매를 다시 열면 지금 프로모션으로 다시 계산해요."),
            dates=("until",),
        ),
        "checkout.tender_not_taken": Words(
            "{reason}",
            _("쓸 포인트를 고치거나 포인트 없이 결제하세요."),
            names={"reason": {reason.value: words for reason, words in TENDER.items()}},
        ),
        "checkout.stored_value_not_taken": Words(
            _("상품권이나 예치금으로 낼 수 없어요. {reason} {card}"),
            _("잔액과 상태를 확인하거나 그것 없이 결제하세요."),
            names={"reason": {reason.value: words for reason, words in STORED.items()}},
            money=("needed", "found"),
        ),
        "checkout.codes_not_taken": Words(
            _("쓸 수 없는 쿠폰 코드가 있어요: {codes}."), _("코드를 빼거나 고쳐서 다시 시도하세요.")
        ),
        "checkout.nothing_to_sell": Words(
            _("장바구니에 계산할 수 있는 상품이 없어요."), _("상품의 수량과 가격을 확인하세요.")
        ),
        "checkout.customer_merged": Words(
            _("이 판매의 고객은 다른 고객과 합쳐졌어요."), _("합쳐진 고객({customer})으로 새로 예약하세요.")
        ),
        "checkout.number_taken": Words(
            _("주문 번호 {number}은(는) 다른 주문에 쓰였어요({source})."), _("다른 번호로 확정하세요.")
        ),
        "checkout.has_returns": Words(
            _("이미 일부가 반품된 주문이에요."), _("남은 상품도 반품으로 처리하세요.")
        ),
        "checkout.not_returnable": Words(
            _("남은 것보다 많거나, 돌려줄 수 없는 것이에요."), _("남은 수량과 금액을 확인하세요.")
        ),
        "checkout.returned_elsewhere": Words(
            _("이 주문은 다른 곳에서 이미 일부를 반품했어요."), _("남은 반품도 주문의 반품으로 처리하세요.")
        ),
        "checkout.other_cart": Words(
            _("이 판매는 다른 장바구니로 이미 시작됐어요."), _("계산대를 새로 열고 다시 판매하세요.")
        ),
        "checkout.confirmation_missing": Words(
            _("회원이 아직 쓰겠다고 하지 않았어요."), _("회원의 휴대폰이나 계산대 화면에서 확인받으세요.")
        ),
        "checkout.not_asked": Words(
            _("지금 확인할 것이 없어요. 이미 답했거나 판매가 끝났어요."),
            _("계산대에서 판매를 다시 확인하세요."),
        ),
        "checkout.asked_too_long_ago": Words(
            _("확인할 시간이 지났어요({until})."), _("계산대에 다시 물어봐 달라고 하세요."), dates=("until",)
        ),
        "checkout.rung_up_by_another": Words(
            _("다른 직원이 판매한 것이라 계산대에서 되돌릴 수 없어요."),
            _("판매한 직원이 되돌리거나, 주문 화면에서 되돌리세요."),
        ),
        "checkout.not_of_the_checkout": Words(
            _("계산대에서 나눠 계산한 판매가 아니라 일부만 돌려받을 수 없어요."),
            _("전부 되돌리거나, 판매한 시스템에서 반품하세요."),
        ),
        "checkout.uses_their_own": Words(
            _("회원의 쿠폰이나 포인트를 쓴 판매라 다른 회원에게 옮길 수 없어요."),
            _("되돌린 뒤 그 회원으로 다시 판매하세요."),
        ),
        "checkout.too_many_points": Words(
            _("이 장바구니는 {points:,}포인트를 쌓아요. 한 번에 {most:,}포인트까지만 쌓을 수 있어요."),
            _("값과 수량, 적립 규칙과 프로모션을 확인하세요."),
        ),
        "checkout.still_to_be_paid": Words(
            _("상품권이나 예치금으로 다 내지 못해서 아직 {minor}을 받아야 하는 판매예요."),
            _("영수증에서 받았다고 적거나, 판매를 되돌리세요."),
            money=("minor",),
        ),
        "checkout.too_late_to_undo": Words(
            _("판매한 지 {minutes}분이 지나서 계산대에서 되돌릴 수 없어요."),
            _("반품으로 처리하거나, 주문 화면에서 되돌리세요."),
        ),
        "checkout.return_number_taken": Words(
            _("반품 번호 {number}은(는) 다른 반품에 쓰였어요."), _("다른 번호로 다시 보내세요.")
        ),
    }
)
