"""A program as it would have been: what is replaced from an instant on, and what stays to the letter."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st

from dangol.domain.accrual import EarningRule, Terms
from dangol.domain.membership import Program
from dangol.domain.tiers import Level, Measure, TierRules, Window
from dangol.domain.whatif import Replacement, replaced_from

ZONE = ZoneInfo("Asia/Seoul")
START = datetime(2025, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BASE, EXTRA, FRESH = b"b" * 16, b"e" * 16, b"f" * 16
SINCE = START + 30 * DAY
TIERS = TierRules(1, (Level("basic", 0), Level("gold", 500)), Measure.SPEND, Window.ROLLING, 365, ZONE)
PROGRAM = Program(
    b"p" * 16,
    (
        EarningRule(BASE, 1, 1, 100, active_to=START + 10 * DAY),
        EarningRule(BASE, 2, 2, 100, active_from=START + 10 * DAY, active_to=START + 40 * DAY),
        EarningRule(BASE, 3, 3, 100, active_from=START + 40 * DAY),
        EarningRule(EXTRA, 1, 5, 100, category="DAIRY", active_from=START),
    ),
    ((None, Terms(ZONE)), (START + 50 * DAY, Terms(ZONE, pending_days=3))),
    (TIERS, TIERS._replace(version=2, active_from=START + 60 * DAY)),
)


def pays(program: Program, rule_id: bytes, at: datetime) -> list[int]:
    """Return the rates of a rule's versions that pay at an instant."""
    return [rule.rate_points for rule in program.rules if rule.id == rule_id and rule.is_active(at)]


def test_replaced_from__nothing__very_same_program() -> None:
    assert replaced_from(PROGRAM, SINCE, Replacement({})) == PROGRAM


@given(day=st.integers(0, 100))
def test_replaced_from__a_rule__old_versions_before_and_the_new_one_alone_after(day: int) -> None:
    wanted = Replacement({BASE: EarningRule(BASE, 1, 9, 100)})

    program = replaced_from(PROGRAM, SINCE, wanted)

    at = START + day * DAY
    assert pays(program, BASE, at) == ([9] if at >= SINCE else pays(PROGRAM, BASE, at))
    assert pays(program, EXTRA, at) == pays(PROGRAM, EXTRA, at)
    assert [rule.version for rule in program.rules if rule.id == BASE] == [1, 2, 4]


def test_replaced_from__a_rule_ended__pays_for_nothing_from_there_on() -> None:
    program = replaced_from(PROGRAM, SINCE, Replacement({BASE: None, EXTRA: None}))

    assert pays(program, BASE, SINCE - DAY) == [2]
    assert (
        pays(program, BASE, SINCE)
        == pays(program, EXTRA, SINCE)
        == pays(program, BASE, SINCE + 90 * DAY)
        == []
    )


def test_replaced_from__a_new_rule__pays_from_there_on_only() -> None:
    program = replaced_from(PROGRAM, SINCE, Replacement({FRESH: EarningRule(b"", 7, 4, 100)}))

    assert [pays(program, FRESH, at) for at in (SINCE - DAY, SINCE)] == [[], [4]]


def test_replaced_from__terms_and_tiers__hold_from_there_on_and_later_versions_have_never_been() -> None:
    dearer = TIERS._replace(levels=(Level("basic", 0), Level("gold", 900)))
    wanted = Replacement({}, Terms(ZONE, pending_days=9), dearer)

    program = replaced_from(PROGRAM, SINCE, wanted)

    assert [program.terms_at(at).pending_days for at in (SINCE - DAY, SINCE, SINCE + 90 * DAY)] == [0, 9, 9]
    assert [(one.active_from, one.levels[1].threshold) for one in program.tier_versions] == [
        (None, 500),
        (SINCE, 900),
    ]
    assert program.rules == PROGRAM.rules
