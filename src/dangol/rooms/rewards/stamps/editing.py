"""Programs of stamp cards as staff make and change them. A change counts for cards opened after it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dangol.core.people.actors import Actor, columns_of
from dangol.core.storage.ids import Id, new_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.stamps import MOST_SIZE, MOST_VALID_DAYS, GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import MOST_POINTS
from dangol.rooms.rewards.catalog.models import Reward
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.programs import load_programs
from dangol.rooms.rewards.stamps.errors import (
    InvalidStampProgram,
    StampKeyTaken,
    StampProgramChanged,
    UnknownStampProgram,
)
from dangol.rooms.rewards.stamps.models import (
    LONGEST_ABOUT,
    LONGEST_KEY,
    LONGEST_NAME,
    StampProgram,
    StampProgramChange,
)

_KEY = re.compile(rf"[a-z0-9][a-z0-9_-]{{0,{LONGEST_KEY - 1}}}")


class ProgramDraft(NamedTuple):
    """A program as somebody wants it. A full card gives `points`, or a code or reward of `target_id`.

    `valid_days` None: cards never lapse.
    """

    name_ko: str
    size: int
    gives: GiftKind
    points: int | None = None
    target_id: Id | None = None
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    carries_over: bool = True
    valid_days: int | None = None
    on_return: OnReturn = OnReturn.TAKE_BACK


def create_program(
    draft: ProgramDraft, *, key: str, program_id: Id | None = None, actor: Actor, at: datetime
) -> Id:
    """Make a program; promotions name it by its `key`, which never changes.

    Under a `program_id` that is there already nothing is made: a form sent twice makes one. Raises
    InvalidStampProgram or StampKeyTaken.
    """
    _check(draft)
    if not _KEY.fullmatch(key):
        raise InvalidStampProgram(field="key", problem="form")
    made = program_id or new_id()
    with write_transaction():
        if StampProgram.objects.filter(id=made).exists():
            return made
        if StampProgram.objects.filter(key=key).exists():
            raise StampKeyTaken(key=key)
        StampProgram.objects.create(id=made, key=key, created_at=at, **_columns(draft))
        _note(made, 1, "made", {**_content(draft), "key": key}, actor, at)
    return made


def change_program(program_id: Id, draft: ProgramDraft, *, expected: int, actor: Actor, at: datetime) -> None:
    """Let a program be as drafted for cards that are opened from now on, and for what full ones give.

    Raises UnknownStampProgram, StampProgramChanged where it is not at the revision `expected`, or
    InvalidStampProgram.
    """
    _check(draft)
    with write_transaction():
        row = _locked(program_id)
        if row.revision != expected:
            raise StampProgramChanged(revision=row.revision)
        _turn(row, "changed", _content(draft), actor, at, **_columns(draft))


def archive_program(program_id: Id, *, is_archived: bool = True, actor: Actor, at: datetime) -> None:
    """Let a program take no stamps any more, or again; what full cards give is still given.

    Raises UnknownStampProgram.
    """
    with write_transaction():
        row = _locked(program_id)
        if (row.archived_at is not None) != is_archived:
            what = "archived" if is_archived else "restored"
            _turn(row, what, {}, actor, at, archived_at=at if is_archived else None)


def _locked(program_id: Id) -> StampProgram:
    row = StampProgram.objects.select_for_update().filter(id=program_id).first()
    if row is None:
        raise UnknownStampProgram(program=show_id(program_id))
    return row


def _turn(
    row: StampProgram, what: str, content: Mapping[str, Any], actor: Actor, at: datetime, **fields: Any
) -> None:
    row.revision += 1
    StampProgram.objects.filter(id=row.id).update(revision=row.revision, **fields)
    _note(row.id, row.revision, what, content, actor, at)


def _note(
    program_id: Id, revision: int, what: str, content: Mapping[str, Any], actor: Actor, at: datetime
) -> None:
    require_write_transaction()
    StampProgramChange.objects.create(
        program_id=program_id, revision=revision, at=at, what=what, content=dict(content),
        **columns_of(actor),
    )  # fmt: skip


def _columns(draft: ProgramDraft) -> dict[str, Any]:
    return draft._asdict() | {"gives": draft.gives.value, "on_return": draft.on_return.value}


def _content(draft: ProgramDraft) -> dict[str, Any]:
    """Return the draft as JSON holds it."""
    return _columns(draft) | {"target_id": draft.target_id and show_id(draft.target_id)}


def _check(draft: ProgramDraft) -> None:
    is_points = draft.gives is GiftKind.POINTS
    for field, problem, holds in (
        ("name_ko", "empty", not draft.name_ko.strip()),
        ("name_ko", "too_long", len(draft.name_ko) > LONGEST_NAME),
        ("name_en", "too_long", len(draft.name_en) > LONGEST_NAME),
        ("about_ko", "too_long", len(draft.about_ko) > LONGEST_ABOUT),
        ("about_en", "too_long", len(draft.about_en) > LONGEST_ABOUT),
        ("size", "range", not 0 < draft.size <= MOST_SIZE),
        ("valid_days", "range", draft.valid_days is not None and not 0 < draft.valid_days <= MOST_VALID_DAYS),
        ("points", "range", is_points and not 0 < (draft.points or 0) <= MOST_POINTS),
        ("points", "not_wanted", not is_points and draft.points is not None),
        ("target", "not_wanted", is_points and draft.target_id is not None),
        ("target", "unknown", not is_points and not _is_there(draft)),
        ("points", "no_program", is_points and not load_programs()),
    ):
        if holds:
            raise InvalidStampProgram(field=field, problem=problem)


def _is_there(draft: ProgramDraft) -> bool:
    """Say whether what a full card is to give can be given: a batch that is open, a reward on offer."""
    if draft.gives is GiftKind.COUPON:
        return CouponBatch.objects.filter(id=draft.target_id, is_blocked=False).exists()
    return Reward.objects.filter(id=draft.target_id, archived_at=None).exists()
