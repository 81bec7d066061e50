"""Publishing: a new version holds from an instant on, and its row says what it was, what it is, and who."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Max

from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards import models, programs
from dangol.rooms.rewards.checking import RuleDraft, TermsDraft, TiersDraft
from dangol.rooms.rewards.contents import (
    ProgramContent,
    find_changes,
    load_content,
    pack,
    rule_id_of,
    unpack,
)
from dangol.rooms.rewards.programs import find_program

# A till's clock may be so far ahead of ours when its purchase is judged.
MOST_AHEAD = timedelta(minutes=1)


class UnknownRule(NotFound):
    """The program has no rule of this id (`rule`)."""

    code = "rewards.unknown_rule"


class UnknownVersion(NotFound):
    """The program has no published version of this number (`number`)."""

    code = "rewards.unknown_version"


class StartsInThePast(DomainError):
    """A version was to hold from an instant (`field`) that is over."""

    code = "rewards.starts_in_the_past"


class NotTheLatest(DomainError):
    """Only the last publication can be taken back (`latest` is its number): later ones build on it."""

    code = "rewards.not_the_latest"


class VersionView(NamedTuple):
    """A publication: the program's content before and after it, from when it holds, and who did it."""

    number: int
    active_from: datetime
    recorded_at: datetime
    drafted_by: str
    published_by: str
    undoes: int | None
    before: ProgramContent
    after: ProgramContent


def list_versions(program_id: Id, *, limit: int = 100) -> list[VersionView]:
    """Return a program's publications, the latest first. The program as it was made, number 1, is none."""
    rows = models.ProgramVersion.objects.filter(program_id=program_id).order_by("-number")
    return [_view(row) for row in rows[:limit]]


def find_version(program_id: Id, number: int) -> VersionView:
    """Return a publication; raises UnknownVersion."""
    row = models.ProgramVersion.objects.filter(program_id=program_id, number=number).first()
    if row is None:
        raise UnknownVersion(number=number)
    return _view(row)


def latest_number(program_id: Id) -> int:
    """Return the number of the program's last version; 1 is the program as it was made."""
    found = models.ProgramVersion.objects.filter(program_id=program_id).aggregate(last=Max("number"))
    return found["last"] or 1


def _view(row: models.ProgramVersion) -> VersionView:
    return VersionView(
        row.number, row.active_from, row.recorded_at, row.drafted_by, row.published_by, row.undoes,
        unpack(row.before), unpack(row.after),
    )  # fmt: skip


class Opening(NamedTuple):
    """A publication that is being made: the content before it, and from when it holds."""

    before: ProgramContent
    at: datetime


@contextmanager
def recorded_version(
    program_id: Id,
    *,
    at: datetime,
    recorded_at: datetime,
    published_by: str,
    drafted_by: str = "",
    undoes: int | None = None,
) -> Iterator[Opening]:
    """Let what is done inside be one publication: all of it or nothing, one after the other.

    One that is to hold from now on holds from after the last purchase that was judged while it waited for
    its turn. Raises UnknownProgram, and StartsInThePast where `at` is over.
    """
    with write_transaction():
        lock_program(program_id)
        running = find_program(program_id)
        if at < recorded_at:
            raise StartsInThePast(field="active_from")
        if at == recorded_at:
            at = _after_the_last_judged(program_id, at)
        before = load_content(running, at=at)
        yield Opening(load_content(running, at=recorded_at), at)
        after = load_content(find_program(program_id), at=at)
        models.ProgramVersion.objects.create(
            program_id=program_id, number=latest_number(program_id) + 1, active_from=at,
            recorded_at=recorded_at, drafted_by=drafted_by, published_by=published_by, undoes=undoes,
            before=pack(before), after=pack(after),
        )  # fmt: skip


def _after_the_last_judged(program_id: Id, at: datetime) -> datetime:
    own = models.Membership.objects.filter(program_id=program_id, last_order_at__lte=at + MOST_AHEAD)
    last: datetime | None = own.aggregate(last=Max("last_order_at"))["last"]
    return at if last is None or last < at else last + timedelta(microseconds=1)


def lock_program(program_id: Id) -> None:
    """Let whoever changes the program, or its draft, do so one after the other."""
    models.Program.objects.select_for_update().filter(id=program_id).first()


def publish_rule(
    program_id: Id, rule_id: Id, draft: RuleDraft, *, at: datetime, recorded_at: datetime, published_by: str
) -> None:
    """Let a new version of a rule hold from `at` on; raises UnknownRule, InvalidRule or StartsInThePast."""
    _require_rule(program_id, rule_id)
    with recorded_version(program_id, at=at, recorded_at=recorded_at, published_by=published_by) as opening:
        programs.supersede_rule(rule_id, draft, at=opening.at, recorded_at=recorded_at)


def publish_new_rule(
    program_id: Id, draft: RuleDraft, *, at: datetime, recorded_at: datetime, published_by: str
) -> Id:
    """Let a further rule pay for what is bought from `at` on; returns its id."""
    with recorded_version(program_id, at=at, recorded_at=recorded_at, published_by=published_by) as opening:
        return programs.add_rule(program_id, draft, at=opening.at, recorded_at=recorded_at)


def publish_end(
    program_id: Id, rule_id: Id, *, at: datetime, recorded_at: datetime, published_by: str
) -> None:
    """Let a rule pay for nothing that is bought from `at` on; raises UnknownRule or StartsInThePast."""
    _require_rule(program_id, rule_id)
    with recorded_version(program_id, at=at, recorded_at=recorded_at, published_by=published_by) as opening:
        programs.end_rule(rule_id, at=opening.at, recorded_at=recorded_at)


def publish_terms(
    program_id: Id, draft: TermsDraft, *, at: datetime, recorded_at: datetime, published_by: str
) -> None:
    """Let new terms hold for points earned from `at` on; raises InvalidRule or StartsInThePast."""
    with recorded_version(program_id, at=at, recorded_at=recorded_at, published_by=published_by) as opening:
        programs.supersede_terms(program_id, draft, at=opening.at, recorded_at=recorded_at)


def publish_tiers(
    program_id: Id, draft: TiersDraft, *, at: datetime, recorded_at: datetime, published_by: str
) -> None:
    """Let new tiers hold from `at` on; raises InvalidRule or StartsInThePast."""
    with recorded_version(program_id, at=at, recorded_at=recorded_at, published_by=published_by) as opening:
        programs.supersede_tiers(program_id, draft, at=opening.at, recorded_at=recorded_at)


def write_changes(
    program_id: Id, before: ProgramContent, after: ProgramContent, *, at: datetime, recorded_at: datetime
) -> None:
    """Supersede what differs, add what is new and end what is gone; inside `recorded_version`.

    A rule that was ended and is in `after` again goes on under its own id, as its next version.
    """
    changes = find_changes(before, after)
    if changes.tiers:
        programs.supersede_tiers(program_id, after.tiers.as_draft(), at=at, recorded_at=recorded_at)
    if changes.terms:
        programs.supersede_terms(program_id, after.terms.as_draft(), at=at, recorded_at=recorded_at)
    for rule in (*changes.added, *changes.changed):
        rule_id = rule_id_of(rule.key)
        if rule_id is None:
            programs.add_rule(program_id, rule.as_draft(), at=at, recorded_at=recorded_at)
            continue
        _require_rule(program_id, rule_id)
        programs.supersede_rule(rule_id, rule.as_draft(), at=at, recorded_at=recorded_at)
    for rule in changes.ended:
        rule_id = rule_id_of(rule.key)
        assert rule_id is not None, "what is published has its id"
        programs.end_rule(rule_id, at=at, recorded_at=recorded_at)


def undo_version(
    program_id: Id, number: int, *, at: datetime, recorded_at: datetime, published_by: str
) -> int:
    """Take the last publication back: what was before it is published again, and holds from `at` on.

    One that has not begun yet is undone at its own beginning, so that nothing is ever judged by it. Returns
    the new version's number. Raises UnknownVersion, NotTheLatest, InvalidRule or StartsInThePast.
    """
    undone = find_version(program_id, number)
    begins = max(at, undone.active_from)
    with recorded_version(
        program_id, at=begins, recorded_at=recorded_at, published_by=published_by, undoes=number
    ) as opening:
        latest = latest_number(program_id)
        if number != latest:
            raise NotTheLatest(latest=latest)
        now, begins = opening
        write_changes(
            program_id, now, _still_meant(undone.before, begins), at=begins, recorded_at=recorded_at
        )
    return number + 1


def _still_meant(content: ProgramContent, at: datetime) -> ProgramContent:
    """Return a former content without the rules that would be over by now anyway."""
    rules = tuple(rule for rule in content.rules if rule.ends_at is None or rule.ends_at > at)
    return ProgramContent(rules=rules, terms=content.terms, tiers=content.tiers)


def _require_rule(program_id: Id, rule_id: Id) -> None:
    if not models.EarningRule.objects.filter(id=rule_id, program_id=program_id).exists():
        raise UnknownRule(rule=rule_id.hex())
