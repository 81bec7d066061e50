"""Reading referrals: the programs and their figures, one member's side of it, and the list with its queue."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.models import Customer
from dangol.core.people.selectors import MEMBER, shop
from dangol.core.storage.ids import Id, show_id
from dangol.core.storage.rows import batches
from dangol.domain.calendars import day_of, start_of_day
from dangol.domain.referrals import (
    PromiseKind,
    Side,
    Stage,
    Verdict,
    Why,
    cap_reached,
    caps_left,
    first_instant,
)
from dangol.rooms.rewards.coupons.models import CouponBatch
from dangol.rooms.rewards.referrals.codes import code_of
from dangol.rooms.rewards.referrals.errors import UnknownReferral, UnknownReferralProgram
from dangol.rooms.rewards.referrals.facts import families_of, read_bought
from dangol.rooms.rewards.referrals.models import (
    GiftState,
    Referral,
    ReferralCode,
    ReferralGift,
    ReferralProgram,
    ReferralStep,
)
from dangol.rooms.rewards.referrals.programs import (
    ProgramDraft,
    caps_of,
    draft_of,
    open_program,
    promised_by,
)
from dangol.rooms.rewards.stamps.models import StampProgram

_HOLDS = (GiftState.GIVEN.value, GiftState.WAITING.value)
_AT_ONCE = 500


class ProgramView(NamedTuple):
    """A program. `target_names` are those of the batches and programs of cards that it gives of."""

    id: Id
    draft: ProgramDraft
    target_names: Mapping[Id, str]
    used_count: int
    used_minor: int
    revision: int
    created_at: datetime
    archived_at: datetime | None

    def name(self, language: str) -> str:
        """The name in a language; in Korean where there is none in it."""
        return self.draft.name_en if language == "en" and self.draft.name_en else self.draft.name_ko

    def about(self, language: str) -> str:
        """The description in a language; in Korean where there is none in it."""
        return self.draft.about_en if language == "en" and self.draft.about_en else self.draft.about_ko


class Figures(NamedTuple):
    """What a program has come to so far: friends by state, gifts, what they cost, and what the friends spent.

    `invited`: members who have a code; of whom they told nobody knows. `spent_minor` is what friends whose
    referral was rewarded have bought since joining and kept: not what they would not have bought without it.
    """

    invited: int = 0
    states: Mapping[Stage, int] = {}
    gifts: int = 0
    points: int = 0
    cost_minor: int = 0
    spent_minor: int = 0
    spenders: int = 0

    @property
    def joined(self) -> int:
        """How many friends have told a code."""
        return sum(self.states.values())

    @property
    def given(self) -> int:
        """How many of them have earned it, and were rewarded."""
        return self.states.get(Stage.GIVEN, 0)


class GiftView(NamedTuple):
    """What one of the two got, or is to get, or not: `trouble` is the cap, or the code of a refusal."""

    id: Id
    side: Side
    state: GiftState
    kind: PromiseKind
    amount: int | None
    target_id: Id | None
    given_at: datetime | None
    ref: str
    trouble: str

    def shown_ref(self, *, may_see: bool) -> str:
        """What was given; of a coupon's code only the end, for those who may not use one."""
        is_hidden = self.kind is PromiseKind.COUPON and self.ref and not may_see
        return f"••••{self.ref[-4:]}" if is_hidden else self.ref


class StepView(NamedTuple):
    """A line of a referral's history."""

    number: int
    at: datetime
    what: str
    side: str
    cause: str
    order_id: Id | None
    actor_name: str
    reason: str


class ReferralView(NamedTuple):
    """A referral, with who both are now, what it needs (`orders` of `nth`) and what came of it."""

    id: Id
    friend_id: Id
    referrer_id: Id
    program_id: Id
    revision: int
    joined_at: datetime
    told_at: datetime
    state: Stage
    verdict: Verdict
    score: int
    signs: tuple[str, ...]
    why: Why | None
    orders: int
    nth: int
    least_minor: int
    deadline: datetime
    earned_at: datetime | None
    due_at: datetime | None
    order_id: Id | None
    given_at: datetime | None
    gifts: tuple[GiftView, ...]

    @property
    def left(self) -> int:
        """How many orders are missing."""
        return max(0, self.nth - self.orders)

    def gift(self, side: Side) -> GiftView | None:
        """What a side has got or is to get; what was taken back last, where it has nothing."""
        own = [one for one in self.gifts if one.side is side]
        return own[-1] if own else None


class Standing(NamedTuple):
    """A member's side: their code, how many friends came by it and were rewarded, and what a cap leaves.

    `left` None: no cap. `came_by`: the referral by which they themselves came.
    """

    code: str | None
    told: int
    given: int
    waiting: int
    points: int
    left: int | None
    reached: str
    came_by: ReferralView | None


def list_programs(*, archived: bool = False) -> list[ProgramView]:
    """Return the program that takes friends, or those archived, the newest first."""
    return _programs(ReferralProgram.objects.filter(archived_at__isnull=not archived).order_by("-id"))


def find_referral_program(program_id: Id) -> ProgramView:
    """Return a program; raises UnknownReferralProgram."""
    found = _programs(ReferralProgram.objects.filter(id=program_id))
    if not found:
        raise UnknownReferralProgram(program=show_id(program_id))
    return found[0]


def current_program() -> ProgramView | None:
    """Return the program that takes friends now, if there is one."""
    return next(iter(list_programs()), None)


def tell_until(customer_id: Id) -> datetime | None:
    """Return until when, exclusive, somebody may tell a friend's code; None where they may not at all."""
    program = open_program()
    member = Customer.objects.filter(customer_id=family_of(customer_id)[0], kind=MEMBER)
    joined_at = member.values_list("joined_at", flat=True).first()
    if program is None or joined_at is None:
        return None
    zone = shop().tz
    return start_of_day(day_of(joined_at, zone) + timedelta(days=program.tell_days + 1), zone)


def open_to_friends() -> bool:
    """Say whether a program takes friends now."""
    return open_program() is not None


def _programs(found: Iterable[ReferralProgram]) -> list[ProgramView]:
    rows = [(row, draft_of(row)) for row in found]
    targets = {
        promise.target_id
        for _, draft in rows
        for promise in (draft.referrer, draft.friend)
        if promise.target_id is not None
    }
    names = dict(CouponBatch.objects.filter(id__in=targets).values_list("id", "name"))
    names |= dict(StampProgram.objects.filter(id__in=targets).values_list("id", "name_ko"))
    return [
        ProgramView(
            row.id, draft, names, row.used_count, row.used_minor, row.revision, row.created_at,
            row.archived_at,
        )
        for row, draft in rows
    ]  # fmt: skip


def figures_of(program_id: Id) -> Figures:
    """Return what a program has come to."""
    rows = Referral.objects.filter(program_id=program_id)
    states = {Stage(one): count for one, count in rows.values_list("state").annotate(Count("id")).order_by()}
    gifts = ReferralGift.objects.filter(program_id=program_id, state=GiftState.GIVEN.value)
    sums = gifts.aggregate(
        count=Count("id"), cost=Sum("cost_minor"),
        points=Sum("amount", filter=Q(kind=PromiseKind.POINTS.value)),
    )  # fmt: skip
    given = rows.filter(state=Stage.GIVEN.value).order_by("id").values_list("id", flat=True)
    spent = [
        minor
        # However many friends there are, no more than these are asked about at once.
        for some in batches(given, _AT_ONCE)
        for minor in _spent(list(Referral.objects.filter(id__in=some))).values()
    ]
    return Figures(
        ReferralCode.objects.count(), states, sums["count"], sums["points"] or 0, sums["cost"] or 0,
        sum(spent), sum(one > 0 for one in spent),
    )  # fmt: skip


def _spent(rows: Sequence[Referral]) -> dict[Id, int]:
    """Return what each of these friends has bought since joining and kept."""
    the_shop = shop()
    roots = resolve_merged({row.customer_id for row in rows})
    families = families_of(roots.values())
    bought = read_bought(families, set(roots.values()), the_shop.currency)
    promised = promised_by({(row.program_id, row.revision) for row in rows}, zone=the_shop.tz)
    spent: dict[Id, int] = {}
    for row in rows:
        since = first_instant(promised[row.program_id, row.revision].terms, row.joined_at)
        own = bought[roots[row.customer_id]].purchases
        spent[row.id] = sum(one.net_minor for one in own if one.placed_at >= since)
    return spent


def standing_of(customer_id: Id, *, at: datetime) -> Standing:
    """Return a member's side of the program that takes friends now."""
    family = family_of(customer_id)
    states = Referral.objects.filter(referrer_id__in=family).values_list("state").annotate(Count("id"))
    counts = dict(states.order_by())
    gifts = ReferralGift.objects.filter(customer_id__in=family, state__in=_HOLDS, side=Side.REFERRER.value)
    points = gifts.filter(state=GiftState.GIVEN.value, kind=PromiseKind.POINTS.value).aggregate(Sum("amount"))
    left, reached = _cap_left(gifts.values_list("program_id", "counted_on"), at)
    own = Referral.objects.filter(customer_id__in=family).order_by("told_at", "id")[:1]
    came_by = _views(list(own))
    live = (Stage.REVIEW.value, Stage.WAITING.value, Stage.EARNED.value)
    return Standing(
        code_of(customer_id), sum(counts.values()), counts.get(Stage.GIVEN.value, 0),
        sum(counts.get(one, 0) for one in live), points["amount__sum"] or 0, left, reached,
        came_by[0] if came_by else None,
    )  # fmt: skip


def count_friends(customer_id: Id) -> int:
    """Return how many friends came by a member's code, under all their ids."""
    return Referral.objects.filter(referrer_id__in=family_of(customer_id)).count()


def _cap_left(counted: Iterable[tuple[Id, date]], at: datetime) -> tuple[int | None, str]:
    """Return how many more gifts the caps leave for what is earned today, and which one is reached."""
    program = open_program()
    if program is None:
        return None, ""
    today = day_of(at, shop().tz)
    days = [day for program_id, day in counted if program_id == program.id]
    caps = caps_of(program)
    left = caps_left(caps, today, days)
    return max(0, min(left.values())) if left else None, cap_reached(caps, today, days)


def find_referral(referral_id: Id) -> ReferralView:
    """Return a referral; raises UnknownReferral."""
    found = _views(list(Referral.objects.filter(id=referral_id)))
    if not found:
        raise UnknownReferral(referral=show_id(referral_id))
    return found[0]


def list_referrals(
    *,
    program_id: Id | None = None,
    states: Collection[Stage] = (),
    before: tuple[datetime, Id] | None = None,
    limit: int = 50,
) -> list[ReferralView]:
    """Return referrals, the latest told first; only in these states, if any are given."""
    rows = Referral.objects.all()
    if program_id is not None:
        rows = rows.filter(program_id=program_id)
    if states:
        rows = rows.filter(state__in=[one.value for one in states])
    return _page(rows, before, limit)


def friends_of(
    customer_id: Id, *, before: tuple[datetime, Id] | None = None, limit: int = 50
) -> list[ReferralView]:
    """Return the referrals of friends who came by a member's code, the latest first."""
    return _page(Referral.objects.filter(referrer_id__in=family_of(customer_id)), before, limit)


def _page(rows: QuerySet[Referral], before: tuple[datetime, Id] | None, limit: int) -> list[ReferralView]:
    if before is not None:
        rows = rows.filter(Q(told_at__lt=before[0]) | Q(told_at=before[0], id__lt=before[1]))
    return _views(list(rows.order_by("-told_at", "-id")[:limit]))


def count_to_look_at() -> int:
    """Return how many referrals wait for a person to look at them."""
    return Referral.objects.filter(state=Stage.REVIEW.value).count()


def steps_of(referral_id: Id) -> list[StepView]:
    """Return the history of a referral, earliest first."""
    rows = ReferralStep.objects.filter(referral_id=referral_id).order_by("number")
    return [
        StepView(
            row.number, row.at, row.what, row.side, row.cause, row.order_id, row.actor_name or row.actor,
            row.reason,
        )
        for row in rows
    ]  # fmt: skip


def _views(rows: Sequence[Referral]) -> list[ReferralView]:
    now = resolve_merged({one for row in rows for one in (row.customer_id, row.referrer_id)})
    promised = promised_by({(row.program_id, row.revision) for row in rows}, zone=shop().tz) if rows else {}
    gifts: dict[Id, list[GiftView]] = defaultdict(list)
    for one in ReferralGift.objects.filter(referral_id__in=[row.id for row in rows]).order_by("id"):
        gifts[one.referral_id].append(
            GiftView(
                one.id, Side(one.side), GiftState(one.state), PromiseKind(one.kind), one.amount,
                one.target_id, one.given_at, one.ref, one.trouble,
            )
        )  # fmt: skip
    return [
        ReferralView(
            row.id, now[row.customer_id], now[row.referrer_id], row.program_id, row.revision, row.joined_at,
            row.told_at, Stage(row.state), Verdict(row.verdict), row.score,
            tuple(filter(None, row.signs.split(","))), Why(row.why) if row.why else None, row.count,
            promised[row.program_id, row.revision].terms.nth,
            promised[row.program_id, row.revision].terms.least_minor, row.deadline, row.earned_at,
            row.due_at, row.order_id, row.given_at, tuple(gifts[row.id]),
        )
        for row in rows
    ]  # fmt: skip
