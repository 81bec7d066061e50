"""Two pairs of eyes: publications above the shop's limits, and changes that would let more go without them.

What one person asks for waits in `core.access.approvals` until another lets it happen, or not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from dangol.core.access.approvals import ApprovalState, ApprovalView, Ask, decide
from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.promotions.second_look import Needed, causes_of, is_looser
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.checkout import (
    CheckoutContent,
    read_checkout,
    read_checkout_version,
    unpack_checkout,
    write_checkout,
)
from dangol.rooms.rewards.promotions.contents import (
    PromotionContent,
    PromotionInvalid,
    pack,
    read_benefit,
    unpack,
)
from dangol.rooms.rewards.second_person import (
    Outcome,
    Publication,
    ask_once,
    log_done,
    read_publication,
    signed,
)
from dangol.rooms.rewards.wallets import find_wallet

PUBLICATION = "promotions.publish"
SETTINGS = "checkout.settings"
# The settings are one, and stand for themselves among the subjects.
SETTINGS_ID: Id = bytes(15) + b"\x01"
_LOGGED = "promotion.published", "checkout.settings"


class Change(msgspec.Struct, frozen=True):
    """The settings are to be this, where version `seen` is in force; `content` is CheckoutContent as JSON."""

    seen: int
    content: dict[str, Any]


def causes_for(content: PromotionContent) -> Sequence[Needed]:
    """Return for what the publication of this content needs a second person; empty: for nothing.

    What cannot be read of a draft counts for nothing: it cannot be published either.
    """
    benefits = []
    for one in content.benefits:
        try:
            benefits.append(read_benefit(one))
        except PromotionInvalid:
            continue
    return causes_of(benefits, content.limits.budget_minor, read_checkout().as_second_look())


def publish_or_ask(
    promotion_id: Id,
    *,
    revision: int,
    form: Id,
    actor: Actor,
    reason: str,
    at: datetime,
    alone: bool,
) -> Outcome:
    """Publish the draft of this revision or, where it is above the shop's limits, ask a second person.

    Without `alone` it is asked for whatever the limits are. A request for the same revision that waits is not
    asked for again, and `form` names one, so that a form sent twice is one. Raises what `editing.publish`
    raises, RequestReused, and ReasonMissing where a second person is asked without a reason.
    """
    with write_transaction():
        content = editing.require_publishable(promotion_id, revision=revision)
        if alone and not causes_for(content):
            number = editing.publish(promotion_id, revision=revision, published_by=signed(actor), at=at)
            return Outcome(number)
        payload = Publication(revision, pack(content)).as_payload()
        ask = Ask(form, PUBLICATION, promotion_id, payload, content.limits.budget_minor or 0, reason)
        return Outcome(None, ask_once(ask, actor=actor, at=at))


def change_or_ask(
    content: CheckoutContent, *, seen: int, form: Id, actor: Actor, reason: str, at: datetime
) -> Outcome:
    """Let the checkout answer so or, where less would need a second person, ask one for it.

    Raises CheckoutChanged, RequestReused, UnknownWallet where points are to pay that there are not, and
    ReasonMissing where a second person is asked without a reason.
    """
    if content.tender and content.tender.currency:
        find_wallet(content.tender.currency, field="tender.currency")
    with write_transaction():
        if is_looser(read_checkout().as_second_look(), content.as_second_look()):
            payload = msgspec.json.encode(Change(seen, msgspec.to_builtins(content))).decode()
            ask = Ask(form, SETTINGS, SETTINGS_ID, payload, 0, reason)
            return Outcome(None, ask_once(ask, actor=actor, at=at))
        return Outcome(_write(content, seen=seen, actor=actor, at=at))


def _write(content: CheckoutContent, *, seen: int | None, actor: Actor, at: datetime) -> int:
    number = write_checkout(content, changed_by=signed(actor), at=at, seen=seen)
    log_done(_LOGGED[1], actor, f"v{number}", at=at)
    return number


def read_change(approval: ApprovalView) -> tuple[CheckoutContent, CheckoutContent]:
    """Return what the settings were when a change was asked for, and what they are to be.

    Raises msgspec.DecodeError.
    """
    wanted = msgspec.json.decode(approval.payload, type=Change)
    return read_checkout_version(wanted.seen), unpack_checkout(wanted.content)


def decide_promotions(
    approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
) -> ApprovalView:
    """Approve a publication or a change of the settings, which is done at once, or decline it.

    Raises what `access.approvals.decide`, `editing.publish` and `write_checkout` raise; where those do, the
    request waits on.
    """
    with write_transaction():
        decided = decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
        if approves:
            _carry_out(decided, actor, at)
    return decided


def _carry_out(approval: ApprovalView, actor: Actor, at: datetime) -> None:
    require_write_transaction()
    assert approval.state == ApprovalState.APPROVED, "nothing else is carried out"
    if approval.kind == SETTINGS:
        change = msgspec.json.decode(approval.payload, type=Change)
        _write(unpack_checkout(change.content), seen=change.seen, actor=actor, at=at)
        return
    wanted = read_publication(approval)
    content = unpack(wanted.content)
    editing.publish(
        approval.subject_id, revision=wanted.revision, published_by=signed(actor), at=at, approved=content
    )
    log_done(_LOGGED[0], actor, content.name.strip() or "-", at=at)
