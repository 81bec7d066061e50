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
    also: Sequence[str] = ()
    # Only in a shop whose data are a sample.
    sample: bool = False

    @property
    def address(self) -> str:
        """The place's address."""
        return reverse(self.route)

    def is_here(self, route: str) -> bool:
        """Say whether a page's route belongs to this place."""
        return route == self.route or route in self.also


_PEOPLE, _SHOP, _WORKS = _("고객"), _("가게"), _("개발·운영")
_ACTS = (
    "adjust", "undo", "unmask", "export", "merge", "erase", "edit", "notes", "consents",
)  # fmt: skip
_OF_MEMBERS = (
    "web:member",
    "web:views",
    "web:bulk-points",
    "web:bulk",
    "web:members-export",
    *(f"web:member-{act}" for act in _ACTS),
)
ENTRIES: Sequence[Entry] = (
    Entry("web:overview", _("현황"), "layout-dashboard", _("현황 보기"), key="o"),
    Entry("web:members", _("회원"), "users", _("회원 보기"), _PEOPLE, "m", _OF_MEMBERS),
    Entry(
        "web:segments",
        _("세그먼트"),
        "funnel",
        _("세그먼트 보기"),
        _PEOPLE,
        "e",
        ("web:segment", "web:segment-new", "web:segment-edit", "web:segment-why", "web:segment-alike"),
    ),
    Entry(
        "web:insight",
        _("고객 분석"),
        "layout-grid",
        _("고객 분석 보기"),
        _PEOPLE,
        "n",
        (
            "web:insight-cohorts",
            "web:insight-value",
            "web:insight-liability",
            "web:insight-money",
            "web:insight-models",
            "web:insight-segment",
        ),
    ),
    Entry("web:approvals", _("승인"), "stamp", _("승인할 일 보기"), _PEOPLE, "a"),
    Entry(
        "web:requests", _("본인 요청"), "inbox", _("본인 요청 보기"), _PEOPLE, "q", ("web:member-requests",)
    ),
    Entry(
        "web:programs",
        _("적립과 등급"),
        "medal",
        _("적립과 등급 보기"),
        _("혜택"),
        "p",
        ("web:program-version", "web:program-draft", "web:program-diff", "web:simulation"),
    ),
    Entry(
        "web:orders",
        _("주문"),
        "shopping-bag",
        _("주문 보기"),
        _SHOP,
        "r",
        ("web:order", "web:order-undo", "web:order-move", "web:order-claim"),
    ),
    Entry(
        "web:import",
        _("가져오기"),
        "upload",
        _("파일 가져오기"),
        _SHOP,
        "i",
        ("web:import-upload", "web:import-undo"),
    ),
    Entry("web:till", _("계산대"), "store", _("계산대 열기"), _SHOP, "t"),
    Entry(
        "web:staff",
        _("직원"),
        "id-card",
        _("직원 보기"),
        _SHOP,
        "s",
        ("web:staff-member", "web:staff-invite"),
    ),
    Entry(
        "web:messages",
        _("보낸 메시지(견본)"),
        "mail",
        _("보낸 메시지 보기"),
        _WORKS,
        sample=True,
    ),
    Entry("web:keys", _("API 키"), "key-round", _("API 키 보기"), _WORKS, also=("web:key", "web:key-new")),
    Entry(
        "web:webhooks",
        _("웹훅"),
        "webhook",
        _("웹훅 보기"),
        _WORKS,
        also=("web:webhook", "web:webhook-new", "web:webhook-edit", "web:webhook-check", "web:delivery"),
    ),
    Entry(
        "web:incoming", _("들어온 활동"), "radio", _("들어온 활동 보기"), _WORKS, also=("web:incoming-entry",)
    ),
    Entry("web:jobs", _("작업"), "list-checks", _("작업 보기"), _WORKS, also=("web:job",)),
    Entry(
        "web:access-log",
        _("열람 기록"),
        "eye",
        _("열람 기록 보기"),
        _WORKS,
        also=("web:access-log-verify", "web:access-log-reviews", "web:access-log-review"),
    ),
    Entry(
        "web:incidents",
        _("유출 사고"),
        "siren",
        _("유출 사고 보기"),
        _WORKS,
        also=("web:incident", "web:incident-new"),
    ),
    Entry("web:health", pgettext_lazy("of the system", "상태"), "heart-pulse", _("상태 보기"), _WORKS),
    Entry("web:settings", _("설정"), "settings", _("설정 보기"), _WORKS, also=("web:settings-mail",)),
    Entry("web:design", _("디자인"), "palette", _("디자인 보기"), _WORKS),
)


def menu_of(visitor: Visitor, *, sample: bool) -> Iterator[Entry]:
    """Yield the places someone may open, in order: what each needs is what its view declares."""
    for entry in ENTRIES:
        if entry.sample and not sample:
            continue
        if may_open(visitor, access_of(resolve(entry.address).func)):
            yield entry


def grouped(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return the entries by their groups, which stay in order."""
    return [(str(group), list(inner)) for group, inner in groupby(entries, key=lambda one: one.group)]
