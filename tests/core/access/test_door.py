"""At the door: failures are counted once each, sessions end when they should, and it is all written down."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from dangol.core.access.attempts import Subject, begin_attempt, end_attempt, forget_attempts
from dangol.core.access.models import Attempts, SignIn, StaffSession
from dangol.core.access.selectors import find_visitor, sign_ins_of
from dangol.core.access.services import make_owner
from dangol.core.access.sessions import (
    Origin,
    Outcome,
    end_sessions,
    end_sessions_of,
    forget_sign_ins,
    is_over,
    open_session,
    record_sign_in,
)
from dangol.core.access.staff_errors import TooManyAttempts

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = Origin("203.0.113.9", "Firefox/1")


def of(account: str, address: str = "203.0.113.9") -> dict[Subject, str]:
    """Return whose failures are counted."""
    return {Subject.ACCOUNT: account, Subject.ADDRESS: address}


def test_attempts__five_failures__close_the_account_from_everywhere() -> None:
    for number in range(5):
        begin_attempt(of("kim", f"203.0.113.{number}"), at=AT)

    with pytest.raises(TooManyAttempts) as refusal:
        begin_attempt(of("KIM", "203.0.113.99"), at=AT)

    assert refusal.value.data == {"minutes": 1}
    begin_attempt(of("lee", "203.0.113.99"), at=AT)


def test_attempts__five_names_from_one_address__close_the_address() -> None:
    for number in range(5):
        begin_attempt(of(f"name-{number}"), at=AT)

    with pytest.raises(TooManyAttempts):
        begin_attempt(of("another"), at=AT)

    begin_attempt(of("another", "203.0.113.10"), at=AT)


def test_attempts__waits__grow_and_are_told() -> None:
    told, at = [], AT
    for _time in range(5):
        begin_attempt(of("kim"), at=at)
    for _time in range(8):
        with pytest.raises(TooManyAttempts) as refusal:
            begin_attempt(of("kim"), at=at)
        told.append(refusal.value.data["minutes"])
        at += timedelta(minutes=told[-1])
        begin_attempt(of("kim"), at=at)

    assert told == [1, 2, 4, 8, 16, 32, 60, 60]


def test_attempts__refused_ones__do_not_prolong_the_wait() -> None:
    for _time in range(5):
        begin_attempt(of("kim"), at=AT)
    for second in range(50):
        with pytest.raises(TooManyAttempts):
            begin_attempt(of("kim"), at=AT + timedelta(seconds=second))

    begin_attempt(of("kim"), at=AT + timedelta(minutes=1))


def test_end_attempt__right_password__forgets_the_account_and_keeps_the_address() -> None:
    for _time in range(3):
        begin_attempt(of("kim"), at=AT)
    begin_attempt(of("kim"), at=AT)
    end_attempt(of("kim"))

    kept = {row.kind: row.count for row in Attempts.objects.all()}
    assert kept == {Subject.ADDRESS: 3}


def test_end_attempt__own_password_between_guesses__does_not_help() -> None:
    for _guess in range(5):
        begin_attempt(of("mallory"), at=AT)
        end_attempt(of("mallory"))
        begin_attempt(of("kim"), at=AT)

    with pytest.raises(TooManyAttempts):
        begin_attempt(of("mallory"), at=AT)


def test_attempts__fifty_at_the_same_instant__five_get_through() -> None:
    barrier, through = Barrier(16), []

    def guess() -> None:
        barrier.wait()
        try:
            for _time in range(3):
                begin_attempt(of("kim"), at=AT)
                through.append(1)
        except TooManyAttempts:
            pass
        finally:
            connections.close_all()

    threads = [Thread(target=guess) for _thread in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(through) == 5


def test_attempts__in_the_database__no_name_and_no_address() -> None:
    begin_attempt(of("kim@example.com"), at=AT)

    stored = [bytes(row.subject_hash) for row in Attempts.objects.all()]
    assert {len(one) for one in stored} == {32}
    assert not [one for one in stored if b"kim" in one or b"203" in one]


def test_forget_attempts__old__are_gone() -> None:
    begin_attempt(of("kim"), at=AT)
    begin_attempt(of("lee", "::1"), at=AT + timedelta(days=2))

    assert forget_attempts(before=AT + timedelta(days=1)) == 2
    assert Attempts.objects.count() == 2


@pytest.fixture
def owner() -> int:
    return make_owner("owner", "four words in a row", reason="first", at=AT)


@pytest.mark.parametrize(
    ("idle", "age", "over"),
    [(0, 0, False), (29, 29, False), (30, 30, True), (1, 719, False), (0, 720, True)],
)
def test_is_over__minutes__idle_for_30_or_12_hours_old(idle: int, age: int, over: bool) -> None:
    opened_at, seen_at = AT - timedelta(minutes=age), AT - timedelta(minutes=idle)

    assert is_over(opened_at=opened_at, seen_at=seen_at, at=AT) is over


def test_session__ended__is_nobody_s_and_written_down_once(owner: int) -> None:
    session = open_session(staff=owner, how="password+totp", origin=HOME, at=AT)
    assert find_visitor(session, owner)

    assert end_sessions([session], Outcome.SIGNED_OUT, at=AT) == 1
    assert end_sessions([session], Outcome.SIGNED_OUT, at=AT) == 0

    assert find_visitor(session, owner) is None
    told = [(one.outcome, one.how, one.address) for one in sign_ins_of(owner)]
    assert told == [
        (Outcome.SIGNED_OUT, "password+totp", "203.0.113.9"),
        (Outcome.SIGNED_IN, "password+totp", "203.0.113.9"),
    ]  # fmt: skip


def test_end_sessions_of__but_one__that_one_stays(owner: int) -> None:
    here, *others = [open_session(staff=owner, how="", origin=HOME, at=AT) for _time in range(3)]

    assert end_sessions_of(owner, at=AT, but=here) == 2

    assert find_visitor(here, owner)
    assert not [one for one in others if find_visitor(one, owner)]


def test_record__long_words_of_a_browser__are_cut(owner: int) -> None:
    told = Origin("x" * 100, "y" * 1_000)

    record_sign_in(Outcome.FAILED, staff=None, how="z" * 100, origin=told, at=AT)
    open_session(staff=owner, how="z" * 100, origin=told, at=AT)

    assert {len(row.browser) for row in SignIn.objects.all()} == {200}


def test_forget_sign_ins__a_year_later__only_the_old_are_gone(owner: int) -> None:
    old = open_session(staff=owner, how="", origin=HOME, at=AT)
    end_sessions([old], Outcome.SIGNED_OUT, at=AT)
    new = open_session(staff=owner, how="", origin=HOME, at=AT + timedelta(days=300))

    deleted = forget_sign_ins(before=AT + timedelta(days=1))

    assert deleted == 3
    assert [row.id for row in StaffSession.objects.all()] == [new]
    assert SignIn.objects.count() == 1
