"""Merging two customers who are one person, and undoing it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dangol.core.events.models import Event
from dangol.core.people.absences import absences_of
from dangol.core.people.actors import Actor, ActorKind, ReasonMissing
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.data_keys import PersonKeyMissing, destroy_key
from dangol.core.people.leaving import leave_members
from dangol.core.people.merge_errors import (
    AlreadyMerged,
    GuestNotMerged,
    MergeStacked,
    NotMerged,
    SameCustomer,
)
from dangol.core.people.merged import absorbed_by, family_of, merges_of, resolve_merged
from dangol.core.people.merges import merge_customers, preview_merge, undo_merge
from dangol.core.people.models import Customer, Identity, PersonKey, SearchToken
from dangol.core.people.profiles import NotThemselves, PersonRow, UnknownCustomer, set_people
from dangol.core.people.sealing import PersonErased
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import (
    ShopView,
    consents_of,
    count_by_kind,
    find_by_identity,
    list_members,
    profiles_of,
)
from dangol.core.people.services import join_members, make_guests, resolve_customers
from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.absences import Absence
from dangol.domain.errors import DomainError
from tests.core.people import actors
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LATER = AT + timedelta(days=1)
AGENT = Actor(ActorKind.STAFF, "agent-1", "상담 직원")
BY_HAND: dict[str, Any] = {"actor": AGENT, "reason": "같은 사람"}


def person(number: str, *, join: bool = True, joined_at: datetime = AT, **known: Any) -> Id:
    with write_transaction():
        joined = {number: joined_at}
        [made] = resolve_customers("external", [number], recorded_at=AT, join=join, joined_at=joined).values()
        if known:
            assert set_people([PersonRow(made, **known)], recorded_at=AT) == [None]
    return made


def agree(customer_id: Id, granted: bool, at: datetime, *, channel: str = "sms") -> None:
    with write_transaction():
        draft = ConsentDraft(customer_id, channel, "marketing", granted, at, "till", "v1")
        assert record_consents([draft], recorded_at=at)[0].refusal is None


def says(customer_id: Id) -> dict[str, bool]:
    return {one.channel: one.granted for one in consents_of([customer_id]).get(customer_id, [])}


def all_of(*customers: Id) -> list[Any]:
    """Return all that is known of these customers, as it can be told apart."""
    profiles = profiles_of(customers, unmasked=True)
    tokens = sorted(SearchToken.objects.values_list("kind", "token", "customer_id"))
    identities = sorted(Identity.objects.values_list("kind", "value_hash", "customer_id"))
    return [[profiles[one] for one in customers], tokens, identities]


@pytest.fixture
def kept(korean_shop: ShopView) -> Id:
    return person("K-1", name="김하늘", phone="010-1234-5678", traits={"age": "30s"}, joined_at=AT)


@pytest.fixture
def absorbed(korean_shop: ShopView) -> Id:
    return person(
        "A-1", name="김하늘이", phone="010-8765-4321", email="haneul@example.com", card="88001234",
        birthday=date(1990, 3, 14), traits={"age": "40s", "pet": "cat"}, language="ko",
        joined_at=AT - timedelta(days=100),
    )  # fmt: skip


def test_merge__two_members__one_goes_on_with_all_that_names_them(kept: Id, absorbed: Id) -> None:
    plan = merge_customers(kept, absorbed, at=LATER, **BY_HAND)

    profile = profiles_of([kept], unmasked=True)[kept]
    assert (profile.person.name, profile.birthday, profile.language) == ("김하늘", "1990-03-14", "ko")
    assert profile.traits == {"age": "30s", "pet": "cat"}
    assert profile.person.joined_at == AT - timedelta(days=100)
    assert plan.filled == ("birthday", "language", "traits.pet")
    assert plan.identities == {"external": 1, "phone": 1, "email": 1, "card": 1}
    named = [
        ("external", "A-1"),
        ("phone", "010-8765-4321"),
        ("email", "Haneul@example.com"),
        ("card", "8800-1234"),
    ]
    for kind, value in [*named, ("external", "K-1"), ("phone", "010-1234-5678")]:
        assert find_by_identity(kind, [value]) == {value: kept}
    assert find_customers("4321") == find_customers("5678") == find_customers("김하늘") == [kept]
    assert [row.customer_id for row in list_members()] == [kept]
    assert count_by_kind()["member"] == 1


def test_merge__told_to_both__and_the_old_id_goes_on_naming_the_person(kept: Id, absorbed: Id) -> None:
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)

    told = Event.objects.filter(name="customer.merged").values_list("customer_id", "payload")
    assert dict(told) == {kept: '{"is_kept":true}', absorbed: '{"is_kept":false}'}
    assert resolve_merged([kept, absorbed]) == {kept: kept, absorbed: kept}
    assert family_of(absorbed) == [kept, absorbed]
    [merge] = merges_of(kept)
    assert (merge.customer_id, merge.kept_id, merge.actor, merge.reason) == (
        absorbed,
        kept,
        "agent-1",
        "같은 사람",
    )
    with write_transaction():
        [refusal] = set_people([PersonRow(absorbed, name="누구")], recorded_at=LATER)
        assert isinstance(refusal, NotThemselves)
        assert join_members([absorbed], recorded_at=LATER) == 0
        draft = ConsentDraft(absorbed, "sms", "marketing", False, LATER, "till")
        assert isinstance(record_consents([draft], recorded_at=LATER)[0].refusal, NotThemselves)


def test_preview__of_a_merge__says_the_same_and_writes_nothing(kept: Id, absorbed: Id) -> None:
    agree(absorbed, True, AT)
    before, events = all_of(kept, absorbed), Event.objects.count()

    told = preview_merge(kept, absorbed, at=LATER)

    assert all_of(kept, absorbed) == before
    assert Event.objects.count() == events
    assert told == merge_customers(kept, absorbed, at=LATER, **BY_HAND)


def test_undo__nothing_happened_since__all_is_as_it_was(kept: Id, absorbed: Id) -> None:
    before = all_of(kept, absorbed)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    assert all_of(kept, absorbed) != before

    assert undo_merge(absorbed, at=LATER, **BY_HAND) == kept

    assert all_of(kept, absorbed) == before
    assert resolve_merged([absorbed]) == {absorbed: absorbed}
    [merge] = merges_of(absorbed)
    assert (merge.undone_at, merge.undone_by, merge.undone_reason) == (LATER, "agent-1", "같은 사람")
    assert Event.objects.filter(name="customer.unmerged").count() == 2
    merge_customers(absorbed, kept, at=LATER, **BY_HAND)
    assert family_of(kept) == [absorbed, kept]


def test_undo__changed_since__what_was_set_by_hand_stays(kept: Id, absorbed: Id) -> None:
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    with write_transaction():
        row = PersonRow(kept, birthday=date(1991, 1, 1), phone="010-2222-3333", traits={"pet": "dog"})
        assert set_people([row], recorded_at=LATER) == [None]

    undo_merge(absorbed, at=LATER, **BY_HAND)

    ours, theirs = (profiles_of([one], unmasked=True)[one] for one in (kept, absorbed))
    assert (ours.birthday, ours.traits, ours.person.phone) == (
        "1991-01-01",
        {"age": "30s", "pet": "dog"},
        "010-2222-3333",
    )
    # A new phone replaced both earlier ones: what the kept one let go of is nobody's.
    assert (theirs.person.phone, theirs.person.email) == (None, "haneul@example.com")


def test_undo__joined_since_the_merge_of_two_customers__stays_a_member(korean_shop: ShopView) -> None:
    kept, absorbed = person("K", join=False), person("A", join=False)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    with write_transaction():
        join_members([kept], recorded_at=LATER)

    undo_merge(absorbed, at=LATER, **BY_HAND)

    assert dict(Customer.objects.values_list("customer_id", "kind")) == {kept: "member", absorbed: "customer"}


def test_merge__a_customer_with_a_member__is_a_member_until_undone(korean_shop: ShopView) -> None:
    kept, absorbed = person("K", join=False), person("A", joined_at=AT)
    assert merge_customers(kept, absorbed, at=LATER, **BY_HAND).becomes_member

    assert Customer.objects.get(customer_id=kept).joined_at == AT
    undo_merge(absorbed, at=LATER, **BY_HAND)
    assert dict(Customer.objects.values_list("customer_id", "kind")) == {kept: "customer", absorbed: "member"}


@pytest.mark.parametrize(
    ("own", "theirs", "after", "undone"),
    [
        # Each: what was said and on which day, or None; what holds after the merge, and after its undoing.
        (None, (True, 1), True, False),
        (None, (False, 1), False, False),
        ((True, 1), None, True, True),
        ((False, 1), None, False, False),
        ((True, 1), (True, 2), True, True),
        ((True, 2), (False, 1), False, False),
        ((False, 1), (True, 2), False, False),
        ((False, 2), (False, 1), False, False),
    ],
)
def test_merge__consents__the_stricter_holds_and_no_no_becomes_a_yes(
    kept: Id, absorbed: Id, own: Any, theirs: Any, after: bool, undone: bool
) -> None:
    for owner, said in ((kept, own), (absorbed, theirs)):
        if said:
            agree(owner, said[0], AT + timedelta(days=said[1]))
    before = says(absorbed)

    merge_customers(kept, absorbed, at=AT + timedelta(days=9), **BY_HAND)
    assert says(kept) == {"sms": after}
    undo_merge(absorbed, at=AT + timedelta(days=10), **BY_HAND)

    assert says(kept) == {"sms": undone}
    assert says(absorbed) == before


def test_merge__a_yes_that_is_carried_over__keeps_its_day_and_wording(kept: Id, absorbed: Id) -> None:
    agree(absorbed, True, AT)

    merge_customers(kept, absorbed, at=LATER, **BY_HAND)

    [fact] = consents_of([kept])[kept]
    assert (fact.at, fact.source, fact.wording) == (AT, "till", "v1")


def test_undo__a_no_said_while_they_were_one__holds_for_both(kept: Id, absorbed: Id) -> None:
    agree(absorbed, True, AT)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    agree(kept, False, LATER + timedelta(hours=1))

    undo_merge(absorbed, at=LATER + timedelta(hours=2), **BY_HAND)

    assert says(kept) == says(absorbed) == {"sms": False}


def test_merge__what_cannot_be__is_refused_and_changes_nothing(kept: Id, absorbed: Id) -> None:
    third = person("T-1")
    with write_transaction():
        [guest] = make_guests(1, recorded_at=AT)
    erased = person("E-1", name="지움")
    destroy_key(erased, at=AT)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    before = all_of(kept, absorbed, third)
    cases: list[tuple[Id, Id, type[DomainError]]] = [
        (kept, kept, SameCustomer),
        (kept, absorbed, SameCustomer),
        (absorbed, kept, SameCustomer),
        (third, absorbed, AlreadyMerged),
        (absorbed, third, AlreadyMerged),
        (kept, random_id(), UnknownCustomer),
        (random_id(), kept, UnknownCustomer),
        (kept, guest, GuestNotMerged),
        (kept, erased, PersonErased),
        (erased, kept, PersonErased),
    ]

    for keep, absorb, refusal in cases:
        with pytest.raises(refusal):
            merge_customers(keep, absorb, at=LATER, **BY_HAND)
        with pytest.raises(refusal):
            preview_merge(keep, absorb, at=LATER)
    with pytest.raises(ReasonMissing):
        merge_customers(kept, third, actor=AGENT, reason=" ", at=LATER)
    with pytest.raises(NotMerged):
        undo_merge(kept, at=LATER, **BY_HAND)

    assert all_of(kept, absorbed, third) == before


def leave(customer_id: Id, at: datetime) -> None:
    with write_transaction():
        assert leave_members([customer_id], source="phone", recorded_at=at) == 1


def test_merge__who_left_and_a_member__is_a_member_again_until_it_is_undone(kept: Id, absorbed: Id) -> None:
    leave(kept, AT)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    assert absences_of([kept]) == {kept: (Absence(AT, LATER),)}

    undo_merge(absorbed, at=LATER + timedelta(days=1), **BY_HAND)

    assert absences_of([kept]) == {kept: (Absence(AT, None),)}
    assert profiles_of([kept])[kept].person.kind == "customer"


def test_unmerge__has_left_since__stays_away(kept: Id, absorbed: Id) -> None:
    merge_customers(kept, absorbed, at=AT, **BY_HAND)
    leave(kept, LATER)

    undo_merge(absorbed, at=LATER + timedelta(days=1), **BY_HAND)

    assert profiles_of([kept])[kept].person.kind == "customer"
    assert absences_of([kept]) == {kept: (Absence(LATER, None),)}


def test_merge__chain__resolves_to_the_last_and_is_undone_from_there(kept: Id, absorbed: Id) -> None:
    third = person("T-1", card="77001234")
    before = all_of(kept, absorbed, third)
    merge_customers(kept, absorbed, at=LATER, **BY_HAND)
    merge_customers(third, kept, at=LATER, **BY_HAND)

    assert resolve_merged([absorbed, kept, third]) == dict.fromkeys([absorbed, kept, third], third)
    assert absorbed_by([third]) == {third: [kept, absorbed]}
    assert find_by_identity("card", ["88001234"]) == {"88001234": third}
    with pytest.raises(MergeStacked):
        undo_merge(absorbed, at=LATER, **BY_HAND)
    undo_merge(kept, at=LATER, **BY_HAND)
    undo_merge(absorbed, at=LATER, **BY_HAND)
    assert all_of(kept, absorbed, third) == before


def test_merge__several_at_once__nobody_is_absorbed_twice_and_none_goes_in_circles(
    korean_shop: ShopView,
) -> None:
    people = [person(f"P-{number}", card=f"8800{number:06d}") for number in range(1, 7)]
    barrier, answers = actors.context.Barrier(6), actors.context.Queue()
    running = [actors.start(actors.merge_together, barrier, answers, people, number) for number in range(6)]
    merged = sum(answers.get(timeout=PATIENCE) for _ in running)
    for process in running:
        process.join(PATIENCE)

    assert [process.exitcode for process in running] == [0] * 6
    now = resolve_merged(people)
    roots = set(now.values())
    assert merged == len(people) - len(roots) == Customer.objects.filter(kind="merged").count()
    assert all(resolve_merged([root]) == {root: root} for root in roots)
    for number, one in enumerate(people, start=1):
        assert find_by_identity("external", [f"P-{number}"]) == {f"P-{number}": now[one]}
    assert Event.objects.filter(name="customer.merged").count() == 2 * merged


@pytest.mark.parametrize("whose", ["kept", "absorbed"])
def test_merge__key_of_either_is_lost__refused_and_no_other_is_made(
    kept: Id, absorbed: Id, whose: str
) -> None:
    lost = {"kept": kept, "absorbed": absorbed}[whose]
    PersonKey.objects.filter(customer_id=lost).delete()

    with pytest.raises(PersonKeyMissing):
        preview_merge(kept, absorbed, at=LATER)
    with pytest.raises(PersonKeyMissing):
        merge_customers(kept, absorbed, at=LATER, **BY_HAND)

    assert not PersonKey.objects.filter(customer_id=lost).exists()
    assert not merges_of(absorbed)
