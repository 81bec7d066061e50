"""Trials of the past that are let go of: their jobs end, and nobody is told of a failure."""

from datetime import timedelta

import pytest

from dangol.core.tasks.models import Job, State as JobState
from dangol.rooms.rewards.simulations import MOST_KEPT, find_simulation
from tests.rooms.rewards.shop import open_program
from tests.rooms.rewards.test_same_result import NOW
from tests.rooms.rewards.test_simulations import ask, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def test_simulation__forgotten_while_it_waits__ends_quietly() -> None:
    program_id = open_program()
    views = [ask(program_id, at=NOW + timedelta(seconds=number)) for number in range(MOST_KEPT + 1)]

    run_jobs(NOW + timedelta(minutes=1))

    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert {find_simulation(view.id).state for view in views[1:]} == {"done"}
