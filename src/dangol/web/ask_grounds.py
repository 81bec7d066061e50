"""What there is to judge a request by: before and after, the limit it is above, and what is against it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.core.access.approvals import ApprovalView
from dangol.core.ledger import by_hand
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import shop
from dangol.rooms.rewards.event_rules.approving import PUBLICATION
from dangol.rooms.rewards.event_rules.contents import pack, unpack
from dangol.rooms.rewards.event_rules.editing import find_rule
from dangol.rooms.rewards.second_person import Publication, read_publication
from dangol.rooms.rewards.stored_value import credit, giving
from dangol.rooms.rewards.stored_value.batch_asks import read_batch
from dangol.rooms.rewards.stored_value.selectors import credit_of
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.web.condition_form.offers import Offers
from dangol.web.event_rule_words import changes_between
from dangol.web.formats import (
    format_date,
    format_last_day,
    format_money_in_words,
    format_number,
    format_points,
)
from dangol.web.promotion_words import Setting
from dangol.web.scheme import find_program
from dangol.web.settings_words import Fact


class Grounds(NamedTuple):
    """What a request would do, and why it could not be done now; empty where it could."""

    facts: Sequence[Fact] = ()
    obstacle: str = ""


def _of_points(approval: ApprovalView, at: datetime) -> Grounds:
    wanted, running = by_hand.read_by_hand(approval.payload), find_program()
    limit = Fact(_("한 사람이 하루에 혼자 하는 한도"), format_points(settings.ADJUST_LIMIT))
    if running is None or wanted.reverses:
        return Grounds([limit])
    owner = resolve_merged([approval.subject_id])[approval.subject_id]
    held = balances_of([owner], running.row.points_currency)[owner].available
    after = held + wanted.points
    facts = [Fact(_("포인트"), f"{format_points(held)} → {format_points(after)}"), limit]
    return Grounds(facts, _("지금은 그만큼 남아 있지 않아요.") if after < 0 else "")


def _of_credit(approval: ApprovalView, at: datetime) -> Grounds:
    wanted = credit.read_by_hand(approval.payload)
    found = credit_of(approval.subject_id, at=at)
    held = sum(one.minor for one in found if one.currency == wanted.currency)
    after = held + wanted.minor
    told = [format_money_in_words(minor, wanted.currency) for minor in (held, after)]
    facts = [Fact(_("예치금"), " → ".join(told)), _limit(wanted.currency)]
    if wanted.minor > 0:
        facts.insert(1, Fact(_("마지막 날"), _last_day(wanted.expires_at or credit.usual_end(at))))
    return Grounds(facts, _("지금은 예치금이 그만큼 남아 있지 않아요.") if after < 0 else "")


def _of_given(approval: ApprovalView, at: datetime) -> Grounds:
    wanted = giving.read_given(approval.payload)
    if not wanted.batch:
        return Grounds([_limit(wanted.currency)])
    draft = read_batch(wanted.batch)
    each = format_money_in_words(draft.minor, draft.currency)
    words = _("%(money)s짜리 %(n)s장") % {"money": each, "n": format_number(draft.card_count)}
    facts = [
        Fact(_("묶음 이름"), draft.name), Fact(_("상품권"), words),
        Fact(_("마지막 날"), _last_day(draft.expires_at, _("판 날부터 설정대로"))), _limit(wanted.currency),
    ]  # fmt: skip
    is_over = draft.expires_at is not None and draft.expires_at <= at
    return Grounds(facts, _("마지막 날이 이미 지났어요.") if is_over else "")


def _limit(currency: str) -> Fact:
    most = format_money_in_words(read_settings().credit_limit_minor, currency)
    return Fact(_("한 사람이 하루에 혼자 하는 한도"), most)


def _last_day(end: datetime | None, usual: str = "") -> str:
    return format_date(format_last_day(end)) if end else (usual or _("사라지지 않음"))


def _of_rule(approval: ApprovalView, at: datetime) -> Grounds:
    wanted, found = read_publication(approval), find_rule(approval.subject_id)
    offers, before = Offers(), found.version.content if found.version else None
    setting = Setting(shop().tz, offers.catalog, offers.labels)
    changes = changes_between(before, unpack(wanted.content), setting)
    facts = [
        Fact(one.about, f"{one.was or '–'} → {one.will_be or '–'}" if before else one.will_be)
        for one in changes
    ]
    draft = found.draft
    if found.archived_at:
        return Grounds(facts, _("그사이 보관해서 발행할 수 없어요. 꺼낸 다음에 승인하세요."))
    if draft is None or Publication(draft.revision, pack(draft.content)).as_payload() != approval.payload:
        return Grounds(facts, _("그사이 초안이 바뀌었어요. 지금 초안은 다시 부탁해야 발행돼요."))
    return Grounds(facts)


_GROUNDS: Mapping[str, Callable[[ApprovalView, datetime], Grounds]] = {
    by_hand.KIND: _of_points,
    credit.KIND: _of_credit,
    giving.KIND: _of_given,
    PUBLICATION: _of_rule,
}


def grounds_of(approval: ApprovalView, *, at: datetime) -> Grounds:
    """Return what there is to judge a request by that can be read, as of now; nothing for other kinds."""
    read = _GROUNDS.get(approval.kind)
    return read(approval, at) if read else Grounds()
