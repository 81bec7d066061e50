"""A shop with a referral program, as its tests see it: the first order of 10,000 won gives both points."""

from datetime import datetime, timedelta
from typing import Any

from dangol.core.commerce.drafts import OrderDraft
from dangol.core.ledger.models import Transfer
from dangol.core.ledger.verify import verify
from dangol.core.people.actors import Actor, ActorKind
from dangol.core.people.enrolling import Enrollment, enroll
from dangol.core.people.identities import Kind
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.referrals import EarnedBy, PromiseKind
from dangol.project.checks import all_checks
from dangol.rooms.rewards.catalog.services import By
from dangol.rooms.rewards.referrals.codes import make_code
from dangol.rooms.rewards.referrals.consumers import FOLLOW
from dangol.rooms.rewards.referrals.programs import ProgramDraft, Promise, create_program
from dangol.rooms.rewards.referrals.selectors import ReferralView, find_referral
from dangol.rooms.rewards.referrals.services import tell_code
from dangol.rooms.rewards.referrals.signs import Came
from tests.core.commerce.shop import back, bring_back, order, place, stock
from tests.core.ledger.shop import let_worker_by
from tests.rooms.rewards.promotions.shop import AT, open_shop as open_promotions_shop

CLERK = Actor(ActorKind.STAFF, "kim", "김")
BY = By(CLERK, AT)
DAY = timedelta(days=1)
POINTS = Promise(PromiseKind.POINTS, 500, cost_minor=500)
WELCOME = Promise(PromiseKind.POINTS, 300, cost_minor=300)


def open_shop(*names: str) -> list[Id]:
    """Open a shop with points and products, with members of these names."""
    open_promotions_shop()
    stock()
    return [join(name) for name in names]


def join(number: str, at: datetime = AT, **known: Any) -> Id:
    """Let somebody join."""
    values = {Kind.EXTERNAL: number, **known.pop("identities", {})}
    with write_transaction():
        return enroll(Enrollment(values, joined_at=at, **known), recorded_at=at)


def program(**fields: Any) -> Id:
    """Open a program: 500 points for the referrer, 300 for the friend, at once, or what is said."""
    given: dict[str, Any] = {
        "name_ko": "친구 초대", "referrer": POINTS, "friend": WELCOME, "least_minor": 10_000, "wait_days": 0,
    } | fields  # fmt: skip
    form = given.pop("program_id", None)
    return create_program(ProgramDraft(**given), program_id=form, actor=CLERK, at=AT)


def at_joining(**fields: Any) -> Id:
    """Open a program that gives for joining."""
    return program(earned_by=EarnedBy.JOINING, **fields)


def bring(referrer: Id, friend: Id, at: datetime = AT, came: Came | None = None) -> Id:
    """Let a friend tell a member's code."""
    code = make_code(referrer, at=AT)
    return tell_code(friend, code, by=By(CLERK, at), came=came or Came())


def buy(
    friend: Id, number: str, won: int = 12_000, at: datetime = AT, known_at: datetime | None = None
) -> OrderDraft:
    """Let a friend buy two of something, and the worker by; `known_at` is when it was told of."""
    made = order(stock(), friend, number, at, ("L1", 2, won))
    place(made, at=known_at or at)
    let_worker_by(FOLLOW)
    return made


def return_(sold: OrderDraft, number: str, *, pieces: int = 2, at: datetime = AT) -> None:
    """Let pieces of what was bought come back, and the worker by."""
    won = sold.lines[0].net_minor * pieces // 2
    made = back(stock(), sold.customer_id, number, at, ("L1", pieces, won), order_number=sold.number)
    bring_back(made, at=at)
    let_worker_by(FOLLOW)


def points_of(member: Id) -> int:
    """Return the points a member got for referrals, less those taken back."""
    moves = Transfer.objects.filter(customer_id=member, reason="referral")
    return sum(one.points if one.kind == "earn" else -one.points for one in moves)


def shown(referral: Id) -> ReferralView:
    """Return a referral."""
    return find_referral(referral)


def broken() -> list[str]:
    """Return what the proof finds wrong."""
    return [finding.check.name for finding in verify(all_checks()) if not finding.is_kept]


def let_by() -> None:
    """Let the worker by."""
    let_worker_by(FOLLOW)
