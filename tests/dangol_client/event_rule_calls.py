"""The calls about event rules, each made once."""

from contextlib import suppress
from datetime import UTC, datetime

from dangol_client import Dangol, Refused
from dangol_client.event_rule_answers import EventRule

CONTENT = {"name": "리뷰", "event": "Review Posted", "points": 100, "caps": {"day": 1}}


def reward_deeds(dangol: Dangol, member: str) -> None:
    """Write a rule, try it, publish it, let it rest, and look at what it says of a member."""
    rules = dangol.event_rules
    made = rules.create({**CONTENT, "points": 50})
    assert made.draft is not None
    made = rules.write(made.id, CONTENT, revision=made.draft.revision)
    assert made.draft is not None
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    trial = rules.start_trial(made.id, since=since, until=until)
    assert rules.get_trial(trial.id).is_draft
    with suppress(Refused):  # where the worker was faster
        rules.cancel_trial(trial.id)
    assert rules.get_trial(trial.id).state in ("canceled", "done")
    assert [one.id for one in rules.trials(made.id)] == [trial.id]

    published = rules.publish(made.id, revision=made.draft.revision)
    assert isinstance(published, EventRule)
    assert published.state == "live"
    rules.write(made.id, {**CONTENT, "points": 200}, revision=None)
    assert rules.discard(made.id).draft is None
    assert [one.content["points"] for one in rules.versions(made.id)] == [100]
    (standing,) = rules.of_member(member)
    assert (standing.rule, standing.left, standing.left_by, standing.now) == ("리뷰", 1, "day", None)
    assert list(rules.awards(made.id)) == list(rules.awards_of_member(member)) == []
    assert rules.figures(made.id).times == 0
    assert rules.pause(made.id).state == "paused"
    assert rules.resume(made.id).state == "live"
    assert rules.archive(made.id).archived_at
    assert [one.id for one in rules.list(archived=True)] == [made.id]
    assert rules.restore(made.id).state == rules.get(made.id).state == "paused"
    assert [one.id for one in rules.list()] == [made.id]
