"""What the models say of each customer becomes traits, with their day and version, and moves segments."""

from datetime import UTC, date, datetime

import pytest

from dangol.core.events.models import Event
from dangol.core.people.selectors import shop
from dangol.core.segments.models import Trait
from dangol.core.segments.traits import traits_of
from dangol.rooms.personalization.models import ModelRun
from dangol.rooms.personalization.refresh import refresh_all
from dangol.rooms.personalization.selectors import latest_runs
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import buy, catch_up, inside, make_segment, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
MONDAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 12, 18, 30, tzinfo=UTC)


def test_refresh__purchases__become_traits_with_day_and_version() -> None:
    often, once = open_shop("A", "B")
    for number in range(4):
        buy(often, f"a{number}", MORNING + number * DAY, 10_000)
    buy(once, "b", MORNING, 3_000)
    catch_up(MORNING + 9 * DAY)

    outcome = refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)

    assert outcome["rfm"] == 2
    [run] = [one for one in latest_runs() if one.model == "rfm"]
    assert (run.customers, run.as_of, run.refusal) == (2, date(2026, 3, 11), None)
    values = {name: (value, at, source) for name, value, at, source in traits_of(often)}
    end = datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert {at for _, at, _ in values.values()} == {end}
    assert values["rfm.segment"][2] == f"rfm {run.version}"
    assert values["rfm.frequency"][0] > dict((n, v) for n, v, *_ in traits_of(once))["rfm.frequency"]  # type: ignore[operator]


def test_refresh__again_the_same__changes_and_tells_nobody() -> None:
    often, once = open_shop("A", "B")
    buy(often, "a", MORNING)
    buy(once, "b", MORNING)
    catch_up(MORNING + DAY)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    told = Event.objects.count()

    assert refresh_all(shop(), as_of=date(2026, 3, 12), at=NIGHT + DAY)["rfm"] == 0

    assert Event.objects.count() == told
    assert {at for at in Trait.objects.values_list("at", flat=True)} == {
        datetime(2026, 3, 12, 15, tzinfo=UTC)
    }


def test_refresh__segment_asks_about_a_trait__follows_it() -> None:
    [one] = open_shop("A")
    make_segment("scored", {"type": "trait", "trait": "customer.is_member", "op": "equals", "value": True})
    buy(one, "a", MORNING)
    catch_up(MORNING)
    refresh_all(shop(), as_of=date(2026, 3, 11), at=NIGHT)
    make_segment(
        "scored-5", {"type": "trait", "trait": "rfm.recency", "op": "at_least", "value": 1}, at=NIGHT
    )

    catch_up(NIGHT)

    assert inside("scored-5") == {one}


def test_refresh__nobody_has_bought__says_so_and_keeps_no_trait() -> None:
    open_shop("A")
    catch_up(MORNING)

    assert refresh_all(shop(), as_of=MONDAY, at=NIGHT)["rfm"] == 0

    assert not Trait.objects.exists()
    assert ModelRun.objects.filter(model="rfm").count() == 1
