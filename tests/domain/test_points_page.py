"""The numbers of docs/algorithms/points.md, computed again."""

import re
from itertools import count
from typing import NamedTuple

from dangol.domain.points import Account, ClawBack, Earn, Movement, Shortfall, Spend
from dangol.domain.wallet import Wallet
from tests.domain.test_wallet import START, day
from tests.house_rules import ROOT

PAGE = ROOT / "docs" / "algorithms" / "points.md"


class Line(NamedTuple):
    """A line of the page's table: the last three are the balances after it."""

    day: int
    what: str
    points: int
    entries: str
    available: int
    pending: int
    debt: int


def lines_of_page() -> list[Line]:
    found = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip().replace("−", "-") for cell in line.strip("|").split("|")]
        if len(cells) == 7 and re.fullmatch(r"\d+", cells[0]):
            found.append(Line(int(cells[0]), cells[1], int(cells[2]), cells[3], *map(int, cells[4:])))
    return found


def story(shortfall: Shortfall) -> list[Movement]:
    numbers = count(1)
    wallet = Wallet([], debt=0, make_id=lambda: next(numbers).to_bytes(16))
    wallet.apply(Earn("first", day(0), 100, day(14), day(60), lot_id=b"first"))
    wallet.apply(Earn("second", day(20), 50, day(20), day(80)))
    wallet.apply(Spend("much", day(30), 120))
    wallet.apply(ClawBack("back", day(40), 100, b"first", shortfall))
    wallet.apply(Earn("third", day(50), 90, day(50)))
    if shortfall is Shortfall.DEBT:
        wallet.apply(Spend("rest", day(90), 20))
    wallet.settle(day(365))
    return wallet.movements


def computed(movements: list[Movement]) -> list[Line]:
    sums = dict.fromkeys((account.value for account in Account), 0)
    lines = []
    for one in movements:
        for entry in one.entries:
            sums[entry.account] += entry.points
        entries = ", ".join(f"{entry.account} {entry.points:+}" for entry in one.entries)
        lines.append(
            Line(
                (one.at - START).days, one.kind, one.points, entries,
                sums["available"] + sums["debt"], sums["pending"], -sums["debt"],
            )
        )  # fmt: skip
    return lines


def test_points_page__worked_numbers__are_what_the_wallet_does() -> None:
    assert lines_of_page() == computed(story(Shortfall.DEBT))


def test_points_page__floor_policy__leaves_what_the_page_says() -> None:
    lines = computed(story(Shortfall.FLOOR))

    assert lines[-1].available == 90
    assert lines[4].entries == "issued +100, available -30, waived -70"
    assert "issued +100, available −30, waived −70, and day 50 leaves 90 points" in PAGE.read_text()
