"""A promotion tried on past orders: as the checkout would have answered, whoever is merged, and stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.tasks.models import Job, State as JobState
from dangol.core.tasks.runner import Runner
from dangol.rooms.rewards.promotions import history
from dangol.rooms.rewards.promotions.contents import unpack
from dangol.rooms.rewards.promotions.models import PromotionSimulation, Redemption
from dangol.rooms.rewards.promotions.simulations import (
    MOST_KEPT,
    Result,
    TrialOver,
    TrialView,
    UnknownTrial,
    cancel_trial,
    find_trial,
    list_trials,
    start_trial,
)
from dangol.rooms.rewards.trials import FAILED
from tests.core.commerce.shop import DAY, MORNING
from tests.core.segments.shop import bought, buy, open_shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
TENTH: dict[str, Any] = {"kind": "percent", "basis_points": 1_000}
UNTIL = MORNING + 30 * DAY
FIRST: dict[str, Any] = {"type": "trait", "trait": "customer.order_count", "op": "equals", "value": 0}


def start(own: Id | None = None, **content: Any) -> Id:
    raw = {"name": "할인", "currency": "KRW", "benefits": [TENTH], **content}
    return start_trial(
        own or new_id(), unpack(raw), is_draft=True, since=MORNING, until=UNTIL, asked_by="owner", at=UNTIL
    )


def work() -> None:
    while Runner(clock=lambda: UNTIL).run_due():
        pass


def tried(**content: Any) -> tuple[TrialView, Result]:
    made = start(**content)
    work()
    view = find_trial(made)
    assert view.result is not None, view.state
    return view, view.result


def test_trial__of_a_month__tells_cost_reach_days_and_who() -> None:
    kim, lee = open_shop("kim", "lee")
    buy(kim, "1", MORNING, 10_000)
    buy(lee, "2", MORNING + DAY, 5_000)
    buy(kim, "3", MORNING + DAY, 20_000)
    buy(kim, "4", MORNING - DAY, 99_000)

    view, found = tried(active_from=(UNTIL + DAY).isoformat())

    assert (view.state, view.done, view.total) == ("done", 3, 3)
    assert (found.orders, found.used, found.minor, found.list_minor) == (3, 3, 3_500, 35_000)
    assert [(one.customer, one.uses, one.minor) for one in found.customers] == [
        (show_id(kim), 2, 3_000), (show_id(lee), 1, 500)
    ]  # fmt: skip
    assert [(one.orders, one.minor) for one in found.days] == [(1, 1_000), (2, 2_500)]
    assert (found.people, found.guests_used, found.ran_out_on, found.as_now) == (2, 0, None, ())
    assert not Redemption.objects.exists()


@pytest.mark.parametrize("condition", [FIRST, bought(0, op="exactly")])
def test_trial__for_first_purchases__counts_what_was_bought_by_then(condition: dict[str, Any]) -> None:
    kim, lee = open_shop("kim", "lee")
    buy(kim, "0", MORNING - DAY)
    for number, who in enumerate((kim, lee, lee), 1):
        buy(who, str(number), MORNING + number * DAY, 10_000)

    _view, found = tried(condition=condition)

    assert (found.orders, found.used, found.minor) == (3, 1, 1_000)
    assert found.whys == {"condition_false": 2}
    assert [one.customer for one in found.customers] == [show_id(lee)]


def test_trial__for_those_away__is_asked_on_the_day_of_each_order() -> None:
    [kim] = open_shop("kim")
    away = {"type": "trait", "trait": "customer.last_order_at", "op": "within_last",
            "value": {"n": 10, "unit": "days"}}  # fmt: skip
    for number, days in enumerate((0, 5, 20)):
        buy(kim, str(number), MORNING + days * DAY, 10_000)

    _view, found = tried(condition=away)

    assert found.used == 1


def test_trial__with_a_budget__says_when_it_would_have_been_out() -> None:
    [kim] = open_shop("kim")
    for number in range(4):
        buy(kim, str(number), MORNING + number * DAY, 10_000)

    _view, found = tried(limits={"budget_minor": 1_500})

    assert (found.used, found.minor) == (2, 1_500)
    assert found.ran_out_on == (MORNING + 2 * DAY).date().isoformat()


def test_trial__condition_over_what_is_known_now__says_so() -> None:
    open_shop("kim")

    _view, found = tried(
        condition={"type": "trait", "trait": "customer.language", "op": "equals", "value": "ko"}
    )

    assert (found.orders, found.as_now) == (0, ("customer.language",))


def test_trial__many_batches__costs_as_many_statements_each(monkeypatch: pytest.MonkeyPatch) -> None:
    people = open_shop(*(f"c{number}" for number in range(6)))
    for number, who in enumerate(people):
        buy(who, str(number), MORNING + number * timedelta(minutes=1), 1_000)
    counts = []
    for size in (6, 3, 2):
        monkeypatch.setattr(history, "AT_ONCE", size)
        with CaptureQueriesContext(connection) as asked:
            _view, found = tried(condition=FIRST)
        counts.append(len(asked))
        assert found.used == 6

    assert counts[2] - counts[1] == counts[1] - counts[0]


def test_trial__stopped__keeps_no_result() -> None:
    open_shop("kim")
    made = start()
    cancel_trial(made)
    work()

    assert (find_trial(made).state, find_trial(made).result) == ("canceled", None)
    with pytest.raises(TrialOver):
        cancel_trial(made)
    with pytest.raises(UnknownTrial):
        find_trial(new_id())


def test_trial__its_job_given_up__has_failed() -> None:
    open_shop("kim")
    made = start()
    Job.objects.filter(id=PromotionSimulation.objects.get(id=made).job_id).update(state="dead")

    view = find_trial(made)
    assert (view.state, view.is_over) == (FAILED, True)


def test_trials__more_than_are_kept__the_oldest_go() -> None:
    open_shop("kim")
    own = new_id()
    made = [start(own) for _ in range(MOST_KEPT + 2)]

    assert [one.id for one in list_trials(own)] == made[:1:-1]


def test_trials__let_go_of_while_they_wait__end_quietly() -> None:
    open_shop("kim")
    own = new_id()
    made = [start(own) for _ in range(MOST_KEPT + 2)]

    work()

    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert {find_trial(one).state for one in made[2:]} == {"done"}
