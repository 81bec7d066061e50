"""Counting failures by whose they are, for all processes alike: to sign in, and to guess codes.

An attempt is counted as a failure before the password is looked at and taken back if it was right: a hundred
guesses sent at the same instant are then counted like a hundred sent one after another.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from math import ceil

from dangol.core.access.models import Attempts
from dangol.core.access.staff_errors import TooManyAttempts
from dangol.core.storage.rows import delete_rows, insert_missing, select_matching, update_rows
from dangol.core.storage.transactions import write_transaction
from dangol.domain.lockouts import FORGOTTEN_AFTER, LONGEST_WAIT, Tries, count_failure, is_open, take_back

_KEY, _TRIES = ("kind", "subject_hash"), ("count", "last_at", "open_at")


class Subject(StrEnum):
    """Whose failures are counted."""

    ACCOUNT = "account"
    ADDRESS = "address"
    # Who guesses coupons, and from where.
    COUPON_MEMBER = "c_member"
    COUPON_ADDRESS = "c_addr"
    # Who guesses referral codes, and from where.
    REFERRAL_MEMBER = "r_member"
    REFERRAL_ADDRESS = "r_addr"


Subjects = Mapping[Subject, str]


def _keys(subjects: Subjects) -> list[tuple[str, bytes]]:
    return sorted(
        (kind.value, sha256(text.casefold().encode("utf-8", "surrogatepass")).digest())
        for kind, text in subjects.items()
    )


def _locked(keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Tries]:
    rows = select_matching(Attempts, (*_KEY, *_TRIES), _KEY, keys, order_by=_KEY, lock=True)
    return {(kind, bytes(subject)): Tries(*tries) for kind, subject, *tries in rows}


def begin_attempt(subjects: Subjects, *, at: datetime) -> None:
    """Count an attempt as failed for now. Raises TooManyAttempts where one of these must wait."""
    keys = _keys(subjects)
    long_ago = at - 2 * (FORGOTTEN_AFTER + LONGEST_WAIT)
    with write_transaction():
        insert_missing(Attempts, (*_KEY, *_TRIES), [(*key, 0, long_ago, long_ago) for key in keys])
        known = _locked(keys)
        closed = [tries.open_at for tries in known.values() if not is_open(tries, at=at)]
        if closed:
            raise TooManyAttempts(minutes=ceil((max(closed) - at) / timedelta(minutes=1)))
        counted = [(*key, *count_failure(known[key], at=at)) for key in keys]
        update_rows(Attempts, _KEY, _TRIES, counted)


def end_attempt(subjects: Subjects) -> None:
    """Take the attempt back, which was right: an account's failures are forgotten, all others' are not.

    Else whoever knows one password, or holds one coupon, could try others for ever in between.
    """
    keys = _keys(subjects)
    with write_transaction():
        known = _locked(keys)
        delete_rows(Attempts, _KEY, [key for key in known if key[0] == Subject.ACCOUNT])
        kept = [(*key, *take_back(tries)) for key, tries in known.items() if key[0] != Subject.ACCOUNT]
        update_rows(Attempts, _KEY, _TRIES, kept)


def forget_attempts(*, before: datetime) -> int:
    """Delete what no longer counts; returns how many there were."""
    with write_transaction():
        return Attempts.objects.filter(last_at__lt=before, open_at__lt=before).delete()[0]
