"""The web processes' board: a place for each, that of one that is gone for the next."""

import multiprocessing

from dangol.core.operations.balance import Board, Place


def test_is_crowded__by_who_waits_and_what_another_has__only_where_it_would_help() -> None:
    board = Board(2)
    own, other = board.take_place(), Place(board, 1)
    told = []
    for step, place in ((2, own), (1, own), (1, other), (1, other), (1, own), (-4, own)):
        place.count(step)
        told.append((list(board.loads), own.is_crowded(at_once=2)))

    assert told == [
        ([2, 0], False),  # nobody waits
        ([3, 0], True),
        ([3, 1], True),
        ([3, 2], False),  # one more there would be no more even
        ([4, 2], True),
        ([0, 2], False),
    ]


def test_board__process_gone__its_place_is_taken_by_the_next() -> None:
    board = Board(2)
    gone = multiprocessing.get_context("fork").Process(target=lambda: board.take_place().count(7))
    gone.start()
    gone.join()
    assert board.loads[0] == 7

    place = board.take_place()

    assert (place.number, list(board.loads)) == (0, [0, 0])
    assert board.take_place().number == 1
