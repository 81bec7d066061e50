"""One-time codes: six digits, five minutes, five tries, one open code a person (OWASP ASVS 5.0, 6.6).

A code is good only in the browser that asked for it, which holds the challenge. Whether there is a code for a
challenge at all is not told: a wrong code, an old one and one that was never sent get the same refusal.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import F

from dangol.core.access.members.models import MemberCode
from dangol.core.people.blind_index import hash_values
from dangol.core.people.held import prove_email
from dangol.core.people.merged import resolve_merged
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.errors import DomainError

DIGITS, TRIES = 6, 5
VALID_FOR = timedelta(minutes=5)


class WrongCode(DomainError):
    """The code is not the one, its time is over, it was used or tried five times, or it was never sent."""

    code = "member.wrong_code"


def issue_code(customer_id: Id, challenge: Id, *, at: datetime) -> str:
    """Make a person's code for a challenge, in place of any other; returns its digits, which are not kept.

    Must be called inside the write transaction in which it is sent.
    """
    require_write_transaction()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    fields = {
        "challenge": challenge, "code_hash": _hash(challenge, code), "made_at": at,
        "expires_at": at + VALID_FOR, "tries_left": TRIES,
    }  # fmt: skip
    MemberCode.objects.update_or_create(customer_id=customer_id, defaults=fields)
    return code


def use_code(challenge: Id, code: str, *, at: datetime) -> Id:
    """Return whose code this is, which it is no more: who they are now, should they have been merged.

    Raises WrongCode; that is then one try fewer.
    """
    given = _hash(challenge, "".join(code.split())[: 2 * DIGITS])
    with write_transaction():
        open_ones = MemberCode.objects.select_for_update().filter(challenge=challenge)
        row = open_ones.filter(tries_left__gt=0, expires_at__gt=at).first()
        if row and hmac.compare_digest(bytes(row.code_hash), given):
            owner: Id = row.customer_id
            row.delete()
            prove_email(owner, told_until=row.made_at, at=at)
            return resolve_merged([owner])[owner]
        if row:
            row.tries_left -= 1
            row.save(update_fields=["tries_left"])
    raise WrongCode()


def begin_try(challenge: Id, *, at: datetime) -> bool:
    """Count a try at the code of a challenge; False where there is none to be tried, or no try left.

    In a transaction of its own, before the one that uses the code: what is refused there counts all the same.
    """
    with write_transaction():
        open_ones = MemberCode.objects.filter(challenge=challenge, tries_left__gt=0, expires_at__gt=at)
        return open_ones.update(tries_left=F("tries_left") - 1) == 1


def finish_try(challenge: Id, code: str, *, at: datetime) -> bool:
    """Say whether a code is that of the challenge, and use it up; the try has been counted (`begin_try`).

    Joins the write transaction of what the code lets happen.
    """
    require_write_transaction()
    given = _hash(challenge, "".join(code.split())[: 2 * DIGITS])
    row = MemberCode.objects.select_for_update().filter(challenge=challenge, expires_at__gt=at).first()
    if row is None or not hmac.compare_digest(bytes(row.code_hash), given):
        return False
    row.delete()
    return True


def _hash(challenge: Id, code: str) -> bytes:
    """Return the keyed hash of a code: the key lies in the key store, for a million codes are soon tried."""
    text = f"{challenge.hex()} {code}"
    return hash_values("member-code", [text])[text]
