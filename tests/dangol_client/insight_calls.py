"""The calls about insight, each made once, where the models of a night have told of a member."""

from dangol_client import Dangol
from tests.served import Served

# What a night tells, said here of one member: a fresh shop has too few for a model to say anything.
NIGHT = """
from datetime import date
from decimal import Decimal
from dangol.core.segments.told_results import tell_results
from dangol.core.storage.ids import parse_id
from dangol.project.clock import now
from dangol.rooms.personalization.lists import keep_lists
member, day = parse_id("{member}"), date(2026, 3, 9)
told = {{"churn.risk": {{member: Decimal("0.75")}}, "churn.because": {{member: ("lateness",)}}}}
tell_results(told, source="churn v1", at=now(), due_at=now())
alike = {{"lookalike.pros": {{member: Decimal("0.5")}}, "lookalike.pros.because": {{member: ("recency",)}}}}
tell_results(alike, source="lookalike v1", at=now(), due_at=now())
habit = {{"product": "{member}", "times": 3, "last_day": "2026-03-01", "usual_days": 9.5}}
keep_lists("buy_again", {{member: [habit]}}, as_of=day, version="v1")
liked = {{"product": "{member}", "because": ["{member}"]}}
keep_lists("discover", {{member: [liked]}}, as_of=day, version="v2")
"""


def ask_models(served: Served, dangol: Dangol, member: str) -> None:
    """Read what the models say, say what customers cost, and have all made anew."""
    served.run_python(NIGHT.format(member=member))
    (leaving,) = dangol.insight.at_risk(page_size=1)
    assert (leaving.member_id, leaving.risk, leaving.because) == (member, 0.75, ["lateness"])
    (again,) = dangol.insight.offers(page_size=1)
    assert (again.member_id, again.version, again.offers[0].times) == (member, "v1", 3)
    (new,) = dangol.insight.offers("discover")
    assert new.offers[0].because == [member]
    said = dangol.insight.of(member)
    assert (said.buy_again, said.discover) == (again, new)
    (alike,) = dangol.insight.alike("pros", page_size=1)
    assert (alike.member_id, alike.score, alike.because) == (member, 0.5, ["recency"])

    assert dangol.insight.costs().currency == "KRW"
    assert dangol.insight.say("margin", 2_500).margin_bp == 2_500
    held = dangol.insight.say("acquisition", 60_000, month="2026-03", scope="search")
    assert dangol.insight.assumptions() == held
    assert [(one.month, one.channel, one.amount_minor) for one in held.costs] == [
        ("2026-03", "search", 60_000)
    ]
    assert dangol.insight.say("margin", None).margin_bp is None
    # A worker runs meanwhile: whether the models have been made is its doing.
    assert dangol.insight.refresh().job_id
    assert all(one.refusal or one.version for one in dangol.insight.models())
    assert dangol.insight.search_alike("pros").job_id
