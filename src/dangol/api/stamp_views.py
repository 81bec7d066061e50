"""What the API takes and shows of stamp cards."""

from typing import Annotated

from pydantic import Field

from dangol.api.replies import Given, Instant, Shown
from dangol.core.access.keys import KeyView
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.stamps import MOST_SIZE, MOST_VALID_DAYS, GiftKind, OnReturn
from dangol.rooms.rewards.catalog.editing import MOST_POINTS
from dangol.rooms.rewards.stamps import selectors
from dangol.rooms.rewards.stamps.editing import ProgramDraft
from dangol.rooms.rewards.stamps.errors import InvalidStampProgram
from dangol.rooms.rewards.stamps.models import LONGEST_ABOUT, LONGEST_NAME

Name = Annotated[str, Field(max_length=LONGEST_NAME)]
About = Annotated[str, Field(max_length=LONGEST_ABOUT)]


class StampProgramFields(Given):
    """What a card is. A full one gives `points`, or of `target` a code (a batch) or a reward.

    `valid_days` null: cards never lapse. `on_return` says what becomes of a reward given when stamps of its
    card come back.
    """

    name_ko: Name
    name_en: Name = ""
    about_ko: About = ""
    about_en: About = ""
    size: Annotated[int, Field(ge=1, le=MOST_SIZE, strict=True)]
    carries_over: bool = True
    valid_days: Annotated[int, Field(ge=1, le=MOST_VALID_DAYS, strict=True)] | None = None
    on_return: OnReturn = OnReturn.TAKE_BACK
    gives: GiftKind
    points: Annotated[int, Field(ge=1, le=MOST_POINTS, strict=True)] | None = None
    target: Annotated[str, Field(max_length=64, description="A batch's or a reward's id.")] | None = None

    def draft(self) -> ProgramDraft:
        """Return it as the room takes it; raises InvalidStampProgram."""
        return ProgramDraft(
            self.name_ko, self.size, self.gives, self.points, _target(self.target), self.name_en,
            self.about_ko, self.about_en, self.carries_over, self.valid_days, self.on_return,
        )  # fmt: skip


def _target(text: str | None) -> Id | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        raise InvalidStampProgram(field="target", problem="unknown") from None


class StampFiguresView(Shown):
    """How many cards are open, full and waiting, given and expired, and how many members have one."""

    open: int
    full: int
    given: int
    expired: int
    members: int


class StampProgramView(Shown):
    """A program of stamp cards, with its figures."""

    id: str
    key: str
    name_ko: str
    name_en: str
    about_ko: str
    about_en: str
    size: int
    carries_over: bool
    valid_days: int | None
    on_return: OnReturn
    gives: GiftKind
    points: int | None
    target: str | None
    figures: StampFiguresView
    revision: int
    created_at: Instant
    archived_at: Instant | None


class StampProgramList(Shown):
    """Programs, the newest first."""

    data: list[StampProgramView]


class StampStandingView(Shown):
    """Where a member stands: stamps on the open card, those owed, and full cards whose reward waits."""

    program_id: str
    key: str
    name: str
    stamps: int
    size: int
    expires_at: Instant | None
    owed: int
    waiting: int


class StampStandingList(Shown):
    """Where a member stands in each program."""

    data: list[StampStandingView]


class StampCardView(Shown):
    """A member's card. `trouble` is the code of the refusal for which its reward waits.

    `gift_ref`: the transfer, the code or the redemption that it gave; of a code only the end, without
    `coupons.write` or `members.unmask`.
    """

    id: str
    member_id: str
    program_id: str
    state: str
    stamps: int
    size: int
    opened_at: Instant
    expires_at: Instant | None
    filled_at: Instant | None
    given_at: Instant | None
    gift_kind: str | None
    gift_points: int | None
    gift_ref: str | None
    trouble: str | None


class StampCardList(Shown):
    """Cards."""

    data: list[StampCardView]


class StampMoveView(Shown):
    """Stamps that came (`sale`, `hand`) or went (`return`, `undo`, `strike`), and what became of them.

    Of those that came: `laid` on cards, `paid` for those owed, `lapsed` above a full card. Of those that
    went: `off` cards, `owed` from the next ones, `forgiven`.
    """

    id: str
    program_id: str
    kind: str
    count: int
    laid: int
    paid: int
    lapsed: int
    off: int
    owed: int
    forgiven: int
    at: Instant
    by: str
    reason: str
    promotion_id: str | None
    is_undone: bool


class StampMovePage(Shown):
    """How stamps came and went, the latest first."""

    data: list[StampMoveView]
    next_cursor: str | None


def program_view(one: selectors.ProgramView, figures: selectors.Figures) -> StampProgramView:
    """Return a program as it is shown."""
    return StampProgramView(
        id=show_id(one.id), key=one.key, name_ko=one.names["ko"], name_en=one.names["en"],
        about_ko=one.abouts["ko"], about_en=one.abouts["en"], size=one.size, carries_over=one.carries_over,
        valid_days=one.valid_days, on_return=one.on_return, gives=one.gives, points=one.points,
        target=show_id(one.target_id) if one.target_id else None,
        figures=StampFiguresView(
            open=figures.opened, full=figures.full, given=figures.given, expired=figures.expired,
            members=figures.members,
        ),
        revision=one.revision, created_at=one.created_at, archived_at=one.archived_at,
    )  # fmt: skip


def standing_view(one: selectors.Standing) -> StampStandingView:
    """Return where a member stands as it is shown."""
    return StampStandingView(
        program_id=show_id(one.program.id), key=one.program.key, name=one.program.names["ko"],
        stamps=one.stamps, size=one.size, expires_at=one.expires_at, owed=one.debt, waiting=one.waiting,
    )  # fmt: skip


def card_view(one: selectors.CardView, key: KeyView) -> StampCardView:
    """Return a card as it is shown to who has this key."""
    may_see = bool(key.scopes & {Right.COUPONS_WRITE, Right.MEMBERS_UNMASK})
    return StampCardView(
        id=show_id(one.id), member_id=show_id(one.customer_id), program_id=show_id(one.program.id),
        state=one.state.value, stamps=one.stamps, size=one.size, opened_at=one.opened_at,
        expires_at=one.expires_at, filled_at=one.filled_at, given_at=one.given_at,
        gift_kind=one.gift_kind.value if one.gift_kind else None, gift_points=one.gift_points,
        gift_ref=one.gift_shown(may_see=may_see) or None, trouble=one.trouble or None,
    )  # fmt: skip


def move_view(one: selectors.MoveView) -> StampMoveView:
    """Return stamps that came or went as they are shown."""
    return StampMoveView(
        id=show_id(one.id), program_id=show_id(one.program.id), kind=one.kind, count=one.stamps,
        laid=one.laid, paid=one.paid, lapsed=one.lapsed, off=one.off, owed=one.owed, forgiven=one.forgiven,
        at=one.at, by=one.actor_name, reason=one.reason,
        promotion_id=show_id(one.promotion_id) if one.promotion_id else None, is_undone=one.is_undone,
    )  # fmt: skip
