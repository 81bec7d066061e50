"""Time passing for event rules."""

from datetime import timedelta

from dangol.core.storage.ids import parse_id
from dangol.core.tasks.registry import Due, Run, periodic, task
from dangol.rooms.rewards.event_rules.services import give_days
from dangol.rooms.rewards.event_rules.trials import TASK, Try, run_trial


@periodic("event_rules.give_days", every=timedelta(minutes=30), atomic=False)
def give_birthdays(due: Due, run: Run) -> None:
    """Give what today's birthdays and anniversaries earn."""
    give_days(at=due.at, report=run.report)


@task(TASK, atomic=False, max_attempts=3)
def try_rule(asked: Try, run: Run) -> None:
    """Ask a rule of past events, and keep what would have come of it."""
    run_trial(parse_id(asked.trial), report=run.report)
