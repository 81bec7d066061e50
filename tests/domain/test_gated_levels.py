"""Levels that only the members of a segment reach: up as both hold, kept to the review, and lost there."""

from datetime import date, timedelta

from hypothesis import given, strategies as st

from dangol.domain.climbing import Climber
from dangol.domain.tiers import NOWHERE, Level, Measure, Stay, level_of
from tests.domain.test_tiers import ROLLING, TENURE, at, midnight

LEVELS = (Level("member", 0), Level("silver", 100), Level("gold", 300, gate="guests"))
GATED = ROLLING._replace(levels=LEVELS)


def climb(bought: dict[str, int], *stays: Stay, upto: str = "03-02") -> Climber:
    climber = Climber([GATED], NOWHERE, {}, joined_on=None, stays={"guests": stays})
    for day, spent in bought.items():
        climber.add(at(day), {Measure.SPEND: spent})
    climber.advance(at(upto))
    return climber


def moves(climber: Climber) -> list[tuple[str, int, str]]:
    zone = climber.versions[0].zone
    return [(f"{one.at.astimezone(zone):%m-%d}", one.to_level, one.cause.value) for one in climber.moves]


def test_level_of__gate_closed__the_highest_that_is_open() -> None:
    assert (level_of(GATED, [300]), level_of(GATED, [300], {"guests"})) == (2, 1)


def test_climber__enough_bought_by_a_stranger__silver_and_gold_as_they_come_in() -> None:
    assert moves(climb({"03-01": 300})) == [("03-01", 1, "reached")]
    assert moves(climb({"03-01": 300}, Stay(at("03-10")), upto="03-12")) == [
        ("03-01", 1, "reached"), ("03-10", 2, "reached"),
    ]  # fmt: skip


def test_climber__money_gone_from_the_window_as_they_come_in__stays_silver() -> None:
    climber = climb({"02-20": 60, "03-01": 40, "03-20": 210}, Stay(at("03-25")), upto="03-27")

    # 250 are in the window of 25 March: those of 20 February are not.
    assert moves(climber) == [("03-01", 1, "reached")]


def test_climber__left_the_segment__kept_to_the_review_and_then_what_is_open() -> None:
    stay = Stay(at("02-01"), until=at("03-05"))

    climber = climb({"03-01": 300, "03-25": 100, "03-26": 200}, stay, upto="04-02")

    assert moves(climber) == [("03-01", 2, "reached"), ("03-31", 1, "missed")]


def test_climber__days_since_joining_behind_a_gate__with_the_later_of_both() -> None:
    rules = TENURE._replace(levels=LEVELS)
    early, late = Stay(at("2025-12-01")), Stay(at("2026-12-01"))
    for stay, day in ((early, "10-28"), (late, "12-01")):
        climber = Climber([rules], NOWHERE, {}, joined_on=date(2026, 1, 1), stays={"guests": (stay,)})
        climber.advance(at("2027-01-01"))
        assert moves(climber) == [("04-11", 1, "reached"), (day, 2, "reached")]


def test_climber__gate_put_up_by_a_new_version__opens_as_it_begins() -> None:
    open_to_all = ROLLING._replace(levels=(LEVELS[0], LEVELS[1], Level("gold", 900)))
    gated = GATED._replace(version=2, active_from=midnight("03-10"))
    climber = Climber(
        [open_to_all, gated], NOWHERE, {}, joined_on=None, stays={"guests": (Stay(at("02-01")),)}
    )

    climber.add(at("03-01"), {Measure.SPEND: 400})
    climber.advance(at("03-20"))

    assert moves(climber) == [("03-01", 1, "reached"), ("03-10", 2, "reached")]


days = st.integers(0, 120)
stays_in = st.lists(st.tuples(days, st.integers(1, 30)), max_size=4).map(sorted)


@given(st.lists(st.tuples(days, st.integers(0, 200)), max_size=12).map(sorted), stays_in, st.integers(1, 30))
def test_climber__whenever_the_worker_comes__same_moves(
    told: list[tuple[int, int]], spans: list[tuple[int, int]], step: int
) -> None:
    start, stays = at("01-01"), list[Stay]()
    for first, length in spans:
        since = start + timedelta(days=first, hours=1)
        if not stays or (stays[-1].until or since) <= since:
            stays.append(Stay(since, since + timedelta(days=length)))
    whole, often = (Climber([GATED], NOWHERE, {}, joined_on=None, stays={"guests": stays}) for _ in range(2))
    seen = start
    for day, spent in told:
        instant = start + timedelta(days=day, minutes=spent)
        while seen < instant:
            often.advance(seen)
            seen += timedelta(days=step)
        for climber in (whole, often):
            climber.add(instant, {Measure.SPEND: spent})
    for climber in (whole, often):
        climber.advance(at("2027-01-01"))

    assert (often.moves, often.standing) == (whole.moves, whole.standing)
