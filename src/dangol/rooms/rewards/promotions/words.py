"""What reasons say: a sentence for whoever stands at the till, and what would change it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from dangol.domain.promotions import Reason, Rejection
from dangol.domain.promotions.effects import Limit
from dangol.domain.tender import StoredReason, StoredRefused, TenderReason, TenderRefused

Text = Any

_REASONS: Mapping[Reason, Text] = {
    Reason.BROKEN_RULE: gettext_lazy(
        "이 프로모션은 잘못 적혀 있어서 빼고 계산했어요. 프로모션을 고쳐 주세요."
    ),
    Reason.UNKNOWN_LANE: gettext_lazy("이 프로모션의 순서 칸을 결제 설정에서 찾을 수 없어요."),
    Reason.WRONG_CURRENCY: gettext_lazy("장바구니의 통화가 이 프로모션의 통화와 달라요."),
    Reason.NOT_STARTED: gettext_lazy("아직 시작하지 않은 프로모션이에요."),
    Reason.ENDED: gettext_lazy("이미 끝난 프로모션이에요."),
    Reason.NO_CODE: gettext_lazy("쿠폰 코드를 입력해야 쓸 수 있어요."),
    Reason.UNKNOWN_CODE: gettext_lazy("쓸 수 없는 쿠폰 코드예요. 코드를 다시 확인해 주세요."),
    Reason.UNKNOWN_PROMOTION: gettext_lazy("이 코드의 프로모션은 지금 쓸 수 없어요."),
    Reason.CODE_OF_ANOTHER: gettext_lazy("다른 회원의 쿠폰이에요."),
    Reason.CODE_NOT_STARTED: gettext_lazy("아직 쓸 수 없는 쿠폰이에요."),
    Reason.CODE_ENDED: gettext_lazy("기간이 지난 쿠폰이에요."),
    Reason.CODE_GIVEN_TWICE: gettext_lazy("같은 코드를 두 번 입력했어요."),
    Reason.OTHER_CODE: gettext_lazy("같은 프로모션의 다른 코드를 이미 적용했어요."),
    Reason.CONDITION_FALSE: gettext_lazy("이 프로모션의 조건에 맞지 않아요."),
    Reason.NO_TARGET: gettext_lazy("이 프로모션에 해당하는 상품이 장바구니에 없어요."),
    Reason.MINIMUM_NOT_REACHED: gettext_lazy("최소 기준에 못 미쳐요. {needed}부터인데 지금은 {found}예요."),
    Reason.NOT_ENOUGH_UNITS: gettext_lazy("수량이 모자라요. {needed}개가 필요한데 {found}개예요."),
    Reason.EXCLUSIVE_LOST: gettext_lazy("‘{other}’과(와) 함께 쓸 수 없어요."),
    Reason.NOT_STACKABLE: gettext_lazy("‘{other}’과(와) 함께 쓸 수 없어요."),
    Reason.NOT_BEST: gettext_lazy("더 많이 깎아 주는 ‘{other}’을(를) 적용했어요."),
    Reason.TOO_MANY: gettext_lazy("한 번에 쓸 수 있는 프로모션 수를 넘었어요."),
    Reason.BUDGET_EXHAUSTED: gettext_lazy("이 프로모션의 예산이 다 쓰였어요."),
    Reason.NOTHING_TO_DISCOUNT: gettext_lazy("더 깎을 금액이 없어요."),
    Reason.FLOOR_PRICE: gettext_lazy("더 내릴 수 없는 최저 가격이에요."),
    Reason.ALL_OR_NOTHING: gettext_lazy("쓸 수 없는 코드가 있어서 다른 코드도 적용하지 않았어요."),
}
_LIMITS: Mapping[Limit, Text] = {
    Limit.USES: gettext_lazy("이 프로모션은 정해진 횟수만큼 모두 쓰였어요."),
    Limit.CUSTOMER_USES: gettext_lazy("이 회원이 쓸 수 있는 횟수를 다 썼어요."),
    Limit.PERIOD_USES: gettext_lazy("이번 기간에 쓸 수 있는 횟수를 다 썼어요."),
    Limit.CODE_USES: gettext_lazy("쓸 수 없는 쿠폰 코드예요. 코드를 다시 확인해 주세요."),
    Limit.UNITS: gettext_lazy("이 프로모션으로 할인할 수 있는 수량이 모두 쓰였어요."),
}
TENDER: Mapping[TenderReason, Text] = {
    TenderReason.NOT_ACCEPTED: gettext_lazy("이 매장은 포인트 결제를 받지 않아요."),
    TenderReason.NO_MEMBER: gettext_lazy("포인트로 내려면 회원을 먼저 찾아 주세요."),
    TenderReason.TOO_FEW: gettext_lazy("포인트는 {needed:,}P부터 쓸 수 있어요."),
    TenderReason.NOT_IN_STEPS: gettext_lazy("포인트는 {needed:,}P 단위로 쓸 수 있어요."),
    TenderReason.MORE_THAN_HELD: gettext_lazy("포인트가 모자라요. 지금 {found:,}P가 있어요."),
    TenderReason.MORE_THAN_SHARE: gettext_lazy("이번에는 {found:,}P까지 쓸 수 있어요."),
}
STORED: Mapping[StoredReason, Text] = {
    StoredReason.NOT_ACCEPTED: gettext_lazy("이 매장은 상품권이나 예치금 결제를 받지 않아요."),
    StoredReason.UNKNOWN_CARD: gettext_lazy("그런 상품권을 찾지 못했어요."),
    StoredReason.CARD_TWICE: gettext_lazy("같은 상품권을 두 번 넣었어요."),
    StoredReason.NOT_ACTIVE: gettext_lazy("아직 판매하지 않은 상품권이에요."),
    StoredReason.BLOCKED: gettext_lazy("사용을 막은 상품권이에요."),
    StoredReason.LAPSED: gettext_lazy("유효기간이 지난 상품권이에요. 환급받을 수 있는지 확인해 주세요."),
    StoredReason.EMPTY: gettext_lazy("상품권에 남은 금액이 없어요."),
    StoredReason.WRONG_CURRENCY: gettext_lazy("다른 통화의 상품권이에요."),
    StoredReason.NO_MEMBER: gettext_lazy("예치금으로 내려면 회원을 먼저 찾아 주세요."),
    StoredReason.NO_CREDIT: gettext_lazy("쓸 수 있는 예치금이 없어요."),
    StoredReason.MORE_THAN_HELD: gettext_lazy("예치금이 모자라요. 지금 {found}이(가) 있어요."),
    StoredReason.MORE_THAN_SHARE: gettext_lazy("예치금은 이번에 {found}까지 쓸 수 있어요."),
    StoredReason.NOTHING_TO_PAY: gettext_lazy("더 낼 금액이 없어요."),
}
assert STORED.keys() == set(StoredReason), "each reason has words"
# Where a sale stands, as a sentence says it of one.
STATES: Mapping[str, Text] = {
    "reserved": gettext_lazy("아직 예약만 한"), "committed": gettext_lazy("이미 판"),
    "canceled": gettext_lazy("이미 되돌린"), "timed_out": gettext_lazy("예약 시간이 지난"),
}  # fmt: skip
assert _REASONS.keys() | {Reason.LIMIT_REACHED} == set(Reason), "each reason has words"


def reason_text(rejection: Rejection, other: str = "", *, write: Callable[[int], str] = str) -> str:
    """Return what a rejection says in the language of the moment; `other` is the promotion it lost to.

    `write` says how its figures are written, as where they are money.
    """
    if rejection.reason is Reason.LIMIT_REACHED:
        words = _LIMITS[rejection.limit or Limit.USES]
    else:
        words = _REASONS[rejection.reason]
    needed, found = ("" if one is None else write(one) for one in (rejection.needed, rejection.found))
    return str(words).format(needed=needed, found=found, other=other)


def tender_text(refused: TenderRefused) -> str:
    """Return why points do not pay, in the language of the moment."""
    return str(TENDER[refused.reason]).format(needed=refused.needed, found=refused.found)


def stored_text(refused: StoredRefused, *, write: Callable[[int], str] = str) -> str:
    """Return why a gift card or store credit does not pay, in the language of the moment.

    `write` says how its figures, which are money, are written.
    """
    needed, found = ("" if one is None else write(one) for one in (refused.needed, refused.found))
    return str(STORED[refused.reason]).format(needed=needed, found=found)
