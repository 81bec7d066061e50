"""What points wait for of their order, and what has opened them, in words."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext

from dangol.domain.milestones import Milestone
from dangol.web.formats import format_date
from dangol.web.inputs import Options
from dangol.web.reads.statement import LotView

MILESTONES: Mapping[str, Promise] = {
    Milestone.DELIVERED.value: lazy("배송 완료"), Milestone.CONFIRMED.value: lazy("구매 확정"),
}  # fmt: skip
AWAITS: Options = (
    ("", lazy("시간만 지나면 돼요")),
    (Milestone.DELIVERED.value, lazy("주문이 배송되면")),
    (Milestone.CONFIRMED.value, lazy("구매를 확정하면")),
)


def milestone_name(milestone: str) -> str:
    """Return what people call how far an order has come."""
    return str(MILESTONES[milestone])


def waits_in_words(days: int) -> str:
    """Return how long points wait before they can be used."""
    if not days:
        return _("적립하면 바로 쓸 수 있어요.")
    return ngettext(
        "적립하고 %(days)s일 뒤부터 쓸 수 있어요.", "적립하고 %(days)s일 뒤부터 쓸 수 있어요.", days
    ) % {"days": days}


def own_wait_in_words(awaits: str | None, days: int) -> str:
    """Return when a rule's own points open: with what they wait for, and after so many days at the latest."""
    if not awaits:
        return waits_in_words(days)
    opens = {
        Milestone.DELIVERED: _("주문이 배송되면 쓸 수 있어요."),
        Milestone.CONFIRMED: _("구매를 확정하면 쓸 수 있어요."),
    }
    latest = ngettext("늦어도 %(days)s일 뒤에는 열려요.", "늦어도 %(days)s일 뒤에는 열려요.", days)
    return f"{opens[Milestone(awaits)]} {latest % {'days': days}}"


def waits_until(lot: LotView | None) -> str:
    """Return what waiting points await of their order, and when they open at the latest; or nothing.

    Of those for which it has come, it is the day alone; of those that are gone, nothing.
    """
    if lot is None or not lot.is_pending or not lot.awaits or not lot.left:
        return ""
    day = {"day": format_date(lot.release_at)}
    if lot.opened_early:
        return _("%(day)s에 열려요.") % day
    if lot.awaits == Milestone.DELIVERED:
        return _("주문이 배송되면 열려요. 늦어도 %(day)s에는 열려요.") % day
    return _("구매를 확정하면 열려요. 늦어도 %(day)s에는 열려요.") % day


def opened_by(lot: LotView | None) -> str:
    """Return what has opened points that waited for their order; nothing of any others."""
    if lot is None or lot.is_pending or not lot.awaits:
        return ""
    if not lot.opened_early:
        return _("소식이 없어 정해 둔 날에 저절로 열렸어요.")
    if lot.awaits == Milestone.DELIVERED:
        return _("주문이 배송되어 열렸어요.")
    return _("구매를 확정해 열렸어요.")
