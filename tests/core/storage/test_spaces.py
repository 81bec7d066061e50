"""Spaces: what happens in one is seen in no other."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from dangol.core.people.models import Shop, Store
from dangol.core.people.selectors import find_by_identity, shop
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import StoreRow, set_shop, upsert_stores
from dangol.core.storage.spaces import (
    InvalidSpaceName,
    UnknownSpace,
    all_spaces,
    check_space_name,
    close_spaces,
    current_space,
    in_space,
    list_spaces,
)
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now
from tests.spaces import fresh_space

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def space() -> Iterator[str]:
    with fresh_space("trial") as name:
        yield name


def test_in_space__what_is_written__is_seen_there_only(space: str) -> None:
    set_shop(name="가게", zone="Asia/Seoul", currency="KRW", region="KR")

    with in_space(space):
        with write_transaction():
            upsert_stores([StoreRow("S1", "시험 매장")], recorded_at=now())
            resolve_customers("external", ["C-1"], recorded_at=now())
        inside = (Store.objects.count(), shop().name, len(find_by_identity("external", ["C-1"])))

    assert inside == (1, "시험 가게", 1)
    assert (Store.objects.count(), shop().name, len(find_by_identity("external", ["C-1"]))) == (0, "가게", 0)


def test_in_space__an_error_within__leads_back_out(space: str) -> None:
    with pytest.raises(RuntimeError), in_space(space):
        raise RuntimeError

    assert current_space() == "live"
    assert not Shop.objects.exists()


def test_in_space__live_within_a_space__and_back(space: str) -> None:
    with in_space(space):
        with in_space("live"):
            outside = Shop.objects.exists()
        within = Shop.objects.exists()

    assert (outside, within) == (False, True)


def test_all_spaces__each_looked_into__is_not_held_open_after(space: str) -> None:
    inside = []

    with all_spaces() as names:
        for name in names:
            with in_space(name):
                assert shop().name == "시험 가게"
                inside.append(connections["default"])

    assert len(inside) == 1
    assert [one.connection for one in inside] == [None]


def test_in_space__other_threads__stay_where_they_are(space: str) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.append(current_space())
        with in_space(space):
            seen.append(shop().name)
        close_spaces()
        connections.close_all()

    with in_space(space):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert seen == ["live", "시험 가게"]


def test_in_space__nobody_made__is_unknown(space: str) -> None:
    with pytest.raises(UnknownSpace), in_space("elsewhere"):
        pass

    assert space in list_spaces()


@pytest.mark.parametrize("name", ["live", "", "a", "A1", "a_b", "../up", "x" * 21, "시험"])
def test_check_space_name__that_is_none__is_refused(name: str) -> None:
    with pytest.raises(InvalidSpaceName):
        check_space_name(name)
