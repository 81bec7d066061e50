"""The web processes' board: a place for each, that of one that is gone for the next."""

import multiprocessing

import pytest

from dangol.core.operations.balance import SETTLE_SECONDS, Board, Place

LONG = 100 * SETTLE_SECONDS


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def own_and_other(watch: Watch) -> tuple[Place, Place]:
    board = Board(2, watch)
    return board.take_place(), board.take_place()


@pytest.mark.parametrize(
    ("own_load", "other_load", "lets_go"),
    [
        (2, 0, False),  # nobody waits
        (3, 0, True),
        (3, 1, True),
        (3, 2, False),  # one more there would be no more even
        (4, 2, True),
        (5, 3, True),
        (4, 4, False),
        (0, 4, False),
    ],
)
def test_lets_one_go__by_who_waits_and_what_another_has__only_where_it_would_help(
    watch: Watch, own_and_other: tuple[Place, Place], own_load: int, other_load: int, lets_go: bool
) -> None:
    own, other = own_and_other
    own.count(own_load)
    other.count(other_load)
    watch.at += LONG

    assert own.lets_one_go(at_once=2) is lets_go


def test_lets_one_go__other_short_of_two_for_a_moment__not(
    watch: Watch, own_and_other: tuple[Place, Place]
) -> None:
    own, other = own_and_other
    own.count(4)
    other.count(4)
    watch.at += LONG
    other.count(-2)
    told = []
    for _ in range(3):
        watch.at += SETTLE_SECONDS / 2
        told.append(own.lets_one_go(at_once=2))

    # After half, one and one and a half of the time: 0.8, 1.3 and 1.6 fewer on the mean.
    assert told == [False, False, True]


def test_lets_one_go__just_done__waits_until_it_can_show(
    watch: Watch, own_and_other: tuple[Place, Place]
) -> None:
    own, _other = own_and_other
    own.count(6)
    watch.at += LONG
    told = []
    for step in (0, 0.4, 0.7):
        watch.at += step * SETTLE_SECONDS
        told.append(own.lets_one_go(at_once=2))

    assert told == [True, False, True]


def test_lets_one_go__alone__never(watch: Watch) -> None:
    own = Board(2, watch).take_place()
    own.count(9)
    watch.at += LONG

    assert not own.lets_one_go(at_once=2)


def test_board__process_gone__does_not_count_and_leaves_its_place_to_the_next() -> None:
    board = Board(1)
    gone = multiprocessing.get_context("fork").Process(target=lambda: board.take_place().count(7))
    gone.start()
    gone.join()
    assert board.loads[:] == [7, 0]

    place = board.take_place()

    assert (place.number, board.loads[:]) == (0, [0, 0])


def test_board__no_place_left__stands_alone() -> None:
    board = Board(1)
    first, second, third = (board.take_place() for _ in range(3))
    third.count(-3)

    assert (first.number, second.number, board.loads[:]) == (0, 1, [0, 0])
