"""A member asks for a code: it arrives, and nobody learns who is a member."""

from datetime import timedelta

import msgspec
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from dangol.core.access.members.codes import VALID_FOR, WrongCode, use_code
from dangol.core.access.members.links import make_link, use_link
from dangol.core.access.members.models import MemberCode
from dangol.core.access.members.paces import TooOften
from dangol.core.messaging.codes import PER_PERSON, TRIES_PER_ADDRESS, ask_again, ask_code, count_try
from dangol.core.messaging.models import Message
from dangol.core.messaging.outbox import Outbox
from dangol.core.people.actors import HOUSE
from dangol.core.people.data_keys import destroy_key
from dangol.core.people.identities import Kind
from dangol.core.people.merges import merge_customers
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.refused_values import NotAnEmail, NotAPhone, RefusedValue
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.runner import Runner
from tests.core.messaging.ways import AT, Scripted, use

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HERE = "192.0.2.1"


@pytest.fixture
def member(transactional_db: None) -> Id:
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    with write_transaction():
        owner = resolve_customers("external", ["M-1"], recorded_at=AT)["M-1"]
        row = PersonRow(owner, name="김하늘", email="kim@example.com", phone="010-1234-5678")
        assert set_people([row], recorded_at=AT) == [None]
    return owner


def work(way: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, way)
    Runner(lambda: AT).run_due()
    Outbox(lambda: AT).send_due()


def code_in(way: Scripted) -> str:
    return "".join(sign for sign in way.seen[-1].text if sign.isdigit())[:6]


@pytest.mark.parametrize(
    ("kind", "value"), [(Kind.EMAIL, " Kim@Example.com"), (Kind.PHONE, "+82 10 1234 5678")]
)
def test_ask_code__a_member__gets_one_that_opens(
    member: Id, kind: Kind, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Scripted()

    challenge = ask_code(kind, value, language="ko", address=HERE, at=AT)
    work(way, monkeypatch)

    assert [letter.to for letter in way.seen] == ["kim@example.com"]
    assert use_code(challenge, code_in(way), at=AT) == member


def test_ask_again__signed_in__goes_to_the_address_we_have(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Scripted()

    challenge = ask_again(member, language="en", address=HERE, at=AT)
    work(way, monkeypatch)

    assert way.seen[0].language == "en"
    assert use_code(challenge, code_in(way), at=AT) == member


def absorb(member: Id) -> Id:
    """Make the member part of another one; returns who they are now."""
    with write_transaction():
        kept = resolve_customers("external", ["M-0"], recorded_at=AT)["M-0"]
    merge_customers(kept, member, actor=HOUSE, reason="두 번", at=AT)
    return kept


@pytest.mark.parametrize("by", ["id", "email", "phone"])
def test_code__of_one_who_was_merged__comes_and_opens_for_who_they_are_now(
    member: Id, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, way = absorb(member), Scripted()

    if by == "id":
        challenge = ask_again(member, language="ko", address=HERE, at=AT)
    else:
        given = {"email": "kim@example.com", "phone": "010-1234-5678"}[by]
        challenge = ask_code(Kind(by), given, language="ko", address=HERE, at=AT)
    work(way, monkeypatch)

    assert [letter.to for letter in way.seen] == ["kim@example.com"]
    assert use_code(challenge, code_in(way), at=AT) == kept


def test_code__asked_before_a_merge__opens_for_who_they_are_now(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Scripted()
    challenge = ask_code(Kind.PHONE, "010-1234-5678", language="ko", address=HERE, at=AT)
    work(way, monkeypatch)

    kept = absorb(member)

    assert use_code(challenge, code_in(way), at=AT) == kept


def test_link__shown_before_a_merge__opens_for_who_they_are_now(member: Id) -> None:
    secret = make_link(member, staff="clerk", at=AT)

    kept = absorb(member)

    assert use_link(secret, at=AT) == kept


def test_ask_code__someone_or_nobody__does_the_same_work(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for email in ("warm@example.com", "kim@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as main, CaptureQueriesContext(connections["keys"]) as keys:
            ask_code(Kind.EMAIL, email, language="ko", address=HERE, at=AT)
        told.append(([one["sql"].split(" VALUES ")[0][:60] for one in main], len(keys)))

    assert told[1] == told[2]
    payloads = list(Job.objects.order_by("id").values_list("payload", flat=True))
    assert len({len(payload) for payload in payloads}) == 1
    assert not any("example" in payload for payload in payloads)
    way = Scripted()
    work(way, monkeypatch)
    assert [letter.to for letter in way.seen] == ["kim@example.com"]


def test_ask_code__nobody__no_code_opens_anything(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = ask_code(Kind.EMAIL, "nobody@example.com", language="ko", address=HERE, at=AT)
    work(Scripted(), monkeypatch)

    with pytest.raises(WrongCode):
        use_code(challenge, "000000", at=AT)
    assert Job.objects.get().state == State.DONE


def test_ask_code__member_without_an_email__nothing_is_sent(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction():
        other = resolve_customers("phone", ["010-9999-0000"], recorded_at=AT)["010-9999-0000"]
    way = Scripted()

    ask_code(Kind.PHONE, "010-9999-0000", language="ko", address=HERE, at=AT)
    work(way, monkeypatch)

    assert other != member
    assert way.seen == []
    assert not MemberCode.objects.exists()


def test_ask_code__person_erased__nothing_is_sent(member: Id, monkeypatch: pytest.MonkeyPatch) -> None:
    destroy_key(member, at=AT)
    way = Scripted()

    ask_code(Kind.EMAIL, "kim@example.com", language="ko", address=HERE, at=AT)
    work(way, monkeypatch)

    assert way.seen == []
    assert Job.objects.get().state == State.DONE


def test_ask_code__worker_comes_too_late__nothing_is_sent(
    member: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_code(Kind.EMAIL, "kim@example.com", language="ko", address=HERE, at=AT)

    Runner(lambda: AT + VALID_FOR).run_due()

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("kind", "value", "refusal"),
    [
        (Kind.EMAIL, "kim", NotAnEmail),
        (Kind.PHONE, "12", NotAPhone),
        (Kind.EMAIL, "\ud800@x.example", RefusedValue),
    ],
)
def test_ask_code__what_is_no_address__is_refused(
    member: Id, kind: Kind, value: str, refusal: type[RefusedValue]
) -> None:
    with pytest.raises(refusal):
        ask_code(kind, value, language="ko", address=HERE, at=AT)

    assert not Job.objects.exists()


@pytest.mark.parametrize("email", ["kim@example.com", "nobody@example.com"])
def test_ask_code__too_often__is_refused_whoever_it_is(member: Id, email: str) -> None:
    for number in range(PER_PERSON.burst):
        ask_code(Kind.EMAIL, email, language="ko", address=f"192.0.2.{number}", at=AT)

    with pytest.raises(TooOften) as refusal:
        ask_code(Kind.EMAIL, email.upper(), language="ko", address="192.0.2.99", at=AT)

    assert refusal.value.data == {"seconds": 720}
    ask_code(Kind.EMAIL, email, language="ko", address=HERE, at=AT + timedelta(minutes=12))


def test_count_try__guessing_from_one_address__ends() -> None:
    for _ in range(TRIES_PER_ADDRESS.burst):
        count_try(HERE, at=AT)

    with pytest.raises(TooOften):
        count_try(HERE, at=AT)
    count_try("192.0.2.2", at=AT)


def test_job__as_left__holds_nothing_in_the_clear(member: Id) -> None:
    ask_code(Kind.PHONE, "010-1234-5678", language="ko", address=HERE, at=AT)

    payload = msgspec.json.decode(Job.objects.get().payload)

    assert payload.keys() == {
        "asked_at",
        "challenge",
        "customer_id",
        "kind",
        "language",
        "points",
        "value_hash",
    }
    assert "12345678" not in str(payload["value_hash"])
