"""Several tills at once: nothing is spent twice, nothing is lost, nobody waits for ever."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db.models import Count, Sum

from dangol.core.ledger import invariants
from dangol.core.ledger.models import Entry, Transfer
from dangol.core.ledger.selectors import balances_of
from dangol.core.ledger.services import earn_points
from dangol.core.ledger.verify import verify
from dangol.core.storage.ids import Id
from tests.core.ledger import writers
from tests.core.ledger.shop import POINTS, day, let_worker_by, members, open_shop
from tests.sizes import SIZE
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 8


@pytest.fixture(autouse=True)
def shop() -> None:
    open_shop()


def member_with(points: int) -> Id:
    member = members(1)[0]
    earn_points(member, points=points, currency=POINTS, key="start", at=day(0))
    return member


def broken() -> list[str]:
    return [finding.check.name for finding in verify(invariants.checks()) if not finding.is_kept]


def test_spend_points__eight_writers_one_balance__exactly_the_affordable_ones_win(tmp_path: Path) -> None:
    spends = SIZE.rounds
    member = member_with(3 * spends + 2)
    told = [tmp_path / str(writer) for writer in range(WRITERS)]

    # Eight writers try `rounds` times each: far more than can be afforded.
    writers.run_together(writers.spend_often, [(path, member, path.name, spends, 3) for path in told])

    won = sum(len(path.read_bytes()) for path in told)
    assert won == spends == Transfer.objects.filter(customer_id=member, kind="spend").count()
    assert balances_of([member], POINTS)[member].available == 2
    assert broken() == []


def test_spend_points__the_same_key_by_eight_writers__is_one_transfer(tmp_path: Path) -> None:
    keys = SIZE.rounds
    member = member_with(10 * keys)
    told = [tmp_path / str(writer) for writer in range(WRITERS)]

    writers.run_together(writers.spend_under_keys, [(path, member, keys) for path in told])

    answers = {path.read_bytes() for path in told}
    assert len(answers) == 1, "every writer was told of the same transfers"
    assert Transfer.objects.filter(customer_id=member, kind="spend").count() == keys
    assert balances_of([member], POINTS)[member].available == 9 * keys
    assert broken() == []


def test_gift_points__both_ways_at_once__no_deadlock_and_clearing_returns() -> None:
    times = SIZE.rounds
    one, other = member_with(4 * times), member_with(4 * times)
    pairs = [(one, other), (other, one)] * (WRITERS // 2)

    writers.run_together(
        writers.give_back_and_forth,
        [(giver, receiver, str(number), times) for number, (giver, receiver) in enumerate(pairs)],
    )
    on_the_way = Entry.objects.filter(account="clearing").aggregate(points=Sum("points"))["points"]
    let_worker_by()

    assert on_the_way == WRITERS * times
    assert Entry.objects.filter(account="clearing").aggregate(points=Sum("points"))["points"] == 0
    assert [one.available for one in balances_of([one, other], POINTS).values()] == [4 * times] * 2
    assert broken() == []


def acknowledged(path: Path) -> set[tuple[str, str]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return {(line[:32], line[33:]) for line in lines}


def test_ledger__writers_and_worker_killed_under_load__nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    traders = members(12)
    for member in traders:
        earn_points(member, points=100, currency=POINTS, key="start", at=day(0))
    told = [tmp_path / f"w{number}" for number in range(WRITERS)]
    roles: list[tuple[Callable[..., None], tuple[object, ...]]] = [
        (writers.trade, (path, traders, path.name)) for path in told
    ] + [(writers.receive, ())] * 2
    running = [writers.start(act, *arguments) for act, arguments in roles]
    dice = random.Random()

    try:
        for _ in range(SIZE.kill_cycles * 3):
            time.sleep(dice.uniform(0.1, 0.4))
            victim = dice.randrange(len(roles))
            running[victim].kill()
            running[victim].join()
            act, arguments = roles[victim]
            running[victim] = writers.start(act, *arguments)
        gifts = Transfer.objects.filter(kind="gift_out")
        wait_for(lambda: gifts.exists() and sum(len(acknowledged(path)) for path in told) > 50)
    finally:
        for process in running:
            process.kill()
            process.join()
    sent = Transfer.objects.filter(kind="gift_out").count()
    let_worker_by()

    assert Transfer.objects.filter(kind="gift_in").count() == sent > 0
    noted = set().union(*(acknowledged(path) for path in told))
    kept = {(member.hex(), key) for member, key in Transfer.objects.values_list("customer_id", "key")}
    assert len(noted) > 50
    assert noted <= kept
    doubled = Transfer.objects.values("customer_id", "key").annotate(n=Count("id")).filter(n__gt=1)
    assert not doubled.exists()
    assert broken() == []
