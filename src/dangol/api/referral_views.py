"""What the API takes and shows of referrals."""

from typing import Annotated

from pydantic import Field

from dangol.api.replies import Given, Instant, Shown
from dangol.core.access.keys import KeyView
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.referrals import MOST_DAYS, MOST_NTH, EarnedBy, PromiseKind, Stage, WhenReturned
from dangol.rooms.rewards.referrals import selectors
from dangol.rooms.rewards.referrals.errors import InvalidReferralProgram
from dangol.rooms.rewards.referrals.models import LONGEST_ABOUT, LONGEST_NAME
from dangol.rooms.rewards.referrals.programs import MOST_COUNT, MOST_MINOR, ProgramDraft, Promise

Name = Annotated[str, Field(max_length=LONGEST_NAME)]
About = Annotated[str, Field(max_length=LONGEST_ABOUT)]
Days = Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True)]
Minor = Annotated[int, Field(ge=0, le=MOST_MINOR, strict=True)]
Cap = Annotated[int, Field(ge=1, le=MOST_COUNT, strict=True)]


class ReferralPromiseFields(Given):
    """What one side gets: `points` or `stamps` (`amount`), of `target` a code (batch) or stamps (program).

    `cost_minor` is what you reckon that it costs; a budget is spent by it.
    """

    kind: PromiseKind = PromiseKind.NONE
    amount: Annotated[int, Field(ge=1, strict=True)] | None = None
    target: Annotated[str, Field(max_length=64)] | None = None
    cost_minor: Minor = 0

    def promise(self, side: str) -> Promise:
        """Return it as the room takes it; raises InvalidReferralProgram."""
        return Promise(self.kind, self.amount, _target(self.target, side), self.cost_minor)


def _target(text: str | None, side: str) -> Id | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        raise InvalidReferralProgram(field=f"{side}_target", problem="unknown") from None


class ReferralProgramFields(Given):
    """What a friend has to do, what both get, and how often.

    The friend joins (`joining`), or pays for their `nth` order of `least_minor` or more (`order`), within
    `within_days` of joining; both get theirs `wait_days` later. With `is_early` the friend gets theirs at
    joining. `cap_…`: how often a referrer gets something in a calendar month, a year, for good; `most_count`
    and `budget_minor`: how many referrals are rewarded in all, and for how much.
    """

    name_ko: Name
    name_en: Name = ""
    about_ko: About = ""
    about_en: About = ""
    referrer: ReferralPromiseFields = ReferralPromiseFields()
    friend: ReferralPromiseFields = ReferralPromiseFields()
    earned_by: EarnedBy = EarnedBy.ORDER
    nth: Annotated[int, Field(ge=1, le=MOST_NTH, strict=True)] = 1
    least_minor: Minor = 0
    within_days: Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True)] = 90
    wait_days: Days = 14
    tell_days: Days = 7
    only_new: bool = True
    on_return: WhenReturned = WhenReturned.TAKE_BACK
    is_early: bool = False
    cap_month: Cap | None = None
    cap_year: Cap | None = None
    cap_ever: Cap | None = None
    most_count: Cap | None = None
    budget_minor: Annotated[int, Field(ge=1, le=MOST_MINOR, strict=True)] | None = None

    def draft(self) -> ProgramDraft:
        """Return it as the room takes it; raises InvalidReferralProgram."""
        plain = {name: getattr(self, name) for name in ProgramDraft._fields}
        plain["referrer"] = self.referrer.promise("referrer")
        plain["friend"] = self.friend.promise("friend")
        return ProgramDraft(**plain)


class ReferralPromiseView(Shown):
    """What one side gets."""

    kind: PromiseKind
    amount: int | None
    target: str | None
    cost_minor: int


class ReferralFiguresView(Shown):
    """What a program has come to: members with a code, friends by state, gifts and their reckoned cost.

    `spent_minor` is what rewarded friends have bought since they joined and kept, `spenders` how many of them
    did. Whether they would have come without it nobody knows.
    """

    invited: int
    joined: int
    states: dict[str, int]
    gifts: int
    points: int
    cost_minor: int
    spent_minor: int
    spenders: int


class ReferralProgramView(Shown):
    """A referral program, with its figures. `used_…`: what of its count and budget is used."""

    id: str
    name_ko: str
    name_en: str
    about_ko: str
    about_en: str
    referrer: ReferralPromiseView
    friend: ReferralPromiseView
    earned_by: EarnedBy
    nth: int
    least_minor: int
    within_days: int
    wait_days: int
    tell_days: int
    only_new: bool
    on_return: WhenReturned
    is_early: bool
    cap_month: int | None
    cap_year: int | None
    cap_ever: int | None
    most_count: int | None
    budget_minor: int | None
    used_count: int
    used_minor: int
    figures: ReferralFiguresView
    revision: int
    created_at: Instant
    archived_at: Instant | None


class ReferralProgramList(Shown):
    """Programs, the newest first."""

    data: list[ReferralProgramView]


class ReferralGiftView(Shown):
    """What one of the two got, or waits for, or did not get: `trouble` is a cap, or the code of a refusal.

    `ref`: the transfer, the code or the move of stamps; of a code only the end, without `coupons.write` or
    `members.unmask`.
    """

    side: str
    state: str
    kind: PromiseKind
    amount: int | None
    given_at: Instant | None
    ref: str | None
    trouble: str | None


class ReferralView(Shown):
    """A referral. `signs`: what is suspicious about it; `why`: why it is void; `left`: orders missing."""

    id: str
    friend_id: str
    referrer_id: str
    program_id: str
    revision: int
    state: Stage
    joined_at: Instant
    told_at: Instant
    verdict: str
    score: int
    signs: list[str]
    why: str | None
    orders: int
    left: int
    deadline: Instant
    earned_at: Instant | None
    due_at: Instant | None
    given_at: Instant | None
    gifts: list[ReferralGiftView]


class ReferralPage(Shown):
    """Referrals, the latest told first."""

    data: list[ReferralView]
    next_cursor: str | None


class ReferralStepView(Shown):
    """A line of a referral's history."""

    at: Instant
    what: str
    side: str | None
    cause: str | None
    order_id: str | None
    by: str
    reason: str


class ReferralStepList(Shown):
    """A referral's history, earliest first."""

    data: list[ReferralStepView]


class MemberReferralView(Shown):
    """A member's side: their code and link, friends who came, and what the caps leave (null: no cap).

    `code` null: they have not asked for one. `came_by`: the referral by which they came themselves.
    """

    code: str | None
    link: str | None
    friends: int
    waiting: int
    given: int
    points: int
    left: int | None
    reached: str | None
    came_by: ReferralView | None


def program_view(one: selectors.ProgramView, figures: selectors.Figures) -> ReferralProgramView:
    """Return a program as it is shown."""
    draft = one.draft._asdict()
    draft |= {side: _promise(draft[side]) for side in ("referrer", "friend")}
    return ReferralProgramView(
        **draft, id=show_id(one.id), used_count=one.used_count, used_minor=one.used_minor,
        figures=ReferralFiguresView(
            invited=figures.invited, joined=figures.joined,
            states={state.value: count for state, count in figures.states.items()}, gifts=figures.gifts,
            points=figures.points, cost_minor=figures.cost_minor, spent_minor=figures.spent_minor,
            spenders=figures.spenders,
        ),
        revision=one.revision, created_at=one.created_at, archived_at=one.archived_at,
    )  # fmt: skip


def _promise(one: Promise) -> ReferralPromiseView:
    target = show_id(one.target_id) if one.target_id else None
    return ReferralPromiseView(kind=one.kind, amount=one.amount, target=target, cost_minor=one.cost_minor)


def referral_view(one: selectors.ReferralView, key: KeyView) -> ReferralView:
    """Return a referral as it is shown to who has this key."""
    may_see = bool(key.scopes & {Right.COUPONS_WRITE, Right.MEMBERS_UNMASK})
    return ReferralView(
        id=show_id(one.id), friend_id=show_id(one.friend_id), referrer_id=show_id(one.referrer_id),
        program_id=show_id(one.program_id), revision=one.revision, state=one.state, joined_at=one.joined_at,
        told_at=one.told_at, verdict=one.verdict.value, score=one.score, signs=list(one.signs),
        why=one.why.value if one.why else None, orders=one.orders, left=one.left, deadline=one.deadline,
        earned_at=one.earned_at, due_at=one.due_at, given_at=one.given_at,
        gifts=[
            ReferralGiftView(
                side=gift.side.value, state=gift.state.value, kind=gift.kind, amount=gift.amount,
                given_at=gift.given_at, ref=gift.shown_ref(may_see=may_see) or None,
                trouble=gift.trouble or None,
            )
            for gift in one.gifts
        ],
    )  # fmt: skip


def step_view(one: selectors.StepView) -> ReferralStepView:
    """Return a line of the history as it is shown."""
    return ReferralStepView(
        at=one.at, what=one.what, side=one.side or None, cause=one.cause or None,
        order_id=show_id(one.order_id) if one.order_id else None, by=one.actor_name, reason=one.reason,
    )  # fmt: skip


def member_view(one: selectors.Standing, link: str | None, key: KeyView) -> MemberReferralView:
    """Return a member's side as it is shown."""
    return MemberReferralView(
        code=one.code, link=link, friends=one.told, waiting=one.waiting, given=one.given, points=one.points,
        left=one.left, reached=one.reached or None,
        came_by=referral_view(one.came_by, key) if one.came_by else None,
    )  # fmt: skip
