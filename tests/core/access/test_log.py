"""The access log: nothing is shown whole without an entry, and none is changed, removed or added unseen."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from dangol.core.access.chain import (
    ChainHead,
    chain_entries,
    export_chain,
    prune_entries,
    read_head,
    verify_chain,
)
from dangol.core.access.errors import NobodyThere
from dangol.core.access.log import Access, AccessDraft, EntryQuery, list_entries, record_access, unmask
from dangol.core.access.models import AccessEntry, AccessLink
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.holds import place_hold
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import ShopView
from dangol.core.people.services import resolve_customers
from dangol.core.storage.fields import IdField
from dangol.core.storage.ids import Id, new_id, random_id
from dangol.core.storage.transactions import write_transaction
from tests.core.access.tampering import tamper, triggers

__all__ = ["triggers"]
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.usefixtures("triggers"),
]
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
AGENT = Actor(ActorKind.STAFF, "agent-1", "상담 직원", "203.0.113.7", "req-1")


@pytest.fixture
def member(korean_shop: ShopView) -> Id:
    with write_transaction():
        [member] = resolve_customers("external", ["A-1"], recorded_at=AT).values()
        row = PersonRow(member, name="김하늘", phone="010-1234-5678", birthday=date(1990, 3, 14))
        assert set_people([row], recorded_at=AT) == [None]
    return member


def look(member: Id, times: int, *, at: datetime = AT) -> None:
    for number in range(times):
        unmask([member], actor=AGENT, reason=f"call {number}", at=at + timedelta(seconds=number))
    while chain_entries():
        pass


def of_id(value: Id) -> Any:
    return IdField().get_db_prep_value(value, connection)


def test_unmask__a_member__shown_whole_and_written_down(member: Id) -> None:
    profiles = unmask([member], actor=AGENT, reason=" 주소 확인 ", at=AT)

    assert profiles[member].person.name == "김하늘"
    [entry] = list_entries(EntryQuery(subject_id=member))
    assert entry[1:] == (
        AT, "staff", "agent-1", "상담 직원", "203.0.113.7", "req-1", "unmask", member, 1,
        ("name", "phone", "birthday", "external_id"), "주소 확인",
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_unmask__without_a_reason__shows_nothing(member: Id, reason: str) -> None:
    with pytest.raises(ReasonMissing):
        unmask([member], actor=AGENT, reason=reason, at=AT)

    assert list_entries() == []


def test_unmask__one_of_two_unknown__shows_and_writes_nothing(member: Id) -> None:
    with pytest.raises(NobodyThere):
        unmask([member, random_id()], actor=AGENT, reason="call", at=AT)

    assert list_entries() == []


def test_record_access__longer_than_is_kept__is_cut_and_kept(member: Id) -> None:
    long = Actor(ActorKind.KEY, "k" * 500, "n" * 500, "a" * 500, "r" * 500)

    record_access([AccessDraft(Access.DOWNLOAD, long, "x" * 900, people=7)], at=AT)

    [entry] = list_entries()
    assert (len(entry.actor), len(entry.address), len(entry.reason), entry.people) == (150, 64, 300, 7)
    assert entry.subject_id is None


def test_list_entries__pages__meet_without_gap_or_repeat(member: Id) -> None:
    look(member, 5)

    first = list_entries(limit=2)
    second = list_entries(before=(first[-1].at, first[-1].id), limit=9)

    assert [one.reason for one in first + second] == [f"call {number}" for number in (4, 3, 2, 1, 0)]
    assert [one.reason for one in list_entries(EntryQuery(since=AT + timedelta(seconds=3)))] == [
        "call 4",
        "call 3",
    ]
    assert list_entries(EntryQuery(actor="nobody")) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dg_access_entry SET reason = 'x'",
        "DELETE FROM dg_access_entry",
        "UPDATE dg_access_entry_link SET number = 9",
        "DELETE FROM dg_access_entry_link",
    ],
)
def test_log__changed_by_sql__the_database_refuses(member: Id, sql: str) -> None:
    look(member, 2)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert verify_chain(as_of=AT).faults == []


def test_verify__untouched__sound_and_its_head_is_shown(member: Id) -> None:
    look(member, 3)
    head = read_head()
    look(member, 2, at=AT + timedelta(minutes=1))

    verdict = verify_chain(as_of=AT + timedelta(minutes=5), anchor=head)

    assert (verdict.checked, verdict.waiting, verdict.faults) == (5, 0, [])
    assert verdict.head == read_head() != head
    assert len(list(export_chain())) == 6
    assert chain_entries() == 0


@pytest.mark.parametrize(
    ("sql", "what", "number"),
    [
        ("UPDATE dg_access_entry SET reason = 'nothing' WHERE id = %s", "changed", 2),
        ("UPDATE dg_access_entry SET subject_id = NULL WHERE id = %s", "changed", 2),
        ("DELETE FROM dg_access_entry WHERE id = %s", "removed", 2),
        ("DELETE FROM dg_access_entry_link WHERE entry_id = %s", "removed", 2),
    ],
)
def test_verify__tampered_with__says_where(member: Id, sql: str, what: str, number: int) -> None:
    look(member, 4)
    second = AccessLink.objects.get(number=2).entry_id

    tamper(sql, of_id(second))

    faults = verify_chain(as_of=AT + timedelta(hours=1)).faults
    assert (what, number) in {(fault.what, fault.number) for fault in faults}


def test_verify__an_entry_slipped_in_with_an_old_instant__is_found(member: Id) -> None:
    look(member, 2)
    [copied] = AccessEntry.objects.filter(reason="call 0").values()
    AccessEntry.objects.create(**copied | {"id": new_id(), "at": AT - timedelta(days=30)})

    assert chain_entries() == 0
    [fault] = verify_chain(as_of=AT + timedelta(hours=1)).faults
    assert (fault.what, fault.number) == ("added", 0)


def test_verify__the_whole_chain_made_anew__the_head_kept_elsewhere_tells(member: Id) -> None:
    look(member, 3)
    kept = read_head()
    tamper("DELETE FROM dg_access_entry_link")
    tamper_again = AccessEntry.objects.filter(reason="call 1")
    assert tamper_again.update(reason="nothing") == 1
    while chain_entries():
        pass

    assert verify_chain(as_of=AT).faults == []
    [fault] = verify_chain(as_of=AT, anchor=kept).faults
    assert (fault.what, fault.number) == ("rewritten", 3)
    [fault] = verify_chain(as_of=AT, anchor=ChainHead(99, kept.digest)).faults
    assert (fault.what, fault.number) == ("rewritten", 99)


def test_prune__what_is_over__goes_and_the_rest_still_verifies(member: Id) -> None:
    look(member, 3)
    look(member, 2, at=AT + timedelta(days=400))
    head = read_head()

    assert prune_entries(before=AT + timedelta(days=100), as_of=AT + timedelta(days=830)) == 3
    assert prune_entries(before=AT + timedelta(days=100), as_of=AT + timedelta(days=830)) == 0

    verdict = verify_chain(as_of=AT + timedelta(days=401), anchor=head)
    assert (verdict.first, verdict.checked, verdict.faults) == (3, 2, [])
    assert AccessEntry.objects.count() == AccessLink.objects.count() == 2
    look(member, 1, at=AT + timedelta(days=401))
    assert read_head().number == 6


def test_prune__all_of_it__the_chain_goes_on_from_the_checkpoint(member: Id) -> None:
    look(member, 2)
    assert prune_entries(before=AT + timedelta(days=1), as_of=AT + timedelta(days=731)) == 2

    look(member, 1, at=AT + timedelta(days=731))

    verdict = verify_chain(as_of=AT + timedelta(days=731, minutes=1))
    assert (verdict.first, verdict.head.number, verdict.faults) == (2, 3, [])


def test_prune__about_somebody_under_a_hold__stops_there(member: Id) -> None:
    look(member, 3)
    place_hold(member, actor=AGENT, reason="소송", at=AT)

    assert prune_entries(before=AT + timedelta(days=1), as_of=AT + timedelta(days=800)) == 0
