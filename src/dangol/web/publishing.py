"""A draft that is to be published, by one person or with a second one: what was sent, and what was asked."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest

from dangol.core.access.approvals import ApprovalView, list_asked
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, new_id
from dangol.domain.promotions.second_look import Needed
from dangol.rooms.rewards.second_person import Publication
from dangol.web.acting import form_of, new_form
from dangol.web.checkout_words import cause_in_words
from dangol.web.frame import frame_of
from dangol.web.guard import visitor_of

LONGEST = 300


class Sent(NamedTuple):
    """What a form of publication says: the draft's revision that was seen, and why it is to be in force."""

    revision: int
    form: Id
    reason: str


class Asked(NamedTuple):
    """The last request for a publication: whether it waits, and whether it is of the draft as it stands."""

    approval: ApprovalView
    waits: bool
    is_of_draft: bool


def read_sent(request: HttpRequest) -> Sent:
    """Return what was sent; a revision that is none is 0, which no draft has."""
    # What is published at once needs no name: of two forms the second finds the draft gone.
    form = form_of(request) if "form" in request.POST else new_id()
    seen = request.POST.get("revision", "")
    revision = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else 0
    return Sent(revision, form, request.POST.get("reason", "")[:LONGEST])


def asking(
    request: HttpRequest, kind: str, subject_id: Id, draft: Publication, causes: Sequence[Needed]
) -> dict[str, Any]:
    """Return what a page needs to publish a draft, or to ask a second person for it."""
    visitor, frame = visitor_of(request), frame_of(request)
    may_publish = visitor.may(Right.PROGRAMS_PUBLISH)
    asked = [
        Asked(one, one.is_open(frame.at), one.payload == draft.as_payload())
        for one in list_asked(kind, subject_id)
    ]
    return {
        "asked": asked[0] if asked else None,
        "causes": [cause_in_words(one, frame.shop.currency) for one in causes],
        "needs_other": bool(causes) or not may_publish,
        "may_publish": may_publish, "may_ask": visitor.may(Right.PROGRAMS_WRITE),
        "may_decide": visitor.may(Right.APPROVALS_DECIDE),
        "form": request.POST.get("form") or new_form(), "reason": request.POST.get("reason", "")[:LONGEST],
        "longest": LONGEST,
    }  # fmt: skip
