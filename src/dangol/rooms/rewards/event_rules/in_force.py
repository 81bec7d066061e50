"""The rules that are in force, each in the versions that have been, ready to be asked of deeds."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.core.segments.catalog import current_orders
from dangol.core.segments.running import stored_types
from dangol.core.storage.ids import Id
from dangol.domain.conditions import Condition
from dangol.domain.event_rules import Rule, Trigger
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, unpack_text
from dangol.rooms.rewards.event_rules.models import EventRule, EventRuleVersion


class Version(NamedTuple):
    """A version of a rule as it is asked of deeds."""

    rule_id: Id
    number: int
    published_at: datetime
    content: EventRuleContent
    rule: Rule
    condition: Condition | None


class Live(NamedTuple):
    """A rule in force, with its versions in order."""

    id: Id
    versions: Sequence[Version]

    @property
    def latest(self) -> Version:
        """The version that holds now."""
        return self.versions[-1]

    def version_at(self, told_at: datetime) -> Version | None:
        """Return the version that held when something was told; None before the first."""
        held = [one for one in self.versions if one.published_at <= told_at]
        return held[-1] if held else None


def load_live(zone: ZoneInfo) -> list[Live]:
    """Return the rules that are published, do not rest and are not archived, by id. Two statements."""
    live = EventRule.objects.filter(version__isnull=False, paused_at=None, archived_at=None)
    since = dict(live.order_by("id").values_list("id", "since"))
    rows = list(EventRuleVersion.objects.filter(rule_id__in=list(since)).order_by("rule_id", "number"))
    types = [stored_types(row.types) for row in rows]
    orders = current_orders(name for own in types for name in own)
    versions: dict[Id, list[Version]] = {}
    for row, own in zip(rows, types, strict=True):
        content = unpack_text(row.content)
        began = since[row.rule_id] or row.published_at
        version = Version(
            row.rule_id, row.number, row.published_at, content, content.as_rule(since=began, zone=zone),
            content.member_condition({**own, **orders}),
        )  # fmt: skip
        versions.setdefault(row.rule_id, []).append(version)
    return [Live(rule_id, own) for rule_id, own in versions.items()]


def of_days(live: Sequence[Live]) -> list[Live]:
    """Return those of these rules that pay for days of the year."""
    return [one for one in live if one.latest.content.trigger is not Trigger.EVENT]
