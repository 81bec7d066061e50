"""Programs: the rules by which points are earned, their terms, and the tiers."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.idempotency import once
from dangol.api.replies import Given, GivenInstant, Instant, Reply, Shown, show
from dangol.api.showing import show_tier
from dangol.api.views import Minor, TierView
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.accrual import Expiry, Rounding
from dangol.domain.idling import Activity
from dangol.domain.milestones import Milestone
from dangol.domain.points import MOST_POINTS
from dangol.domain.tiers import Downgrade, Join, Measure, Window
from dangol.rooms.rewards.programs import (
    LevelDraft,
    RuleDraft,
    TermsDraft,
    TiersDraft,
    UnknownProgram,
)
from dangol.rooms.rewards.publishing import (
    StartsInThePast,
    UnknownRule,
    publish_rule as publish_rule_version,
    publish_terms as publish_terms_version,
    publish_tiers as publish_tiers_version,
)
from dangol.rooms.rewards.selectors import ProgramView as Running, list_programs
from dangol.rooms.rewards.wallets import LONGEST_CODE, LONGEST_NAME, ProgramDraft, add_program

router = Router(tags=["programs"])
Whole = Annotated[int, Field(ge=0, le=10**12, strict=True)]
# PostgreSQL keeps no NUL in a text.
PLAIN = r"^[^\x00]*$"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=PLAIN)]
WalletName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=PLAIN)]
Category = Annotated[str, Field(max_length=250, pattern=PLAIN)]
Days = Annotated[int, Field(ge=0, le=3_650, strict=True)]
MostPoints = Annotated[int, Field(gt=0, le=MOST_POINTS, strict=True)]
_LIFTS = "Null, or left out: any number; so terms that leave it out lift the limit that held before."
_PER_ORDER = f"How many points the rules pay for one purchase at most. {_LIFTS}"
MostPerOrder = Annotated[MostPoints | None, Field(description=_PER_ORDER)]
_HELD = f"Above how many points the rules lift no member. {_LIFTS}"
MostHeld = Annotated[MostPoints | None, Field(description=_HELD)]
Activities = Annotated[tuple[Activity, ...], Field(max_length=3)]
TierKey = Annotated[str, Field(min_length=1, max_length=20, pattern=PLAIN)]
Ratio = Annotated[
    list[Annotated[int, Field(gt=0, le=10_000, strict=True)]], Field(min_length=2, max_length=2)
]


class RuleView(Shown):
    """A version of a rule: `rate_points` for each `rate_minor` of what it counts.

    `pending_days` and `expiry` are the program's where they are null. What the points `await` of their order
    opens them sooner; null: time alone opens them.
    """

    id: str
    version: int
    name: str
    category: str
    rate_points: int
    rate_minor: Minor
    multipliers: dict[str, list[int]]
    rounding: str
    active_from: Instant | None
    active_to: Instant | None
    pending_days: int | None
    expiry: str | None
    expiry_count: int
    awaits: str | None


class ProgramView(Shown):
    """A program as it is in force, with all versions of its rules."""

    id: str
    name: str
    points_currency: str
    money_currency: str
    zone: str
    pending_days: int
    expiry: str
    expiry_count: int
    activities: list[str]
    opens_on: date | None
    most_per_order: int | None
    most_held: int | None
    measure: str
    window: str
    window_size: int
    grace_days: int
    downgrade: str
    also: str | None
    join: str
    tiers: list[TierView]
    rules: list[RuleView]


class ProgramList(Shown):
    """All programs; the first one is meant where none is named."""

    data: list[ProgramView]


class _Version(Given):
    """A version holds from `active_from` on: now, unless said otherwise; never in the past."""

    active_from: GivenInstant | None = None


class RuleFields(Given):
    """How a rule is to read. A tier's multiplier is a fraction: `{"gold": [3, 2]}`.

    Its points wait and last as the program's do, unless `pending_days` or `expiry` say otherwise.
    With `awaits` they open once their order is so, and after `pending_days` at the latest.
    """

    name: Name
    rate_points: Annotated[int, Field(gt=0, le=1_000_000, strict=True)]
    rate_minor: Annotated[int, Field(gt=0, le=10**9, strict=True)]
    category: Category = ""
    multipliers: Annotated[dict[TierKey, Ratio], Field(default_factory=dict, max_length=50)]
    rounding: Rounding = Rounding.DOWN
    pending_days: Days | None = None
    expiry: Expiry | None = None
    expiry_count: Days = 0
    awaits: Milestone | None = None


class RuleIn(RuleFields, _Version):
    """How a rule is to read from an instant on. A tier's multiplier is a fraction: `{"gold": [3, 2]}`.

    Its points wait and last as the program's do, unless `pending_days` or `expiry` say otherwise.
    With `awaits` they open once their order is so, and after `pending_days` at the latest.
    """


class TermsFields(Given):
    """How long points wait, and last; none open before the day `opens_on`.

    What keeps those that lapse by inactivity are `activities`. The rules pay `most_per_order` points for one
    purchase at most, and none that lift a member above `most_held` (null or left out: any number).
    """

    pending_days: Days = 0
    expiry: Expiry
    expiry_count: Days = 0
    activities: Activities = ()
    opens_on: date | None = None
    most_per_order: MostPerOrder = None
    most_held: MostHeld = None


class TermsIn(TermsFields, _Version):
    """How long points earned from an instant on wait, and last; none open before the day `opens_on`.

    What keeps those that lapse by inactivity are `activities`. The rules pay `most_per_order` points for one
    purchase at most, and none that lift a member above `most_held` (null: any number). These are all the
    terms: what is left out does not stay as it was, and leaving out one of these two lifts that limit.
    """


class LevelIn(Given):
    """A tier; its key stays for good. Points earned in it last `extra_months` longer.

    `also_threshold` is what it asks of the second thing that counts. `gate` is the segment that it is for.
    """

    key: TierKey
    name: Annotated[str, Field(min_length=1, max_length=40, pattern=PLAIN)]
    threshold: Whole
    extra_months: Annotated[int, Field(ge=0, le=120, strict=True)] = 0
    also_threshold: Whole = 0
    gate: Annotated[str, Field(max_length=40, pattern=r"^([a-z0-9_-]+)?$")] | None = None


class TiersFields(Given):
    """What the tiers take, how long it is counted, and when one is lost.

    A second thing counts where `also` names it: `join` says whether a tier asks all, or any is enough.
    """

    levels: Annotated[list[LevelIn], Field(min_length=1, max_length=20)]
    measure: Measure
    window: Window
    window_size: Days = 0
    grace_days: Days = 0
    downgrade: Downgrade = Downgrade.QUALIFIED
    also: Measure | None = None
    join: Join = Join.ALL


class TiersIn(TiersFields, _Version):
    """What the tiers take from an instant on, how long it is counted, and when one is lost."""


class ProgramIn(Given):
    """A further program: its points are of a kind of their own, `points_currency`, called `points_name`.

    It judges what is bought from a minute on, in the shop's money and days. Without rules it pays nothing
    by itself; without tiers everybody is in one.
    """

    name: WalletName
    points_currency: Annotated[
        str, Field(min_length=1, max_length=LONGEST_CODE, pattern=r"^[a-z][a-z0-9_]*$")
    ]
    points_name: WalletName
    rules: Annotated[list[RuleFields], Field(default_factory=list, max_length=100)]
    terms: TermsFields = TermsFields(expiry=Expiry.NEVER)
    tiers: TiersFields = TiersFields(
        levels=[LevelIn(key="member", name="Member", threshold=0)],
        measure=Measure.SPEND,
        window=Window.ROLLING,
        window_size=365,
    )


@router.get("/programs", auth=Needs(Right.PROGRAMS_READ), response=ProgramList)
def get_programs(request: HttpRequest) -> HttpResponse:
    """List the programs with their rules and tiers."""
    return show(ProgramList(data=[show_program(one) for one in list_programs()]))


@router.post("/programs", auth=Needs(Right.PROGRAMS_PUBLISH), response={201: ProgramView})
@once
def create_program(request: HttpRequest, payload: ProgramIn) -> Reply:
    """Make a further program, with points of its own."""
    draft = ProgramDraft(
        payload.name, payload.points_currency, payload.points_name,
        [rule_draft(one) for one in payload.rules], terms_draft(payload.terms), tiers_draft(payload.tiers),
    )  # fmt: skip
    made = show_id(add_program(draft, actor=actor_of(request), at=caller_of(request).at))
    return Reply(show_program(find_view(made)), 201, {"Location": f"/api/v1/programs/{made}"})


@router.get("/programs/{program}", auth=Needs(Right.PROGRAMS_READ), response=ProgramView)
def get_program(request: HttpRequest, program: Path[str]) -> HttpResponse:
    """Show a program."""
    return show(show_program(find_view(program)))


@router.post(
    "/programs/{program}/rules/{rule}/versions",
    auth=Needs(Right.PROGRAMS_PUBLISH),
    response={201: ProgramView},
)
@once
def publish_rule(request: HttpRequest, program: Path[str], rule: Path[str], payload: RuleIn) -> Reply:
    """Let a new version of a rule hold from an instant on; the version before ends there."""
    found, at = find_view(program), caller_of(request).at
    rule_id, draft = find_rule_id(found, rule), rule_draft(payload)
    publish_rule_version(
        found.id,
        rule_id,
        draft,
        at=starts_at(payload, at),
        recorded_at=at,
        published_by=caller_of(request).key.name,
    )
    return Reply(show_program(find_view(program)), 201)


@router.post(
    "/programs/{program}/terms/versions", auth=Needs(Right.PROGRAMS_PUBLISH), response={201: ProgramView}
)
@once
def publish_terms(request: HttpRequest, program: Path[str], payload: TermsIn) -> Reply:
    """Let new terms hold for points earned from an instant on, all of them anew.

    A field that is left out does not stay as it was: it is as it comes. Without `most_per_order` there is no
    limit any more to what one purchase earns, without `most_held` none to what a member has, without
    `opens_on` no day before which none open, and without `pending_days` no wait.
    """
    found, at = find_view(program), caller_of(request).at
    draft = terms_draft(payload)
    publish_terms_version(
        found.id, draft, at=starts_at(payload, at), recorded_at=at, published_by=caller_of(request).key.name
    )
    return Reply(show_program(find_view(program)), 201)


@router.post(
    "/programs/{program}/tiers/versions", auth=Needs(Right.PROGRAMS_PUBLISH), response={201: ProgramView}
)
@once
def publish_tiers(request: HttpRequest, program: Path[str], payload: TiersIn) -> Reply:
    """Let new thresholds, windows, grace and downgrades hold from an instant on; the tiers' keys stay.

    What is counted may change too: who holds a tier keeps it to their review.
    """
    found, at = find_view(program), caller_of(request).at
    draft = tiers_draft(payload)
    publish_tiers_version(
        found.id, draft, at=starts_at(payload, at), recorded_at=at, published_by=caller_of(request).key.name
    )
    return Reply(show_program(find_view(program)), 201)


def terms_draft(payload: TermsFields) -> TermsDraft:
    """Return the terms a request wants."""
    return TermsDraft(
        payload.pending_days, payload.expiry, payload.expiry_count, payload.activities, payload.opens_on,
        payload.most_per_order, payload.most_held,
    )  # fmt: skip


def tiers_draft(payload: TiersFields) -> TiersDraft:
    """Return the tiers a request wants."""
    return TiersDraft(
        [
            LevelDraft(one.key, one.name, one.threshold, one.extra_months, one.also_threshold, one.gate or "")
            for one in payload.levels
        ],
        payload.measure, payload.window, payload.window_size, payload.grace_days, payload.downgrade,
        payload.also, payload.join,
    )  # fmt: skip


def rule_draft(payload: RuleFields) -> RuleDraft:
    """Return the rule a request wants."""
    return RuleDraft(
        payload.name, payload.rate_points, payload.rate_minor, payload.category,
        {tier: (num, den) for tier, (num, den) in payload.multipliers.items()}, payload.rounding,
        pending_days=payload.pending_days, expiry=payload.expiry, expiry_count=payload.expiry_count,
        awaits=payload.awaits or "",
    )  # fmt: skip


def find_rule_id(program: Running, reference: str) -> Id:
    """Return the id of the program's rule that an address names; raises UnknownRule."""
    rule_id = _id(reference)
    if rule_id is None or rule_id not in {one.id for one in program.rules}:
        raise UnknownRule(rule=reference)
    return rule_id


def starts_at(payload: _Version, at: datetime) -> datetime:
    """Return from when a version holds; one that began in the past would change what members were told."""
    if payload.active_from is not None and payload.active_from < at:
        raise StartsInThePast(field="active_from")
    return payload.active_from or at


def _id(reference: str) -> Id | None:
    try:
        return parse_id(reference)
    except ValueError:
        return None


def find_view(reference: str) -> Running:
    """Return the program an address names; raises UnknownProgram."""
    wanted = _id(reference)
    for program in list_programs():
        if program.id == wanted:
            return program
    raise UnknownProgram()


def show_program(program: Running) -> ProgramView:
    """Return a program as it is sent."""
    return ProgramView(
        id=show_id(program.id), name=program.name, points_currency=program.points_currency,
        money_currency=program.money_currency, zone=str(program.zone), pending_days=program.pending_days,
        expiry=program.expiry, expiry_count=program.expiry_count, activities=list(program.activities),
        opens_on=program.opens_on, most_per_order=program.most_per_order, most_held=program.most_held,
        measure=program.measure,
        window=program.window, window_size=program.window_size, grace_days=program.grace_days,
        downgrade=program.downgrade, also=program.also or None, join=program.join,
        tiers=[show_tier(tier) for tier in program.tiers],
        rules=[
            RuleView(
                id=show_id(rule.id), version=rule.version, name=rule.name, category=rule.category,
                rate_points=rule.rate_points, rate_minor=rule.rate_minor,
                multipliers={tier: list(ratio) for tier, ratio in rule.multipliers.items()},
                rounding=rule.rounding, active_from=rule.active_from, active_to=rule.active_to,
                pending_days=rule.pending_days, expiry=rule.expiry, expiry_count=rule.expiry_count,
                awaits=rule.awaits or None,
            )
            for rule in program.rules
        ],
    )  # fmt: skip
