"""What the API answers about stamp cards."""

from datetime import datetime

from dangol_client.answers import Answer


class StampFigures(Answer, frozen=True):
    """How many cards are open, full and waiting, given and expired, and how many members have one."""

    open: int
    full: int
    given: int
    expired: int
    members: int


class StampProgram(Answer, frozen=True):
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
    on_return: str
    gives: str
    points: int | None
    target: str | None
    figures: StampFigures
    revision: int
    created_at: datetime
    archived_at: datetime | None


class StampStanding(Answer, frozen=True):
    """Where a member stands: stamps on the open card, those owed, and full cards whose reward waits."""

    program_id: str
    key: str
    name: str
    stamps: int
    size: int
    expires_at: datetime | None
    owed: int
    waiting: int


class StampStandings(Answer, frozen=True):
    """Where a member stands in each program."""

    data: list[StampStanding]


class StampCard(Answer, frozen=True):
    """A member's card, and what it gave."""

    id: str
    member_id: str
    program_id: str
    state: str
    stamps: int
    size: int
    opened_at: datetime
    expires_at: datetime | None
    filled_at: datetime | None
    given_at: datetime | None
    gift_kind: str | None
    gift_points: int | None
    gift_ref: str | None
    trouble: str | None


class StampMove(Answer, frozen=True):
    """Stamps that came or went, and what became of them."""

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
    at: datetime
    by: str
    reason: str
    promotion_id: str | None
    is_undone: bool
