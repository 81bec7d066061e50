"""The web processes' board: a place for each, that of one that is gone for the next."""

import multiprocessing

from dangol.core.operations.balance import Board


def test_is_crowded__by_who_waits_and_what_another_has__only_where_it_would_help() -> None:
    board = Board(2)
    own, other = board.take_place(), board.take_place()
    told = []
    for step, place in ((2, own), (1, own), (1, other), (1, other), (1, own), (-4, own)):
        place.count(step)
        told.append((board.loads[:2], own.is_crowded(at_once=2)))

    assert told == [
        ([2, 0], False),  # nobody waits
        ([3, 0], True),
        ([3, 1], True),
        ([3, 2], False),  # one more there would be no more even
        ([4, 2], True),
        ([0, 2], False),
    ]


def test_is_crowded__alone__never() -> None:
    own = Board(2).take_place()
    own.count(9)

    assert not own.is_crowded(at_once=2)


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
