"""What apps tell moves segments: their events by their own names, their traits under `app.`."""

import unicodedata
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
from dangol.core.segments import told_names
from dangol.core.segments.catalog import list_traits
from dangol.core.segments.consumers import FORGET_ERASED
from dangol.core.segments.models import Trait, TraitName
from dangol.core.segments.telling import STORE_TOLD, store_told
from dangol.core.segments.traits import TraitDraft, report_traits, traits_of
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Value
from tests.core.behavior.sending import AT, BROWSER, details, identify, problems, send, track
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


def test_store_told__names_in_korean__are_kept_and_asked_about() -> None:
    open_shop()
    parted = unicodedata.normalize("NFD", "등급")
    send(identify("u-1", "", 단계="상", 회원등급="gold", **{parted: 2}), identify("u-2", 단계="하"))
    catch_up(AT)
    make_segment("high", {"type": "trait", "trait": "app.단계", "op": "equals", "value": "상"}, at=AT)

    catch_up(AT)

    assert kept("u-1") == {"app.단계": "상", "app.회원등급": "gold", "app.등급": 2}
    assert inside("high") == {who("u-1")}
    assert problems() == []


def test_store_told__names_that_read_the_same__are_the_first_s_and_the_others_are_told_of() -> None:
    open_shop()
    send(identify("u-1", favoriteColor="red", favorite_color="blue"))
    catch_up(AT)
    send(identify("u-2", "", **{"Favorite Color": "green"}), identify("u-3", favoriteColor="teal"))
    send(identify("u-1", favorite_color=None))

    catch_up(AT)

    assert [kept(one) for one in ("u-1", "u-2", "u-3")] == [
        {"app.favorite_color": "red"}, {}, {"app.favorite_color": "teal"},
    ]  # fmt: skip
    assert [[problem.data for problem in one.problems] for one in details()] == [
        [{"name": "favorite_color", "kept": "app.favorite_color", "first": "favoriteColor"}],
        [{"name": "Favorite Color", "kept": "app.favorite_color", "first": "favoriteColor"}],
        [],
        [{"name": "favorite_color", "kept": "app.favorite_color", "first": "favoriteColor"}],
    ]
    assert set(problems()) == {"traits.name_taken"}
    assert details()[0].caused == (("traits", "favoriteColor"),)


def test_store_told__name_that_cannot_be_kept__is_told_of() -> None:
    open_shop()
    send(identify("u-1", "", **{"🙂": 1, "x" * 61: 2, "x" * 60: 3}))

    catch_up(AT)

    assert kept("u-1") == {"app." + "x" * 60: 3}
    assert [(one.code, one.data["name"]) for one in details()[0].problems] == [
        ("traits.name_unfit", "🙂"), ("traits.name_unfit", "x" * 61),
    ]  # fmt: skip


def test_store_told__name_that_a_program_told_before__is_the_app_s_from_then_on() -> None:
    [one] = open_shop("u-1")
    with write_transaction():
        report_traits([TraitDraft(one, "app.favorite_color", "red", AT, "api")], recorded_at=AT)
    send(identify("u-1", favoriteColor="blue"))
    catch_up(AT)

    send(identify("u-1", favorite_color="green"))
    catch_up(AT)

    assert kept("u-1") == {"app.favorite_color": "blue"}
    assert problems() == ["traits.name_taken"]


def test_store_told__name_in_another_form_of_unicode__is_the_same_name() -> None:
    open_shop()
    send(identify("u-1", 등급="A"))
    send(identify("u-1", "", **{unicodedata.normalize("NFD", "등급"): "B"}))

    catch_up(AT)

    assert kept("u-1") == {"app.등급": "B"}
    assert problems() == []


def test_store_told__more_names_than_there_may_be__are_told_of_and_the_known_ones_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(told_names, "MOST_TOLD", 3)
    [one] = open_shop("u-1")
    with write_transaction():
        report_traits([TraitDraft(one, "app.own", "red", AT, "api")], recorded_at=AT)
    send(identify("u-1", a=1, b=2), identify("u-2", a=3, c=4, d=5, e=None, own="blue"))
    catch_up(AT)
    send(identify("u-2", d=6, c=7, own="green"))

    catch_up(AT)

    assert kept("u-1") == {"app.a": 1, "app.b": 2, "app.own": "red"}
    assert kept("u-2") == {"app.a": 3, "app.c": 7, "app.own": "green"}
    assert [[(problem.code, problem.data) for problem in one.problems] for one in details()] == [
        [],
        [("traits.too_many_names", {"name": "d", "most": 3})],
        [("traits.too_many_names", {"name": "d", "most": 3})],
    ]
    assert not TraitName.objects.filter(name="app.d").exists()


def test_store_told__hundreds_of_names_by_a_public_key__stay_within_the_limit() -> None:
    open_shop()
    for number in range(4):
        send(identify("u-1", "", **{f"n{number}x{place}": 1 for place in range(300)}), sender=BROWSER)
    catch_up(AT)

    assert TraitName.objects.count() == 500
    assert len(kept("u-1")) == 500
    assert set(problems()) == {"traits.too_many_names"}
    assert max(len(one.problems) for one in details()) == 10


def test_list_traits__told_names__stand_in_the_order_in_which_they_were_told_last() -> None:
    open_shop()
    send(identify("u-1", old=1, kept=1, b=1))
    catch_up(AT)
    for days in (1, 2):
        send(identify("u-1", kept=days), at=AT + timedelta(days=days))
    send(identify("u-1", a=1, b=2), at=AT + timedelta(days=2))
    catch_up(AT + timedelta(days=2))

    told = [one.name for one in list_traits() if one.name.startswith("app.")]

    assert told == ["app.a", "app.b", "app.kept", "app.old"]
