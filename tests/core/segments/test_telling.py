"""What apps tell moves segments: their events by their own names, their traits under `app.`."""

from datetime import timedelta
from decimal import Decimal

import pytest

from dangol.core.behavior.models import Entry
from dangol.core.events.models import Event
from dangol.core.events.payloads import decode
from dangol.core.events.records import Recorded
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merged import absorbed_by
from dangol.core.people.merges import undo_merge
from dangol.core.people.selectors import find_by_identity
from dangol.core.segments.consumers import FORGET_ERASED
from dangol.core.segments.models import Trait, TraitName
from dangol.core.segments.telling import STORE_TOLD, store_told, trait_name
from dangol.core.segments.traits import traits_of
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Value
from tests.core.behavior.sending import AT, details, identify, send, track
from tests.core.ledger.following import BY_HAND
from tests.core.ledger.shop import let_worker_by
from tests.core.segments.shop import catch_up, inside, make_segment, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)


def kept(external_id: str) -> dict[str, Value]:
    """Return the traits that are kept of somebody."""
    return {name: value for name, value, *_ in traits_of(who(external_id))}


def who(external_id: str) -> Id:
    return find_by_identity("external", [external_id])[external_id]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("plan", "app.plan"),
        ("favoriteColor", "app.favorite_color"),
        ("Seats 2026", "app.seats_2026"),
        ("rewards.points", "app.rewards_points"),
        ("단계", "app."),
        ("x" * 99, "app." + "x" * 60),
    ],
)
def test_trait_name__an_app_s_word__is_a_name_of_ours(told: str, kept: str) -> None:
    assert trait_name(told) == kept


def test_segment__event_an_app_tracked__moves_who_did_it() -> None:
    open_shop()
    make_segment(
        "listeners",
        {
            "type": "did",
            "event": "Song Played",
            "where": [{"property": "seconds", "op": "at_least", "value": 30}],
        },
    )
    send(track("Song Played", user="u-1", properties={"seconds": 31.5, "genre": "trot"}))
    send(track("Song Played", user="u-2", properties={"seconds": 3}))
    catch_up(AT)

    assert inside("listeners") == {who("u-1")}


def test_segment__trait_an_app_told__moves_whom_it_is_told_of() -> None:
    open_shop()
    send(identify("u-1", "a-1", plan="gold", loginCount=7, tags=["a", "b"], nested={"x": 1}))
    catch_up(AT)
    customer = who("u-1")
    make_segment("gold-plan", {"type": "trait", "trait": "app.plan", "op": "equals", "value": "gold"}, at=AT)

    catch_up(AT)

    assert inside("gold-plan") == {customer}
    assert {name: value for name, value, *_ in traits_of(customer)} == {
        "app.plan": "gold",
        "app.login_count": Decimal(7),
        "app.tags": ("a", "b"),
    }


def test_segment__trait_told_before_signing_in__goes_along_and_back() -> None:
    open_shop()
    send(identify(anon="a-1", plan="gold"), track(user="u-1"))
    catch_up(AT)
    make_segment("gold-plan", {"type": "trait", "trait": "app.plan", "op": "equals", "value": "gold"}, at=AT)
    catch_up(AT)
    [browser] = inside("gold-plan")

    send(identify("u-1", "a-1"), at=AT + HOUR)
    catch_up(AT + HOUR)

    person = who("u-1")
    assert person != browser
    assert inside("gold-plan") == {person}
    assert traits_of(person) == [("app.plan", "gold", AT, "app server")]

    undo_merge(browser, at=AT + 2 * HOUR, **BY_HAND)
    catch_up(AT + 2 * HOUR)

    assert inside("gold-plan") == {browser}


def test_segment__trait_told_just_before_the_merge__stays_with_whom_it_was_told_of() -> None:
    open_shop()
    send(track(user="u-1"), track(anon="a-1"))
    catch_up(AT)
    send(identify(anon="a-1", plan="gold"), at=AT + HOUR)
    # Both are waiting for the consumer: by then the browser is somebody else's.
    send(identify("u-1", "a-1"), at=AT + HOUR)
    catch_up(AT + HOUR)

    person = who("u-1")
    assert [value for _, value, *_ in traits_of(person)] == ["gold"]
    [browser] = absorbed_by([person])[person]
    undo_merge(browser, at=AT + 2 * HOUR, **BY_HAND)
    assert traits_of(person) == []
    assert [value for _, value, *_ in traits_of(browser)] == ["gold"]


def test_store_told__comes_to_it_after_the_erasure__keeps_nothing() -> None:
    [other] = open_shop("B")
    send(identify("u-1", plan="gold"), identify("B", seats=3))
    one = who("u-1")

    erase_customer(one, at=AT + HOUR, **BY_HAND)
    let_worker_by(FORGET_ERASED)
    let_worker_by(STORE_TOLD)

    assert list(Trait.objects.values_list("customer_id", "name")) == [(other, "app.seats")]
    assert list(TraitName.objects.values_list("name", flat=True)) == ["app.seats"]


def test_store_told__value_of_another_kind__is_told_with_its_event() -> None:
    open_shop()
    send(identify("u-1", level="high", plan="gold"))
    catch_up(AT)
    send(identify("u-1", level=7, plan="silver", memo="x" * 600, nested={"x": 1}))
    assert details()[1].caused == (("traits", "level"), ("traits", "plan"), ("traits", "memo"))

    catch_up(AT)

    first, second = details()
    assert (first.problems, first.caused) == ((), (("traits", "level"), ("traits", "plan")))
    assert [(one.code, one.data) for one in second.problems] == [
        ("traits.other_kind", {"name": "app.level", "kind": "text", "given": "number"}),
        ("traits.bad_value", {"name": "app.memo", "reason": "too_long"}),
    ]
    assert second.caused == (("traits", "plan"),)
    assert Entry.objects.order_by("id").last().problem == "traits.other_kind"  # type: ignore[union-attr]
    assert kept("u-1") == {"app.level": "high", "app.plan": "silver"}


def test_store_told__handed_over_twice_or_no_longer_in_the_log__changes_nothing() -> None:
    open_shop()
    send(identify("u-1", level="high"), identify("u-1", level=7))
    catch_up(AT)
    before = list(Entry.objects.order_by("id").values_list("problem", "details"))
    assert [problem for problem, _ in before] == ["", "traits.other_kind"]

    told = [
        Recorded(
            one.id, one.customer_id, one.customer_seq, one.name, one.subject_id, one.occurred_at,
            one.recorded_at, decode(one.name, one.payload),
        )
        for one in Event.objects.filter(name="traits.told").order_by("id")
    ]  # fmt: skip
    with write_transaction():
        store_told(told)
    assert list(Entry.objects.order_by("id").values_list("problem", "details")) == before

    Entry.objects.all().delete()
    with write_transaction():
        store_told(told)
    assert not Entry.objects.exists()
    assert kept("u-1") == {"app.level": "high"}
