"""Forgetting a person: nothing of them is left, whoever is killed on the way; no file brings them back."""

import signal
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from dangol.core.events.lake import LakeWriter
from dangol.core.events.models import Event, LakeKey
from dangol.core.events.sequencer import number_waiting
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.blind_index import hash_values
from dangol.core.people.data_keys import Erased, find_data_keys
from dangol.core.people.erasures import (
    erase_customer,
    find_erasure,
    reapply_erasures,
    resume_erasures,
    scrub,
)
from dangol.core.people.holds import UnderHold, UnknownHold, holds_of, place_hold, release_hold
from dangol.core.people.keystore import KEY_STORE
from dangol.core.people.merges import merge_customers
from dangol.core.people.models import Customer, ErasedIdentity, Erasure, Identity, PersonKey, SearchToken
from dangol.core.people.profiles import PersonRow, UnknownCustomer, set_people
from dangol.core.people.sealing import PersonErased
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, find_by_identity, list_members, names_of, profiles_of
from dangol.core.people.services import resolve_customers
from dangol.core.people.tombstones import find_erased
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from tests.core.people import actors
from tests.core.people.test_secrecy import CANARIES, main_database, spellings
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BY_WISH: dict[str, Any] = {"actor": Actor(ActorKind.STAFF, "agent-1"), "reason": "본인 요청"}


@pytest.fixture
def member(korean_shop: ShopView) -> Id:
    with write_transaction():
        [member] = resolve_customers("external", [CANARIES["external"]], recorded_at=AT).values()
        row = PersonRow(
            member, name=CANARIES["name"], email=CANARIES["email"], phone=CANARIES["phone"],
            card=CANARIES["card"], birthday=date.fromisoformat(CANARIES["birthday"]),
            traits={"hobby": CANARIES["trait"]},
        )  # fmt: skip
        assert set_people([row], recorded_at=AT) == [None]
    return member


def key_store() -> bytes:
    """Return all bytes of the key store: its files, or its rows."""
    store = connections[KEY_STORE]
    if store.vendor == "sqlite":
        path = Path(store.settings_dict["NAME"])
        return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    return b"".join(bytes(wrapped) for wrapped in PersonKey.objects.values_list("wrapped", flat=True))


def traces_of(member: Id) -> dict[str, bytes]:
    """Return what must not be found after an erasure: hashes, sealed values and the wrapped key."""
    held = {
        f"hash of {kind}": bytes(value)
        for kind, value in Identity.objects.filter(customer_id=member).values_list("kind", "value_hash")
    }
    tokens = SearchToken.objects.filter(customer_id=member).values_list("kind", "token")
    held |= {f"token {kind} {number}": bytes(one) for number, (kind, one) in enumerate(tokens)}
    row = Customer.objects.get(customer_id=member)
    held |= {
        "sealed name": bytes(row.name_sealed or b""),
        "sealed birthday": bytes(row.birthday_sealed or b""),
        "sealed traits": bytes(row.traits_sealed or b""),
        "wrapped key": bytes(PersonKey.objects.get(customer_id=member).wrapped)[-60:],
    }
    return held


def spelled(trace: bytes) -> list[bytes]:
    return [trace, trace.hex().encode()]


def test_erase__a_member__nothing_of_them_in_any_byte_of_either_database_or_the_lake(
    member: Id, tmp_path: Path
) -> None:
    while number_waiting():
        pass
    LakeWriter(tmp_path, lambda: AT).flush()
    lake_key = LakeKey.objects.get(customer_id=member).lake_key
    traces = traces_of(member)
    before = main_database() + key_store()
    assert all(any(form in before for form in spelled(trace)) for trace in traces.values())

    assert erase_customer(member, at=AT, **BY_WISH) == [member]
    scrub()

    lake = b"".join(path.read_bytes() for path in tmp_path.rglob("*.parquet"))
    after = {"main database": main_database(), "key store": key_store(), "lake": lake}
    for place, held in after.items():
        for what, trace in traces.items():
            assert not any(form in held for form in spelled(trace)), f"{what} stands in the {place}"
        for field, canary in CANARIES.items():
            assert not any(form in held for form in spellings(canary)), f"{field} stands in the {place}"
    assert not any(form in after["main database"] for form in spelled(bytes(lake_key)))
    assert "골목 가게".encode() in after["main database"], "the search of the bytes finds what is there"


def test_erase__a_member__leaves_the_opaque_id_and_tells_of_it(member: Id) -> None:
    erase_customer(member, at=AT, **BY_WISH)

    [row] = Customer.objects.values()
    assert row == {
        "customer_id": member, "kind": "erased", "joined_at": None, "created_at": AT, "language": "",
        "home_store_id": None, "name_sealed": None, "birthday_sealed": None, "traits_sealed": None,
    }  # fmt: skip
    assert isinstance(find_data_keys([member])[member], Erased)
    assert names_of([member])[member].erased
    assert profiles_of([member], unmasked=True)[member].person.name is None
    assert (list_members(), find_customers("7741"), find_customers(CANARIES["name"])) == ([], [], [])
    assert [one.payload for one in Event.objects.filter(name="customer.erased")] == ["{}"]
    done = find_erasure(member)
    assert done is not None
    assert (done.actor, done.reason, done.finished_at) == ("agent-1", "본인 요청", AT)
    with write_transaction():
        [refusal] = set_people([PersonRow(member, name="다시")], recorded_at=AT)
    assert isinstance(refusal, PersonErased)


def test_erase__twice__is_done_once(member: Id) -> None:
    erase_customer(member, at=AT, **BY_WISH)
    erase_customer(member, at=AT + timedelta(days=1), **BY_WISH)

    assert Event.objects.filter(name="customer.erased").count() == 1
    assert Erasure.objects.get().finished_at == AT


def test_erase__somebody_merged__all_ids_of_the_person(member: Id) -> None:
    with write_transaction():
        [other] = resolve_customers("external", ["B-2"], recorded_at=AT).values()
    merge_customers(other, member, at=AT, **BY_WISH)

    assert sorted(erase_customer(member, at=AT, **BY_WISH)) == sorted([member, other])

    assert set(Customer.objects.values_list("kind", flat=True)) == {"erased"}
    assert not Identity.objects.exists()
    assert ErasedIdentity.objects.count() == 5
    assert find_erased("external", ["B-2", "C-3"]) == {"B-2"}


def test_erase__under_a_legal_hold__refused_until_it_is_released(member: Id) -> None:
    hold = place_hold(member, actor=BY_WISH["actor"], reason="소송 중", at=AT)
    place_hold(member, actor=BY_WISH["actor"], reason="지난 것", at=AT, until=AT + timedelta(hours=1))

    for _ in range(2):
        with pytest.raises(UnderHold) as refusal:
            erase_customer(member, at=AT + timedelta(days=1), **BY_WISH)
        assert refusal.value.data["reason"] == "소송 중"
    assert names_of([member], unmasked=True)[member].name == CANARIES["name"]
    assert not Erasure.objects.exists()
    release_hold(member, hold, actor=BY_WISH["actor"], reason="끝남", at=AT + timedelta(days=2))
    with pytest.raises(UnknownHold):
        release_hold(member, hold, actor=BY_WISH["actor"], reason="끝남", at=AT + timedelta(days=2))
    erase_customer(member, at=AT + timedelta(days=3), **BY_WISH)

    assert [(one.reason, one.released_reason) for one in holds_of([member])] == [
        ("소송 중", "끝남"),
        ("지난 것", ""),
    ]


def test_erase__what_cannot_be__is_refused(member: Id) -> None:
    with pytest.raises(UnknownCustomer):
        erase_customer(random_id(), at=AT, **BY_WISH)
    with pytest.raises(ReasonMissing):
        erase_customer(member, actor=BY_WISH["actor"], reason="", at=AT)
    assert not Erasure.objects.exists()


def test_tombstone__resembles_nothing_else_and_names_nobody(member: Id) -> None:
    hashes = set(Identity.objects.values_list("value_hash", flat=True))
    email = hash_values("email", ["canary.bird@example.com"])["canary.bird@example.com"]
    assert email in {bytes(one) for one in hashes}

    erase_customer(member, at=AT, **BY_WISH)

    tombstones = {bytes(one) for one in ErasedIdentity.objects.values_list("value_hash", flat=True)}
    assert len(tombstones) == 4
    assert not tombstones & {bytes(one) for one in hashes}


def test_join_anew__by_themselves__is_a_new_customer_whom_files_know_again(member: Id) -> None:
    erase_customer(member, at=AT, **BY_WISH)
    phone = CANARIES["phone"]
    assert find_erased("phone", [phone, "010-9999-0000"]) == {phone}

    with write_transaction():
        [anew] = resolve_customers("phone", [phone], recorded_at=AT + timedelta(days=9)).values()

    assert anew != member
    assert find_by_identity("phone", [phone]) == {phone: anew}
    assert find_erased("phone", [phone]) == set()


def test_reapply__an_older_main_database_was_restored__they_are_erased_again(member: Id) -> None:
    before = [Customer.objects.filter(customer_id=member).values().get(), *Identity.objects.values()]
    erase_customer(member, at=AT, **BY_WISH)
    Erasure.objects.all().delete()
    Customer.objects.filter(customer_id=member).update(**before[0])
    Identity.objects.bulk_create(Identity(**row) for row in before[1:])
    assert find_by_identity("phone", [CANARIES["phone"]])

    assert reapply_erasures(at=AT + timedelta(days=1)) == 1
    assert reapply_erasures(at=AT + timedelta(days=1)) == 0

    assert not find_by_identity("phone", [CANARIES["phone"]])
    found = find_erasure(member)
    assert found is not None
    assert (found.actor, found.finished_at) == ("dangol", AT + timedelta(days=1))


def test_reapply__an_older_key_store_was_restored__the_key_is_destroyed_again(member: Id) -> None:
    key = PersonKey.objects.filter(customer_id=member).values().get()
    erase_customer(member, at=AT, **BY_WISH)
    PersonKey.objects.filter(customer_id=member).update(**key)
    with write_transaction():
        [refusal] = set_people([PersonRow(member, name="다시")], recorded_at=AT)
    assert isinstance(refusal, PersonErased)

    assert reapply_erasures(at=AT + timedelta(days=1)) == 1

    assert isinstance(find_data_keys([member])[member], Erased)
    assert Event.objects.filter(name="customer.erased").count() == 1


@pytest.fixture
def several(korean_shop: ShopView) -> list[Id]:
    names = [f"N-{number}" for number in range(40)]
    with write_transaction():
        made = resolve_customers("external", names, recorded_at=AT)
        rows = [
            PersonRow(one, name=CANARIES["name"], phone=f"0105555{number:04d}")
            for number, one in enumerate(made.values())
        ]
        assert set_people(rows, recorded_at=AT) == [None] * len(rows)
    return list(made.values())


def test_erase__killed_at_every_statement__is_finished_by_the_next_to_come(several: list[Id]) -> None:
    begun = done = 0
    for statement, member in enumerate(several, start=1):
        process = actors.start(actors.erase_until_killed, member, statement)
        process.join(PATIENCE)
        done += process.exitcode == 0
        assert process.exitcode in (0, -signal.SIGKILL)
        found = find_erasure(member)
        is_gone = isinstance(find_data_keys([member])[member], Erased)
        # Never is a key gone of which nobody has noted that the rest is to go.
        assert found is not None or not is_gone
        if found is None:
            assert names_of([member], unmasked=True)[member].name == CANARIES["name"]
            continue
        begun += found.finished_at is None
        resume_erasures(at=AT + timedelta(hours=1))
        after = find_erasure(member)
        assert after is not None
        assert after.finished_at is not None
        assert Customer.objects.get(customer_id=member).kind == "erased"
        assert not Identity.objects.filter(customer_id=member).exists()
        assert Event.objects.filter(customer_id=member, name="customer.erased").count() == 1
        assert isinstance(find_data_keys([member])[member], Erased)
    assert begun >= 3, "some were killed between noting and finishing"
    assert done >= 1, "and some were not killed at all"
    assert resume_erasures(at=AT) == 0
