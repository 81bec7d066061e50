"""The life of an event rule: written, checked, published version by version, paused, and put away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.segments.running import types_text
from dangol.core.segments.services import check_condition, hold_segments
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.conditions import Condition
from dangol.rooms.rewards.event_rules import models
from dangol.rooms.rewards.event_rules.contents import (
    EventRuleContent,
    check,
    pack,
    pack_text,
    unpack,
    unpack_text,
)
from dangol.rooms.rewards.event_rules.errors import (
    NoProgramForRules,
    NoRuleDraft,
    RuleArchived,
    RuleDraftChanged,
    RuleNotPublished,
    RuleSaysNothingNew,
    TooManyEventRules,
    UnknownEventRule,
    UnknownRuleVersion,
)
from dangol.rooms.rewards.models import Program
from dangol.rooms.rewards.second_person import refuse_writer, writers_of, writers_with

MOST_RULES, MOST_SHOWN = 200, 1_000


class DraftView(NamedTuple):
    """The next version as it is being written."""

    content: EventRuleContent
    base: int
    revision: int
    changed_by: str
    changed_at: datetime
    # The sign-in names of everybody who has changed it since it was begun.
    writers: Sequence[str]


class VersionView(NamedTuple):
    """A published version."""

    number: int
    content: EventRuleContent
    drafted_by: str
    published_by: str
    published_at: datetime


class EventRuleView(NamedTuple):
    """A rule: what is in force, what is being written, and what was used of its budget."""

    id: Id
    name: str
    version: VersionView | None
    draft: DraftView | None
    made_by: str
    made_at: datetime
    paused_at: datetime | None
    archived_at: datetime | None
    used_times: int
    used_points: int

    @property
    def content(self) -> EventRuleContent:
        """What is being written, or what is in force."""
        found = self.draft or self.version
        assert found is not None, "a rule without a version has a draft"
        return found.content

    @property
    def is_refused(self) -> bool:
        """Whether it gives nothing, as its version pays for an event that is refused since."""
        return self.version is not None and not self.version.content.is_paid

    def state(self, at: datetime) -> str:
        """Return where it stands: draft, scheduled, live, paused, ended or archived."""
        if self.archived_at:
            return "archived"
        if self.version is None:
            return "draft"
        if self.paused_at:
            return "paused"
        content = self.version.content
        if content.active_from and at < content.active_from:
            return "scheduled"
        return "ended" if content.active_to and at >= content.active_to else "live"


def create_rule(raw: Any, *, made_by: str, at: datetime, rule_id: Id | None = None, behind: str = "") -> Id:
    """Begin a rule with a draft, which need not make sense yet; returns its id.

    With a `rule_id` of the caller's it is begun once: told again, the first one stays as it is. `behind` is
    the sign-in name of whoever answers for the program that makes it, where it is one. Raises
    EventRuleInvalid where the content is not of the form, or TooManyEventRules.
    """
    content = unpack(raw)
    rule_id = rule_id or new_id()
    with write_transaction():
        if models.EventRule.objects.filter(id=rule_id).exists():
            return rule_id
        if models.EventRule.objects.filter(archived_at=None).count() >= MOST_RULES:
            raise TooManyEventRules(most=MOST_RULES)
        models.EventRule.objects.create(
            id=rule_id, name=_name(content), version=None, made_by=made_by, made_at=at
        )
        models.EventRuleDraft.objects.create(
            rule_id=rule_id, content=pack(content), base=0, revision=1, changed_by=made_by, changed_at=at,
            writers=writers_with((), behind or made_by),
        )  # fmt: skip
    return rule_id


def _name(content: EventRuleContent) -> str:
    return content.name.strip()[: models.LONGEST_NAME]


def _locked(rule_id: Id) -> models.EventRule:
    row = models.EventRule.objects.select_for_update().filter(id=rule_id).first()
    if row is None:
        raise UnknownEventRule(rule=show_id(rule_id))
    return row


def _open(rule_id: Id) -> models.EventRule:
    row = _locked(rule_id)
    if row.archived_at:
        raise RuleArchived()
    return row


def write_draft(
    rule_id: Id, raw: Any, *, revision: int | None, changed_by: str, at: datetime, behind: str = ""
) -> None:
    """Let the draft read so; it need not make sense yet.

    `revision` is the one that was seen, None where there was no draft; `behind` as for one that is begun.
    Raises UnknownEventRule, RuleArchived, EventRuleInvalid for what is not of the form, or RuleDraftChanged.
    """
    content = unpack(raw)
    with write_transaction():
        row = _open(rule_id)
        draft = models.EventRuleDraft.objects.filter(rule_id=rule_id).first()
        present = draft.revision if draft else None
        if present != revision:
            by = draft.changed_by if draft else row.made_by
            raise RuleDraftChanged(revision=present or 0, changed_by=by)
        models.EventRuleDraft.objects.update_or_create(
            rule_id=rule_id,
            defaults={
                "content": pack(content), "base": draft.base if draft else row.version or 0,
                "revision": (present or 0) + 1, "changed_by": changed_by, "changed_at": at,
                "writers": writers_with(writers_of(draft), behind or changed_by),
            },
        )  # fmt: skip
        if row.version is None:
            models.EventRule.objects.filter(id=rule_id).update(name=_name(content))


def discard_draft(rule_id: Id) -> None:
    """Throw the draft away: what is published stays.

    Raises UnknownEventRule, NoRuleDraft or RuleNotPublished.
    """
    with write_transaction():
        if _locked(rule_id).version is None:
            raise RuleNotPublished()
        if not models.EventRuleDraft.objects.filter(rule_id=rule_id).delete()[0]:
            raise NoRuleDraft()


def check_content(content: EventRuleContent) -> Condition | None:
    """Return what a content asks of the member, None: nothing.

    Raises EventRuleInvalid, a BrokenCondition, UnknownSegment, EventNotAsked or NoProgramForRules.
    """
    check(content)
    if not Program.objects.exists():
        raise NoProgramForRules()
    return None if content.condition is None else check_condition(content.condition)


def require_publishable(rule_id: Id, *, revision: int) -> EventRuleContent:
    """Return what the draft of this revision says, where it could be published; raises what `publish` does.

    Inside the write transaction.
    """
    return _publishable(rule_id, revision).content


class _Publishable(NamedTuple):
    row: models.EventRule
    draft: models.EventRuleDraft
    content: EventRuleContent
    condition: Condition | None


def _publishable(rule_id: Id, revision: int, approved: EventRuleContent | None = None) -> _Publishable:
    row = _open(rule_id)
    draft = models.EventRuleDraft.objects.filter(rule_id=rule_id).first()
    if draft is None:
        raise NoRuleDraft()
    content = unpack(draft.content)
    # Revisions begin anew with each draft: one that was thrown away had this number, too.
    if draft.revision != revision or approved not in (None, content):
        raise RuleDraftChanged(revision=draft.revision, changed_by=draft.changed_by)
    condition = check_content(content)
    if condition is not None:
        hold_segments(condition)
    if row.version and _version(rule_id, row.version).content == content:
        raise RuleSaysNothingNew()
    return _Publishable(row, draft, content, condition)


def publish(
    rule_id: Id, *, revision: int, published_by: str, at: datetime, approved: EventRuleContent | None = None
) -> int:
    """Let the draft of this revision hold for what happens from now on; returns the version's number.

    With `approved` only where the draft says just that, and not by whoever wrote it. Whether a second person
    has to let it happen is asked by `approving`. Raises UnknownEventRule, RuleArchived, NoRuleDraft,
    RuleDraftChanged, RuleSaysNothingNew, OwnDraft and what `check_content` does; then nothing is changed.
    """
    with write_transaction():
        row, draft, content, condition = _publishable(rule_id, revision, approved)
        if approved is not None:
            refuse_writer(writers_of(draft), published_by)
        number = (row.version or 0) + 1
        models.EventRuleVersion.objects.create(
            rule_id=rule_id, number=number, content=pack_text(content),
            types=types_text(condition) if condition else "{}", drafted_by=draft.changed_by,
            published_by=published_by, published_at=at,
        )  # fmt: skip
        draft.delete()
        models.EventRule.objects.filter(id=rule_id).update(
            version=number, name=_name(content), since=row.since or at
        )
    return number


def pause(rule_id: Id, *, at: datetime) -> None:
    """Let a rule rest: what is done or told meanwhile earns nothing, also later. Raises UnknownEventRule.

    What was done and told before still earns, whenever the worker hears of it. One that is paused already
    stays paused since it was.
    """
    with write_transaction():
        _locked(rule_id)
        _let_rest(rule_id, at)
        models.EventRule.objects.filter(id=rule_id, paused_at=None).update(paused_at=at)


def resume(rule_id: Id, *, at: datetime) -> None:
    """Let a rule that rests go on; one that is put away goes on resting. Raises UnknownEventRule."""
    with write_transaction():
        if _locked(rule_id).archived_at is None:
            models.EventRuleRest.objects.filter(rule_id=rule_id, until=None).update(until=at)
        models.EventRule.objects.filter(id=rule_id).update(paused_at=None)


def archive(rule_id: Id, *, at: datetime) -> None:
    """Put a rule away: it gives nothing more, and lists leave it out. Raises UnknownEventRule."""
    with write_transaction():
        _locked(rule_id)
        _let_rest(rule_id, at)
        models.EventRule.objects.filter(id=rule_id).update(archived_at=at)


def restore(rule_id: Id, *, at: datetime) -> None:
    """Take a rule out again; it rests until somebody lets it go on.

    Raises UnknownEventRule, and for a segment its condition asks about that is no more UnknownSegment.
    """
    with write_transaction():
        row = _locked(rule_id)
        if row.version:
            condition = _version(rule_id, row.version).content.condition
            if condition is not None:
                hold_segments(check_condition(condition))
        _let_rest(rule_id, at)
        models.EventRule.objects.filter(id=rule_id).update(archived_at=None, paused_at=row.paused_at or at)


def _let_rest(rule_id: Id, at: datetime) -> None:
    """Note that a rule, which is locked, rests from now on; one that rests already has since it began to."""
    if not models.EventRuleRest.objects.filter(rule_id=rule_id, until=None).exists():
        models.EventRuleRest.objects.create(id=new_id(), rule_id=rule_id, since=at)


def find_rule(rule_id: Id) -> EventRuleView:
    """Return a rule; raises UnknownEventRule."""
    found = _views(list(models.EventRule.objects.filter(id=rule_id)))
    if not found:
        raise UnknownEventRule(rule=show_id(rule_id))
    return found[0]


def list_rules(*, archived: bool = False) -> list[EventRuleView]:
    """Return all rules that are not archived, or those that are, the newest first. Three statements."""
    rows = models.EventRule.objects.filter(archived_at__isnull=not archived).order_by("-id")
    return _views(list(rows[:MOST_SHOWN]))


def list_versions(rule_id: Id) -> list[VersionView]:
    """Return a rule's published versions, the latest first."""
    rows = models.EventRuleVersion.objects.filter(rule_id=rule_id).order_by("-number")
    return [_version_view(row) for row in rows[:200]]


def _views(rows: list[models.EventRule]) -> list[EventRuleView]:
    ids = [row.id for row in rows]
    wanted = {(row.id, row.version) for row in rows}
    versions = {
        one.rule_id: _version_view(one)
        for one in models.EventRuleVersion.objects.filter(rule_id__in=ids)
        if (one.rule_id, one.number) in wanted
    }
    drafts = {
        one.rule_id: DraftView(
            unpack(one.content), one.base, one.revision, one.changed_by, one.changed_at, writers_of(one)
        )
        for one in models.EventRuleDraft.objects.filter(rule_id__in=ids)
    }
    return [
        EventRuleView(
            row.id, row.name, versions.get(row.id), drafts.get(row.id), row.made_by, row.made_at,
            row.paused_at, row.archived_at, row.used_times, row.used_points,
        )
        for row in rows
    ]  # fmt: skip


def _version(rule_id: Id, number: int) -> VersionView:
    row = models.EventRuleVersion.objects.filter(rule_id=rule_id, number=number).first()
    if row is None:
        raise UnknownRuleVersion(number=number)
    return _version_view(row)


def _version_view(row: models.EventRuleVersion) -> VersionView:
    return VersionView(
        row.number, unpack_text(row.content), row.drafted_by, row.published_by, row.published_at
    )
