"""Points that wait for their order, as docs/algorithms/points.md tells it, computed again."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from dangol.domain.accrual import OwnTerms, Terms, dates_of
from dangol.domain.calendars import start_of_day
from dangol.domain.milestones import Milestone
from dangol.domain.points import ClawBack, Earn, Open
from dangol.domain.wallet import Wallet
from tests.house_rules import ROOT

PAGE = ROOT / "docs" / "algorithms" / "points.md"
ZONE = ZoneInfo("America/New_York")
NEVER_OPENS = "never: there is nothing left"


def noon(day: int, month: int = 3) -> datetime:
    return datetime(2025, month, day, 12, tzinfo=ZONE).astimezone(UTC)


def shown(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%-d %B %H:%M}"


class Story:
    """100 points of 1 March that wait for their order, and what happens to them."""

    def __init__(self, opens_on: date | None = None) -> None:
        terms = OwnTerms(pending_days=30, awaits="confirmed").over(Terms(ZONE, opens_on=opens_on))
        numbers = count(1)
        self.floor = start_of_day(opens_on, ZONE) if opens_on else None
        self.wallet = Wallet([], debt=0, make_id=lambda: next(numbers).to_bytes(16))
        release_at, expires_at = dates_of(terms, noon(1))
        self.wallet.apply(Earn("a", noon(1), 100, release_at, expires_at, lot_id=b"lot", awaits=terms.awaits))

    def come(self, at: datetime, milestone: Milestone = Milestone.CONFIRMED) -> "Story":
        roots = frozenset({b"lot"})
        self.wallet.open_early(Open(roots, milestone.meets, at, at, self.floor, b"order"))
        return self

    def give_back(self, points: int) -> "Story":
        self.wallet.apply(ClawBack("b", noon(2), points, b"lot"))
        return self

    def told(self) -> str:
        """Return when they open, and how many where it is not all of them."""
        self.wallet.settle(noon(1, 6))
        posts = [(one.at, one.points) for one in self.wallet.movements if one.kind == "post"]
        if not posts:
            return NEVER_OPENS
        [(at, points)] = posts
        return shown(at) if points == 100 else f"{shown(at)}, {points} points"


STORIES: dict[str, Callable[[], Story]] = {
    "nothing more": Story,
    "confirmed on 4 March, 12:00": lambda: Story().come(noon(4)),
    "delivered on 3 March, nothing more": lambda: Story().come(noon(3), Milestone.DELIVERED),
    "confirmed on 2 April": lambda: Story().come(noon(2, 4)),
    "half came back on 2 March, confirmed on 4 March": lambda: Story().give_back(50).come(noon(4)),
    "all came back on 2 March, confirmed on 4 March": lambda: Story().give_back(100).come(noon(4)),
    "confirmed on 4 March; nothing opens before 10 March (`opens_on`)": lambda: Story(date(2025, 3, 10)).come(
        noon(4)
    ),
}


def lines_of_page() -> dict[str, str]:
    text = PAGE.read_text().partition("## Points that wait for their order")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]
    return dict(rows[2:])


def test_page__each_line__is_what_the_rules_say() -> None:
    assert {what: story().told() for what, story in STORIES.items()} == lines_of_page()


@pytest.mark.parametrize("first", [Milestone.DELIVERED, Milestone.CONFIRMED])
def test_open_early__what_is_not_awaited_or_came_before__opens_nothing_more(first: Milestone) -> None:
    story = Story().come(noon(4)).come(noon(5), first)

    assert story.told() == "4 March 12:00"
    assert len(story.wallet.opened) == 1


def test_open_early__of_another_order__is_not_touched() -> None:
    story = Story()

    opened = story.wallet.open_early(
        Open(frozenset({b"other"}), Milestone.CONFIRMED.meets, noon(4), noon(4), None, b"order")
    )

    assert opened == 0
    assert story.told() == "31 March 00:00"


def test_open_early__told_of_late__opens_as_of_then_and_says_how_many() -> None:
    story = Story()

    opened = story.wallet.open_early(
        Open(frozenset({b"lot"}), Milestone.CONFIRMED.meets, noon(4), noon(20), None, b"order")
    )

    assert opened == 100
    assert story.told() == "4 March 12:00"
