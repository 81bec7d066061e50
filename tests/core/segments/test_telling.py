"""What apps tell moves segments: their events by their own names, their traits under `app.`."""

from decimal import Decimal

import pytest

from dangol.core.people.selectors import find_by_identity
from dangol.core.segments.telling import trait_name
from dangol.core.segments.traits import traits_of
from dangol.core.storage.ids import Id
from tests.core.behavior.sending import AT, identify, send, track
from tests.core.segments.shop import catch_up, inside, make_segment, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


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
