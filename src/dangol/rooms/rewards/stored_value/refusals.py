"""What the refusals about gift cards and store credit say, and what to do next."""

from django.utils.translation import gettext_lazy as _

from dangol.core.refusals import Words, register

_FIELDS = {
    "minor": _("금액"), "price_minor": _("받은 금액"), "expires_at": _("마지막 날"), "name": _("이름"),
    "card_count": _("장수"), "pattern": _("번호 모양"), "currency": _("통화"),
}  # fmt: skip
_PROBLEMS = {
    "empty": _("비어 있어요."),
    "too_long": _("너무 길어요."),
    "out_of_range": _("정한 범위를 벗어나요."),
    "over": _("이미 지난 날이에요."),
    "given": _("무료로 주는 상품권에는 받은 금액이 없어요."),
}
_STATES = {
    "made": _("아직 팔지 않은"), "active": _("이미 쓰고 있는"), "blocked": _("막아 둔"),
    "unheld": _("등록한 회원이 없는"),
}  # fmt: skip
_REASONS = {
    "not_enough_used": _("남은 돈을 돌려받을 만큼 아직 쓰지 않았어요."),
    "claim_over": _("환급을 청구할 수 있는 기간이 지났어요."),
    "given_free": _("무료로 준 상품권이라 낸 돈이 없어요."),
    "nothing_left": _("남은 금액이 없어요."),
}

register(
    {
        "stored_value.not_enough": Words(
            _("잔액이 모자라요: {asked} 가운데 {left}만 있어요."),
            _("잔액을 확인하고 금액을 줄이세요."),
            money=("asked", "left"),
        ),
        "stored_value.invalid_amount": Words(
            _("금액이나 유효기간이 맞지 않아요: {amount}"),
            _("0보다 크고 {most}보다 크지 않은 금액과 앞으로 올 날을 쓰세요."),
            money=("amount", "most"),
        ),
        "stored_value.idempotency_key_reused": Words(
            _("같은 멱등 키가 다른 금액으로 다시 왔어요: {key}"),
            _("내용이 같으면 처음 그대로 보내고, 다른 일이면 새 키를 쓰세요."),
        ),
        "stored_value.invalid_settings": Words(
            _("상품권·예치금 설정의 ‘{field}’이(가) 맞지 않아요({problem})."),
            _("그 값을 고쳐서 다시 저장하세요."),
        ),
        "stored_value.settings_changed": Words(
            _("그 사이 {changed_by} 님이 상품권·예치금 설정을 바꿨어요(지금 {version}판)."),
            _("다시 열고, 바뀐 것을 보고 고치세요."),
        ),
        "gift_cards.unknown": Words(_("그런 상품권은 없어요: {card}"), _("번호를 다시 확인하세요.")),
        "gift_cards.unknown_batch": Words(
            _("그런 상품권 묶음은 없어요: {batch}"), _("묶음의 id를 확인하세요.")
        ),
        "gift_cards.invalid": Words(
            _("상품권의 {field}이(가) 맞지 않아요. {problem}"),
            _("그 값을 고쳐서 다시 하세요. 적어도 얼마와 많아야 얼마인지는 상품권·예치금 설정에 있어요."),
            names={"field": _FIELDS, "problem": _PROBLEMS},
        ),
        "gift_cards.wrong_state": Words(
            _("{state} 상품권에는 할 수 없는 일이에요."),
            _("상품권의 상태를 먼저 확인하세요."),
            names={"state": _STATES},
        ),
        "gift_cards.held_by_another": Words(
            _("이미 다른 회원이 등록한 상품권이에요."), _("번호를 다시 확인하거나 그 회원에게 확인하세요.")
        ),
        "gift_cards.whole_code": Words(
            _("끝 {most}자리보다 긴 번호는 주소에 남으면 안 돼요."),
            _("번호 전체는 잔액 보기 칸에 적으세요."),
        ),
        "gift_cards.too_much_given": Words(
            _(
                "한 사람이 하루에 값을 받지 않고 줄 수 있는 금액({most})을 넘어요. "
                "지난 하루에 이미 {given}을 줬어요."
            ),
            _("무료 묶음으로 만들어 다른 사람의 승인을 받으세요."),
            money=("most", "given", "asked"),
        ),
        "gift_cards.not_refundable": Words(
            _("지금은 환급할 수 없는 상품권이에요. {reason}"),
            _("환급 조건은 상품권·예치금 설정에 있어요."),
            names={"reason": _REASONS},
        ),
    }
)
