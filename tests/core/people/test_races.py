"""Several processes at once: one customer for one identity, whoever comes first."""

from collections import defaultdict

import pytest

from dangol.core.events.models import Event
from dangol.core.people.models import Customer, Identity, SearchToken
from dangol.core.people.profiles import IdentityTaken
from dangol.core.people.selectors import find_by_identity, names_of, profiles_of
from dangol.core.people.services import make_guests
from dangol.core.storage.transactions import write_transaction
from tests.core.people import actors
from tests.sizes import SIZE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
RACERS, AT_ONCE = 4, 20
ROUNDS = SIZE.rounds // 5


def test_resolve_customers__same_values_at_once__one_customer_each() -> None:
    barrier, answers = actors.context.Barrier(RACERS), actors.context.Queue()
    racers = [actors.start(actors.resolve_together, barrier, answers, ROUNDS, AT_ONCE) for _ in range(RACERS)]

    found = defaultdict(set)
    for _ in range(RACERS * ROUNDS):
        _, customers = answers.get(timeout=PATIENCE)
        for value, customer_id in customers.items():
            found[value].add(customer_id)
    for racer in racers:
        racer.join(PATIENCE)

    assert [racer.exitcode for racer in racers] == [0] * RACERS
    assert len(found) == ROUNDS * AT_ONCE
    assert all(len(customers) == 1 for customers in found.values())
    assert Identity.objects.count() == Customer.objects.count() == ROUNDS * AT_ONCE
    assert Event.objects.filter(name="customer.joined").count() == ROUNDS * AT_ONCE
    owners = find_by_identity("external", list(found))
    assert {value: {owner} for value, owner in owners.items()} == found


def test_set_people__same_e_mail_at_once__one_owner_and_clean_refusals() -> None:
    barrier, answers = actors.context.Barrier(RACERS), actors.context.Queue()
    with write_transaction():
        people = make_guests(RACERS, recorded_at=actors.AT)
    cards = {one: f"88{place}0" for place, one in enumerate(people)}
    racers = [
        actors.start(actors.claim_together, barrier, answers, ROUNDS, one, cards[one]) for one in people
    ]

    winners = defaultdict(list)
    for _ in range(RACERS * ROUNDS):
        number, customer_id, refusal = answers.get(timeout=PATIENCE)
        assert refusal is None or isinstance(refusal, IdentityTaken)
        if refusal is None:
            winners[number].append(customer_id)
    for racer in racers:
        racer.join(PATIENCE)
    assert [racer.exitcode for racer in racers] == [0] * RACERS

    # An address may pass on when its owner takes a later one; the last round's cannot.
    assert len(winners[ROUNDS - 1]) == 1
    last_won = {one: max((n for n in winners if one in winners[n]), default=None) for one in people}
    kept = {owner: view.name for owner, view in names_of(people, unmasked=True).items()}
    assert kept == {one: None if n is None else f"이름 {n}" for one, n in last_won.items()}
    # Who was refused the address has not kept the card of that row either.
    held = {f"{cards[one]}{number:06d}": one for one in people for number in range(ROUNDS)}
    wanted = {f"{cards[one]}{n:06d}": one for one, n in last_won.items() if n is not None}
    assert find_by_identity("card", list(held)) == wanted
    assert Identity.objects.filter(kind="email").count() == len(wanted)
    assert set(SearchToken.objects.values_list("customer_id", flat=True)) == set(wanted.values())


def test_set_people__one_customer_from_all_sides__no_trait_is_lost() -> None:
    barrier = actors.context.Barrier(RACERS)
    with write_transaction():
        [member] = make_guests(1, recorded_at=actors.AT)
    traits = [f"trait_{place}" for place in range(RACERS)]
    racers = [actors.start(actors.declare_together, barrier, ROUNDS, member, trait) for trait in traits]

    for racer in racers:
        racer.join(PATIENCE)

    assert [racer.exitcode for racer in racers] == [0] * RACERS
    assert profiles_of([member])[member].traits == dict.fromkeys(traits, ROUNDS - 1)
    assert Event.objects.filter(name="customer.updated").count() == RACERS * ROUNDS
