"""Stamp cards: filling, carrying over, expiring, taking back by each setting, joining and parting."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count as counting
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from dangol.domain.stamps import (
    Added,
    Card,
    CardState,
    NotSoManyStamps,
    OnReturn,
    Sheet,
    Taken,
    Terms,
    due_back,
    expiry_of,
)

SEOUL = ZoneInfo("Asia/Seoul")
AT = datetime(2026, 11, 27, 3, tzinfo=UTC)
TEN = Terms(10, carries_over=True, valid_days=None, zone=SEOUL)
BY = b"return"


def numbered() -> Callable[[], bytes]:
    numbers = counting(1)
    return lambda: b"card%d" % next(numbers)


def sheet_with(*entries: tuple[bytes, int], terms: Terms = TEN) -> Sheet:
    sheet, ids = Sheet(), numbered()
    for entry, stamps in entries:
        sheet.add(entry, stamps, terms=terms, at=AT, new_id=ids)
    return sheet


def give_full(sheet: Sheet) -> None:
    for card in sheet.cards:
        if card.state is CardState.FULL:
            card.state = CardState.GIVEN


def shown(sheet: Sheet) -> list[tuple[str, dict[bytes, int]]]:
    return [(card.state.value, card.held) for card in sheet.cards]


def test_add__more_than_a_card_takes__fills_and_carries_over() -> None:
    sheet, ids = sheet_with((b"a", 8)), numbered()

    added = sheet.add(b"b", 25, terms=TEN, at=AT, new_id=ids)

    assert added._replace(filled=()) == Added(25, 0, 0, ())
    assert [card.count for card in added.filled] == [10, 10, 10]
    assert shown(sheet) == [
        ("full", {b"a": 8, b"b": 2}), ("full", {b"b": 10}), ("full", {b"b": 10}), ("open", {b"b": 3}),
    ]  # fmt: skip


def test_add__without_carrying_over__lapses_what_is_above_one_card() -> None:
    terms = TEN._replace(carries_over=False)
    sheet = sheet_with((b"a", 8), terms=terms)

    added = sheet.add(b"b", 25, terms=terms, at=AT, new_id=numbered())

    assert (added.laid, added.lapsed, len(added.filled)) == (2, 23, 1)
    assert shown(sheet) == [("full", {b"a": 8, b"b": 2})]


def test_add__after_the_program_changed__fills_the_card_that_was_begun_by_its_own_size() -> None:
    sheet = sheet_with((b"a", 8))

    sheet.add(b"b", 4, terms=TEN._replace(size=5), at=AT, new_id=numbered())

    assert [(card.size, card.count) for card in sheet.cards] == [(10, 10), (5, 2)]


def test_expire__card_of_thirty_days__ends_with_its_last_day_in_seoul() -> None:
    terms = TEN._replace(valid_days=30)
    sheet = sheet_with((b"a", 8), terms=terms)

    # Noon of November 27 in Seoul and thirty days: December 27 is the last.
    assert expiry_of(terms, AT) == datetime(2026, 12, 27, 15, tzinfo=UTC)
    assert sheet.expire(datetime(2026, 12, 27, 14, 59, tzinfo=UTC)) == []
    assert sheet.expire(datetime(2026, 12, 27, 15, tzinfo=UTC)) == sheet.cards
    assert sheet.open_card is None
    assert sheet.take(b"a", 8, by=BY, on_return=OnReturn.DEBT) == Taken(0, 0, 0, 0, ())


def test_expire__full_card__has_no_end() -> None:
    terms = TEN._replace(valid_days=1)
    sheet = sheet_with((b"a", 10), terms=terms)

    assert sheet.expire(AT + timedelta(days=90)) == []


def test_take__stamps_on_the_open_card__go_off_it() -> None:
    sheet = sheet_with((b"a", 4), (b"b", 3))

    assert sheet.take(b"a", 2, by=BY, on_return=OnReturn.KEEP) == Taken(2, 0, 0, 0, ())
    assert shown(sheet) == [("open", {b"a": 2, b"b": 3})]


def test_take__all_there_is__voids_the_card() -> None:
    sheet = sheet_with((b"a", 4))

    sheet.take(b"a", 9, by=BY, on_return=OnReturn.KEEP)

    assert shown(sheet) == [("void", {})]
    assert sheet.open_card is None


@pytest.mark.parametrize("on_return", list(OnReturn))
def test_take__hole_in_a_given_card__is_filled_by_later_stamps(on_return: OnReturn) -> None:
    sheet = sheet_with((b"a", 9), (b"b", 3), (b"c", 2))
    give_full(sheet)

    # 14 less 3 are 11: the card stays full, and one stamp lies on the next.
    assert sheet.take(b"b", 3, by=BY, on_return=on_return) == Taken(3, 0, 0, 0, ())
    assert shown(sheet) == [("given", {b"a": 9, b"c": 1}), ("open", {b"c": 1})]


def test_take__card_not_yet_given__is_open_again() -> None:
    sheet = sheet_with((b"a", 9), (b"b", 3))

    assert sheet.take(b"b", 3, by=BY, on_return=OnReturn.KEEP) == Taken(3, 0, 0, 0, ())
    assert shown(sheet) == [("open", {b"a": 9}), ("void", {})]


def test_take__given_card_and_unused_reward__takes_it_back_and_opens_the_card() -> None:
    sheet = sheet_with((b"a", 9), (b"b", 3))
    give_full(sheet)
    card = sheet.cards[0]

    taken = sheet.take(b"b", 3, by=BY, on_return=OnReturn.TAKE_BACK, revocable={card.id})

    assert taken == Taken(3, 0, 0, 0, (card,))
    assert shown(sheet) == [("open", {b"a": 9}), ("void", {})]


def test_take__of_two_given_cards_one_unused__opens_that_one() -> None:
    sheet = sheet_with((b"a", 10), (b"b", 10))
    give_full(sheet)
    first, second = sheet.cards

    taken = sheet.take(b"b", 4, by=BY, on_return=OnReturn.TAKE_BACK, revocable={first.id})

    assert taken.revoked == (first,)
    # The stamps moved up: what is left of them all lies on the card that stays given.
    assert shown(sheet) == [("open", {b"a": 6}), ("given", {b"a": 4, b"b": 6})]
    assert second.count == 10


@pytest.mark.parametrize(
    ("on_return", "owed", "forgiven"),
    [(OnReturn.TAKE_BACK, 0, 1), (OnReturn.KEEP, 0, 1), (OnReturn.DEBT, 1, 0)],
)
def test_take__given_card_and_used_reward__is_kept_and_perhaps_owed(
    on_return: OnReturn, owed: int, forgiven: int
) -> None:
    sheet = sheet_with((b"a", 9), (b"b", 3))
    give_full(sheet)

    assert sheet.take(b"b", 3, by=BY, on_return=on_return) == Taken(3, 0, owed, forgiven, ())
    assert shown(sheet) == [("given", {b"a": 9, BY: 1}), ("void", {})]
    assert sheet.debt == owed


def test_debt__next_stamps__pay_it_first_and_owe_it_again_when_they_come_back() -> None:
    sheet = sheet_with((b"a", 10))
    give_full(sheet)
    sheet.take(b"a", 4, by=BY, on_return=OnReturn.DEBT)

    added = sheet.add(b"b", 6, terms=TEN, at=AT, new_id=lambda: b"next")
    assert (added.paid, added.laid, sheet.debt) == (4, 2, 0)

    taken = sheet.take(b"b", 6, paid=4, by=b"again", on_return=OnReturn.DEBT)
    assert (taken.off, taken.unpaid, sheet.debt) == (2, 4, 4)


def test_strike__by_hand__takes_the_latest_off_the_open_card_only() -> None:
    sheet = sheet_with((b"a", 12), (b"b", 3))

    sheet.strike(4)

    assert shown(sheet) == [("full", {b"a": 10}), ("open", {b"a": 1})]
    with pytest.raises(NotSoManyStamps) as refused:
        sheet.strike(2)
    assert refused.value.data == {"left": 1}


def test_join__two_open_cards__are_one_that_lasts_as_long_as_the_longer() -> None:
    early = Card(b"1", 10, AT, AT + timedelta(days=3), held={b"a": 6})
    late = Card(b"2", 10, AT + timedelta(days=1), AT + timedelta(days=9), held={b"b": 7})
    sheet = Sheet([late, early])

    assert sheet.join() == [early]
    assert shown(sheet) == [("full", {b"a": 6, b"b": 4}), ("open", {b"b": 3})]
    assert early.expires_at == AT + timedelta(days=9)


def test_part__after_a_merge_undone__each_has_their_own_stamps() -> None:
    sheet = sheet_with((b"a", 3), (b"b", 2))

    theirs = sheet.part({b"b"}, new_id=b"new")

    assert theirs is not None
    assert (theirs.held, shown(sheet)) == ({b"b": 2}, [("open", {b"a": 3})])
    assert sheet.part({b"b"}, new_id=b"other") is None


@pytest.mark.parametrize(
    ("earned", "before", "now", "there", "due"),
    [(3, 0, 1, 3, 1), (3, 0, 1, 2, 0), (3, 1, 1, 2, 1), (3, 2, 1, 1, 1), (3, 0, 9, 3, 3), (3, 3, 1, 0, 0)],
)
def test_due_back__what_has_lapsed__comes_back_first(
    earned: int, before: int, now: int, there: int, due: int
) -> None:
    assert due_back(earned=earned, back_before=before, back_now=now, still_there=there) == due


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 30), st.sampled_from(["add", "take", "give"]))),
    st.integers(1, 7),
    st.sampled_from(list(OnReturn)),
)
def test_sheet__any_history__loses_no_stamp_and_has_one_open_card(
    history: list[tuple[int, int, str]], size: int, on_return: OnReturn
) -> None:
    """What was given is on cards, has paid, or was taken back; what was lent lies on given cards."""
    sheet, ids, terms = Sheet(), numbered(), TEN._replace(size=size)
    laid: Counter[bytes] = Counter()
    off: Counter[bytes] = Counter()
    lent = owed = paid = 0
    for number, (name, count, what) in enumerate(history):
        entry = b"e%d" % name
        if what == "add":
            added = sheet.add(entry, count, terms=terms, at=AT, new_id=ids)
            laid[entry] += added.laid
            paid += added.paid
            assert added.lapsed == 0
        elif what == "give":
            give_full(sheet)
        else:
            unused = {card.id for card in sheet.cards if card.state is CardState.GIVEN and card.id[-1] % 2}
            taken = sheet.take(entry, count, by=b"r%d" % number, on_return=on_return, revocable=unused)
            off[entry] += taken.off
            lent += taken.owed + taken.forgiven
            owed += taken.owed
            for card in taken.revoked:
                assert card.state in (CardState.OPEN, CardState.VOID)
    for entry in laid:
        assert sheet.held_of(entry) <= laid[entry] - off[entry]
    assert sum(card.count for card in sheet.cards) == laid.total() - off.total() + _still_lent(sheet)
    assert _still_lent(sheet) <= lent
    assert sheet.debt == owed - paid
    assert len([card for card in sheet.cards if card.state is CardState.OPEN]) <= 1
    for card in sheet.cards:
        assert (card.count == card.size) == (card.state in (CardState.FULL, CardState.GIVEN))


def _still_lent(sheet: Sheet) -> int:
    return sum(count for card in sheet.cards for entry, count in card.held.items() if entry[:1] == b"r")
