"""The law of the timeline: nothing lost, nothing doubled, nothing out of turn, whoever is killed and when."""

import random
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from dangol.core.events.models import CustomerHead, Event
from dangol.core.events.reader import Reader
from dangol.core.events.selectors import find_timeline_faults, read_head
from dangol.core.events.sequencer import number_waiting
from dangol.project.clock import now
from tests.core.events import actors
from tests.core.events.projection import VISITS, Visits, visits_table
from tests.sizes import SIZE
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 8
CUSTOMERS = 20_000 if SIZE.soak else 200
LONGEST_SECONDS = 7_200.0 if SIZE.soak else PATIENCE

Act = tuple[Callable[..., None], tuple[Any, ...]]


class Troupe:
    """Actors that are started again whenever they are killed."""

    def __init__(self, acts: list[Act]) -> None:
        self._acts = acts
        self.processes: list[BaseProcess] = [actors.start(act, *arguments) for act, arguments in acts]

    def kill_one(self, dice: random.Random) -> None:
        """Kill one that runs, at random, and start it again."""
        running = [at for at, process in enumerate(self.processes) if process.is_alive()]
        at = dice.choice(running)
        self.processes[at].kill()
        self.processes[at].join()
        act, arguments = self._acts[at]
        self.processes[at] = actors.start(act, *arguments)

    def close(self) -> None:
        """End all."""
        for process in self.processes:
            process.kill()
            process.join()


@pytest.fixture
def projection() -> Iterator[None]:
    with visits_table():
        yield


def wait_for_end(condition: Callable[[], bool]) -> None:
    wait_for(condition, "the actors did not come to an end", LONGEST_SECONDS)


def acknowledged(paths: list[Path]) -> set[bytes]:
    return {event_id for path in paths for event_id in actors.acknowledged(path)}


def has_written(paths: list[Path], events: int) -> bool:
    return sum(path.stat().st_size // 16 for path in paths if path.exists()) >= events


def kill_at_random(troupe: Troupe, paths: list[Path], events: int) -> None:
    """Kill `kill_cycles` actors, spread over the time in which the writers write."""
    dice = random.Random()
    instants = sorted(dice.randrange(events) for _ in range(SIZE.kill_cycles))
    for instant in instants:
        wait_for_end(partial(has_written, paths, instant))
        troupe.kill_one(dice)


@pytest.mark.parametrize("sequencers", SIZE.sequencers)
@pytest.mark.usefixtures("projection")
def test_timeline__eight_writers_and_kills__none_lost_none_doubled_none_out_of_turn(
    tmp_path: Path, sequencers: int
) -> None:
    paths = [tmp_path / f"writer-{number}" for number in range(WRITERS)]
    acts: list[Act] = [(actors.write_events, (path, SIZE.events // WRITERS, CUSTOMERS)) for path in paths]
    acts += [(actors.sequence, ())] * (sequencers if connection.vendor == "postgresql" else 0)
    acts += [(actors.consume, ())] * 2
    troupe = Troupe(acts)

    try:
        kill_at_random(troupe, paths, SIZE.events)
        wait_for_end(lambda: not any(process.is_alive() for process in troupe.processes[:WRITERS]))
        wait_for_end(
            lambda: Event.objects.count() == read_head() == (Visits.objects.aggregate(n=Sum("count"))["n"])
        )
    finally:
        troupe.close()

    told = acknowledged(paths)
    assert len(told) >= SIZE.events
    assert told <= set(Event.objects.values_list("id", flat=True))
    assert find_timeline_faults() == (0, 0, 0, 0)
    assert Visits.objects.aggregate(n=Sum("out_of_turn"))["n"] == 0
    heads = dict(CustomerHead.objects.values_list("customer_id", "last_seq"))
    assert {seen.customer_id: seen.last_seq for seen in Visits.objects.all()} == heads
    assert {seen.customer_id: seen.count for seen in Visits.objects.all()} == heads


def test_find_timeline_faults__each_planted__is_counted(tmp_path: Path) -> None:
    actors.write_events(tmp_path / "told", 100, 3)
    while number_waiting():
        pass
    assert find_timeline_faults() == (0, 0, 0, 0)
    first, second, third = Event.objects.order_by("position")[:3]

    Event.objects.filter(pk=first.pk).update(position=None)
    assert find_timeline_faults()[:2] == (1, 1)
    Event.objects.filter(pk=first.pk).update(position=second.position)
    assert find_timeline_faults()[1:3] == (1, 1)
    Event.objects.filter(pk=first.pk).update(position=first.position)
    mine = list(Event.objects.filter(customer_id=third.customer_id).order_by("position")[:2])
    Event.objects.filter(pk=mine[0].pk).update(position=mine[1].position)
    Event.objects.filter(pk=mine[1].pk).update(position=mine[0].position)
    assert find_timeline_faults().inverted >= 2


@pytest.mark.usefixtures("projection")
def test_reader__two_for_one_consumer__each_event_once(tmp_path: Path) -> None:
    actors.write_events(tmp_path / "told", 3_000, 50)
    while number_waiting():
        pass
    one, other = Reader(VISITS, now), Reader(VISITS, now)

    for _ in range(10):
        one.advance()
        other.advance()

    assert Visits.objects.aggregate(n=Sum("count"))["n"] == Event.objects.count() == 3_000
    assert Visits.objects.aggregate(n=Sum("out_of_turn"))["n"] == 0
