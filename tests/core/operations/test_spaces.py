"""Test spaces made anew: nobody and nothing of before, for whoever is connected already too."""

import threading
from functools import partial

import pytest
from django.db import connections

from dangol.core.operations.spaces import remake_space
from dangol.core.people.models import Customer
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.selectors import find_by_identity, shop
from dangol.core.people.services import resolve_customers
from dangol.core.storage import space_making
from dangol.core.storage.spaces import LIVE, UnknownSpace, close_spaces, in_space, list_spaces
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.clock import move_clock, stored_instant
from dangol.project.clock import now, space_at_its_time
from dangol.rooms.rewards.first_program import begin_with_program
from dangol.rooms.rewards.models import Program
from tests.spaces import SHOP, bare_space, fresh_space
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
begin = partial(begin_with_program, at=now())


def join(number: str, phone: str) -> None:
    """Let somebody join who can be found by a sealed value."""
    with write_transaction():
        made = resolve_customers("external", [number], recorded_at=now(), join=True)
        set_people(
            [PersonRow(made[number], name="김하늘", phone=phone)], recorded_at=now(), occurred_at=now()
        )


def test_remake__space_with_members_and_a_moved_clock__is_as_it_was_at_first() -> None:
    with fresh_space("anew") as name:
        with space_at_its_time(name):
            join("A", "010-1111-2222")
            move_clock(now().replace(year=2040), now=now())

        remake_space(name, SHOP._replace(name="다른 가게", currency="USD"), begin)

        with in_space(name):
            assert (Customer.objects.count(), stored_instant()) == (0, None)
            assert (shop().name, shop().currency) == ("다른 가게", "USD")
            assert Program.objects.get().money_currency == "USD"
            join("B", "010-3333-4444")
            assert list(find_by_identity("phone", ["+821033334444"])) == ["+821033334444"]
        assert [one for one in list_spaces() if "anew" in one] == [name]


def test_remake__other_threads_have_it_open__are_in_the_new_one_and_its_keys() -> None:
    seen: list[int] = []
    opened, remade = threading.Event(), threading.Event()

    def look() -> None:
        try:
            with in_space(name):
                seen.append(Customer.objects.count())
            opened.set()
            assert remade.wait(PATIENCE)
            with in_space(name):
                seen.append(Customer.objects.count())
                join("C", "010-5555-6666")
                seen.append(len(find_by_identity("phone", ["+821055556666"])))
        finally:
            opened.set()
            close_spaces()
            connections.close_all()

    with fresh_space("anew") as name:
        with in_space(name):
            join("A", "010-1111-2222")
        thread = threading.Thread(target=look)
        thread.start()
        assert opened.wait(PATIENCE)
        remake_space(name, SHOP, begin)
        remade.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()

        assert seen == [1, 0, 1]
        with in_space(name):
            assert len(find_by_identity("phone", ["+821055556666"])) == 1


def test_remake__fails_in_the_middle__the_old_one_stays_and_the_next_try_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_names: dict[str, str]) -> None:
        raise OSError("disk full")

    with fresh_space("anew") as name:
        with in_space(name):
            join("A", "010-1111-2222")
        with monkeypatch.context() as patch:
            patch.setattr(space_making, "rename_schemas", fail)
            with pytest.raises(OSError, match="disk full"):
                remake_space(name, SHOP, begin)
        with in_space(name):
            assert Customer.objects.count() == 1

        remake_space(name, SHOP, begin)

        with in_space(name):
            assert Customer.objects.count() == 0


def test_remake__space_that_an_upgrade_left_behind__is_whole_again() -> None:
    with bare_space("anew") as name:
        remake_space(name, SHOP, begin)

        with in_space(name):
            assert shop().name == SHOP.name


@pytest.mark.parametrize("name", [LIVE, "nospace"])
def test_remake__the_shop_itself_or_what_is_not_there__is_refused(name: str) -> None:
    with pytest.raises(UnknownSpace):
        remake_space(name, SHOP, begin)
