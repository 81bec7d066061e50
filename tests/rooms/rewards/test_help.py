"""A night's work shared: whoever finds much to do asks for help, and who helps does a part of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, connections

from dangol.core.ledger.models import Transfer
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Job, State
from dangol.core.tasks.registry import Due, helping_tasks
from dangol.core.tasks.runner import Runner
from dangol.core.tasks.services import enqueue
from dangol.domain.accrual import Expiry
from dangol.rooms.rewards import tasks
from dangol.rooms.rewards.models import Membership, TierChange
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.services import advance_some
from tests.rooms.rewards.shop import BREAD, Bought, Telling, open_program
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
SHARES = connection.vendor == "postgresql"
MARCH, MEMBERS, AT_ONCE = datetime(2025, 3, 1, 17, tzinfo=UTC), 60, 4
LATER = MARCH + timedelta(days=90)


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open a shop whose members' points lapse and whose silver is lost by then, four members a batch."""
    levels = [LevelDraft("member", "m", 0), LevelDraft("silver", "s", 10_000)]
    terms = TermsDraft(0, Expiry.ROLLING_DAYS, 20)
    open_program(TiersDraft(levels, window_size=30), rules=[RuleDraft("Base", 1, 100)], terms=terms)
    bought = [Bought(who, f"{who}", MARCH, {BREAD: 20_000}) for who in range(MEMBERS)]
    Telling("t", customers=MEMBERS).tell(bought, recorded_at=MARCH)
    monkeypatch.setattr(tasks, "advance_some", partial(advance_some, limit=AT_ONCE))
    monkeypatch.setattr(tasks, "MANY", AT_ONCE)


def leave(at: datetime) -> None:
    with write_transaction():
        enqueue("rewards.advance", Due(at), run_at=MARCH)


def work(only: list[str] | None = None) -> int:
    try:
        runner, done = Runner(lambda: LATER, only=only), 0
        while claimed := runner.run_due():
            done += claimed
        return done
    finally:
        connections.close_all()


def names() -> Counter[str]:
    return Counter(Job.objects.filter(state=State.DONE).values_list("name", flat=True))


def test_advance__much_is_due__asks_for_one_to_help() -> None:
    leave(LATER)

    work()

    assert names() == Counter({"rewards.advance": 1} | ({tasks.HELP: 1} if SHARES else {}))


def test_advance__little_is_due__asks_for_nobody() -> None:
    leave(MARCH + timedelta(days=1))

    work()

    assert names() == Counter({"rewards.advance": 1})


@pytest.mark.skipif(not SHARES, reason="SQLite has one writer")
def test_help_advance__beside_the_worker__each_member_once() -> None:
    leave(LATER)

    with ThreadPoolExecutor(3) as pool:
        worker = pool.submit(work)
        wait_for(lambda: Job.objects.filter(name=tasks.HELP).exists())
        helpers = [pool.submit(work, helping_tasks()) for _ in range(2)]
        assert worker.result(PATIENCE)
        for helper in helpers:
            helper.result(PATIENCE)
    work()

    lapsed = Transfer.objects.filter(kind="expire")
    assert lapsed.count() == lapsed.values("customer_id").distinct().count() == MEMBERS
    assert TierChange.objects.filter(to_level=0, from_level=1).count() == MEMBERS
    assert not Membership.objects.exclude(level=0).exists()
    assert not Job.objects.exclude(state=State.DONE).exists()
