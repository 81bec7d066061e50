"""The monthly review: what is shown, who may sign when, and that it is signed for once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection

from dangol.core.access.chain import read_head
from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.models import SignIn
from dangol.core.access.sessions import Origin, Outcome, record_sign_in
from dangol.core.duties import errors
from dangol.core.duties.models import LogReview
from dangol.core.duties.reviews import (
    FAILURES,
    MANY_A_DAY,
    ActCount,
    Unusual,
    find_review,
    first_day_of,
    list_months,
    read_month,
    sign_month,
)
from dangol.core.duties.selectors import read_duties
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.storage.ids import random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
SEOUL = ZoneInfo("Asia/Seoul")
FEBRUARY = date(2026, 2, 1)
NOON = datetime(2026, 2, 10, 3, tzinfo=UTC)
MARCH_5 = datetime(2026, 3, 5, 3, tzinfo=UTC)
KIM = Actor(ActorKind.STAFF, "kim", "Kim")
LEE = Actor(ActorKind.STAFF, "lee", "Lee")


def look(times: int, *, at: datetime = NOON, actor: Actor = KIM, people: int = 1) -> None:
    one = people == 1
    record_access(
        [
            AccessDraft(
                Access.UNMASK if one else Access.DOWNLOAD,
                actor,
                "call",
                random_id() if one else None,
                people=people,
            )
            for _ in range(times)
        ],
        at=at,
    )


@pytest.mark.parametrize(
    ("at", "is_in"),
    [
        (datetime(2026, 1, 31, 14, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 31, 15, tzinfo=UTC), True),
        (datetime(2026, 2, 28, 14, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 28, 15, tzinfo=UTC), False),
    ],
)
def test_month__by_the_shop_s_clock__begins_and_ends(at: datetime, is_in: bool) -> None:
    look(1, at=at)

    assert read_month(FEBRUARY, SEOUL).number == int(is_in)


def test_month__usual_work__is_counted_and_nothing_is_unusual() -> None:
    look(MANY_A_DAY)
    look(1, people=100)

    view = read_month(FEBRUARY, SEOUL)

    assert view.acts == [ActCount("download", 1, 100), ActCount("unmask", MANY_A_DAY, MANY_A_DAY)]
    assert view.unusual == []


def test_month__many_large_night_and_failures__each_is_told() -> None:
    look(MANY_A_DAY + 1)
    look(1, people=101, actor=LEE)
    look(2, at=datetime(2026, 2, 11, 13, tzinfo=UTC), actor=LEE)  # 22:00
    look(1, at=datetime(2026, 2, 11, 20, 59, tzinfo=UTC), actor=LEE)  # 5:59
    look(1, at=datetime(2026, 2, 11, 21, tzinfo=UTC), actor=LEE)  # 6:00
    for _ in range(FAILURES):
        record_sign_in(Outcome.FAILED, staff=None, how="password", origin=Origin("::1", ""), at=NOON)

    view = read_month(FEBRUARY, SEOUL)

    assert view.unusual == [
        Unusual("many", "kim", "Kim", MANY_A_DAY + 1, date(2026, 2, 10)),
        Unusual("large", "lee", "Lee", 101, date(2026, 2, 10)),
        Unusual("night", "lee", "Lee", 3),
        Unusual("failures", "", "", FAILURES),
    ]
    assert SignIn.objects.count() == FAILURES


def test_month__same_person_seen_often__is_one_person() -> None:
    person = random_id()
    record_access([AccessDraft(Access.UNMASK, KIM, "call", person)] * (MANY_A_DAY + 1), at=NOON)

    assert read_month(FEBRUARY, SEOUL).unusual == []


def test_sign__month_that_is_over__is_kept_with_what_was_seen() -> None:
    look(MANY_A_DAY + 1)

    sign_month(FEBRUARY, note=" 모두 상담이었어요 ", actor=LEE, at=MARCH_5, zone=SEOUL)

    review = find_review(FEBRUARY)
    assert review is not None
    assert (review.actor, review.note, review.found.number) == ("lee", "모두 상담이었어요", MANY_A_DAY + 1)
    assert review.found.unusual == [Unusual("many", "kim", "Kim", MANY_A_DAY + 1, date(2026, 2, 10))]
    row = LogReview.objects.get()
    assert (row.head_number, bytes(row.head_digest)) == read_head()


@pytest.mark.parametrize(
    ("month", "at", "note", "refusal"),
    [
        (FEBRUARY, MARCH_5, " ", ReasonMissing),
        (FEBRUARY, datetime(2026, 2, 28, 14, tzinfo=UTC), "note", errors.MonthOpen),
        (date(2026, 1, 1), MARCH_5, "note", errors.MonthUnknown),
        (date(2024, 1, 1), MARCH_5, "note", errors.MonthUnknown),
    ],
)
def test_sign__what_cannot_be_signed__is_refused_and_nothing_kept(
    month: date, at: datetime, note: str, refusal: type[DomainError]
) -> None:
    look(1)

    with pytest.raises(refusal):
        sign_month(month, note=note, actor=LEE, at=at, zone=SEOUL)

    assert not LogReview.objects.exists()


def test_sign__by_four_at_once__one_signature_stands() -> None:
    look(1)

    def sign(name: str) -> str:
        try:
            sign_month(FEBRUARY, note=name, actor=Actor(ActorKind.STAFF, name), at=MARCH_5, zone=SEOUL)
        except errors.AlreadyReviewed as refusal:
            return str(refusal.data["name"])
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(sign, ["a", "b", "c", "d"]))

    stands = LogReview.objects.get().actor
    assert sorted(answers) == sorted(["", stands, stands, stands])


def test_review__changed_by_sql__the_database_refuses() -> None:
    look(1)
    sign_month(FEBRUARY, note="ok", actor=LEE, at=MARCH_5, zone=SEOUL)

    for sql in ("UPDATE dg_duty_review SET note = 'x'", "DELETE FROM dg_duty_review"):
        with pytest.raises(DatabaseError), write_transaction(), connection.cursor() as cursor:
            cursor.execute(sql)


@pytest.mark.parametrize(("day", "overdue"), [(5, 0), (10, 0), (11, 1)])
def test_duties__month_unsigned__waits_and_is_overdue_after_the_tenth(day: int, overdue: int) -> None:
    assert read_duties(as_of=MARCH_5, zone=SEOUL) == []
    look(1)
    at = datetime(2026, 3, day, 3, tzinfo=UTC)

    [line] = read_duties(as_of=at, zone=SEOUL)

    assert (line.kind, line.waiting, line.overdue) == ("reviews", 1, overdue)
    sign_month(FEBRUARY, note="ok", actor=LEE, at=at, zone=SEOUL)
    assert read_duties(as_of=at, zone=SEOUL) == []
    assert [one.month for one in list_months(as_of=at + timedelta(days=40), zone=SEOUL)] == [
        date(2026, 3, 1),
        FEBRUARY,
    ]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-2", "0001-01", "9999-12", "２０２６-02", "2026-02-01"]
)
def test_month_in_an_address__that_is_none__is_nobody_s(text: str) -> None:
    assert first_day_of(text) is None
    assert first_day_of("2026-02") == FEBRUARY
