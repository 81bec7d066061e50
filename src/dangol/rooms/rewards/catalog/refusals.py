"""What the catalog's refusals say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

register(
    {
        "rewards.invalid_reward": Words(
            _("리워드의 ‘{field}’이(가) 맞지 않아요({problem})."), _("그 값을 고쳐서 다시 저장하세요.")
        ),
        "rewards.limit_reached": Words(
            _("이 리워드는 정한 만큼({limit}번) 이미 받았어요."),
            _("다음 기간에 다시 받거나 다른 리워드를 고르세요."),
        ),
        "rewards.not_for_tier": Words(
            _("이 리워드는 지금 등급에서 받을 수 없어요."), _("다른 리워드를 고르세요.")
        ),
        "rewards.not_offered": Words(_("지금은 받을 수 없는 리워드예요."), _("다른 리워드를 고르세요.")),
        "rewards.not_so_much_stock": Words(
            _("재고가 그만큼 없어요: {left:,}개가 남았어요."), _("{left:,}개까지 뺄 수 있어요.")
        ),
        "rewards.redemption_key_reused": Words(
            _("같은 멱등 키가 다른 리워드로 다시 왔어요: {key}"),
            _("내용이 같으면 처음 그대로 보내고, 다른 일이면 새 키를 쓰세요."),
        ),
        "rewards.redemption_over": Words(
            _("이 교환은 이미 끝나서 그렇게 할 수 없어요({state})."), _("교환 목록에서 상태를 확인하세요.")
        ),
        "rewards.redemption_used": Words(
            _("이 교환으로 받은 쿠폰은 이미 썼어요."),
            _("쿠폰을 쓴 판매를 취소하면 쿠폰이 돌아와요. 그 뒤에 다시 취소하세요."),
        ),
        "rewards.reward_changed": Words(
            _("그 사이 다른 사람이 이 리워드를 고쳤어요."), _("다시 열고, 바뀐 것을 보고 고치세요.")
        ),
        "rewards.sold_out": Words(_("이 리워드는 다 나갔어요."), _("다른 리워드를 고르세요.")),
        "rewards.unknown_redemption": Words(
            _("이 회원에게 그런 교환이 없어요: {redemption}"), _("교환의 id와 회원을 확인하세요.")
        ),
        "rewards.voucher_lapsed": Words(
            _("이 교환권은 받을 수 있는 날이 지났어요."), _("회원에게 지난 날짜를 알려 주세요.")
        ),
        "rewards.unknown_reward": Words(_("그런 리워드는 없어요: {reward}"), _("리워드의 id를 확인하세요.")),
    }
)
