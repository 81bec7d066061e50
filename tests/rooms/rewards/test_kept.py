"""Programs are kept in the process, and what is published counts for the very next order all the same."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.storage.ids import Id, random_id
from dangol.core.storage.transactions import write_transaction
from dangol.rooms.rewards.kept import kept_programs, load_kept
from dangol.rooms.rewards.models import EarningRule, Program, ProgramStamp, Terms, TierRules
from dangol.rooms.rewards.programs import (
    RuleDraft,
    TermsDraft,
    supersede_rule,
    supersede_terms,
    supersede_tiers,
)
from tests.core.ledger.writers import run_together
from tests.rooms.rewards.shop import BREAD, ROLLING, Bought, Telling, open_program

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2025, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LOADING = ("dg_program", "dg_earning_rule", "dg_program_terms", "dg_tier_rules")


class Stop(Exception):
    """Ends a block."""


class Till:
    """A till that sells bread for 1,000 cents, one a day."""

    def __init__(self) -> None:
        self._telling = Telling("till", customers=1)
        self._sold = 0

    def sell(self) -> tuple[int, int]:
        """Sell one; return the points it earned, and how many statements loaded programs."""
        self._sold += 1
        story = [Bought(0, f"{self._sold}", AT + self._sold * DAY, {BREAD: 1_000})]
        with CaptureQueriesContext(connection) as captured:
            self._telling.ring_up(story)
        loads = sum(f'FROM "{table}"' in (query["sql"] or "") for query in captured for table in LOADING)
        earned = [row for row in self._telling.outcome.whys() if row[2] == f"order {self._sold}"]
        return earned[0][4], loads


def supersede(rule_id: Id, points: int) -> None:
    """Publish a new rate, from before the first order on."""
    supersede_rule(
        rule_id, RuleDraft("Base", points, 100), at=AT - DAY + points * DAY / 1_000, recorded_at=AT
    )


def test_accrue__nothing_changed__loads_no_programs() -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    till = Till()

    assert till.sell() == (10, 4)
    assert till.sell() == (10, 0)
    assert till.sell() == (10, 0)


def test_accrue__a_rule_published_by_another_process__counts_for_the_very_next_order() -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    rule_id, till = EarningRule.objects.get().id, Till()
    till.sell()

    for points in (2, 3, 4):
        run_together(supersede, [(rule_id, points)])
        assert till.sell() == (10 * points, 4)
        assert till.sell() == (10 * points, 0)


def change_rule() -> None:
    supersede(EarningRule.objects.get().id, 2)


def change_terms() -> None:
    supersede_terms(Program.objects.get().id, TermsDraft(pending_days=3), at=AT, recorded_at=AT)


def change_tiers() -> None:
    supersede_tiers(Program.objects.get().id, ROLLING, at=AT, recorded_at=AT)


def past_the_services() -> None:
    EarningRule.objects.update(name="By hand")


def add_program() -> None:
    open_program(points_currency="Q")


def take_away() -> None:
    for model in (TierRules, Terms, EarningRule, Program):
        model.objects.all().delete()


@pytest.mark.parametrize(
    "change", [change_rule, change_terms, change_tiers, past_the_services, add_program, take_away]
)
def test_stamp__any_change_of_a_program__is_another(change: Callable[[], None]) -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    stamps = [ProgramStamp.objects.get().stamp]
    kept = load_kept()
    assert kept.is_current([(stamps[0],)])

    change()

    stamps.append(ProgramStamp.objects.get().stamp)
    assert stamps[0] != stamps[1]
    assert not kept_programs().is_current([(stamps[1],)])


def test_load_kept__in_a_transaction_that_is_undone__is_not_taken_for_what_holds() -> None:
    open_program(rules=[RuleDraft("Base", 1, 100)])
    till = Till()
    till.sell()

    with suppress(Stop), write_transaction():
        change_rule()
        load_kept()
        raise Stop

    assert till.sell() == (10, 4)


def test_is_current__without_a_stamp__never() -> None:
    open_program()
    ProgramStamp.objects.all().delete()

    assert not load_kept().is_current([])
    assert not kept_programs().is_current([(random_id(),)])
