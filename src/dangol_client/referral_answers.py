"""What the API answers about referrals."""

from datetime import datetime

from dangol_client.answers import Answer


class ReferralPromise(Answer, frozen=True):
    """What one side gets, and what it is reckoned to cost."""

    kind: str
    amount: int | None
    target: str | None
    cost_minor: int


class ReferralFigures(Answer, frozen=True):
    """What a program has come to: members with a code, friends by state, gifts, and what friends spent."""

    invited: int
    joined: int
    states: dict[str, int]
    gifts: int
    points: int
    cost_minor: int
    spent_minor: int
    spenders: int


class ReferralProgram(Answer, frozen=True):
    """A referral program, with its figures."""

    id: str
    name_ko: str
    name_en: str
    about_ko: str
    about_en: str
    referrer: ReferralPromise
    friend: ReferralPromise
    earned_by: str
    nth: int
    least_minor: int
    within_days: int
    wait_days: int
    tell_days: int
    only_new: bool
    on_return: str
    is_early: bool
    cap_month: int | None
    cap_year: int | None
    cap_ever: int | None
    most_count: int | None
    budget_minor: int | None
    used_count: int
    used_minor: int
    figures: ReferralFigures
    revision: int
    created_at: datetime
    archived_at: datetime | None


class ReferralGift(Answer, frozen=True):
    """What one of the two got, waits for, or did not get."""

    side: str
    state: str
    kind: str
    amount: int | None
    given_at: datetime | None
    ref: str | None
    trouble: str | None


class Referral(Answer, frozen=True):
    """A referral: where it stands, why, and what both got."""

    id: str
    friend_id: str
    referrer_id: str
    program_id: str
    revision: int
    state: str
    joined_at: datetime
    told_at: datetime
    verdict: str
    score: int
    signs: list[str]
    why: str | None
    orders: int
    left: int
    deadline: datetime
    earned_at: datetime | None
    due_at: datetime | None
    given_at: datetime | None
    gifts: list[ReferralGift]


class ReferralStep(Answer, frozen=True):
    """A line of a referral's history."""

    at: datetime
    what: str
    side: str | None
    cause: str | None
    order_id: str | None
    by: str
    reason: str


class MemberReferral(Answer, frozen=True):
    """A member's side: code and link, friends who came, what the caps leave, and how they came themselves."""

    code: str | None
    link: str | None
    friends: int
    waiting: int
    given: int
    points: int
    left: int | None
    reached: str | None
    came_by: Referral | None
