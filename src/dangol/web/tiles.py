"""The figures of the rooms as tiles: a tile exists only where its room has recorded something."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, ngettext

from dangol.domain.points import Account as Place, Kind
from dangol.web import formats
from dangol.web.charts import sparkline
from dangol.web.reads.overview import PointFlow, Purchases

_NOTHING = SafeString()


class Change(NamedTuple):
    """How a figure compares with the period before: `good` is empty where neither way is better."""

    icon: str
    amount: str
    spoken: str
    good: str


class Tile(NamedTuple):
    """One figure, under a label of its own: it says what is measured, and no two tiles share one."""

    icon: str
    label: str
    number: str
    unit: str
    spark: SafeString
    change: Change | None
    foot: str


class Shopping(NamedTuple):
    """What was bought, now and before, with what came back and how the spend went. Minor units."""

    now: Purchases
    before: Purchases
    returns: int
    returned_minor: int
    spend_by_whole_column: list[int]
    currency: str


def compare(now: int, before: int, *, more_is_good: bool = True) -> Change | None:
    """Compare two figures in percent; with nothing before there is nothing to compare with."""
    if before <= 0:
        return None
    shown = formats.format_percent(abs(now - before), before)
    return _moved(now - before, shown, more_is_good=more_is_good)


def compare_shares(now: tuple[int, int], before: tuple[int, int]) -> Change | None:
    """Compare two shares, each a part and its whole, in percentage points."""
    if not now[1] or not before[1]:
        return None
    tenths = round(1000 * now[0] / now[1]) - round(1000 * before[0] / before[1])
    return _moved(tenths, formats.format_point_change(tenths), more_is_good=True)


def _moved(difference: int, shown: str, *, more_is_good: bool) -> Change:
    if not difference:
        return Change("minus", _("변화 없음"), "", "")
    up = difference > 0
    return Change(
        "arrow-up" if up else "arrow-down",
        shown,
        _("올랐어요.") if up else _("내렸어요."),
        "good" if up is more_is_good else "bad",
    )


def purchase_tiles(shopping: Shopping, *, members: int, joined: int) -> list[Tile]:
    """Return the tiles of commerce and people; none where nobody bought in either period."""
    if not shopping.now.orders and not shopping.before.orders:
        return []
    return [_spend_tile(shopping), _repeat_tile(shopping), _buyers_tile(shopping, members, joined)]


def _spend_tile(shopping: Shopping) -> Tile:
    now, currency = shopping.now, shopping.currency
    whole, point, cents = formats.format_money(now.spend_minor, currency).partition(".")
    parts = [ngettext("주문 %(count)s건", "주문 %(count)s건", now.orders)]
    parts[0] %= {"count": formats.format_number(now.orders)}
    if now.orders:
        average = formats.format_money(now.spend_minor // now.orders, currency)
        parts.append(_("평균 %(amount)s") % {"amount": average})
    if shopping.returns:
        returned = formats.format_money(-shopping.returned_minor, currency)
        parts.append(_("반품 %(amount)s") % {"amount": returned})
    return Tile(
        "shopping-bag", _("구매 금액"), whole, point + cents,
        sparkline(shopping.spend_by_whole_column), compare(now.spend_minor, shopping.before.spend_minor),
        " · ".join(parts),
    )  # fmt: skip


def _repeat_tile(shopping: Shopping) -> Tile:
    now, before = shopping.now, shopping.before
    shown = formats.format_percent(now.repeat_buyers, now.buyers)
    sentence = ngettext(
        "산 회원 %(count)s명 가운데 %(again)s명", "산 회원 %(count)s명 가운데 %(again)s명", now.buyers
    )
    return Tile(
        "repeat", _("두 번 이상 산 회원"), shown.removesuffix("%"), "%" if "%" in shown else "",
        _NOTHING, compare_shares((now.repeat_buyers, now.buyers), (before.repeat_buyers, before.buyers)),
        sentence % {
            "count": formats.format_number(now.buyers), "again": formats.format_number(now.repeat_buyers),
        },
    )  # fmt: skip


def _buyers_tile(shopping: Shopping, members: int, joined: int) -> Tile:
    everyone = ngettext("전체 회원 %(count)s명", "전체 회원 %(count)s명", members)
    parts = [everyone % {"count": formats.format_number(members)}]
    if joined:
        new = ngettext("새 회원 %(count)s명", "새 회원 %(count)s명", joined)
        parts.append(new % {"count": formats.format_number(joined)})
    return Tile(
        "users", _("한 번이라도 산 회원"), formats.format_number(shopping.now.buyers), _("명"),
        _NOTHING, compare(shopping.now.buyers, shopping.before.buyers), " · ".join(parts),
    )  # fmt: skip


def point_tiles(flow: PointFlow, balances: Mapping[str, int], *, orders: int) -> list[Tile]:
    """Return the tiles of rewards: earning always, spending and expiry once they have ever happened."""
    now = flow.now
    tiles = [_flow_tile("plus", _("적립한 포인트"), Kind.EARN, flow, _earn_foot(now, orders))]
    if balances[Place.SPENT]:
        share = formats.format_percent(now[Kind.SPEND], now[Kind.EARN])
        foot = _("같은 기간 적립의 %(share)s") % {"share": share}
        tiles.append(_flow_tile("gift", _("쓴 포인트"), Kind.SPEND, flow, foot))
    if balances[Place.EXPIRED]:
        foot = _("지금까지 모두 %(points)s") % {"points": formats.format_points(balances[Place.EXPIRED])}
        tiles.append(_flow_tile("hourglass", _("사라진 포인트"), Kind.EXPIRE, flow, foot, more_is_good=False))
    return tiles


def _earn_foot(now: Mapping[str, int], orders: int) -> str:
    if taken := now[Kind.CLAW_BACK] + now[Kind.VOID]:
        return _("적립 취소 %(points)s") % {"points": formats.format_points(taken)}
    if not orders:
        return _("이 기간에는 주문이 없었어요")
    return _("주문 한 건에 평균 %(points)s") % {"points": formats.format_points(now[Kind.EARN] // orders)}


def _flow_tile(
    icon: str, label: str, kind: Kind, flow: PointFlow, foot: str, *, more_is_good: bool = True
) -> Tile:
    return Tile(
        icon, label, formats.format_number(flow.now[kind]), _("P"),
        sparkline([column.get(kind, 0) for column in flow.whole_columns]),
        compare(flow.now[kind], flow.before[kind], more_is_good=more_is_good), foot,
    )  # fmt: skip
