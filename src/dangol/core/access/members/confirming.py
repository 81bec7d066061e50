"""That it is the member who spends much: a code for this very amount, or a confirmation on their phone."""

from datetime import datetime, timedelta

from dangol.core.access.members.codes import WrongCode, finish_try
from dangol.core.access.members.models import MemberSession
from dangol.core.access.members.sessions import FRESH_FOR
from dangol.core.people.blind_index import hash_values
from dangol.core.people.held import last_by_others
from dangol.core.people.identities import Kind
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.errors import DomainError

# For so long an address that staff or a file have put there confirms nothing: time for the member to notice.
SETTLES_AFTER = timedelta(days=3)


class ConfirmationRequired(DomainError):
    """So many points (`points`) are spent only after the member has confirmed it is they.

    `field` takes a code. From `limit` on in a day, what was spent unconfirmed counted together.
    """

    code = "member.confirmation_required"


class ConfirmationUnavailable(DomainError):
    """No code can reach this member: there is no e-mail address of theirs, or nobody carries mail."""

    code = "member.confirmation_unavailable"


class ConfirmationUnsettled(DomainError):
    """Staff or a file gave this member another e-mail address of late: until `until` it confirms nothing.

    Whoever works here could else put their own address there, and confirm in the member's name.
    """

    code = "member.confirmation_unsettled"


def challenge_of(customer_id: Id, points: int) -> Id:
    """Return the challenge of codes by which a member confirms that they spend so many points, no others."""
    text = f"{customer_id.hex()} {points}"
    return hash_values("member-spending", [text])[text]


def require_confirmed(
    customer_id: Id, *, points: int, limit: int, confirmation: str | None, has_tried: bool, at: datetime
) -> None:
    """Use up what shows that it is the member: the code (`confirmation`), or one just typed on their phone.

    Joins the write transaction of the spending. The try at the code was begun before it (`has_tried`), so
    that a hundred guesses at once are a hundred. Raises WrongCode, ConfirmationRequired or
    ConfirmationUnsettled.
    """
    require_write_transaction()
    require_settled(customer_id, at=at)
    if confirmation is not None:
        if not has_tried or not finish_try(challenge_of(customer_id, points), confirmation, at=at):
            raise WrongCode(field="confirmation")
        return
    fresh = MemberSession.objects.filter(customer_id=customer_id, confirmed_at__gte=at - FRESH_FOR)
    if not fresh.update(confirmed_at=None):
        raise ConfirmationRequired(field="confirmation", points=points, limit=limit)


def require_settled(customer_id: Id, *, at: datetime) -> None:
    """Refuse where staff or a file have put the address there of late; raises ConfirmationUnsettled."""
    last = last_by_others(customer_id, Kind.EMAIL)
    if last is not None and at < last + SETTLES_AFTER:
        raise ConfirmationUnsettled(until=(last + SETTLES_AFTER).isoformat())
