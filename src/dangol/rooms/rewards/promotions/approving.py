"""Two pairs of eyes: publications above the shop's limits, and changes that would let more go without them.

What one person asks for waits in `core.access.approvals` until another lets it happen, or not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dangol.core.access.approvals import (
    ApprovalState,
    ApprovalView,
    Ask,
    decide,
    find_asked,
    list_asked,
    note_request,
)
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.people.actors import Actor, ActorKind
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
from dangol.rooms.rewards.wallets import find_wallet

PUBLICATION = "promotions.publish"
SETTINGS = "checkout.settings"
# The settings are one, and stand for themselves among the subjects.
SETTINGS_ID: Id = bytes(15) + b"\x01"
_LOGGED = "promotion.published", "checkout.settings"


class Publication(msgspec.Struct, frozen=True):
    """A draft of this revision is to be in force; `content` is what it says, as JSON."""

    revision: int
    content: dict[str, Any]


class Change(msgspec.Struct, frozen=True):
    """The settings are to be this, where version `seen` is in force; `content` is CheckoutContent as JSON."""

    seen: int
    content: dict[str, Any]


class Outcome(NamedTuple):
    """What became of it: a version's number, or the request that waits for a second person."""

    number: int | None
    approval: ApprovalView | None = None


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
            number = editing.publish(promotion_id, revision=revision, published_by=_signed(actor), at=at)
            return Outcome(number)
        wanted = Publication(revision, pack(content))
        size = content.limits.budget_minor or 0
        return Outcome(None, _ask(PUBLICATION, promotion_id, wanted, size, form, actor, reason, at))


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
            wanted = Change(seen, msgspec.to_builtins(content))
            return Outcome(None, _ask(SETTINGS, SETTINGS_ID, wanted, 0, form, actor, reason, at))
        return Outcome(_write(content, seen=seen, actor=actor, at=at))


def _write(content: CheckoutContent, *, seen: int | None, actor: Actor, at: datetime) -> int:
    number = write_checkout(content, changed_by=_signed(actor), at=at, seen=seen)
    _log(_LOGGED[1], actor, f"v{number}", at)
    return number


def _ask(
    kind: str,
    subject_id: Id,
    wanted: Publication | Change,
    size: int,
    form: Id,
    actor: Actor,
    reason: str,
    at: datetime,
) -> ApprovalView:
    payload = msgspec.json.encode(wanted).decode()
    for one in list_asked(kind, subject_id, limit=10):
        if one.is_open(at) and one.payload == payload:
            return one
    ask = Ask(form, kind, subject_id, payload, size, reason)
    return find_asked(ask, actor=actor) or note_request(ask, actor=actor, at=at, waits=True)


def read_publication(approval: ApprovalView) -> tuple[int, PromotionContent]:
    """Return which revision is to be published, and what it says; raises msgspec.DecodeError."""
    wanted = msgspec.json.decode(approval.payload, type=Publication)
    return wanted.revision, unpack(wanted.content)


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
        wanted = msgspec.json.decode(approval.payload, type=Change)
        _write(unpack_checkout(wanted.content), seen=wanted.seen, actor=actor, at=at)
        return
    revision, content = read_publication(approval)
    editing.publish(approval.subject_id, revision=revision, published_by=_signed(actor), at=at)
    _log(_LOGGED[0], actor, content.name.strip() or "-", at)


def _signed(actor: Actor) -> str:
    """Return the name a version is kept under: staff's own to sign in by, a key's as it is called."""
    return actor.name or actor.key if actor.kind == ActorKind.KEY else actor.key


def _log(what: str, actor: Actor, reason: str, at: datetime) -> None:
    record_access([AccessDraft(Access.CONFIGURE, actor, reason, seen=(what,), people=0)], at=at)
