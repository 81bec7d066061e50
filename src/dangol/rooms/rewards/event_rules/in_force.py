"""The rules that are in force, each in the versions that have been, ready to be asked of deeds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from dangol.core.segments.catalog import current_orders
from dangol.core.segments.running import stored_types
from dangol.core.storage.ids import Id
from dangol.domain.calendars import next_day, start_of_day
from dangol.domain.conditions import Condition
from dangol.domain.event_rules import Deed, Rule, Trigger
from dangol.rooms.rewards.event_rules.contents import EventRuleContent, unpack_text
from dangol.rooms.rewards.event_rules.models import EventRule, EventRuleRest, EventRuleVersion

_TICK = timedelta(microseconds=1)


class Version(NamedTuple):
    """A version of a rule as it is asked of deeds."""

    rule_id: Id
    number: int
    published_at: datetime
    content: EventRuleContent
    rule: Rule
    condition: Condition | None


class Rest(NamedTuple):
    """A time in which a rule rested; its end, None while it rests, is exclusive."""

    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Say whether the rule rested at an instant."""
        return self.since <= at and (self.until is None or at < self.until)


class Live(NamedTuple):
    """A rule that holds, with its versions in order and the times in which it rested, as far as asked for."""

    id: Id
    # When its first version was published.
    since: datetime
    versions: Sequence[Version]
    rests: Sequence[Rest]

    @property
    def latest(self) -> Version:
        """The version that holds now."""
        return self.versions[-1]

    @property
    def is_resting(self) -> bool:
        """Whether it rests now."""
        return any(one.until is None for one in self.rests)

    def version_for(self, deed: Deed) -> Version | None:
        """Return the version that held when a deed was done; None: the rule is not asked of it.

        So it is where the rule rested when the deed was done or when it was told, and where it was told
        before the first version. What was done before that and told after it is that one's to refuse. A day
        of the year is the whole day: the version counts that held last on it, if the rule ever did.
        """
        if deed.told_at < self.since or self._rested(deed.told_at):
            return None
        if deed.day_began is not None:
            return self._version_on(deed.day_began, deed.at)
        return None if self._rested(deed.at) else self._version_at(max(deed.at, self.since))

    def _version_on(self, began: datetime, until: datetime) -> Version | None:
        held_at = self._held_last(began, until)
        version = self._version_at(held_at) if held_at else None
        if version is None or version.rule.active_to is None or not began < version.rule.active_to <= until:
            return version
        # It ended within the day: it has to have been awake between its beginning and its end.
        first = max(began, version.rule.active_from or began)
        return version if self._held_last(first, version.rule.active_to - _TICK) else None

    def _version_at(self, at: datetime) -> Version | None:
        return next((one for one in reversed(self.versions) if one.published_at <= at), None)

    def is_due(self, day: date, at: datetime, zone: ZoneInfo) -> bool:
        """Say whether a day, or what is left of it, can be looked at: the rule was there on it, and what
        begins later that day waits until then.
        """
        starts_at, ends = self.latest.rule.active_from, start_of_day(next_day(day), zone)
        return self.since < ends and not (starts_at and at < starts_at < ends)

    def _rested(self, at: datetime) -> bool:
        return any(one.covers(at) for one in self.rests)

    def _held_last(self, since: datetime, until: datetime) -> datetime | None:
        """Return the last instant within two at which the rule held; None: it rested, or was not yet."""
        at = until
        for one in reversed(self.rests):
            if one.covers(at):
                at = one.since - _TICK
        return at if at >= max(since, self.since) else None


def load_live(zone: ZoneInfo, *, since: datetime) -> list[Live]:
    """Return the rules, by id, that may hold for what was done at an instant or later and is not put away.

    Of each the versions and the rests that may count for it. A constant number of statements.
    """
    published = EventRule.objects.filter(version__isnull=False, archived_at=None)
    rows = published.order_by("id").values_list("id", "since")
    began = {one: at for one, at in rows if at is not None}
    rests = _rests_of(began, since)
    # Who rests since before that, and still does, has nothing to say of it.
    awake = {
        one: at
        for one, at in began.items()
        if not any(rest.until is None and rest.since <= since for rest in rests.get(one, ()))
    }
    versions = _versions_of(awake, since, zone)
    return [Live(one, at, versions[one], rests.get(one, ())) for one, at in awake.items()]


def _rests_of(rule_ids: Iterable[Id], since: datetime) -> dict[Id, list[Rest]]:
    """Return the times, not over by an instant, in which each of these rules rested."""
    rows = EventRuleRest.objects.filter(Q(until=None) | Q(until__gt=since), rule_id__in=list(rule_ids))
    found: dict[Id, list[Rest]] = {}
    for rule_id, began, ended in rows.order_by("since").values_list("rule_id", "since", "until"):
        found.setdefault(rule_id, []).append(Rest(began, ended))
    return found


def _versions_of(
    began: Mapping[Id, datetime], since: datetime, zone: ZoneInfo
) -> Mapping[Id, Sequence[Version]]:
    """Return of each of these rules the version that held at an instant, and all that came later."""
    later = EventRuleVersion.objects.filter(
        rule_id=OuterRef("rule_id"), number__gt=OuterRef("number"), published_at__lte=since
    )
    own = EventRuleVersion.objects.filter(~Exists(later), rule_id__in=list(began))
    rows = list(own.order_by("rule_id", "number"))
    types = [stored_types(row.types) for row in rows]
    orders = current_orders(name for told in types for name in told)
    versions: dict[Id, list[Version]] = defaultdict(list)
    for row, told in zip(rows, types, strict=True):
        content = unpack_text(row.content)
        version = Version(
            row.rule_id, row.number, row.published_at, content,
            content.as_rule(since=began[row.rule_id], zone=zone),
            content.member_condition({**told, **orders}),
        )  # fmt: skip
        versions[row.rule_id].append(version)
    return versions


def of_days(live: Sequence[Live]) -> list[Live]:
    """Return those of these rules that pay, by some version, for days of the year, and do not rest now."""
    return [one for one in live if not one.is_resting and triggers_of(one)]


def triggers_of(rule: Live) -> set[Trigger]:
    """Return the days of the year that a rule's versions pay for."""
    return {one.content.trigger for one in rule.versions} - {Trigger.EVENT}
