"""What a member has beside points, as entries of their first page: money, vouchers, friends."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _, ngettext

from dangol.core.storage.ids import Id
from dangol.rooms.rewards.catalog.selectors import count_waiting
from dangol.rooms.rewards.referrals.selectors import count_friends, current_program
from dangol.rooms.rewards.stored_value.selectors import cards_of, credit_of
from dangol.web.formats import format_day, format_last_day, format_money_in_words


class Entry(NamedTuple):
    """An entry: where it leads, what there is, and how much (may be empty)."""

    address: str
    name: str
    about: str = ""
    amount: str = ""


def entries_of(customer_id: Id, *, at: datetime) -> list[Entry]:
    """Return what leads on from a member's first page, each with how much there is of it."""
    found = [_money(customer_id, at), *_vouchers(customer_id, at)]
    if current_program() is not None:
        friends = count_friends(customer_id)
        told = ngettext("친구 %(n)s명이 왔어요", "친구 %(n)s명이 왔어요", friends) % {"n": friends}
        about = told if friends else _("친구도 나도 혜택을 받아요")
        found.append(Entry(reverse("web:me-referral"), _("친구 초대하기"), about))
    return found


def _money(customer_id: Id, at: datetime) -> Entry:
    sums: Counter[str] = Counter()
    for credit in credit_of(customer_id, at=at):
        sums[credit.currency] += credit.minor
    for card in cards_of(customer_id, at=at):
        sums[card.currency] += card.open_minor
    amounts = [format_money_in_words(minor, currency) for currency, minor in sorted(sums.items()) if minor]
    about = "" if amounts else _("받은 상품권을 등록하면 여기에 보여요")
    return Entry(reverse("web:me-money"), _("예치금과 상품권"), about, " · ".join(amounts))


def _vouchers(customer_id: Id, at: datetime) -> list[Entry]:
    waiting = count_waiting(customer_id, at=at)
    if not waiting.vouchers:
        return []
    about = ""
    if waiting.first_end:
        about = _("가장 빠른 것은 %(day)s까지") % {"day": format_day(format_last_day(waiting.first_end))}
    amount = ngettext("%(n)s장 있어요", "%(n)s장 있어요", waiting.vouchers) % {"n": waiting.vouchers}
    return [Entry(reverse("web:me-rewards"), _("받아 갈 교환권"), about, amount)]
