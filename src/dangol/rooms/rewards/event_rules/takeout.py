"""What event rules hold about one person: what they gave, and why they gave nothing."""

from collections.abc import Sequence

from dangol.core.people.takeout import Fact, Section, rows_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.event_rules.models import EventRuleAward, EventRuleMark, EventRuleRefusal


def read_awards(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return the points they got for what they did, with the arithmetic."""
    names = (
        "customer_id", "rule_id", "version", "trigger", "deed_id", "subject_id", "at", "given_at", "fixed",
        "number", "rated", "points", "transfer_id", "taken_back_at",
    )  # fmt: skip
    return rows_of(EventRuleAward, names, customer_ids, order_by=("given_at", "rule_id"))


def read_refusals(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return why rules gave them nothing, how often, and when last."""
    names = ("customer_id", "rule_id", "why", "times", "version", "last_deed_id", "last_at", "again_at")
    return rows_of(EventRuleRefusal, names, customer_ids, order_by=("last_at", "rule_id"))


def read_marks(customer_ids: Sequence[Id]) -> list[Fact]:
    """Return up to which event of theirs rules have judged."""
    return rows_of(EventRuleMark, ("customer_id", "event_id"), customer_ids, order_by=("customer_id",))


AWARDS = Section("event_rule_awards", read_awards)
REFUSALS = Section("event_rule_refusals", read_refusals)
MARKS = Section("event_rule_marks", read_marks)
