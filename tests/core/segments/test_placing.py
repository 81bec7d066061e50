"""Who is in a segment: at once when something happens, and to the instant when a window ends."""

from datetime import datetime, timedelta

import pytest

from dangol.core.events import sequencer
from dangol.core.events.runtime import Readers
from dangol.core.people.erasures import erase_customer
from dangol.core.people.merges import merge_customers, undo_merge
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.segments.models import Member, Trait, Watch
from dangol.core.segments.placing import place_due
from dangol.core.segments.services import archive_segment, rebuild_segments
from dangol.core.segments.traits import TraitDraft, report_traits
from dangol.core.storage.transactions import write_transaction
from tests.core.commerce.shop import DAY, MORNING
from tests.core.ledger.following import BY_HAND
from tests.core.segments.shop import (
    MARKETER,
    bought,
    buy,
    catch_up,
    come,
    inside,
    make_segment,
    open_shop,
    rewrite,
    story,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
HOUR = timedelta(hours=1)


def read_on(at: datetime) -> None:
    """Let consumers have all events, and nobody be looked at for them."""
    readers = Readers(clock=lambda: at)
    while sequencer.number_waiting() + readers.advance():
        pass


def test_segment__saved__has_whom_its_condition_holds_for() -> None:
    once, never = open_shop("A", "B")
    buy(once, "1", MORNING)
    make_segment("buyers", bought(), at=MORNING + DAY)
    make_segment("strangers", bought(0, op="at_most"), at=MORNING + DAY)

    catch_up(MORNING + DAY)

    assert (inside("buyers"), inside("strangers")) == ({once}, {never})
    assert story(once) == [("entered", "buyers", 1.0)]
    assert story(never) == [("entered", "strangers", 1.0)]


def test_segment__event__moves_its_customer_and_nobody_else() -> None:
    first, second = open_shop("A", "B")
    make_segment("regulars", bought(2))
    make_segment("strangers", bought(0, op="at_most"))
    buy(first, "1", MORNING)
    catch_up(MORNING)
    looked_at = Watch.objects.get(customer_id=second).seen_at

    buy(first, "2", MORNING + DAY)
    catch_up(MORNING + DAY)

    assert inside("regulars") == {first}
    assert story(first) == [("entered", "regulars", 1.0)]
    assert story(second) == [("entered", "strangers", 0.0)]
    assert Watch.objects.get(customer_id=second).seen_at == looked_at
    entered = Member.objects.get(customer_id=first)
    assert (entered.since, entered.event_id is not None) == (MORNING + DAY, True)


def test_due__more_than_are_looked_at__latest_and_longest_waiting_come_first() -> None:
    known = open_shop("A", "B", "C", "D", "E", "F")
    make_segment("buyers", bought())
    catch_up(MORNING)
    for number, one in enumerate(known):
        buy(one, str(number), MORNING + number * HOUR)
    read_on(MORNING + DAY)

    looks = []
    while place_due(MORNING + DAY, limit=4):
        looks.append(inside("buyers"))

    first, second, third, fourth, fifth, sixth = known
    assert looks == [{first, second, fifth, sixth}, set(known)]
    assert {third, fourth} == looks[1] - looks[0]
    assert story(third) == [("entered", "buyers", 2 / 24)]


def test_segment__window_ends__is_left_at_that_instant_without_an_event() -> None:
    [one] = open_shop("A")
    make_segment("active", bought(last_days=30))
    make_segment("lapsed", {"type": "not", "of": bought(last_days=30)})
    buy(one, "1", MORNING)
    catch_up(MORNING)

    catch_up(MORNING + 30 * DAY - timedelta(microseconds=1))
    assert inside("active") == {one}

    catch_up(MORNING + 45 * DAY)

    assert inside("active") == set()
    assert inside("lapsed") == {one}
    assert story(one) == [("entered", "active", 0.0), ("left", "active", 30.0), ("entered", "lapsed", 30.0)]
    assert Watch.objects.get(customer_id=one).due_at is None


def test_segment__another_condition__moves_who_belongs_elsewhere() -> None:
    once, twice = open_shop("A", "B")
    for customer_id, number in ((once, "1"), (twice, "2"), (twice, "3")):
        buy(customer_id, number, MORNING)
    make_segment("regulars", bought(1))
    catch_up(MORNING)

    assert rewrite("regulars", bought(2), expected=1, at=MORNING + DAY) == 2
    catch_up(MORNING + DAY)

    assert inside("regulars") == {twice}
    assert story(once) == [("entered", "regulars", 0.0), ("left", "regulars", 1.0)]
    assert story(twice) == [("entered", "regulars", 0.0)]


def test_rebuild_segments__moved_past_the_program__puts_everybody_where_they_belong() -> None:
    once, never = open_shop("A", "B")
    buy(once, "1", MORNING)
    segment_id = make_segment("buyers", bought())
    catch_up(MORNING)
    Member.objects.update(customer_id=never)
    catch_up(MORNING + HOUR)
    assert inside("buyers") == {never}, "nobody looks by themselves"

    rebuild_segments(at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert inside("buyers") == {once}
    assert Member.objects.get(segment_id=segment_id).since == MORNING + DAY


def test_segment__asks_about_another__follows_it_in_the_same_look() -> None:
    one, two = open_shop("A", "B")
    make_segment("buyers", bought())
    make_segment(
        "buyers-of-much", {"type": "all", "of": [{"type": "member", "segment": "buyers"}, bought(3)]}
    )
    make_segment("all-others", {"type": "not", "of": {"type": "member", "segment": "buyers"}})
    for number in "123":
        buy(one, number, MORNING)

    catch_up(MORNING)

    assert (inside("buyers"), inside("buyers-of-much"), inside("all-others")) == ({one}, {one}, {two})


def test_segment__archived__is_left_by_all() -> None:
    [one] = open_shop("A")
    make_segment("buyers", bought())
    buy(one, "1", MORNING)
    catch_up(MORNING)

    archive_segment("buyers", actor=MARKETER, at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert inside("buyers") == set()
    assert story(one)[-1] == ("left", "buyers", 1.0)


def test_segment__trait_reported__moves_its_customer() -> None:
    one, _two = open_shop("A", "B")
    make_segment(
        "likely-to-leave", {"type": "trait", "trait": "customer.language", "op": "equals", "value": "en"}
    )
    catch_up(MORNING)

    with write_transaction():
        assert set_people([PersonRow(one, language="en")], recorded_at=MORNING + DAY) == [None]
    catch_up(MORNING + DAY)

    assert inside("likely-to-leave") == {one}


def test_segment__customers_merged_and_parted__counts_as_one_then_as_two() -> None:
    kept, absorbed = open_shop("A", "B")
    make_segment("regulars", bought(2))
    make_segment("buyers", bought())
    buy(kept, "1", MORNING)
    buy(absorbed, "2", MORNING)
    catch_up(MORNING)
    assert inside("buyers") == {kept, absorbed}

    merge_customers(kept, absorbed, at=MORNING + DAY, **BY_HAND)
    catch_up(MORNING + DAY)
    assert (inside("buyers"), inside("regulars")) == ({kept}, {kept})

    undo_merge(absorbed, at=MORNING + 2 * DAY, **BY_HAND)
    catch_up(MORNING + 2 * DAY)
    assert (inside("buyers"), inside("regulars")) == ({kept, absorbed}, set())


def test_segment__customer_erased__is_nobody_s_any_more() -> None:
    [one] = open_shop("A")
    make_segment("buyers", bought())
    buy(one, "1", MORNING)
    with write_transaction():
        report_traits([TraitDraft(one, "app.level", 3, MORNING, "app")], recorded_at=MORNING)
    catch_up(MORNING)

    erase_customer(one, actor=MARKETER, reason="asked", at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert inside("buyers") == set()
    assert not Watch.objects.filter(customer_id=one).exists()
    assert not Trait.objects.exists()


def test_segment__new_customer__is_placed_without_an_event_of_theirs() -> None:
    open_shop("A")
    make_segment("strangers", bought(0, op="at_most"))
    catch_up(MORNING)

    [late] = come("Z", at=MORNING + DAY)
    with write_transaction():
        set_people([PersonRow(late, language="ko")], recorded_at=MORNING + DAY)
    catch_up(MORNING + DAY)

    assert late in inside("strangers")
