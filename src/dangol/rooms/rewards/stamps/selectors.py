"""Reading stamp cards: the programs and their figures, and a member's cards with their history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Q, Sum

from dangol.core.people.merged import family_of
from dangol.core.storage.ids import Id, show_id
from dangol.domain.stamps import CardState, GiftKind, OnReturn
from dangol.rooms.rewards.catalog.models import Reward
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.stamps.errors import UnknownStampMove, UnknownStampProgram
from dangol.rooms.rewards.stamps.models import StampCard, StampMove, StampProgram


class ProgramView(NamedTuple):
    """A program. `gift_names` are those of the batch or reward a full card gives, by language."""

    id: Id
    key: str
    names: Mapping[str, str]
    abouts: Mapping[str, str]
    size: int
    carries_over: bool
    valid_days: int | None
    on_return: OnReturn
    gives: GiftKind
    points: int | None
    target_id: Id | None
    gift_names: Mapping[str, str]
    revision: int
    created_at: datetime
    archived_at: datetime | None

    def name(self, language: str) -> str:
        """The name in a language; in Korean where there is none in it."""
        return self.names.get(language) or self.names["ko"]

    def about(self, language: str) -> str:
        """The description in a language; in Korean where there is none in it."""
        return self.abouts.get(language) or self.abouts["ko"]

    def gift_name(self, language: str) -> str:
        """What the batch or reward is called; empty for points, or where it is gone."""
        return self.gift_names.get(language) or self.gift_names.get("ko", "")


class Figures(NamedTuple):
    """How many cards of a program stand how, and how many members have an open or full one."""

    opened: int = 0
    full: int = 0
    given: int = 0
    expired: int = 0
    members: int = 0


class CardView(NamedTuple):
    """A member's card. `trouble` is the code of the refusal for which its reward waits."""

    id: Id
    customer_id: Id
    program: ProgramView
    state: CardState
    size: int
    stamps: int
    opened_at: datetime
    expires_at: datetime | None
    filled_at: datetime | None
    given_at: datetime | None
    gift_kind: GiftKind | None
    gift_points: int | None
    gift_ref: str
    trouble: str

    def gift_shown(self, *, may_see: bool) -> str:
        """What it gave; of a coupon's code only the end, for those who may not use one."""
        is_hidden = self.gift_kind is GiftKind.COUPON and self.gift_ref and not may_see
        return f"••••{self.gift_ref[-4:]}" if is_hidden else self.gift_ref


class Standing(NamedTuple):
    """Where a member stands in a program: the stamps on the open card, and those they owe."""

    program: ProgramView
    stamps: int
    size: int
    expires_at: datetime | None
    debt: int
    waiting: int

    @property
    def left(self) -> int:
        """How many stamps are missing until the card is full, those owed included."""
        return self.size - self.stamps + self.debt


class MoveView(NamedTuple):
    """Stamps that came or went, who did it and why, and what became of them."""

    id: Id
    program: ProgramView
    kind: str
    stamps: int
    laid: int
    paid: int
    lapsed: int
    off: int
    owed: int
    forgiven: int
    at: datetime
    actor_name: str
    reason: str
    promotion_id: Id | None
    is_undone: bool

    @property
    def change(self) -> int:
        """What it did to cards: stamps laid, or negative taken off."""
        return self.laid - self.off


def list_programs(*, archived: bool = False) -> list[ProgramView]:
    """Return the programs that take stamps, or those archived, the newest first."""
    return _views(StampProgram.objects.filter(archived_at__isnull=not archived).order_by("-id"))


def find_stamp_program(program_id: Id) -> ProgramView:
    """Return a program; raises UnknownStampProgram."""
    found = _views(StampProgram.objects.filter(id=program_id))
    if not found:
        raise UnknownStampProgram(program=show_id(program_id))
    return found[0]


def _views(found: Iterable[StampProgram]) -> list[ProgramView]:
    rows = list(found)
    targets = [row.target_id for row in rows if row.target_id]
    names: dict[Id, Mapping[str, str]] = {
        key: {"ko": name}
        for key, name in CouponBatch.objects.filter(id__in=targets).values_list("id", "name")
    }
    rewards = Reward.objects.filter(id__in=targets).values_list("id", "name_ko", "name_en")
    names |= {key: {"ko": ko, "en": en} for key, ko, en in rewards}
    return [
        ProgramView(
            row.id, row.key, {"ko": row.name_ko, "en": row.name_en},
            {"ko": row.about_ko, "en": row.about_en}, row.size, row.carries_over, row.valid_days,
            OnReturn(row.on_return), GiftKind(row.gives), row.points, row.target_id,
            names.get(row.target_id or b"", {}), row.revision, row.created_at, row.archived_at,
        )
        for row in rows
    ]  # fmt: skip


def figures_of(program_ids: Sequence[Id]) -> dict[Id, Figures]:
    """Return the figures of programs; of one without cards all are 0."""
    rows = StampCard.objects.filter(program_id__in=list(program_ids)).values_list("program_id", "state")
    counts: dict[Id, dict[str, int]] = defaultdict(dict)
    for program_id, state, count in rows.annotate(Count("id")).order_by():
        counts[program_id][state] = count
    live = StampCard.objects.filter(program_id__in=list(program_ids), state__in=("open", "full"))
    members = dict(live.values_list("program_id").annotate(Count("customer_id", distinct=True)).order_by())
    return {
        key: Figures(
            own.get("open", 0), own.get("full", 0), own.get("given", 0), own.get("expired", 0),
            members.get(key, 0),
        )
        for key in program_ids
        for own in [counts[key]]
    }  # fmt: skip


def standings_for(customer_id: Id, *, at: datetime) -> list[Standing]:
    """Return where a member stands in each program that takes stamps or in which they have some."""
    family = family_of(customer_id)
    states = (CardState.OPEN.value, CardState.FULL.value)
    cards = StampCard.objects.filter(customer_id__in=family, state__in=states)
    open_ones: dict[Id, StampCard] = {}
    waiting: dict[Id, int] = defaultdict(int)
    for row in cards.order_by("opened_at", "id"):
        if row.state == CardState.FULL.value:
            waiting[row.program_id] += 1
        elif row.expires_at is None or row.expires_at > at:
            open_ones.setdefault(row.program_id, row)
    debts = _debts(family)
    shown = StampProgram.objects.filter(Q(archived_at=None) | Q(id__in=[*open_ones, *waiting])).order_by(
        "created_at", "id"
    )
    standings = []
    for program in _views(shown):
        card = open_ones.get(program.id)
        standings.append(
            Standing(
                program, card.count if card else 0, card.size if card else program.size,
                card.expires_at if card else None, debts.get(program.id, 0), waiting[program.id],
            )
        )  # fmt: skip
    return standings


def _debts(family: Sequence[Id]) -> dict[Id, int]:
    own = StampMove.objects.filter(customer_id__in=family).values_list("program_id")
    return dict(own.annotate(owes=Sum(F("owed") + F("unpaid") - F("paid"))).order_by())


def cards_of(customer_id: Id, *, limit: int = 50) -> list[CardView]:
    """Return a member's cards but for void ones, the latest first, also those from before a merge."""
    rows = StampCard.objects.filter(customer_id__in=family_of(customer_id))
    return _cards(rows.exclude(state=CardState.VOID.value).order_by("-opened_at", "-id")[:limit])


def waiting_cards(program_id: Id, *, limit: int = 50) -> list[CardView]:
    """Return the full cards of a program whose reward still waits, the longest waiting first."""
    rows = StampCard.objects.filter(program_id=program_id, state=CardState.FULL.value)
    return _cards(rows.order_by("filled_at")[:limit])


def _cards(found: Iterable[StampCard]) -> list[CardView]:
    rows = list(found)
    ids = {row.program_id for row in rows}
    programs = {one.id: one for one in _views(StampProgram.objects.filter(id__in=ids))}
    return [
        CardView(
            row.id, row.customer_id, programs[row.program_id], CardState(row.state), row.size, row.count,
            row.opened_at, row.expires_at, row.filled_at, row.given_at,
            GiftKind(row.gift_kind) if row.gift_kind else None, row.gift_points, row.gift_ref, row.trouble,
        )
        for row in rows
    ]  # fmt: skip


def moves_of(
    customer_id: Id,
    *,
    program_id: Id | None = None,
    before: tuple[datetime, Id] | None = None,
    limit: int = 50,
) -> list[MoveView]:
    """Return how a member's stamps came and went, the latest first, also from before a merge."""
    family = family_of(customer_id)
    rows = StampMove.objects.filter(customer_id__in=family)
    if program_id is not None:
        rows = rows.filter(program_id=program_id)
    if before is not None:
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], id__lt=before[1]))
    return _moves(list(rows.order_by("-at", "-id")[:limit]), family)


def find_move(customer_id: Id, move_id: Id) -> MoveView:
    """Return a move of a member's stamps; raises UnknownStampMove."""
    family = family_of(customer_id)
    found = _moves(list(StampMove.objects.filter(customer_id__in=family, id=move_id)), family)
    if not found:
        raise UnknownStampMove(move=show_id(move_id))
    return found[0]


def _moves(found: Sequence[StampMove], family: Sequence[Id]) -> list[MoveView]:
    programs = {
        one.id: one for one in _views(StampProgram.objects.filter(id__in={row.program_id for row in found}))
    }
    undoing = StampMove.objects.filter(customer_id__in=family, of_id__in=[row.id for row in found])
    undone = set(undoing.values_list("of_id", flat=True))
    return [
        MoveView(
            row.id, programs[row.program_id], row.kind, row.count, row.laid, row.paid, row.lapsed, row.off,
            row.owed + row.unpaid, row.forgiven, row.at, row.actor_name or row.actor, row.reason,
            row.promotion_id, row.id in undone,
        )
        for row in found
    ]  # fmt: skip
