"""Programs as staff make and change them. A change counts for referrals told after it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import F, Q

from dangol.core.access.errors import RequestReused
from dangol.core.people.actors import Actor, columns_of
from dangol.core.people.shops import lock_shop
from dangol.core.storage.ids import Id, new_id, parse_id, show_id
from dangol.core.storage.transactions import require_write_transaction, write_transaction
from dangol.domain.referrals import (
    MOST_DAYS,
    MOST_NTH,
    Caps,
    EarnedBy,
    PromiseKind,
    Side,
    Terms,
    WhenReturned,
)
from dangol.rooms.rewards.catalog.editing import MOST_POINTS
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.programs import load_programs
from dangol.rooms.rewards.referrals.errors import (
    InvalidReferralProgram,
    ReferralProgramChanged,
    ReferralProgramOpen,
    UnknownReferralProgram,
)
from dangol.rooms.rewards.referrals.models import (
    LONGEST_ABOUT,
    LONGEST_NAME,
    ReferralProgram,
    ReferralProgramChange,
)
from dangol.rooms.rewards.stamps.models import StampProgram
from dangol.rooms.rewards.stamps.services import MOST_BY_HAND

MOST_MINOR, MOST_COUNT = 10**12, 10**8


class Promise(NamedTuple):
    """What one side gets: points or stamps (`amount`), a code or stamps of `target_id`; and its cost."""

    kind: PromiseKind = PromiseKind.NONE
    amount: int | None = None
    target_id: Id | None = None
    cost_minor: int = 0


class ProgramDraft(NamedTuple):
    """A program as somebody wants it; the limits None: none."""

    name_ko: str
    referrer: Promise = Promise()
    friend: Promise = Promise()
    name_en: str = ""
    about_ko: str = ""
    about_en: str = ""
    earned_by: EarnedBy = EarnedBy.ORDER
    nth: int = 1
    least_minor: int = 0
    within_days: int = 90
    wait_days: int = 14
    tell_days: int = 7
    only_new: bool = True
    on_return: WhenReturned = WhenReturned.TAKE_BACK
    is_early: bool = False
    cap_month: int | None = None
    cap_year: int | None = None
    cap_ever: int | None = None
    most_count: int | None = None
    budget_minor: int | None = None


class Promised(NamedTuple):
    """What a referral goes by: the terms and promises of the revision it was told under."""

    terms: Terms
    promises: Mapping[Side, Promise]
    is_early: bool


def create_program(draft: ProgramDraft, *, program_id: Id | None = None, actor: Actor, at: datetime) -> Id:
    """Make a program, which takes friends from now on; for the same form again (`program_id`) none anew.

    Raises InvalidReferralProgram, RequestReused where that form said something else, or ReferralProgramOpen
    where another takes friends.
    """
    _check(draft)
    made = program_id or new_id()
    with write_transaction():
        # Of several who open one at once, each sees what those before have done.
        lock_shop()
        if _is_made(made, draft):
            return made
        _require_none_open()
        ReferralProgram.objects.create(id=made, created_at=at, **_columns(draft))
        _note(made, 1, "made", draft, actor, at)
    return made


def change_program(program_id: Id, draft: ProgramDraft, *, expected: int, actor: Actor, at: datetime) -> None:
    """Let a program be as drafted for codes told from now on; its limits hold for all it gives from now on.

    Raises UnknownReferralProgram, ReferralProgramChanged where it is not at the revision `expected`, or
    InvalidReferralProgram.
    """
    _check(draft)
    with write_transaction():
        row = _locked(program_id)
        if row.revision != expected:
            raise ReferralProgramChanged(revision=row.revision)
        _turn(row, "changed", draft, actor, at, **_columns(draft))


def archive_program(program_id: Id, *, is_archived: bool = True, actor: Actor, at: datetime) -> None:
    """Let a program take no friends any more, or again; what was promised is still given.

    Raises UnknownReferralProgram, or ReferralProgramOpen where another takes friends.
    """
    with write_transaction():
        lock_shop()
        row = _locked(program_id)
        if (row.archived_at is not None) == is_archived:
            return
        if not is_archived:
            _require_none_open()
        what = "archived" if is_archived else "restored"
        _turn(row, what, draft_of(row), actor, at, archived_at=at if is_archived else None)


def open_program() -> ReferralProgram | None:
    """Return the program that takes friends now, if there is one."""
    return ReferralProgram.objects.filter(archived_at=None).first()


def promised_by(revisions: Iterable[tuple[Id, int]], *, zone: ZoneInfo) -> dict[tuple[Id, int], Promised]:
    """Return what these revisions of programs promised, as days go by in a zone; one statement."""
    wanted = set(revisions)
    rows = ReferralProgramChange.objects.filter(
        program_id__in={one for one, _ in wanted}, revision__in={number for _, number in wanted}
    )
    return {
        (row.program_id, row.revision): _promised(row.content, zone)
        for row in rows
        if (row.program_id, row.revision) in wanted
    }


def _promised(content: Mapping[str, Any], zone: ZoneInfo) -> Promised:
    terms = Terms(
        EarnedBy(content["earned_by"]), content["nth"], content["least_minor"], content["within_days"],
        content["wait_days"], WhenReturned(content["on_return"]), content["only_new"], zone,
    )  # fmt: skip
    promises = {side: _promise(content[side.value]) for side in Side}
    return Promised(terms, promises, content["is_early"])


def _promise(one: Mapping[str, Any]) -> Promise:
    target = parse_id(one["target_id"]) if one["target_id"] else None
    return Promise(PromiseKind(one["kind"]), one["amount"], target, one["cost_minor"])


def caps_of(row: ReferralProgram) -> Caps:
    """Return how often a referrer may get something."""
    return Caps(row.cap_month, row.cap_year, row.cap_ever)


def take_room(program_id: Id, *, count: int, cost_minor: int) -> str:
    """Take a place and money of a program's limits; returns which is not there (`count`, `budget`), if any.

    The database decides, in one statement: of any number who ask at once as many get it as there is room for.
    """
    require_write_transaction()
    rows = ReferralProgram.objects.filter(id=program_id)
    has_place = Q(most_count=None) | Q(most_count__gte=F("used_count") + count)
    has_money = Q(budget_minor=None) | Q(budget_minor__gte=F("used_minor") + cost_minor)
    wanted = rows
    if count:
        wanted = wanted.filter(has_place)
    if cost_minor:
        wanted = wanted.filter(has_money)
    if wanted.update(used_count=F("used_count") + count, used_minor=F("used_minor") + cost_minor):
        return ""
    return "budget" if not count or rows.filter(has_place).exists() else "count"


def give_room_back(program_id: Id, *, count: int, cost_minor: int) -> None:
    """Give back what was taken, since it was not given after all."""
    require_write_transaction()
    ReferralProgram.objects.filter(id=program_id).update(
        used_count=F("used_count") - count, used_minor=F("used_minor") - cost_minor
    )


def draft_of(row: ReferralProgram) -> ProgramDraft:
    """Return a program as it stands, as a draft."""
    plain = {name: getattr(row, name) for name in ProgramDraft._fields if name not in ("referrer", "friend")}
    plain |= {"earned_by": EarnedBy(row.earned_by), "on_return": WhenReturned(row.on_return)}
    return ProgramDraft(
        **plain,
        referrer=Promise(
            PromiseKind(row.referrer_gives),
            row.referrer_amount,
            row.referrer_target_id,
            row.referrer_cost_minor,
        ),
        friend=Promise(
            PromiseKind(row.friend_gives), row.friend_amount, row.friend_target_id, row.friend_cost_minor
        ),
    )


def _is_made(program_id: Id, draft: ProgramDraft) -> bool:
    first = ReferralProgramChange.objects.filter(program_id=program_id, revision=1)
    earlier = first.values_list("content", flat=True).first()
    if earlier is not None and earlier != _content(draft):
        raise RequestReused()
    return earlier is not None


def _require_none_open() -> None:
    other = open_program()
    if other is not None:
        raise ReferralProgramOpen(program=show_id(other.id))


def _locked(program_id: Id) -> ReferralProgram:
    row = ReferralProgram.objects.select_for_update().filter(id=program_id).first()
    if row is None:
        raise UnknownReferralProgram(program=show_id(program_id))
    return row


def _turn(
    row: ReferralProgram, what: str, draft: ProgramDraft, actor: Actor, at: datetime, **fields: Any
) -> None:
    row.revision += 1
    ReferralProgram.objects.filter(id=row.id).update(revision=row.revision, **fields)
    _note(row.id, row.revision, what, draft, actor, at)


def _note(program_id: Id, revision: int, what: str, draft: ProgramDraft, actor: Actor, at: datetime) -> None:
    ReferralProgramChange.objects.create(
        program_id=program_id, revision=revision, at=at, what=what, content=_content(draft),
        **columns_of(actor),
    )  # fmt: skip


def _content(draft: ProgramDraft) -> dict[str, Any]:
    content = draft._asdict() | {side.value: _plain(getattr(draft, side.value)) for side in Side}
    return content | {"earned_by": draft.earned_by.value, "on_return": draft.on_return.value}


def _plain(one: Promise) -> dict[str, Any]:
    return one._asdict() | {
        "kind": one.kind.value, "target_id": show_id(one.target_id) if one.target_id else None
    }  # fmt: skip


def _columns(draft: ProgramDraft) -> dict[str, Any]:
    columns = draft._asdict() | {"earned_by": draft.earned_by.value, "on_return": draft.on_return.value}
    for side in Side:
        promise: Promise = columns.pop(side.value)
        columns |= {
            f"{side.value}_gives": promise.kind.value, f"{side.value}_amount": promise.amount,
            f"{side.value}_target_id": promise.target_id, f"{side.value}_cost_minor": promise.cost_minor,
        }  # fmt: skip
    return columns


def _check(draft: ProgramDraft) -> None:
    limits = {name: getattr(draft, name) for name in ("cap_month", "cap_year", "cap_ever", "most_count")}
    budget = 1 if draft.budget_minor is None else draft.budget_minor
    has_gift = any(getattr(draft, side.value).kind is not PromiseKind.NONE for side in Side)
    for field, problem, holds in (
        ("name_ko", "empty", not draft.name_ko.strip()),
        ("name_ko", "too_long", len(draft.name_ko) > LONGEST_NAME),
        ("name_en", "too_long", len(draft.name_en) > LONGEST_NAME),
        ("about_ko", "too_long", len(draft.about_ko) > LONGEST_ABOUT),
        ("about_en", "too_long", len(draft.about_en) > LONGEST_ABOUT),
        ("nth", "range", not 0 < draft.nth <= MOST_NTH),
        ("least_minor", "range", not 0 <= draft.least_minor <= MOST_MINOR),
        ("within_days", "range", not 0 < draft.within_days <= MOST_DAYS),
        ("wait_days", "range", not 0 <= draft.wait_days <= MOST_DAYS),
        ("tell_days", "range", not 0 <= draft.tell_days <= draft.within_days),
        ("gifts", "empty", not has_gift),
        ("is_early", "not_wanted", draft.is_early and draft.friend.kind is PromiseKind.NONE),
        *((name, "range", one is not None and not 0 < one <= MOST_COUNT) for name, one in limits.items()),
        ("budget_minor", "range", not 0 < budget <= MOST_MINOR),
    ):  # fmt: skip
        if holds:
            raise InvalidReferralProgram(field=field, problem=problem)
    for side in Side:
        _check_promise(side.value, getattr(draft, side.value), has_budget=draft.budget_minor is not None)


def _check_promise(side: str, promise: Promise, *, has_budget: bool) -> None:
    kind, amount = promise.kind, promise.amount
    most = {PromiseKind.POINTS: MOST_POINTS, PromiseKind.STAMPS: MOST_BY_HAND}.get(kind)
    needs_target = kind in (PromiseKind.COUPON, PromiseKind.STAMPS)
    for field, problem, holds in (
        ("amount", "range", most is not None and not 0 < (amount or 0) <= most),
        ("amount", "not_wanted", most is None and amount is not None),
        ("target", "not_wanted", not needs_target and promise.target_id is not None),
        ("target", "unknown", needs_target and not _is_there(promise)),
        ("amount", "no_program", kind is PromiseKind.POINTS and not load_programs()),
        ("cost", "range", not 0 <= promise.cost_minor <= MOST_MINOR),
        ("cost", "empty", has_budget and kind is not PromiseKind.NONE and not promise.cost_minor),
    ):
        if holds:
            raise InvalidReferralProgram(field=f"{side}_{field}", problem=problem)


def _is_there(promise: Promise) -> bool:
    """Say whether it can be given: a batch that is open, a program of cards that takes stamps."""
    if promise.kind is PromiseKind.COUPON:
        return CouponBatch.objects.filter(id=promise.target_id, is_blocked=False).exists()
    return StampProgram.objects.filter(id=promise.target_id, archived_at=None).exists()
