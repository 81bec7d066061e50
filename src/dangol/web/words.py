"""Sentences for what the rooms tell as data: events, transfers, reasons, traits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from django.utils.translation import gettext as _, gettext_lazy as lazy, ngettext, pgettext, pgettext_lazy

from dangol.core.commerce.events import OrderPlaced, OrderReturned
from dangol.core.events.payloads import Payload
from dangol.core.ledger import events as ledger_events
from dangol.core.people.events import (
    ConsentGranted,
    ConsentWithdrawn,
    CustomerErased,
    CustomerJoined,
    CustomerLeft,
    CustomerMerged,
    CustomerUnmerged,
    CustomerUpdated,
)
from dangol.core.people.selectors import PersonView
from dangol.domain.points import Kind
from dangol.rooms.rewards.events import TierChanged
from dangol.web.behavior_words import tell_behavior
from dangol.web.event_words import REASONS, tell_plainly
from dangol.web.formats import format_money, format_number, format_points, format_points_change, with_josa
from dangol.web.reads.member import TimelineItem
from dangol.web.reads.statement import StatementLine
from dangol.web.segment_words import tell_segments
from dangol.web.tier_words import measure_name, measured


class Setting(NamedTuple):
    """What words need to know of the shop: its tiers' names and segments' by key, and its money."""

    tiers: Mapping[str, str]
    currency: str
    segments: Mapping[str, str]


class Told(NamedTuple):
    """An event in words: an icon, what happened, more about it, and points it moved (with sign)."""

    icon: str
    title: str
    detail: str = ""
    change: int | None = None


def person_label(person: PersonView) -> str:
    """Return how a sentence names someone: the masked name, or the member's number."""
    if person.keyless:
        return _("이름을 열 수 없는 회원")
    if person.erased:
        return _("지워진 회원")
    if person.name:
        return person.name
    return _("회원 %(number)s") % {"number": person.label}


def tell(item: TimelineItem, setting: Setting) -> Told:
    """Return a timeline item in words; an event that only its name tells of is called what people call it."""
    teller = _TELLERS.get(type(item.payload))
    if teller:
        return teller(item.payload, item, setting)
    told = tell_behavior(item.payload) or tell_segments(item.payload, setting.segments)
    return Told(*(told or tell_plainly(item.name, item.payload)))


def _order(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, OrderPlaced)
    count = len(payload.lines)
    what = ngettext("물건 %(count)s가지", "물건 %(count)s가지", count) % {"count": format_number(count)}
    store = _("매장 %(number)s") % {"number": payload.store} if payload.store else ""
    # A numbered store says by itself that it was in a store.
    channel = "" if store and payload.channel == "store" else channel_name(payload.channel)
    parts = [what, channel, store]
    title = _("%(amount)s 구매") % {"amount": format_money(payload.net_minor, payload.currency)}
    change = item.why.points if item.why and item.why.points else None
    return Told("shopping-bag", title, " · ".join(part for part in parts if part), change)


def _return(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, OrderReturned)
    amount = {"amount": format_money(payload.net_minor, payload.currency)}
    title = _("%(amount)s 구매 취소") % amount if payload.is_undo else _("%(amount)s 반품") % amount
    change = item.why.points if item.why and item.why.points else None
    return Told("undo-2", title, "", change)


def _tier(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, TierChanged)
    before, after = (setting.tiers.get(key, key) for key in (payload.from_tier, payload.to_tier))
    title = _("%(tier_ro)s 바뀌었어요") % {"tier_ro": with_josa(after, "으로")}
    figures = [_figure(payload.measure, payload.value, payload.threshold, setting.currency)]
    if payload.also:
        second = _figure(payload.also, payload.also_value, payload.also_threshold, setting.currency)
        figures.append(_("또는 %(figure)s") % {"figure": second} if payload.join == "any" else second)
    before_it = _("전에는 %(tier)s") % {"tier": before}
    return Told("medal", title, " · ".join([before_it, tier_cause(payload.cause), *figures]))


def _figure(measure: str, value: int, threshold: int, currency: str) -> str:
    return _("%(measure)s %(value)s, 기준 %(threshold)s") % {
        "measure": measure_name(measure), "value": measured(value, measure, currency),
        "threshold": measured(threshold, measure, currency),
    }  # fmt: skip


def _points(icon: str, title: object, sign: int) -> Callable[[Payload, TimelineItem, Setting], Told]:
    def teller(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
        points, reason = getattr(payload, "points", 0), getattr(payload, "reason", "")
        direction = -1 if getattr(payload, "taken", False) else sign
        return Told(icon, str(title), reason_name(reason), direction * points)

    return teller


def _joined(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    return Told("user-plus", _("회원이 됐어요"))


def _left(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    return Told("user-minus", _("탈퇴했어요"))


def _updated(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, CustomerUpdated)
    fields = ", ".join(field_name(field) for field in payload.fields)
    return Told("user-pen", _("회원 정보가 바뀌었어요"), fields)


def _consent(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, ConsentGranted | ConsentWithdrawn)
    names = {"channel": channel_name(payload.channel), "purpose": purpose_name(payload.purpose)}
    if payload.channel == NO_CHANNEL:
        if isinstance(payload, ConsentGranted):
            return Told("bell", _("%(purpose)s에 동의했어요") % names, "")
        return Told("bell-off", _("%(purpose)s에 더는 동의하지 않아요") % names, "")
    if isinstance(payload, ConsentGranted):
        return Told("bell", _("%(channel)s 수신에 동의했어요") % names, names["purpose"])
    return Told("bell-off", _("%(channel)s 수신을 거부했어요") % names, names["purpose"])


def _merged(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    assert isinstance(payload, CustomerMerged)
    if payload.is_kept:
        return Told("merge", _("다른 고객을 이 고객에 합쳤어요"))
    return Told("merge", _("다른 고객과 합쳐졌어요"))


def _unmerged(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    return Told("split", _("합친 것을 되돌렸어요"))


def _erased(payload: Payload, item: TimelineItem, setting: Setting) -> Told:
    return Told("user-x", _("개인정보를 지웠어요"))


_TELLERS: Mapping[type[Payload], Callable[[Payload, TimelineItem, Setting], Told]] = {
    OrderPlaced: _order,
    OrderReturned: _return,
    TierChanged: _tier,
    CustomerJoined: _joined,
    CustomerLeft: _left,
    CustomerUpdated: _updated,
    ConsentGranted: _consent,
    ConsentWithdrawn: _consent,
    ledger_events.PointsSpent: _points("gift", lazy("포인트를 썼어요"), -1),
    ledger_events.PointsExpired: _points("hourglass", lazy("포인트가 사라졌어요"), -1),
    ledger_events.PointsVoided: _points("circle-x", lazy("적립 예정을 취소했어요"), -1),
    ledger_events.PointsRevived: _points("undo-2", lazy("사라진 포인트가 돌아왔어요"), 1),
    ledger_events.PointsClawedBack: _points("circle-x", lazy("적립을 취소했어요"), -1),
    ledger_events.PointsRestored: _points("undo-2", lazy("쓴 포인트를 돌려줬어요"), 1),
    ledger_events.PointsAdjusted: _points("sliders-horizontal", lazy("포인트를 조정했어요"), 1),
    ledger_events.GiftSent: _points("send", lazy("포인트를 선물했어요"), -1),
    ledger_events.GiftReceived: _points("gift", lazy("포인트를 선물받았어요"), 1),
    ledger_events.MergeSent: _points("merge", lazy("합친 회원에게 포인트를 옮겼어요"), -1),
    ledger_events.MergeReceived: _points("merge", lazy("합친 회원의 포인트가 옮겨 왔어요"), 1),
    ledger_events.PointsForfeited: _points("circle-x", lazy("탈퇴로 포인트를 없앴어요"), -1),
    CustomerMerged: _merged,
    CustomerUnmerged: _unmerged,
    CustomerErased: _erased,
}

_TRANSFERS: Mapping[str, tuple[str, object]] = {
    Kind.EARN: ("plus", lazy("적립")),
    Kind.POST: ("lock-open", lazy("적립 확정")),
    Kind.VOID: ("circle-x", lazy("적립 예정 취소")),
    Kind.SPEND: ("gift", lazy("사용")),
    Kind.EXPIRE: ("hourglass", lazy("소멸")),
    Kind.REVIVE: ("undo-2", lazy("소멸 취소")),
    Kind.CLAW_BACK: ("circle-x", lazy("적립 취소")),
    Kind.RESTORE: ("undo-2", lazy("사용 취소")),
    Kind.SETTLE: ("scale", lazy("모자란 포인트 채움")),
    Kind.ADJUST: ("sliders-horizontal", lazy("조정")),
    Kind.GIFT_OUT: ("send", lazy("포인트 선물")),
    Kind.GIFT_IN: ("gift", lazy("선물받음")),
    Kind.MERGE_OUT: ("merge", lazy("합친 회원에게 옮김")),
    Kind.MERGE_IN: ("merge", lazy("합친 회원에게서 옮겨 옴")),
    Kind.FORFEIT: ("circle-x", lazy("탈퇴로 없앰")),
}


def transfer_name(kind: str) -> str:
    """Return what a movement of points is called."""
    return str(_TRANSFERS[kind][1])


def line_amount(line: StatementLine) -> str:
    """Return the points of a line of history with their sign.

    An opening has none: its points were shown with a plus when they were earned.
    """
    if line.kind == Kind.POST:
        return _("%(points)s 사용 가능") % {"points": format_points(line.change)}
    return format_points_change(line.signed)


def transfer_icon(kind: str) -> str:
    """Return the icon of a movement of points."""
    return _TRANSFERS[kind][0]


_CAUSES = {
    "reached": lazy("기준을 채웠어요"),
    "kept": lazy("기준을 지켰어요"),
    "grace": lazy("유예 기간이에요"),
    "missed": lazy("기준에 못 미쳤어요"),
    "granted": lazy("직접 정했어요"),
    "merged": lazy("합친 회원의 실적을 더했어요"),
    "undone": lazy("기준을 채웠던 구매를 취소했어요"),
}
_ZEROS = {
    "no_rule": lazy("이때 맞는 적립 규칙이 없었어요."),
    "nothing_to_count": lazy("적립할 금액이 없었어요."),
    "rounded_down": lazy("1포인트가 되지 않아 버렸어요."),
    "already_paid": lazy("전에 쓰던 프로그램에서 이미 적립했어요."),
    "unlinked": lazy("어느 구매의 반품인지 알 수 없어 포인트는 그대로예요."),
    "nothing_left": lazy("되돌릴 포인트가 없었어요."),
    "left": lazy("탈퇴한 동안 산 것이라 적립하지 않았어요. 다시 가입한 뒤부터 쌓여요."),
    "too_large": lazy("한 번에 적립할 수 있는 포인트를 넘어 적립하지 않았어요. 구매 금액을 확인해 주세요."),
}
_ROUNDINGS = {
    "down": lazy("소수점 아래는 버려요"),
    "half_up": lazy("소수점 첫째 자리에서 반올림해요"),
    "half_even": lazy("가까운 쪽으로, 반이면 짝수로 맞춰요"),
    "up": lazy("소수점 아래는 올려요"),
}
# Of a consent that is to no contact: to the membership itself, say.
NO_CHANNEL = "none"
_CHANNELS = {
    NO_CHANNEL: pgettext_lazy("channel", "연락 없음"),
    "store": lazy("매장"), "online": lazy("온라인"), "app": lazy("앱"), "phone": lazy("전화"),
    "email": lazy("이메일"), "sms": lazy("문자"), "kakao": lazy("카카오톡"), "push": lazy("앱 알림"),
    "call": pgettext_lazy("channel", "통화"), "post": lazy("우편"),
}  # fmt: skip
_PURPOSES = {
    "marketing": lazy("광고와 혜택 소식"),
    "membership": lazy("멤버십 운영"),
    "night": lazy("밤에 보내는 광고"),
    "profiling": lazy("맞춤 혜택"),
}
_FIELDS = {
    "name": lazy("이름"), "email": lazy("이메일"), "phone": lazy("전화번호"), "card": lazy("회원 카드"),
    "birthday": lazy("생일"), "language": lazy("언어"), "home_store_id": lazy("단골 매장"),
    "home_store": lazy("단골 매장"), "traits": lazy("알려준 정보"),
}  # fmt: skip
_IDENTITIES = {
    "external": lazy("회원 번호"), "phone": lazy("전화번호"), "email": lazy("이메일"),
    "card": lazy("회원 카드"), "anonymous": lazy("브라우저"),
}  # fmt: skip
_TOLD_AT = {
    "till": lazy("계산대에서"), "staff": lazy("직원이 적음"), "api": lazy("연결된 프로그램에서"),
    "import": lazy("가져온 파일에서"), "events": lazy("웹사이트와 앱에서"), "": lazy("어디서 왔는지 몰라요"),
}  # fmt: skip
_TRAITS = {
    "age": lazy("나이대"), "age_band": lazy("나이대"), "income": lazy("소득"), "income_band": lazy("소득"),
    "home_ownership": lazy("집"), "marital_status": lazy("결혼"), "household_size": lazy("가구원 수"),
    "household_comp": lazy("가구 구성"), "household_composition": lazy("가구 구성"),
    "kids_count": lazy("아이 수"), "kids": lazy("아이 수"),
}  # fmt: skip
_PROCESSES = {
    "worker": lazy("일꾼(worker)"),
    "scheduler": lazy("시간표(scheduler)"),
    "sequencer": lazy("순번(sequencer)"),
}


def _word(words: Mapping[str, object], key: str) -> str:
    return str(words.get(key, key))


def reason_name(reason: str) -> str:
    """Return why points moved: a known word, else the words someone wrote."""
    return _word(REASONS, reason)


def tier_cause(cause: str) -> str:
    """Return why a standing moved."""
    return _word(_CAUSES, cause)


def zero_reason(zero: str) -> str:
    """Return why a purchase earned nothing."""
    return _word(_ZEROS, zero)


def rounding_name(rounding: str) -> str:
    """Return what becomes of a fraction of a point."""
    return _word(_ROUNDINGS, rounding)


def channel_name(channel: str) -> str:
    """Return a channel's name."""
    return _word(_CHANNELS, channel)


class Consent(Protocol):
    """What somebody said of a channel and a purpose."""

    @property
    def channel(self) -> str:
        """By what they are reached."""

    @property
    def purpose(self) -> str:
        """What for."""


def consent_name(consent: Consent) -> str:
    """Return what a consent is about: its channel and purpose, or the purpose where it is no contact."""
    purpose = purpose_name(consent.purpose)
    return purpose if consent.channel == NO_CHANNEL else f"{channel_name(consent.channel)} · {purpose}"


def purpose_name(purpose: str) -> str:
    """Return what a consent is for."""
    return _word(_PURPOSES, purpose)


def field_name(field: str) -> str:
    """Return the name of a personal field."""
    return _word(_FIELDS, field)


def identity_name(kind: str) -> str:
    """Return the name of a kind of identity."""
    return _word(_IDENTITIES, kind)


def told_at(source: str) -> str:
    """Return where an identity was told."""
    return _word(_TOLD_AT, source)


def trait_name(trait: str) -> str:
    """Return the name of something people told about themselves; a shop's own traits keep their key."""
    return _word(_TRAITS, trait)


def trait_value(value: str | int | bool) -> str:
    """Return a trait's value."""
    if isinstance(value, bool):
        return pgettext("answer", "예") if value else pgettext("answer", "아니요")
    return str(value)


def process_name(name: str) -> str:
    """Return what a process of the instance is called."""
    return _word(_PROCESSES, name)


def host(url: str) -> str:
    """Return the server's name of an address: its path may be the receiver's secret."""
    return urlsplit(url).hostname or url
