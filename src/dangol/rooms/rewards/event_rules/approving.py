"""Two pairs of eyes on event rules: a publication waits for a second person where the shop asks for one.

What the checkout settings ask of promotions they ask of rules: both give away what the shop pays for.
"""

from collections.abc import Sequence
from datetime import datetime

from dangol.core.access.approvals import ApprovalView, Ask, decide
from dangol.core.people.actors import Actor
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.promotions.second_look import Needed, causes_of_points
from dangol.rooms.rewards.event_rules import editing
from dangol.rooms.rewards.event_rules.contents import pack, unpack
from dangol.rooms.rewards.promotions.checkout import read_checkout
from dangol.rooms.rewards.second_person import (
    Outcome,
    Publication,
    ask_once,
    log_done,
    read_publication,
    signed,
)

PUBLICATION = "event_rules.publish"
_LOGGED = "event_rule.published"


def find_causes() -> Sequence[Needed]:
    """Return for what the publication of a rule needs a second person; empty: for nothing."""
    return causes_of_points(read_checkout().as_second_look())


def publish_or_ask(
    rule_id: Id, *, revision: int, form: Id, actor: Actor, reason: str, at: datetime, alone: bool
) -> Outcome:
    """Publish the draft of this revision or, where the shop asks for one, ask a second person.

    Without `alone` one is asked whatever the shop says. A request for the same draft that waits is not asked
    for again, and `form` names one, so that a form sent twice is one. Raises what `editing.publish` raises,
    RequestReused, and ReasonMissing where a second person is asked without a reason.
    """
    with write_transaction():
        content = editing.require_publishable(rule_id, revision=revision)
        if alone and not find_causes():
            number = editing.publish(rule_id, revision=revision, published_by=signed(actor), at=at)
            return Outcome(number)
        payload = Publication(revision, pack(content)).as_payload()
        ask = Ask(form, PUBLICATION, rule_id, payload, content.budget.points or 0, reason)
        return Outcome(None, ask_once(ask, actor=actor, at=at))


def decide_publication(
    approval_id: Id, *, approves: bool, actor: Actor, reason: str, at: datetime
) -> ApprovalView:
    """Approve a publication, which is done at once, or decline it.

    Raises what `access.approvals.decide` and `editing.publish` raise; where those do, the request waits on.
    """
    with write_transaction():
        decided = decide(approval_id, approves=approves, actor=actor, reason=reason, at=at)
        if approves:
            wanted = read_publication(decided)
            content = unpack(wanted.content)
            editing.publish(
                decided.subject_id, revision=wanted.revision, published_by=signed(actor), at=at,
                approved=content,
            )  # fmt: skip
            log_done(_LOGGED, actor, content.name.strip() or "-", at=at)
    return decided
