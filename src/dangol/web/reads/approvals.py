"""What waits for a second person, with who it is about, as the page of approvals shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dangol.core.access.approvals import ApprovalView, list_settled, list_waiting
from dangol.core.ledger.by_hand import ByHand, read_by_hand
from dangol.core.ledger.in_bulk import BULK, InBulk, read_in_bulk
from dangol.core.people.merged import resolve_merged
from dangol.core.people.selectors import PersonView, names_of


class Request(NamedTuple):
    """A request with what it asks for, and the member as they are now; in bulk, how `many` members."""

    approval: ApprovalView
    wanted: ByHand | InBulk
    many: int
    person: PersonView | None
    is_mine: bool

    @property
    def is_over(self) -> bool:
        """Whether nobody decided it in time; of those that wait no longer."""
        return self.approval.decided_at is None


class Approvals(NamedTuple):
    """The requests that wait, the earliest first, and those that were settled, the latest first."""

    waiting: list[Request]
    settled: list[Request]


def read_approvals(*, at: datetime, me: str) -> Approvals:
    """Return the requests; `me` is who reads, who cannot decide their own."""
    waiting, settled = list_waiting(at=at), list_settled(at=at)
    now = resolve_merged([one.subject_id for one in (*waiting, *settled)])
    people = names_of(sorted(set(now.values())))

    def told(rows: Sequence[ApprovalView]) -> list[Request]:
        return [_told(one, people.get(now[one.subject_id]), me) for one in rows]

    return Approvals(told(waiting), told(settled))


def _told(approval: ApprovalView, person: PersonView | None, me: str) -> Request:
    is_mine = approval.actor == me
    if approval.kind == BULK:
        in_bulk = read_in_bulk(approval.payload)
        return Request(approval, in_bulk, len(in_bulk.members), None, is_mine)
    return Request(approval, read_by_hand(approval.payload), 0, person, is_mine)
