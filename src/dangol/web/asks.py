"""The kinds of requests that wait for a second person: how each is told in words, and how it is decided.

A room whose act needs two pairs of eyes adds a line to KINDS. What is asked for by a kind that is not here,
as after going back to an older version, is shown as what it is and may be declined, never approved.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec
from django.utils.translation import gettext as _

from dangol.core.access import approvals
from dangol.core.access.approvals import ApprovalView, find_approval
from dangol.core.access.errors import UnknownAsk
from dangol.core.ledger import by_hand, in_bulk
from dangol.core.people.actors import Actor
from dangol.core.people.selectors import shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import Malformed
from dangol.rooms.rewards.event_rules import approving as rules, contents
from dangol.rooms.rewards.promotions import approving
from dangol.rooms.rewards.promotions.contents import unpack
from dangol.rooms.rewards.second_person import read_publication
from dangol.rooms.rewards.stored_value import batch_asks, credit, giving, settings_asks
from dangol.web.checkout_words import changes_between
from dangol.web.formats import format_money_in_words, format_number, format_points, format_points_change
from dangol.web.reads.wallets import kind_of
from dangol.web.stored_value_settings_words import changes_between as terms_between


class Decide(Protocol):
    """How a kind's requests are decided: approved and carried out in one transaction, or declined."""

    def __call__(
        self, approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
    ) -> ApprovalView: ...


class AskKind(NamedTuple):
    """A kind of request: `describe` says what is asked for, in words."""

    describe: Callable[[ApprovalView], str]
    decide: Decide


def _describe_by_hand(approval: ApprovalView) -> str:
    wanted = by_hand.read_by_hand(approval.payload)
    if wanted.reverses:
        told = _("%(points)s 되돌리기") % {"points": format_points(approval.size)}
    else:
        told = format_points_change(wanted.points)
    return _of_kind(told, wanted.currency)


def _of_kind(told: str, currency: str) -> str:
    """Return what is told of points with what they are called, where a shop has several kinds."""
    kind = kind_of(currency)
    return f"{kind} {told}" if kind else told


def _describe_in_bulk(approval: ApprovalView) -> str:
    wanted = in_bulk.read_in_bulk(approval.payload)
    amounts = {"points": format_points_change(wanted.points), "total": format_points(approval.size)}
    return _of_kind(_("각각 %(points)s, 모두 %(total)s") % amounts, wanted.currency)


def _describe_credit(approval: ApprovalView) -> str:
    wanted = credit.read_by_hand(approval.payload)
    words = _("예치금 %(money)s 주기") if wanted.minor > 0 else _("예치금 %(money)s 빼기")
    return words % {"money": format_money_in_words(abs(wanted.minor), wanted.currency)}


def _describe_given(approval: ApprovalView) -> str:
    wanted = giving.read_given(approval.payload)
    money = format_money_in_words(wanted.minor, wanted.currency)
    return _("상품권 %(n)s장, 모두 %(money)s 무료로 주기") % {
        "n": format_number(wanted.count),
        "money": money,
    }


def _describe_publication(approval: ApprovalView) -> str:
    return _publishing(unpack(read_publication(approval).content).name)


def _describe_rule(approval: ApprovalView) -> str:
    return _publishing(contents.unpack(read_publication(approval).content).name)


def _publishing(name: str) -> str:
    return _("‘%(name)s’ 발행하기") % {"name": name.strip() or _("이름 없음")}


def _describe_change(approval: ApprovalView) -> str:
    currency = shop().currency
    changes = changes_between(*approving.read_change(approval), currency)
    told = [f"{one.what} {one.was or '–'} → {one.will_be or '–'}" for one in changes]
    return ", ".join(told) or _("결제 설정(바뀌는 것이 없어요)")


def _describe_terms(approval: ApprovalView) -> str:
    currency = shop().currency
    changes = terms_between(*settings_asks.read_change(approval), currency)
    told = [f"{one.what} {one.was or '–'} → {one.will_be or '–'}" for one in changes]
    return ", ".join(told) or _("상품권·예치금 설정(바뀌는 것이 없어요)")


KINDS: Mapping[str, AskKind] = {
    by_hand.KIND: AskKind(_describe_by_hand, in_bulk.decide_points),
    in_bulk.BULK: AskKind(_describe_in_bulk, in_bulk.decide_points),
    credit.KIND: AskKind(_describe_credit, credit.decide_credit),
    giving.KIND: AskKind(_describe_given, batch_asks.decide_batch),
    approving.PUBLICATION: AskKind(_describe_publication, approving.decide_promotions),
    approving.SETTINGS: AskKind(_describe_change, approving.decide_promotions),
    rules.PUBLICATION: AskKind(_describe_rule, rules.decide_publication),
    settings_asks.KIND: AskKind(_describe_terms, settings_asks.decide_settings),
}
# What concerns the shop and no member: its subject is no person.
OF_THE_SHOP = frozenset(
    {
        in_bulk.BULK, approving.PUBLICATION, approving.SETTINGS, rules.PUBLICATION, settings_asks.KIND,
        giving.KIND,
    }
)  # fmt: skip


def describe(approval: ApprovalView) -> str | None:
    """Return what a request asks for, in words; None where this version cannot read it."""
    kind = KINDS.get(approval.kind)
    try:
        return kind.describe(approval) if kind else None
    except (msgspec.DecodeError, Malformed):
        return None


def decide(approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime) -> ApprovalView:
    """Decide a request as its kind does; raises what that raises, and UnknownAsk for approving another."""
    asked = find_approval(approval_id)
    if describe(asked) is not None:
        return KINDS[asked.kind].decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
    if approves:
        raise UnknownAsk(kind=asked.kind)
    with write_transaction():
        return approvals.decide(approval_id, approves=False, actor=actor, reason=reason, at=at)
