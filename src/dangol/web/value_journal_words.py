"""The journal of cards and credit in words: what its columns are, its accounts, and what an entry is of."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dangol.domain.stored_value import Holding
from dangol.domain.value_journal import Account, ValueDay, What


class Column(NamedTuple):
    """A figure of a day; `is_always`: also where it is nothing on every day there is."""

    words: Promise
    read: Callable[[ValueDay], int]
    is_always: bool = False
    is_closing: bool = False


COLUMNS: Sequence[Column] = (
    Column(_("팔고 충전한 것"), lambda day: day.bought.put),
    Column(_("무료로 준 것"), lambda day: day.given.put),
    Column(_("환불금을 담은 것"), lambda day: day.both.refunded),
    Column(_("판매에 쓴 것"), lambda day: day.both.used, is_always=True),
    Column(_("직접 뺀 것"), lambda day: day.both.taken),
    Column(_("환급한 것"), lambda day: day.both.cashed),
    Column(_("유효기간이 지난 것"), lambda day: day.both.lapsed, is_always=True),
    Column(_("삭제한 회원의 것"), lambda day: day.both.forfeited),
    Column(_("남은 것"), lambda day: day.both.closing, is_always=True, is_closing=True),
    Column(_("그 가운데 받은 돈"), lambda day: day.bought.closing, is_always=True),
    Column(_("그 가운데 무료로 준 것"), lambda day: day.given.closing),
    Column(_("청구할 수 있는 것"), lambda day: day.claimable_closing, is_always=True),
    Column(_("낙전 수익"), lambda day: day.breakage, is_always=True),
    Column(_("받은 대금"), lambda day: day.cash.received_minor),
    Column(_("내준 현금"), lambda day: day.cash.paid_out_minor),
)
OWED: Mapping[Holding, Promise] = {
    Holding.CARD: _("계약 부채(상품권)"),
    Holding.CREDIT: _("계약 부채(예치금)"),
}
_ACCOUNTS: Mapping[Account, Promise] = {
    Account.MONEY: _("현금"),
    Account.CREDIT: OWED[Holding.CREDIT],
    Account.CLAIMABLE: _("미지급금(유효기간이 지난 상품권)"),
    Account.SALES: _("매출"),
    Account.COST: _("판매 촉진비"),
    Account.DISCOUNT: _("상품권 할인액"),
    Account.FEES: _("환급 수수료 수익"),
    Account.BREAKAGE: _("낙전 수익"),
    Account.OTHER: _("잡이익"),
}
_PROMISED: Mapping[Holding, Promise] = {
    Holding.CARD: _("판촉 부채(상품권)"),
    Holding.CREDIT: _("판촉 부채(예치금)"),
}
WHATS: Mapping[What, Promise] = {
    What.SOLD: _("판 대금과 충전한 돈"),
    What.LET_OFF: _("액면보다 싸게 판 만큼"),
    What.GIVEN: _("대금 없이 준 것"),
    What.REFUNDED: _("반품한 돈을 예치금으로 담음"),
    What.USED: _("판매에 쓴 것에서 반품으로 돌아온 것을 뺌"),
    What.TAKEN: _("직접 뺀 것"),
    What.CASHED: _("현금으로 환급"),
    What.CROSSED: _("예치금으로 환급"),
    What.LET_OFF_BACK: _("싸게 판 것을 환급해서 되돌린 할인"),
    What.FEE: _("약관에 따라 환급하지 않은 몫"),
    What.LAPSED: _("유효기간이 지남"),
    What.BREAKAGE: _("청구할 수 있는 기간까지 지남"),
    What.FORFEITED: _("삭제한 회원의 것"),
}


def account_in_words(account: Account, holding: Holding) -> Promise:
    """Return what an account is called in the books of cards or of credit."""
    if account is Account.OWED:
        return OWED[holding]
    if account is Account.PROMISED:
        return _PROMISED[holding]
    return _ACCOUNTS[account]
