"""Gift cards and store credit in words: how money moves, how a card stands, when it is paid out."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.gift_card_terms import Why
from dangol.domain.stored_value import Kind
from dangol.rooms.rewards.stored_value.models import Act, CardState
from dangol.rooms.rewards.stored_value.selectors import CardView, MoveView

# Words, the tone of the chip, the icon.
STATES: Mapping[str, tuple[Promise, str, str]] = {
    CardState.MADE: (_("판매 전"), "", "circle-dashed"),
    CardState.ACTIVE: (_("쓸 수 있어요"), "good", "circle-check"),
    CardState.BLOCKED: (_("막았어요"), "bad", "ban"),
}
# How a card that is in use stands when nothing on it may be spent any more.
SPENT, OVER = "spent", "over"
WORN: Mapping[str, tuple[Promise, str, str]] = {
    SPENT: (_("다 썼어요"), "", "circle-check"),
    OVER: (_("기간이 지났어요"), "", "hourglass"),
}
MOVES: Mapping[str, Promise] = {
    Kind.SOLD: _("충전"),
    Kind.GIVEN: _("무료로 줌"),
    Kind.REFUND: _("환불금"),
    Kind.BACK: _("반품으로 돌아옴"),
    Kind.PAID: _("결제"),
    Kind.TAKEN: _("직접 뺌"),
    Kind.LAPSED: _("유효기간이 지남"),
    Kind.REVIVED: _("지난 금액을 되살림"),
    Kind.CASHED: _("환급"),
    Kind.FORFEITED: _("삭제한 회원"),
}
ACTS: Mapping[str, Promise] = {
    Act.MADE: _("만듦"),
    Act.SHOWN: _("번호를 봄"),
    Act.BLOCKED: _("막음"),
    Act.OPENED: _("다시 염"),
    Act.CLAIMED: _("회원이 등록함"),
    Act.LET_GO: _("등록을 풂"),
}
WHYS: Mapping[str, Promise] = {
    Why.WITHDRAWN: _("산 지 얼마 안 되어 쓰지 않은 금액을 모두 돌려줘요."),
    Why.MOSTLY_USED: _("약관에 정한 만큼 썼으니 남은 금액을 모두 돌려줘요."),
    Why.LAPSED: _("유효기간이 지났지만 청구 기간 안이라 일부를 돌려줘요."),
    Why.NOT_ENOUGH_USED: _("더 써야 남은 금액을 돌려받을 수 있어요."),
    Why.CLAIM_OVER: _("청구할 수 있는 기간이 지났어요."),
    Why.GIVEN_FREE: _("무료로 준 상품권이라 환급하지 않아요."),
    Why.NOTHING_LEFT: _("남은 금액이 없어요."),
}


def state_in_words(card: CardView) -> tuple[Promise, str, str]:
    """Return how a card stands: the words, the tone of the chip, the icon."""
    if card.state is not CardState.ACTIVE or card.open_minor:
        return STATES[card.state]
    return WORN[OVER if card.lapsed_minor else SPENT]


def move_in_words(move: MoveView) -> Promise:
    """Return what a movement is: the first money on a card is its sale, what comes later a top-up."""
    return _("판매") if move.kind is Kind.SOLD and move.is_first else MOVES[move.kind]
