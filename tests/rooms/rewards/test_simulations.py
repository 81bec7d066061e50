"""Simulations: the published program replayed is the ledger to the point, a draft what it would have been."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings, strategies as st

from dangol.core.events.models import Event
from dangol.core.storage.ids import Id, random_id
from dangol.core.tasks.models import Job
from dangol.core.tasks.runner import Runner
from dangol.domain.accrual import Rounding
from dangol.rooms.rewards import models, simulations
from dangol.rooms.rewards.checking import InvalidRule, RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.contents import ProgramContent, load_content
from dangol.rooms.rewards.drafts import DraftInvalid
from dangol.rooms.rewards.models import Accrual, Program, Simulation
from dangol.rooms.rewards.programs import UnknownProgram, find_program, load_programs, supersede_rule
from dangol.rooms.rewards.replaying import Tally, Window
from dangol.rooms.rewards.selectors import points_by_rule
from dangol.rooms.rewards.services import TierRow, advance, set_tiers
from dangol.rooms.rewards.simulations import (
    Result,
    SimulationOver,
    SimulationView,
    UnknownSimulation,
    Worth,
    cancel_simulation,
    find_simulation,
    list_simulations,
    make_replay,
    simulate,
)
from tests.rooms.rewards.edits import (
    Edit,
    add_rule,
    draft_of,
    drop_rule,
    edit_level,
    edit_rule,
    edit_tiers,
    publish,
)
from tests.rooms.rewards.shop import (
    BREAD,
    BY_ORDERS,
    BY_POINTS,
    BY_VISITS,
    CALENDAR,
    ICE,
    ROLLING,
    Bought,
    Brought,
    Telling,
    Told,
    open_program,
)
from tests.rooms.rewards.test_real_year import NOW as REAL_NOW, open_real_programs, read_year
from tests.rooms.rewards.test_same_result import CUSTOMERS, NOW, YEAR, open_programs, year_of
from tests.sizes import SIZE

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
WHOLE = Window(datetime(2000, 1, 1, tzinfo=UTC), NOW)


def replay(program_id: Id, window: Window = WHOLE, *edits: Edit) -> Tally:
    """Replay all members by a draft made of these edits; without one, by the program as published."""
    running = find_program(program_id)
    published = load_content(running, at=window.until)
    content: ProgramContent | None = published if edits else None
    for edit in edits:
        assert content is not None
        content = edit(content)
    made = make_replay(running, published, content, window)
    customer_ids = models.Membership.objects.filter(program_id=program_id).values_list(
        "customer_id", flat=True
    )
    made.add(sorted(customer_ids))
    return made.tally


def in_ledger(program_id: Id, window: Window) -> int:
    """Return what the ledger has for the window's purchases, summed from the accruals another way."""
    bought = Accrual.objects.filter(
        program_id=program_id, number=1, is_return=False, at__gte=window.since, at__lt=window.until
    ).values_list("order_id", flat=True)
    return sum(
        Accrual.objects.filter(program_id=program_id, order_id__in=set(bought)).values_list(
            "points", flat=True
        )
    )


def test_simulate__the_published_programs__exactly_the_ledger_of_the_real_year() -> None:
    open_real_programs()
    households = SIZE.households if SIZE.soak else 12
    Telling("y", customers=households).tell(read_year(households), recorded_at=REAL_NOW)
    advance(as_of=REAL_NOW)

    for program in Program.objects.all():
        for since in (datetime(2017, 1, 1, tzinfo=UTC), datetime(2017, 11, 3, tzinfo=UTC)):
            window = Window(since, REAL_NOW)
            tally = replay(program.id, window)

            assert tally.unlike_ledger == 0
            assert tally.before.points == tally.after.points == in_ledger(program.id, window) > 0
            assert tally.before.rule_points == tally.after.rule_points
            assert tally.before.levels == tally.after.levels
            assert tally.examples == []
        rules = {rule.rule_id.hex(): rule.points for rule in points_by_rule(program_id=program.id)}
        whole = replay(program.id, Window(datetime(2016, 1, 1, tzinfo=UTC), REAL_NOW))
        assert {key.replace("-", ""): points for key, points in whole.after.rule_points.items()} == rules


@given(
    seed=st.integers(0, 10**6),
    late=st.booleans(),
    changed_on=st.integers(1, 364),
    window=st.tuples(st.integers(0, 400), st.integers(1, 400)),
)
@settings(
    max_examples=max(SIZE.examples // 20, 5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_simulate__any_story_any_window__published_is_the_ledger(
    seed: int, late: bool, changed_on: int, window: tuple[int, int]
) -> None:
    open_programs()
    telling = Telling(f"{random_id().hex()[:8]}", customers=CUSTOMERS)
    story = year_of(seed, orders=30)
    for rule in models.EarningRule.objects.filter(version=1, name="Base", active_to=None):
        at = YEAR + changed_on * DAY
        supersede_rule(
            rule.id, RuleDraft("Base", 3, 100, multipliers={"gold": (2, 1)}), at=at, recorded_at=at
        )
    parts: Sequence[Sequence[Told]] = [story[1::2], story[::2]] if late else [story]
    for part in parts:
        telling.tell(part, recorded_at=NOW)
    advance(as_of=NOW)
    set_tiers([TierRow(telling.customer_ids[0], "gold", YEAR + changed_on * DAY)], recorded_at=NOW)

    stretch = Window(YEAR + window[0] * DAY, YEAR + (window[0] + window[1]) * DAY)
    for running in load_programs():
        own = replay(running.id, stretch)

        assert own.unlike_ledger == 0
        assert own.before.points == own.after.points == in_ledger(running.id, stretch)
        assert own.before.rule_points == own.after.rule_points


def test_simulate__a_draft_that_changes_nothing__nothing_differs() -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    advance(as_of=NOW)

    tally = replay(program_id, WHOLE, edit_rule(0))

    assert tally.before == tally.after
    assert (tally.gain_members, tally.lose_members, tally.moved_up, tally.moved_down) == (0, 0, 0, 0)


@pytest.mark.parametrize("tiers", [ROLLING, CALENDAR, BY_POINTS, BY_ORDERS, BY_VISITS])
@pytest.mark.parametrize(
    "edits",
    [
        (edit_rule(0, rate_points=3),),
        (edit_rule(1, category="BAKERY", rounding=Rounding.UP), edit_level(1, name="S")),
        (drop_rule(0), add_rule(category=ICE)),
        (edit_tiers(grace_days=0, window_size=1), edit_rule(0, multipliers={"silver": (5, 1)})),
    ],
    ids=["rate", "category", "swap", "tiers"],
)  # fmt: skip
def test_simulate__a_draft_over_all_history__what_life_under_it_had_given(
    tiers: TiersDraft, edits: tuple[Edit, ...]
) -> None:
    story = year_of(5)
    begins = YEAR + 90 * DAY
    tried = open_program(tiers, points_currency="A")
    lived = open_program(tiers, points_currency="B")
    at = begins - DAY  # published beforehand, to hold from the instant the simulation asks about
    edits = tuple(edits)
    draft = draft_of(lived, *edits, at=at)
    publish(lived, draft, at=begins, recorded_at=at)

    Telling("t", customers=CUSTOMERS).tell(story, recorded_at=NOW)
    advance(as_of=NOW)
    window = Window(begins, NOW)
    simulated = replay(tried, window, *edits)
    actual = replay(lived, window)

    assert actual.unlike_ledger == 0
    assert simulated.after.points == actual.before.points == in_ledger(lived, window)
    assert simulated.after.levels == actual.before.levels
    assert simulated.after.zeros == actual.before.zeros
    assert simulated.before.points == in_ledger(tried, window) != simulated.after.points
    assert simulated.gain_points - simulated.lose_points == simulated.after.points - simulated.before.points
    assert sum(simulated.after.rule_points.values()) == simulated.after.points


def test_simulate__worked_example__figures_of_the_page() -> None:
    program_id = open_program(rules=[RuleDraft("Base", 1, 100)], terms=TermsDraft())
    telling = Telling("t", customers=3)
    telling.tell(
        [
            Bought(0, "1", YEAR, {BREAD: 10_050}),
            Bought(0, "2", YEAR + DAY, {ICE: 4_000}),
            Brought(0, "3", YEAR + 2 * DAY, {ICE: 1_000}, "2"),
            Bought(1, "4", YEAR + DAY, {ICE: 60}),
            Bought(2, "5", YEAR + DAY, {BREAD: 25_000}, earns=False),
        ],
        recorded_at=NOW,
    )
    window = Window(YEAR, YEAR + 9 * DAY)

    tally = replay(program_id, window, edit_rule(0, rate_points=2))

    assert (tally.members, tally.orders) == (3, 4)
    assert (tally.before.points, tally.after.points) == (100 + 30, 201 + 60 + 1)
    assert (tally.gain_members, tally.gain_points, tally.lose_members) == (2, 132, 0)
    assert (dict(tally.before.zeros), dict(tally.after.zeros)) == (
        {"rounded_down": 1, "already_paid": 1},
        {"already_paid": 1},
    )
    assert [(one.points_before, one.points_after) for one in tally.examples] == [(130, 261), (0, 1)]
    assert Worth(100, 5_000).of(132) == 6_600
    assert (Worth(1_000, 5).of(100), Worth(1_000, 5).of(-100), Worth(1_000, 5).of(99)) == (1, -1, 0)


def run_jobs(at: datetime = NOW) -> None:
    while Runner(clock=lambda: at).run_due():
        pass


def ask(program_id: Id, content: ProgramContent | None = None, **changed: Any) -> SimulationView:
    given: dict[str, Any] = {"since": YEAR, "until": NOW, "asked_by": "owner", "at": NOW} | changed
    return simulate(program_id, content, **given)


def done(view: SimulationView) -> Result:
    run_jobs()
    found = find_simulation(view.id)
    assert (found.state, found.done) == ("done", found.total)
    assert found.result is not None
    return found.result


def test_simulation__asked_and_done__result_and_nothing_else_written() -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    advance(as_of=NOW)
    content = edit_rule(0, rate_points=2)(load_content(find_program(program_id), at=NOW))
    before = {
        model: list(model.objects.order_by("pk").values()) for model in (Accrual, models.Membership, Event)
    }

    view = ask(program_id, content, worth=Worth(100, 1_000))
    waiting = view.state
    result = done(view)

    assert waiting == "waiting"
    assert {model: list(model.objects.order_by("pk").values()) for model in before} == before
    assert result.unlike_ledger == 0
    assert result.points_before == in_ledger(program_id, Window(YEAR, NOW)) < result.points_after
    assert {rule.name: (rule.points_before < rule.points_after) for rule in result.rules} == {
        "Base": True, "Grocery": False,
    }  # fmt: skip
    assert sum(tier.members_before for tier in result.tiers) == CUSTOMERS
    assert {one.tier_after for one in result.examples} <= {"member", "silver", "gold"}
    (listed,) = list_simulations(program_id)
    assert listed.content == content
    assert listed.worth == Worth(100, 1_000)


def test_simulation__guests_and_other_currencies__counted_as_left_out() -> None:
    program_id = open_program()
    other = open_program(points_currency="Q")
    Program.objects.filter(id=other).update(money_currency="KRW")
    Telling("t", customers=1).tell([Bought(0, "1", YEAR, {BREAD: 999})], recorded_at=NOW)

    assert done(ask(program_id)).left_out == {}
    assert models.Membership.objects.filter(program_id=other).count() == 0
    assert done(ask(other)).left_out == {"other_currency": 1}


def test_simulation__canceled__stops_and_keeps_no_result() -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    view = ask(program_id)

    canceled = cancel_simulation(view.id)
    run_jobs()

    assert canceled.state == find_simulation(view.id).state == "canceled"
    assert find_simulation(view.id).result is None
    with pytest.raises(SimulationOver):
        cancel_simulation(view.id)


def test_simulation__canceled_half_way__stops_at_the_next_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    monkeypatch.setattr(simulations, "AT_ONCE", 1)
    view = ask(program_id)
    seen = []

    def report(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            cancel_simulation(view.id)

    simulations.run_simulation(view.id, at=NOW, report=report)

    assert seen == [(1, CUSTOMERS), (2, CUSTOMERS)]
    assert find_simulation(view.id).state == "canceled"


def test_simulation__worker_gone_half_way__done_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    monkeypatch.setattr(simulations, "AT_ONCE", 1)
    view = ask(program_id)

    def vanish(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulations.run_simulation(view.id, at=NOW, report=vanish)

    assert find_simulation(view.id).state == "running"
    assert done(view).unlike_ledger == 0


def test_simulation__failed_for_good__says_so() -> None:
    view = ask(open_program())
    Job.objects.update(state="dead", claimable_at=None)

    assert find_simulation(view.id).state == "failed"


@pytest.mark.parametrize(
    ("changed", "data"),
    [
        ({"since": NOW}, {"field": "since", "problem": "not_before_until"}),
        ({"until": NOW + DAY}, {"field": "until", "problem": "in_the_future"}),
        ({"worth": Worth(0, 1)}, {"field": "worth", "problem": "not_positive"}),
    ],
)
def test_simulate__window_or_worth_that_is_none__refused_by_field(
    changed: dict[str, Any], data: dict[str, str]
) -> None:
    program_id = open_program()

    with pytest.raises(InvalidRule) as refusal:
        ask(program_id, **changed)

    assert refusal.value.data == data
    assert not Simulation.objects.exists()


def test_simulate__draft_that_makes_no_sense_or_unknown__refused() -> None:
    program_id = open_program()
    content = load_content(find_program(program_id), at=NOW)

    with pytest.raises(DraftInvalid):
        ask(program_id, edit_rule(0, rate_points=0)(content))
    with pytest.raises(UnknownProgram):
        ask(random_id())
    with pytest.raises(UnknownSimulation):
        find_simulation(random_id())


def test_simulation__more_than_fifty__oldest_forgotten() -> None:
    program_id = open_program()
    views = [ask(program_id, at=NOW + timedelta(seconds=number)) for number in range(52)]

    kept = {view.id for view in list_simulations(program_id)}

    assert kept == {view.id for view in views[2:]}


def test_replay__more_members_at_once__as_many_statements() -> None:
    program_id = open_program()
    Telling("t", customers=CUSTOMERS).tell(year_of(3), recorded_at=NOW)
    ids = sorted(models.Membership.objects.values_list("customer_id", flat=True))
    counts = []
    for some in (ids[:1], ids):
        running = find_program(program_id)
        made = make_replay(running, load_content(running, at=NOW), None, WHOLE)
        with CaptureQueriesContext(connection) as statements:
            made.add(some)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 6
