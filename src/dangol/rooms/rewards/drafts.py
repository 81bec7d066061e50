"""Drafts: the next version of a program, written at leisure, compared in sentences, and then published."""

from datetime import datetime
from typing import NamedTuple

from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError, NotFound
from dangol.rooms.rewards import models
from dangol.rooms.rewards.checking import Problem
from dangol.rooms.rewards.contents import (
    ProgramContent,
    find_changes,
    find_problems,
    fingerprint,
    load_content,
    pack,
    unpack,
)
from dangol.rooms.rewards.differences import Difference, find_differences
from dangol.rooms.rewards.programs import find_program
from dangol.rooms.rewards.publishing import latest_number, lock_program, recorded_version, write_changes


class UnknownDraft(NotFound):
    """The program has no draft, or no longer this one."""

    code = "rewards.unknown_draft"


class DraftExists(DomainError):
    """The program has a draft already, begun by `begun_by`: go on with it or discard it."""

    code = "rewards.draft_exists"


class DraftChanged(DomainError):
    """Somebody (`changed_by`) has changed the draft since it was read (`revision` is its present one)."""

    code = "rewards.draft_changed"


class DraftOutdated(DomainError):
    """The program was changed since the draft was begun: what the draft was compared with is no more."""

    code = "rewards.draft_outdated"


class DraftInvalid(DomainError):
    """The draft makes no sense yet; `problems` names each field and what about it."""

    code = "rewards.draft_invalid"


class NothingToPublish(DomainError):
    """The draft says what holds already."""

    code = "rewards.nothing_to_publish"


class DraftView(NamedTuple):
    """A draft, the content it would follow, and whether the program has moved on since it was begun."""

    id: Id
    program_id: Id
    revision: int
    content: ProgramContent
    published: ProgramContent
    is_outdated: bool
    begun_by: str
    begun_at: datetime
    changed_by: str
    changed_at: datetime


def start_draft(program_id: Id, *, begun_by: str, at: datetime) -> DraftView:
    """Begin a draft that says what holds now; raises UnknownProgram, or DraftExists where there is one."""
    with write_transaction():
        lock_program(program_id)
        running = find_program(program_id)
        there = models.ProgramDraft.objects.filter(program_id=program_id).first()
        if there is not None:
            raise DraftExists(begun_by=there.begun_by)
        models.ProgramDraft.objects.create(
            id=new_id(), program_id=program_id, content=pack(load_content(running, at=at)),
            base=fingerprint(running), revision=1, begun_by=begun_by, begun_at=at,
            changed_by=begun_by, changed_at=at,
        )  # fmt: skip
    return find_draft(program_id, at=at)


def find_draft(program_id: Id, *, at: datetime) -> DraftView:
    """Return a program's draft; raises UnknownProgram or UnknownDraft."""
    running = find_program(program_id)
    row = models.ProgramDraft.objects.filter(program_id=program_id).first()
    if row is None:
        raise UnknownDraft(program=show_id(program_id))
    return DraftView(
        row.id, row.program_id, row.revision, unpack(row.content), load_content(running, at=at),
        row.base != fingerprint(running), row.begun_by, row.begun_at, row.changed_by, row.changed_at,
    )  # fmt: skip


def change_draft(
    program_id: Id, content: ProgramContent, *, revision: int, changed_by: str, at: datetime
) -> DraftView:
    """Let the draft of this revision read so; it need not make sense yet.

    Raises UnknownDraft, or DraftChanged where somebody else was faster.
    """
    with write_transaction():
        own = models.ProgramDraft.objects.filter(program_id=program_id, revision=revision)
        changed = own.update(
            content=pack(content), revision=revision + 1, changed_by=changed_by, changed_at=at
        )
        if not changed:
            present = find_draft(program_id, at=at)
            raise DraftChanged(revision=present.revision, changed_by=present.changed_by)
    return find_draft(program_id, at=at)


def renew_draft(draft: DraftView, content: ProgramContent, *, at: datetime) -> None:
    """Let a draft read so, and follow what holds now; whose it is stays.

    It is another revision: whoever has the one before open writes over nothing. Raises DraftChanged.
    """
    with write_transaction():
        lock_program(draft.program_id)
        change_draft(draft.program_id, content, revision=draft.revision, changed_by=draft.changed_by, at=at)
        base = fingerprint(find_program(draft.program_id))
        models.ProgramDraft.objects.filter(program_id=draft.program_id).update(base=base)


def discard_draft(program_id: Id, *, revision: int | None = None) -> None:
    """Throw the draft away; raises UnknownDraft, also where its revision is not the one that was seen."""
    with write_transaction():
        drafts = models.ProgramDraft.objects.filter(program_id=program_id)
        if revision is not None:
            drafts = drafts.filter(revision=revision)
        if not drafts.delete()[0]:
            raise UnknownDraft(program=show_id(program_id))


def check_draft(draft: DraftView, *, at: datetime) -> list[Problem]:
    """Return all that makes no sense in a draft that is to hold from `at` on, by field."""
    return find_problems(draft.content, draft.published, at=at)


def diff_draft(draft: DraftView) -> list[Difference]:
    """Return, sentence by sentence, what holds now and what the draft would make of it."""
    return find_differences(draft.published, draft.content)


def publish_draft(
    program_id: Id, *, revision: int, at: datetime, recorded_at: datetime, published_by: str
) -> int:
    """Let the draft of this revision hold from `at` on; returns the version's number. All of it or nothing.

    What the draft leaves as it is, is not touched. Raises UnknownDraft, DraftChanged, DraftOutdated,
    DraftInvalid, NothingToPublish, InvalidRule or StartsInThePast.
    """
    drafted_by = find_draft(program_id, at=recorded_at).begun_by
    with recorded_version(
        program_id, at=at, recorded_at=recorded_at, published_by=published_by, drafted_by=drafted_by
    ) as (before, begins):
        draft = find_draft(program_id, at=recorded_at)
        if draft.revision != revision:
            raise DraftChanged(revision=draft.revision, changed_by=draft.changed_by)
        if draft.is_outdated:
            raise DraftOutdated()
        if problems := check_draft(draft, at=begins):
            raise DraftInvalid(problems=[one._asdict() for one in problems])
        if not find_changes(before, draft.content):
            raise NothingToPublish()
        write_changes(program_id, before, draft.content, at=begins, recorded_at=recorded_at)
        discard_draft(program_id, revision=revision)
    return latest_number(program_id)
