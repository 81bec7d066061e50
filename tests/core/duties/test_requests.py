"""Requests of people: due in ten days, done only when the thing was done, answered once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from dangol.core.access import acts
from dangol.core.access.takeout import take_out
from dangol.core.duties import errors, requests
from dangol.core.duties.models import PersonRequest
from dangol.core.duties.requests import (
    Answered,
    RequestKind,
    answer_request,
    answered_requests,
    note_request,
    open_requests,
)
from dangol.core.duties.selectors import read_duties
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.profiles import PersonRow, UnknownCustomer, set_people
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import StoreRow, set_shop, upsert_stores
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 3, 2, 3, tzinfo=UTC)
TODAY = date(2026, 3, 2)
KIM = Actor(ActorKind.STAFF, "kim", "Kim")


@pytest.fixture
def member() -> Id:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        [member] = resolve_customers("external", ["A-1"], recorded_at=AT - timedelta(days=30)).values()
        assert set_people([PersonRow(member, name="김하늘")], recorded_at=AT - timedelta(days=30)) == [None]
    return member


def ask(member: Id, kind: str = RequestKind.ACCESS, came_on: date = TODAY) -> Id:
    return note_request(member, kind, came_on=came_on, actor=KIM, at=AT, zone=SEOUL)


def answer(member: Id, request_id: Id, outcome: Answered = Answered.DONE, *, words: str = "mailed") -> None:
    answer_request(
        member, request_id, outcome, words=words, actor=KIM, at=AT + timedelta(hours=2), zone=SEOUL
    )


def fulfill(member: Id, kind: RequestKind) -> None:
    at = AT + timedelta(hours=1)
    if kind is RequestKind.ACCESS:
        take_out(member, actor=KIM, reason="asked", at=at)
    elif kind is RequestKind.DELETION:
        acts.erase_customer(member, actor=KIM, reason="asked", at=at)
    elif kind is RequestKind.CORRECTION:
        with write_transaction():
            assert set_people([PersonRow(member, name="김하나")], recorded_at=at) == [None]
    else:
        with write_transaction():
            draft = ConsentDraft(member, "email", "marketing", False, at, "staff")
            record_consents([draft], recorded_at=at)


@pytest.mark.parametrize("kind", list(RequestKind))
def test_request__of_each_kind__is_done_when_the_thing_was_and_not_before(
    member: Id, kind: RequestKind
) -> None:
    if kind is RequestKind.STOP:
        with write_transaction():
            draft = ConsentDraft(
                member, "email", "marketing", True, AT - timedelta(days=9), "staff", "2026-01"
            )
            record_consents([draft], recorded_at=AT - timedelta(days=9))
    request_id = ask(member, kind)
    with pytest.raises(errors.NotFulfilled):
        answer(member, request_id)
    assert [one.id for one in open_requests()] == [request_id]

    fulfill(member, kind)
    answer(member, request_id)

    assert open_requests() == []
    [over] = answered_requests()
    assert (over.outcome, over.answer, over.ended_by) == ("done", "mailed", "kim")
    assert over.act_id is not None


def test_request__refused__needs_a_reason_and_no_act(member: Id) -> None:
    request_id = ask(member)
    with pytest.raises(ReasonMissing):
        answer(member, request_id, Answered.REFUSED, words=" ")

    answer(member, request_id, Answered.REFUSED, words="not the person")

    [over] = answered_requests()
    assert (over.outcome, over.act_id) == ("refused", None)
    with pytest.raises(errors.NoSuchRequest):
        answer(member, request_id, Answered.REFUSED)


@pytest.mark.parametrize(
    ("kind", "came_on", "refusal"),
    [
        ("nonsense", TODAY, errors.RequestKindUnknown),
        ("access", TODAY + timedelta(days=1), errors.RequestDayUnfit),
        ("access", TODAY - timedelta(days=366), errors.RequestDayUnfit),
        ("access", date.min, errors.RequestDayUnfit),
    ],
)
def test_request__that_cannot_be__is_refused_and_nothing_kept(
    member: Id, kind: str, came_on: date, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        ask(member, kind, came_on)

    assert not PersonRequest.objects.exists()


def test_request__of_nobody__is_refused(member: Id) -> None:
    with pytest.raises(UnknownCustomer):
        ask(random_id())
    with pytest.raises(errors.NoSuchRequest):
        answer(member, random_id())


def test_queue__by_due_day__is_overdue_when_ten_days_are_over(member: Id) -> None:
    late = ask(member, came_on=TODAY - timedelta(days=11))
    last = ask(member, came_on=TODAY - timedelta(days=10))

    assert [one.id for one in open_requests()] == [late, last]
    [line] = read_duties(as_of=AT, zone=SEOUL)
    assert (line.kind, line.waiting, line.overdue) == ("requests", 2, 1)


def test_queue__of_a_store__holds_those_at_home_there_or_nowhere_before_it_is_cut(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_OPEN", 2)
    with write_transaction():
        here, there = upsert_stores([StoreRow("1", "here"), StoreRow("2", "there")], recorded_at=AT).values()
        ids = list(resolve_customers("external", ["B", "C", "D"], recorded_at=AT).values())
        homes = zip(ids, (there, there, here), strict=True)
        set_people([PersonRow(one, home_store_id=home) for one, home in homes], recorded_at=AT)
    asked = [ask(one, came_on=TODAY - timedelta(days=3)) for one in ids[:2]]
    mine = [ask(ids[2]), ask(member)]

    assert [one.id for one in open_requests()] == asked
    assert [one.id for one in open_requests(store_id=here)] == mine
    answer(ids[2], mine[0], Answered.REFUSED)
    answer(ids[0], asked[0], Answered.REFUSED)
    assert [one.id for one in answered_requests(store_id=here)] == mine[:1]


def test_answer__by_four_at_once__one_answer_stands(member: Id) -> None:
    request_id = ask(member)

    def refuse(name: str) -> bool:
        try:
            answer(member, request_id, Answered.REFUSED, words=name)
        except errors.NoSuchRequest:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(refuse, ["a", "b", "c", "d"]))

    assert sum(answers) == 1
    assert PersonRequest.objects.get().answer == "abcd"[answers.index(True)]


def test_takeout__of_who_asked__holds_what_they_asked_for(member: Id) -> None:
    ask(member)

    [told] = take_out(member, actor=KIM, reason="asked", at=AT).sections["requests"]

    assert (told["kind"], told["came_on"]) == ("access", TODAY)
