"""Rotation: a new master key while the shop is open, stopped anywhere, started again."""

import random
import time
from base64 import b64encode
from datetime import datetime

import pytest
from pytest_django.fixtures import Settings

from dangol.core.people.data_keys import destroy_key, forget_cached_keys
from dangol.core.people.models import Identity, PersonKey, SearchToken, SharedKey
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.rotation import keys_status, rewrap_keys
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, names_of
from dangol.core.people.services import resolve_customers
from dangol.core.storage.ids import Id
from dangol.core.storage.master_keys import UnknownMasterKey
from dangol.core.storage.transactions import write_transaction
from tests.core.people import actors
from tests.sizes import SIZE
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
OLD = {"old": b64encode(b"o" * 32).decode()}
BOTH = OLD | {"new": b64encode(b"n" * 32).decode()}
CROWD = 20_000 if SIZE.soak else 600


@pytest.fixture
def crowd(settings: Settings, korean_shop: ShopView, at: datetime) -> list[Id]:
    settings.MASTER_KEYS = OLD
    with write_transaction():
        people = resolve_customers("external", [f"h{n}" for n in range(CROWD)], recorded_at=at)
        set_people(
            [PersonRow(one, name=f"손님 {n}") for n, one in enumerate(people.values())], recorded_at=at
        )
    return list(people.values())


def names(people: list[Id]) -> list[str | None]:
    forget_cached_keys()
    views = names_of(people, unmasked=True)
    return [views[one].name for one in people]


def test_rewrap_keys__all__readable_without_the_old_key(
    crowd: list[Id], settings: Settings, at: datetime
) -> None:
    expected = names(crowd)
    untouched = [list(model.objects.order_by("pk").values_list()) for model in (Identity, SearchToken)]
    destroy_key(crowd[0], at=at)
    settings.MASTER_KEYS = BOTH
    assert keys_status().waiting == CROWD  # without the destroyed one, with the index key

    seen: list[int] = []
    assert rewrap_keys(batch=100, on_batch=seen.append) == CROWD == sum(seen)

    status = keys_status()
    assert (status.wrapped, status.waiting, status.destroyed) == ({"old": 0, "new": CROWD}, 0, 1)
    settings.MASTER_KEYS = {"new": BOTH["new"]}
    assert names(crowd) == [None, *expected[1:]]
    assert find_customers("h7") == [crowd[7]]
    after = [list(model.objects.order_by("pk").values_list()) for model in (Identity, SearchToken)]
    assert after == untouched


def test_rewrap_keys__half_done__everything_readable_meanwhile(crowd: list[Id], settings: Settings) -> None:
    expected = names(crowd)
    settings.MASTER_KEYS = BOTH

    class Stop(Exception):
        pass

    def stop(count: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        rewrap_keys(batch=100, on_batch=stop)

    assert 0 < keys_status().waiting < CROWD + 1
    assert names(crowd) == expected
    rewrap_keys(batch=100)
    assert keys_status().waiting == 0
    assert names(crowd) == expected


def test_rewrap_keys__killed_again_and_again__a_last_run_finishes(
    crowd: list[Id], settings: Settings
) -> None:
    expected = names(crowd)
    settings.MASTER_KEYS = BOTH
    dice = random.Random(20_170_101)
    interrupted = 0

    for _ in range(SIZE.kill_cycles):
        process = actors.start(actors.rewrap, BOTH, 1)
        before = keys_status().waiting
        while keys_status().waiting == before and process.is_alive():
            time.sleep(0.001)
        time.sleep(dice.random() / 50)
        process.kill()
        process.join()
        interrupted += keys_status().waiting > 0
        assert names(crowd) == expected

    assert interrupted, "every run finished before it was killed: the crowd is too small to show anything"
    rewrap_keys()
    assert keys_status().waiting == 0
    settings.MASTER_KEYS = {"new": BOTH["new"]}
    assert names(crowd) == expected


def test_rewrap_keys__keys_destroyed_meanwhile__stay_destroyed(
    crowd: list[Id], settings: Settings, at: datetime
) -> None:
    settings.MASTER_KEYS = BOTH
    leavers = sorted(crowd)[:: CROWD // 300]
    # One long batch, so that keys are destroyed between its looking and its writing.
    process = actors.start(actors.rewrap, BOTH, CROWD + 1)

    for leaver in leavers:
        destroy_key(leaver, at=at)
    process.join(PATIENCE)

    assert process.exitcode == 0
    gone = PersonKey.objects.filter(customer_id__in=leavers)
    assert {(key.master, bytes(key.wrapped), key.destroyed_at) for key in gone} == {("", b"", at)}
    assert keys_status().destroyed == len(leavers)


def test_rewrap_keys__master_key_lost__the_others_done_and_the_lost_one_named(
    crowd: list[Id], settings: Settings
) -> None:
    PersonKey.objects.filter(customer_id__in=crowd[:3]).update(master="lost")
    settings.MASTER_KEYS = BOTH

    with pytest.raises(UnknownMasterKey) as refused:
        rewrap_keys()

    assert refused.value.data == {"name": "lost"}
    assert keys_status().missing == {"lost": 3}
    assert keys_status().waiting == 0
    assert set(SharedKey.objects.values_list("master", flat=True)) == {"new"}
