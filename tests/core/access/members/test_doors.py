"""One-time codes, links and sessions: what opens, once, for how long, and how often one may try."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from hypothesis import given, strategies as st

from dangol.core.access.members import paces
from dangol.core.access.members.codes import TRIES, VALID_FOR, WrongCode, issue_code, use_code
from dangol.core.access.members.consumers import end_sessions
from dangol.core.access.members.links import LinkOver, is_open, make_link, use_link
from dangol.core.access.members.models import MemberCode, MemberLink, MemberSession, Pace
from dangol.core.access.members.paces import Limit, TooOften, delete_even, spend
from dangol.core.access.members.sessions import (
    FRESH_FOR,
    How,
    confirm_session,
    delete_over,
    end_session,
    end_sessions_of,
    find_session,
    open_session,
)
from dangol.core.events.records import Recorded
from dangol.core.people.events import CustomerUpdated
from dangol.core.people.profiles import UnknownCustomer
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.transactions import write_transaction
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def member() -> Id:
    with write_transaction():
        return resolve_customers("external", ["M-1"], recorded_at=AT)["M-1"]


def a_code(member: Id, challenge: Id, at: datetime = AT) -> str:
    with write_transaction():
        return issue_code(member, challenge, at=at)


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_code__right__opens_once(member: Id) -> None:
    challenge = new_id()
    code = a_code(member, challenge)

    assert use_code(challenge, f" {code[:3]} {code[3:]} ", at=AT + MINUTE) == member
    with pytest.raises(WrongCode):
        use_code(challenge, code, at=AT + MINUTE)


def test_code__in_the_database__is_a_hash(member: Id) -> None:
    code = a_code(member, new_id())

    assert code.encode() not in bytes(MemberCode.objects.get().code_hash)
    assert len(code) == 6


@pytest.mark.parametrize(
    "spoil",
    [
        lambda challenge, code: (new_id(), code, AT),
        lambda challenge, code: (challenge, other_than(code), AT),
        lambda challenge, code: (challenge, "", AT),
        lambda challenge, code: (challenge, "9" * 10_000, AT),
        lambda challenge, code: (challenge, "\ud800" + code, AT),
        lambda challenge, code: (challenge, code, AT + VALID_FOR),
    ],
    ids=["another browser", "another code", "nothing", "endless", "no text", "too late"],
)
def test_code__wrong_in_any_way__gets_the_same_answer(
    member: Id, spoil: Callable[[Id, str], tuple[Id, str, datetime]]
) -> None:
    challenge = new_id()
    given_challenge, code, at = spoil(challenge, a_code(member, challenge))

    with pytest.raises(WrongCode) as refusal:
        use_code(given_challenge, code, at=at)

    assert refusal.value.data == {}


def test_code__tried_five_times__is_over_even_for_the_right_one(member: Id) -> None:
    challenge = new_id()
    code = a_code(member, challenge)
    for _ in range(TRIES):
        with pytest.raises(WrongCode):
            use_code(challenge, other_than(code), at=AT)

    with pytest.raises(WrongCode):
        use_code(challenge, code, at=AT)


def test_code__a_newer_one__is_the_only_one_open(member: Id) -> None:
    first, second = new_id(), new_id()
    earlier, later = a_code(member, first), a_code(member, second)

    with pytest.raises(WrongCode):
        use_code(first, earlier, at=AT)
    assert use_code(second, later, at=AT) == member
    assert not MemberCode.objects.exists()


def together(act: Callable[[], object], count: int = 8) -> list[object]:
    """Do something at the same instant in many threads; returns what each got."""
    barrier = threading.Barrier(count)

    def one(_number: int) -> object:
        barrier.wait(PATIENCE)
        try:
            return act()
        except (WrongCode, LinkOver, TooOften) as refusal:
            return type(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_code__used_by_eight_at_once__opens_for_one(member: Id) -> None:
    challenge = new_id()
    code = a_code(member, challenge)

    found = together(lambda: use_code(challenge, code, at=AT))

    assert found.count(member) == 1
    assert found.count(WrongCode) == 7


def test_code__tried_by_eight_at_once__counts_each_try(member: Id) -> None:
    challenge = new_id()
    code = a_code(member, challenge)

    together(lambda: use_code(challenge, other_than(code), at=AT))

    assert MemberCode.objects.get().tries_left == 0


def test_link__shown_at_the_counter__opens_once(member: Id) -> None:
    secret = make_link(member, staff="clerk", at=AT)

    assert is_open(secret, at=AT)
    assert together(lambda: use_link(secret, at=AT + MINUTE)).count(member) == 1
    assert not is_open(secret, at=AT + MINUTE)


@pytest.mark.parametrize("at", [AT + timedelta(minutes=10), AT + timedelta(days=1)])
def test_link__its_time_over__opens_nothing(member: Id, at: datetime) -> None:
    secret = make_link(member, staff="clerk", at=AT)

    assert not is_open(secret, at=at)
    with pytest.raises(LinkOver):
        use_link(secret, at=at)


def test_link__a_newer_one__closes_the_earlier(member: Id) -> None:
    earlier = make_link(member, staff="clerk", at=AT)
    make_link(member, staff="clerk", at=AT)

    with pytest.raises(LinkOver):
        use_link(earlier, at=AT)
    assert MemberLink.objects.count() == 1


@pytest.mark.parametrize("secret", ["", "x", "\ud800", "A" * 100_000])
def test_link__nobody_was_given__opens_nothing(secret: str) -> None:
    assert not is_open(secret, at=AT)
    with pytest.raises(LinkOver):
        use_link(secret, at=AT)


def test_link__to_nobody__is_not_made() -> None:
    with pytest.raises(UnknownCustomer):
        make_link(new_id(), staff="clerk", at=AT)


def test_session__visited__lasts_thirty_days_from_then(member: Id) -> None:
    token = open_session(member, How.CODE, at=AT)
    visit = AT + timedelta(days=20)

    first, second = find_session(token, at=visit), find_session(token, at=visit + MINUTE)

    assert first is not None
    assert (first.customer_id, first.renewed) == (member, True)
    assert second is not None
    assert not second.renewed
    assert find_session(token, at=visit + timedelta(days=30) - MINUTE) is not None
    assert find_session(token, at=visit + timedelta(days=60)) is None


def test_session__nothing_may_be_written__opens_and_stays_as_it_is(member: Id) -> None:
    token = open_session(member, How.CODE, at=AT)

    found = find_session(token, at=AT + timedelta(days=20), renew=False)

    assert found is not None
    assert not found.renewed
    assert MemberSession.objects.get().seen_at == AT


def test_session__in_the_database__is_a_hash(member: Id) -> None:
    token = open_session(member, How.LINK, at=AT)

    assert token.encode() not in bytes(MemberSession.objects.get().token_hash)
    assert len(token) >= 43


@pytest.mark.parametrize("token", ["", "x", "\ud800"])
def test_session__nobody_s_token__is_none(member: Id, token: str) -> None:
    open_session(member, How.LINK, at=AT)

    assert find_session(token, at=AT) is None


def test_session__ended__opens_nothing_and_others_stay(member: Id) -> None:
    one, other = open_session(member, How.CODE, at=AT), open_session(member, How.CODE, at=AT)

    end_session(one)

    assert find_session(one, at=AT) is None
    assert find_session(other, at=AT) is not None


def test_end_sessions_of__a_member__closes_every_door_of_theirs(member: Id) -> None:
    with write_transaction():
        other = resolve_customers("external", ["M-2"], recorded_at=AT)["M-2"]
    stays = open_session(other, How.CODE, at=AT)
    open_session(member, How.CODE, at=AT)
    a_code(member, new_id())
    make_link(member, staff="clerk", at=AT)

    with write_transaction():
        end_sessions_of([member])

    assert not MemberCode.objects.exists()
    assert not MemberLink.objects.exists()
    assert find_session(stays, at=AT) is not None
    assert MemberSession.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "over"), [(("email",), True), (("phone", "name"), True), (("name", "traits"), False)]
)
def test_consumer__address_changed__ends_what_was_open_before(
    member: Id, fields: tuple[str, ...], over: bool
) -> None:
    before = open_session(member, How.CODE, at=AT)
    after = open_session(member, How.CODE, at=AT + 2 * MINUTE)
    at = AT + MINUTE
    event = Recorded(new_id(), member, 2, "customer.updated", None, at, at, CustomerUpdated(fields=fields))

    for _ in range(2):
        with write_transaction():
            end_sessions([event])

    assert (find_session(before, at=at) is None) is over
    assert find_session(after, at=at) is not None


def test_confirmed__by_a_code__is_fresh_for_five_minutes(member: Id) -> None:
    token = open_session(member, How.LINK, at=AT)
    session = find_session(token, at=AT)
    assert session is not None
    assert not session.is_confirmed(AT)

    confirm_session(session, at=AT)

    confirmed = find_session(token, at=AT)
    assert confirmed is not None
    assert confirmed.is_confirmed(AT + FRESH_FOR)
    assert not confirmed.is_confirmed(AT + FRESH_FOR + timedelta(seconds=1))


def test_upkeep__what_is_over__is_deleted(member: Id) -> None:
    open_session(member, How.CODE, at=AT)
    a_code(member, new_id())
    make_link(member, staff="clerk", at=AT)
    spend([(LIMIT, "someone")], at=AT)

    assert delete_over(as_of=AT) == delete_even(as_of=AT) == 0
    assert delete_over(as_of=AT + timedelta(days=30)) == 3
    assert delete_even(as_of=AT + timedelta(days=1)) == 1


LIMIT = Limit("test", 3, timedelta(minutes=3))


def test_spend__burst_used_up__one_more_a_step(member: Id) -> None:
    for _ in range(3):
        spend([(LIMIT, "someone")], at=AT)
    spend([(LIMIT, "another")], at=AT)

    with pytest.raises(TooOften) as refusal:
        spend([(LIMIT, "someone")], at=AT + timedelta(seconds=20))

    assert refusal.value.data == {"seconds": 40}
    spend([(LIMIT, "someone")], at=AT + timedelta(seconds=60))
    with pytest.raises(TooOften):
        spend([(LIMIT, "someone")], at=AT + timedelta(seconds=60))


def test_spend__refused_by_one_limit__counts_in_none() -> None:
    wide = Limit("wide", 100, timedelta(minutes=1))
    for _ in range(3):
        spend([(LIMIT, "someone"), (wide, "")], at=AT)
    due = Pace.objects.get(kind="wide").due_ms

    with pytest.raises(TooOften):
        spend([(wide, ""), (LIMIT, "someone")], at=AT)

    assert Pace.objects.get(kind="wide").due_ms == due


def test_spend__many_at_once__lets_through_the_burst_and_no_more() -> None:
    found = together(lambda: spend([(LIMIT, "someone")], at=AT))

    assert found.count(None) == 3
    assert found.count(TooOften) == 5


@given(st.lists(st.integers(0, 200), min_size=1, max_size=40).map(sorted))
def test_spend__any_instants__never_more_than_the_burst_and_the_pace(seconds: list[int]) -> None:
    Pace.objects.all().delete()
    let_through = []
    for second in seconds:
        try:
            spend([(LIMIT, "law")], at=AT + timedelta(seconds=second))
        except TooOften:
            continue
        let_through.append(second)

    step = paces.Limit.step_ms.fget(LIMIT) // 1000  # type: ignore[attr-defined] # a property
    for place, first in enumerate(let_through):
        for count, last in enumerate(let_through[place:], start=1):
            assert count <= LIMIT.burst + (last - first) // step
