"""What waits for a second person, with who it is about, as the page of approvals shows it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from dangol.core.access.approvals import ApprovalView, list_settled, list_waiting, who_asked
from dangol.core.access.selectors import Visitor
from dangol.core.ledger.in_bulk import BULK, read_in_bulk
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import PersonView, names_of
from dangol.rooms.rewards.event_rules import approving as rules
from dangol.rooms.rewards.promotions import approving
from dangol.rooms.rewards.stored_value import settings_asks
from dangol.web.ask_grounds import grounds_of
from dangol.web.asks import OF_THE_SHOP, describe
from dangol.web.present import seen_by
from dangol.web.settings_words import Fact

_PAGES_OF = {approving.PUBLICATION: "web:promotion-diff", rules.PUBLICATION: "web:event-rule"}
_PAGES = {approving.SETTINGS: "web:checkout-settings", settings_asks.KIND: "web:stored-value-settings"}


class Request(NamedTuple):
    """A request with what it asks for in words (None: not known), and the member as they are now.

    Of a request in bulk `many` says of how many members it is. `facts` are what there is to judge one that
    waits by, as of now; `obstacle` why it could not be carried out now; `is_written` whether whoever reads
    has written what is to be published, and so may decline it but not approve it.
    """

    approval: ApprovalView
    wanted: str | None
    many: int
    person: PersonView | None
    is_mine: bool
    facts: Sequence[Fact] = ()
    obstacle: str = ""
    is_written: bool = False

    @property
    def is_of_shop(self) -> bool:
        """Whether it concerns the shop and no member."""
        return self.approval.kind in OF_THE_SHOP

    @property
    def address(self) -> str:
        """Where to look at what is asked for; empty where that is a member."""
        if page := _PAGES_OF.get(self.approval.kind):
            return reverse(page, args=[self.approval.subject_id])
        page = _PAGES.get(self.approval.kind)
        return reverse(page) if page else ""

    @property
    def is_over(self) -> bool:
        """Whether nobody decided it in time; of those that wait no longer."""
        return self.approval.decided_at is None


class Approvals(NamedTuple):
    """The requests that wait, the earliest first, and those that were settled, the latest first."""

    waiting: list[Request]
    settled: list[Request]


def read_approvals(*, at: datetime, me: str, visitor: Visitor) -> Approvals:
    """Return the requests of the visitor's store; `me` is who reads, who cannot decide their own."""
    waiting, settled = list_waiting(at=at), list_settled(at=at)
    now = resolve_merged([one.subject_id for one in (*waiting, *settled)])
    seen = set(seen_by(visitor, sorted(set(now.values()))))
    people, askers = names_of(sorted(seen)), who_asked(waiting)

    def told(rows: Sequence[ApprovalView]) -> list[Request]:
        return [
            _told(one, people.get(now[one.subject_id]), at=at, me=me, askers=askers.get(one.id, ()))
            for one in rows
            if now[one.subject_id] in seen or (one.kind in OF_THE_SHOP and visitor.store_id is None)
        ]

    return Approvals(told(waiting), told(settled))


def _told(
    approval: ApprovalView, person: PersonView | None, *, at: datetime, me: str, askers: Collection[str]
) -> Request:
    many = len(read_in_bulk(approval.payload).members) if approval.kind == BULK else 0
    request = Request(approval, describe(approval), many, person, me in askers)
    if request.wanted is None or not approval.is_open(at):
        return request
    grounds = grounds_of(approval, at=at)
    return request._replace(facts=grounds.facts, obstacle=grounds.obstacle, is_written=me in grounds.writers)
