"""The menu and the palette: one list, of which everybody sees what they may open."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from django.urls import resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from dangol.core.access.selectors import Visitor
from dangol.web.guard import access_of, may_open


class Entry(NamedTuple):
    """A place: its route, name and icon; the group it stands in; the palette's words for going there.

    `key` is what leads there after `g`. `also` names the routes that are part of the same place.
    """

    route: str
    name: Promise
    icon: str
    words: Promise
    group: Promise | str = ""
    key: str = ""
    # Routes of pages that belong here though their addresses are not below this one's.
    also: Sequence[str] = ()
    # Only in a shop whose data are a sample.
    sample: bool = False

    @property
    def address(self) -> str:
        """The place's address."""
        return reverse(self.route)

    def has(self, path: str) -> bool:
        """Say whether a page's address is this place's, or below it; below the front page nothing is."""
        return path == self.address or path.startswith(f"{self.address}/")


_PEOPLE, _SHOP, _WORKS = _("고객"), _("가게"), _("개발·운영")
ENTRIES: Sequence[Entry] = (
    Entry("web:overview", _("현황"), "layout-dashboard", _("현황 보기"), key="o"),
    Entry("web:members", _("회원"), "users", _("회원 보기"), _PEOPLE, "m"),
    Entry("web:segments", _("세그먼트"), "funnel", _("세그먼트 보기"), _PEOPLE, "e"),
    Entry("web:insight", _("고객 분석"), "layout-grid", _("고객 분석 보기"), _PEOPLE, "n"),
    Entry("web:approvals", _("승인"), "stamp", _("승인할 일 보기"), _PEOPLE, "a"),
    Entry(
        "web:requests", _("본인 요청"), "inbox", _("본인 요청 보기"), _PEOPLE, "q", ("web:member-requests",)
    ),
    Entry("web:programs", _("적립과 등급"), "medal", _("적립과 등급 보기"), _("혜택"), "p"),
    Entry("web:promotions", _("프로모션"), "badge-percent", _("프로모션 보기"), _("혜택"), "d"),
    Entry("web:coupons", _("쿠폰"), "ticket-percent", _("쿠폰 보기"), _("혜택"), "c"),
    Entry("web:rewards", _("리워드"), "gift", _("리워드 보기"), _("혜택"), "w"),
    Entry("web:stamp-cards", _("도장 카드"), "badge-check", _("도장 카드 보기"), _("혜택")),
    Entry("web:referrals", _("친구 추천"), "user-plus", _("친구 추천 보기"), _("혜택")),
    Entry("web:event-rules", _("적립 활동"), "sparkles", _("적립 활동 보기"), _("혜택")),
    Entry("web:gift-cards", _("상품권"), "wallet-cards", _("상품권 보기"), _("혜택")),
    Entry("web:redemptions", _("교환"), "ticket-check", _("교환 보기"), _("혜택"), "x"),
    Entry(
        "web:orders",
        _("주문"),
        "shopping-bag",
        _("주문 보기"),
        _SHOP,
        "r",
        ("web:order-undo", "web:order-move", "web:order-claim", "web:order-deliver", "web:order-confirm"),
    ),
    Entry("web:import", _("가져오기"), "upload", _("파일 가져오기"), _SHOP, "i"),
    Entry("web:till", _("계산대"), "store", _("계산대 열기"), _SHOP, "t"),
    Entry("web:staff", _("직원"), "id-card", _("직원 보기"), _SHOP, "s"),
    Entry(
        "web:messages",
        _("보낸 메시지(견본)"),
        "mail",
        _("보낸 메시지 보기"),
        _WORKS,
        sample=True,
    ),
    Entry("web:keys", _("API 키"), "key-round", _("API 키 보기"), _WORKS),
    Entry("web:webhooks", _("웹훅"), "webhook", _("웹훅 보기"), _WORKS),
    Entry("web:incoming", _("들어온 활동"), "radio", _("들어온 활동 보기"), _WORKS),
    Entry("web:jobs", _("작업"), "list-checks", _("작업 보기"), _WORKS),
    Entry("web:access-log", _("열람 기록"), "eye", _("열람 기록 보기"), _WORKS),
    Entry("web:incidents", _("유출 사고"), "siren", _("유출 사고 보기"), _WORKS),
    Entry("web:health", pgettext_lazy("of the system", "상태"), "heart-pulse", _("상태 보기"), _WORKS),
    Entry(
        "web:checkout-settings",
        _("결제 설정"),
        "calculator",
        _("결제 설정 보기"),
        _WORKS,
        also=(
            "web:stored-value-settings",
            "web:stored-value-settings-edit",
            "web:household-settings",
            "web:household-settings-edit",
        ),
    ),
    Entry("web:settings", _("설정"), "settings", _("설정 보기"), _WORKS),
    Entry("web:design", _("디자인"), "palette", _("디자인 보기"), _WORKS),
)


def menu_of(visitor: Visitor, *, sample: bool) -> Iterator[Entry]:
    """Yield the places someone may open, in order: what each needs is what its view declares."""
    for entry in ENTRIES:
        if entry.sample and not sample:
            continue
        if may_open(visitor, access_of(resolve(entry.address).func)):
            yield entry


def place_of(path: str, route: str, entries: Sequence[Entry]) -> Entry | None:
    """Return to which of the places a page belongs, by its route or its address; None to none."""
    told = (one for one in entries if route in one.also)
    return next(told, None) or next((one for one in entries if one.has(path)), None)


def grouped(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return the entries by their groups, which stay in order."""
    return [(str(group), list(inner)) for group, inner in groupby(entries, key=lambda one: one.group)]
