"""What there is to judge a request by: before and after, the limit it is above, and what is against it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from dangol.core.access.approvals import ApprovalView
from dangol.core.access.selectors import find_staff_name
from dangol.core.ledger import by_hand
from dangol.core.ledger.selectors import balances_of
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import shop
from dangol.domain.promotions.second_look import Needed
from dangol.rooms.rewards.event_rules import approving as rules, contents
from dangol.rooms.rewards.event_rules.editing import find_rule
from dangol.rooms.rewards.promotions import approving
from dangol.rooms.rewards.promotions.contents import pack, unpack
from dangol.rooms.rewards.promotions.editing import find_promotion
from dangol.rooms.rewards.second_person import Publication, read_publication
from dangol.rooms.rewards.stored_value import credit, giving
from dangol.rooms.rewards.stored_value.batch_asks import read_batch
from dangol.rooms.rewards.stored_value.selectors import credit_of
from dangol.rooms.rewards.stored_value.settings import read_settings
from dangol.web import event_rule_words, promotion_words
from dangol.web.changed_words import Sentence
from dangol.web.checkout_words import cause_in_words
from dangol.web.condition_form.offers import Offers
from dangol.web.formats import (
    format_date,
    format_last_day,
    format_money_in_words,
    format_number,
    format_points,
)
from dangol.web.promotion_setting import promotion_offers, setting_of
from dangol.web.promotion_words import Setting, readable
from dangol.web.scheme import find_program
from dangol.web.settings_words import Fact


class Grounds(NamedTuple):
    """What a request would do, and why it could not be done now; empty where it could.

    `writers` are the sign-in names of those who have written what is to be published: they do not approve it.
    """

    facts: Sequence[Fact] = ()
    obstacle: str = ""
    writers: Sequence[str] = ()


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
    wanted, found = contents.unpack(read_publication(approval).content), find_rule(approval.subject_id)
    offers, before = Offers(), found.version.content if found.version else None
    setting = Setting(shop().tz, offers.catalog, offers.labels)
    changes = event_rule_words.changes_between(before, wanted, setting)
    facts = [*_causes(rules.find_causes()), *_changes(changes, is_first=before is None)]
    draft = found.draft
    asked = Publication(draft.revision, contents.pack(draft.content)).as_payload() if draft else ""
    writers = draft.writers if draft else ()
    return Grounds([*_written(writers), *facts], _obstacle(approval, found.archived_at, asked), writers)


def _of_promotion(approval: ApprovalView, at: datetime) -> Grounds:
    wanted = readable(unpack(read_publication(approval).content))
    found, offers = find_promotion(approval.subject_id), promotion_offers(shop().currency)
    before = readable(found.version.content) if found.version else None
    setting = setting_of([wanted, *([before] if before else [])], shop().tz, offers)
    changes = promotion_words.changes_between(before, wanted, setting)
    facts = [*_causes(approving.causes_for(wanted)), *_changes(changes, is_first=before is None)]
    draft = found.draft
    asked = Publication(draft.revision, pack(draft.content)).as_payload() if draft else ""
    writers = draft.writers if draft else ()
    return Grounds([*_written(writers), *facts], _obstacle(approval, found.archived_at, asked), writers)


def _written(writers: Sequence[str]) -> list[Fact]:
    return [Fact(_("초안을 쓴 사람"), ", ".join(map(find_staff_name, writers)))] if writers else []


def _causes(causes: Iterable[Needed]) -> list[Fact]:
    return [Fact(_("다른 사람이 필요한 까닭"), cause_in_words(one, shop().currency)) for one in causes]


def _changes(sentences: Iterable[Sentence], *, is_first: bool) -> list[Fact]:
    """Return what changes as facts; of what was never published all is new."""
    return [
        Fact(one.about, one.will_be if is_first else f"{one.was or '–'} → {one.will_be or '–'}")
        for one in sentences
    ]


def _obstacle(approval: ApprovalView, archived_at: datetime | None, asked: str) -> str:
    """Return why a draft, of which `asked` would be asked for now, could not be published as it was."""
    if archived_at:
        return _("그사이 보관해서 발행할 수 없어요. 꺼낸 다음에 승인하세요.")
    if asked != approval.payload:
        return _("그사이 초안이 바뀌었어요. 지금 초안은 다시 부탁해야 발행돼요.")
    return ""


_GROUNDS: Mapping[str, Callable[[ApprovalView, datetime], Grounds]] = {
    by_hand.KIND: _of_points,
    credit.KIND: _of_credit,
    giving.KIND: _of_given,
    rules.PUBLICATION: _of_rule,
    approving.PUBLICATION: _of_promotion,
}


def grounds_of(approval: ApprovalView, *, at: datetime) -> Grounds:
    """Return what there is to judge a request by that can be read, as of now; nothing for other kinds."""
    read = _GROUNDS.get(approval.kind)
    return read(approval, at) if read else Grounds()
