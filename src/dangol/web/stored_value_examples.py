"""What the answers for gift cards and store credit come to, worked out on small cards and told."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dangol.domain.gift_card_terms import WHOLE, NoRefund, end_of, refund_of
from dangol.domain.stored_value import Lot
from dangol.domain.tender import Offered, StoredPaid, pay_stored
from dangol.rooms.rewards.stored_value.settings import StoredValueContent
from dangol.web.formats import format_date, format_instant, format_last_day, format_money_in_words

# What is bought where an example is of credit that pays, and a card's face where the terms name none.
_BOUGHT_MINOR = 50_000
_DAY = timedelta(days=1)


def tell_choice(name: str, *, value: bool, currency: str) -> str:
    """Return what comes of an answer that is chosen, in a sentence; nothing for what has no example."""
    if name != "is_discount":
        return ""
    paid = _BOUGHT_MINOR // 5 * 2
    amounts = {
        "bought": format_money_in_words(_BOUGHT_MINOR, currency),
        "paid": format_money_in_words(paid, currency),
        "earning": format_money_in_words(_BOUGHT_MINOR - (paid if value else 0), currency),
    }
    return _("%(bought)s 가운데 %(paid)s어치를 상품권으로 내면 %(earning)s어치를 적립해요") % amounts


def tell_figures(content: StoredValueContent, currency: str, *, at: datetime, zone: ZoneInfo) -> list[str]:
    """Return what the amounts, shares and days of a content come to for what is sold now, each a sentence."""
    told = [
        *_tell_paying(content, currency),
        _tell_end(content, at, zone),
        _tell_withdrawal(content, at),
        *(_tell_cash(content, face, currency, at, zone) for face in _used_faces(content)),
        *(_tell_lapsed(content, face, currency, at, zone) for face in _lapsed_faces(content)),
        *_tell_credit(content, currency, at),
    ]
    return list(dict.fromkeys(told))


def _tell_paying(content: StoredValueContent, currency: str) -> list[str]:
    told = [] if content.accepts_cards else [_("상품권으로는 낼 수 없어요.")]
    if not content.accepts_credit:
        return [*told, _("예치금으로는 낼 수 없어요.")]
    offer = Offered("", _BOUGHT_MINOR, most_share=content.most_credit_share)
    (paid,) = pay_stored([offer], payable_minor=_BOUGHT_MINOR, due_minor=_BOUGHT_MINOR)
    amounts = {
        "bought": format_money_in_words(_BOUGHT_MINOR, currency),
        "paid": format_money_in_words(paid.minor if isinstance(paid, StoredPaid) else 0, currency),
    }
    told.append(_("%(bought)s어치를 살 때 예치금으로는 %(paid)s까지 내요.") % amounts)
    least = content.confirm_credit_from_minor
    if least is not None:
        amount = format_money_in_words(least, currency)
        told.append(_("예치금은 %(least)s부터 회원에게 물어요.") % {"least": amount})
    return told


def _tell_end(content: StoredValueContent, at: datetime, zone: ZoneInfo) -> str:
    last = format_last_day(end_of(at, content.valid_months, zone))
    return _("오늘 산 상품권은 %(day)s까지 쓸 수 있어요.") % {"day": format_date(last)}


def _tell_withdrawal(content: StoredValueContent, at: datetime) -> str:
    if not content.withdraw_days:
        return _("쓰지 않은 상품권이라도 산 다음에 모두 돌려주는 기간은 없어요.")
    until = format_instant(at + content.withdraw_days * _DAY)
    return _("지금 산 상품권은 쓰지 않으면 %(until)s 전까지 모두 돌려줘요.") % {"until": until}


def _used_faces(content: StoredValueContent) -> list[int]:
    small = content.small_minor
    return [small, small * 5] if small else [_BOUGHT_MINOR]


def _lapsed_faces(content: StoredValueContent) -> list[int]:
    large = content.large_minor
    return [large, large * 2] if large else [_BOUGHT_MINOR]


def _tell_cash(content: StoredValueContent, face: int, currency: str, at: datetime, zone: ZoneInfo) -> str:
    """Return from when on what is left of a card is paid out in cash while it can still be used."""
    terms = content.as_terms()
    share = terms.small_cash_from if face <= terms.small_minor else terms.cash_from
    used = -(-face * share // WHOLE)
    sold_at = at - (terms.withdraw_days + 1) * _DAY
    lot = Lot(b"", face, face - used, face, sold_at, at + _DAY)
    refund = refund_of([lot], face, at, terms, zone)
    amounts = {
        "face": format_money_in_words(face, currency), "used": format_money_in_words(used, currency),
        "cash": format_money_in_words(0 if isinstance(refund, NoRefund) else refund.minor, currency),
    }  # fmt: skip
    if isinstance(refund, NoRefund):
        return _("%(face)s짜리는 다 써야 해서, 쓰는 동안 현금으로 돌려주지 않아요.") % amounts
    if not used:
        return _("%(face)s짜리는 쓰지 않아도 언제나 %(cash)s어치를 현금으로 돌려줘요.") % amounts
    return _("%(face)s짜리는 %(used)s어치를 쓰면 남은 %(cash)s어치를 현금으로 돌려줘요.") % amounts


def _tell_lapsed(content: StoredValueContent, face: int, currency: str, at: datetime, zone: ZoneInfo) -> str:
    """Return what a card comes to that nobody used and that lapsed a day after it was sold."""
    terms = content.as_terms()
    lot = Lot(b"", face, 0, face, at, at + _DAY, lapsed=face)
    # The day it may no longer be given back whole, which comes first for a card so short.
    later = at + max(terms.withdraw_days + 1, 2) * _DAY
    cash, credit = (refund_of([lot], face, later, terms, zone, as_credit=one) for one in (False, True))
    if isinstance(cash, NoRefund) or isinstance(credit, NoRefund):
        return _("유효기간이 지난 상품권은 돌려주지 않아요.")
    last = format_last_day(end_of(at, terms.claim_months, zone))
    return _(
        "유효기간을 짧게 해서 오늘 판 %(face)s짜리는 지난 뒤에도 %(day)s까지 돌려줘요."
        " 현금으로는 %(cash)s, 예치금으로는 %(credit)s예요."
    ) % {
        "face": format_money_in_words(face, currency), "day": format_date(last),
        "cash": format_money_in_words(cash.minor, currency),
        "credit": format_money_in_words(credit.minor, currency),
    }  # fmt: skip


def _tell_credit(content: StoredValueContent, currency: str, at: datetime) -> list[str]:
    days, limit = content.credit_valid_days, content.credit_limit_minor
    told = []
    if days is not None:
        until = format_instant(at + days * _DAY)
        told.append(_("지금 준 예치금은 %(until)s에 사라져요.") % {"until": until})
    if not limit:
        return [*told, _("예치금을 주거나 빼려면 언제나 다른 사람이 승인해야 해요.")]
    most = format_money_in_words(limit, currency)
    return [*told, _("예치금은 한 사람이 하루에 %(most)s까지 혼자 주고 빼요.") % {"most": most}]
