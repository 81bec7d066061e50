"""Laws of conditions, on random trees and histories."""

from datetime import timedelta

from hypothesis import given, settings, strategies as st

from dangol.domain.conditions import (
    decide,
    describe,
    evaluate,
    explain,
    foresee,
    next_change,
    read_condition,
    write_condition,
)
from dangol.domain.conditions.deciding import plan_of
from tests.domain.conditions.drawn import CATALOG, MOMENTS, Drawn, instants
from tests.domain.conditions.drawn_customers import conditions, drawn
from tests.sizes import SIZE

# A window's edge is met at a scan of the hours around it, or not at all.
SCANNED = [timedelta(hours=hours) for hours in range(1, 24 * 40, 17)] + [
    timedelta(days=days) for days in range(40, 800, 21)
]
TICK = timedelta(microseconds=1)


@settings(max_examples=SIZE.examples, deadline=None)
@given(drawn(most_conditions=1, most_subjects=1))
def test_next_change__scanned__is_neither_late_nor_needless(found: Drawn) -> None:
    (condition,), (subject,) = found.conditions, found.subjects
    as_of, zone = found.moment.as_of, found.moment.zone
    now = evaluate(condition, subject, as_of=as_of, zone=zone)
    change = next_change(condition, subject, as_of=as_of, zone=zone)
    later = [at for at in instants(found.moment) if at > as_of] + [as_of + wait for wait in SCANNED]
    if change is not None:
        later += [change - TICK] if change - TICK > as_of else []
        assert evaluate(condition, subject, as_of=change, zone=zone) is not now

    for at in later:
        if change is None or at < change:
            assert evaluate(condition, subject, as_of=at, zone=zone) is now, at


@settings(max_examples=SIZE.examples, deadline=None)
@given(drawn(most_conditions=1, most_subjects=2))
def test_decide__any_condition__agrees_with_evaluate_and_names_leaves_that_suffice(found: Drawn) -> None:
    (condition,) = found.conditions
    as_of, zone = found.moment.as_of, found.moment.zone
    for subject in found.subjects:
        decision = decide(condition, subject, as_of=as_of, zone=zone)

        assert decision.holds is evaluate(condition, subject, as_of=as_of, zone=zone)
        assert decision.reasons
        assert decision.changes_at == next_change(condition, subject, as_of=as_of, zone=zone)
        outlook = foresee(condition, subject, as_of=as_of, zone=zone)
        assert outlook == (decision.holds, decision.changes_at)
        for reason in decision.reasons:
            assert reason.path.startswith("$")
        for language in ("ko", "en"):
            assert explain(condition, decision, language).lines


@settings(max_examples=SIZE.examples, deadline=None)
@given(st.sampled_from(MOMENTS).flatmap(conditions))
def test_condition__written_and_read_again__is_the_same_and_can_be_said(condition: object) -> None:
    written = write_condition(condition)  # type: ignore[arg-type]
    again = read_condition(written, CATALOG)

    assert write_condition(again) == written
    assert plan_of(again) is plan_of(again)
    assert describe(again, "ko").text
    assert describe(again, "en").text
