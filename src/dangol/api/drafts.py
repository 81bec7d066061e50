"""Drafts of a program's next version, and simulations of them on past orders."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.idempotency import once
from dangol.api.programs import (
    Activities,
    Category,
    Days,
    LevelIn,
    MostHeld,
    MostPerOrder,
    Name,
    ProgramView,
    Ratio,
    RuleIn,
    RuleView,
    TierKey,
    find_rule_id,
    find_view,
    rule_draft,
    show_program,
    starts_at,
)
from dangol.api.replies import Given, GivenInstant, Instant, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.accrual import Expiry, Rounding
from dangol.domain.milestones import Milestone
from dangol.domain.tiers import Downgrade, Join, Measure, Window
from dangol.rooms.rewards import contents, drafts, simulations
from dangol.rooms.rewards.differences import Difference
from dangol.rooms.rewards.publishing import publish_end, publish_new_rule
from dangol.rooms.rewards.simulations import UnknownSimulation, Worth

router = Router(tags=["programs"])


class DraftRule(Given):
    """A rule of a draft. `key` is the rule's id, or `new-…` for one that is to be; `ends_at` is exclusive.

    Its points wait and last as the program's do, unless `pending_days` or `expiry` say otherwise.
    With `awaits` they open once their order is so, and after `pending_days` at the latest.
    """

    key: Annotated[
        str, Field(min_length=5, max_length=36, pattern=r"^(new-[a-z0-9-]{1,12}|[0-9a-fA-F-]{32,36})$")
    ]
    name: Name
    rate_points: Annotated[int, Field(gt=0, le=1_000_000, strict=True)]
    rate_minor: Annotated[int, Field(gt=0, le=10**9, strict=True)]
    category: Category = ""
    multipliers: Annotated[dict[TierKey, Ratio], Field(default_factory=dict, max_length=50)]
    rounding: Rounding = Rounding.DOWN
    ends_at: GivenInstant | None = None
    pending_days: Days | None = None
    expiry: Expiry | None = None
    expiry_count: Days = 0
    awaits: Milestone | None = None


class DraftTerms(Given):
    """How long points wait, and last; none open before the day `opens_on`.

    What keeps those that lapse by inactivity are `activities`. The rules pay `most_per_order` points for one
    purchase at most, and none that lift a member above `most_held` (null: any number).
    """

    pending_days: Days = 0
    expiry: Expiry
    expiry_count: Days = 0
    activities: Activities = ()
    opens_on: date | None = None
    most_per_order: MostPerOrder = None
    most_held: MostHeld = None


class DraftTiers(Given):
    """The tiers, the lowest first, and how what counts is counted.

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


class ContentIn(Given):
    """All of a program as it is to be: rules that are left out end."""

    rules: Annotated[list[DraftRule], Field(max_length=100)]
    terms: DraftTerms
    tiers: DraftTiers


class DraftIn(Given):
    """What a draft is to read. Without `revision` one is begun; with it that revision is changed."""

    content: ContentIn | None = None
    revision: Annotated[int, Field(ge=1, strict=True)] | None = None


class PublishIn(Given):
    """Which revision is published, and from when it holds: from now on unless said otherwise."""

    revision: Annotated[int, Field(ge=1, strict=True)]
    active_from: GivenInstant | None = None


class EndIn(Given):
    """From when a rule pays for nothing: from now on unless said otherwise."""

    active_from: GivenInstant | None = None


class WorthIn(Given):
    """What so many points are worth, in minor units of the program's money."""

    points: Annotated[int, Field(ge=1, le=10**9, strict=True)]
    minor: Annotated[int, Field(ge=0, le=10**9, strict=True)]


class SimulationIn(Given):
    """What is tried on the purchases from `since` to, exclusive, `until` (now): the draft, or what holds."""

    of: Annotated[str, Field(pattern="^(draft|published)$")] = "draft"
    since: GivenInstant
    until: GivenInstant | None = None
    worth: WorthIn | None = None


class ProblemItem(Shown):
    """A field of a draft that makes no sense yet, and what about it."""

    field: str
    problem: str


class DraftView(Shown):
    """A draft: nothing is judged by it. An outdated one cannot be published: the program has moved on."""

    program_id: str
    revision: int
    is_outdated: bool
    begun_by: str
    begun_at: Instant
    changed_by: str
    changed_at: Instant
    content: dict[str, Any]
    problems: list[ProblemItem]


class DifferenceView(Shown):
    """One thing that would be otherwise: of a rule, the terms, the tiers or a tier."""

    about: str
    key: str
    name: str
    field: str
    was: Any
    will_be: Any


class DifferenceList(Shown):
    """All that a draft would change."""

    data: list[DifferenceView]


class SimulationView(Shown):
    """A simulation; `result` is there once `state` is done. `worth_minor` are what the points are worth."""

    id: str
    program_id: str
    state: str
    of: str
    since: Instant
    until: Instant
    asked_by: str
    asked_at: Instant
    done: int
    total: int | None
    worth_minor_before: int | None
    worth_minor_after: int | None
    result: dict[str, Any] | None


@router.get("/programs/{program}/draft", auth=Needs(Right.PROGRAMS_READ), response=DraftView)
def get_draft(request: HttpRequest, program: Path[str]) -> HttpResponse:
    """Show a program's draft, and what makes no sense in it yet."""
    at = caller_of(request).at
    return show(_draft(drafts.find_draft(find_view(program).id, at=at), at))


@router.post("/programs/{program}/draft", auth=Needs(Right.PROGRAMS_WRITE), response={201: DraftView})
@once
def write_draft(request: HttpRequest, program: Path[str], payload: DraftIn) -> Reply:
    """Begin a draft, or change the revision that was seen. It need not make sense yet."""
    program_id, caller = find_view(program).id, caller_of(request)
    by, at = caller.key.name, caller.at
    revision = payload.revision
    if revision is None:
        revision = drafts.start_draft(program_id, begun_by=by, at=at).revision
    if payload.content is not None:
        drafts.change_draft(program_id, _content(payload.content), revision=revision, changed_by=by, at=at)
    return Reply(_draft(drafts.find_draft(program_id, at=at), at), 201)


@router.post("/programs/{program}/draft/discard", auth=Needs(Right.PROGRAMS_WRITE), response=ProgramView)
@once
def discard_draft(request: HttpRequest, program: Path[str]) -> Reply:
    """Throw the draft away."""
    drafts.discard_draft(find_view(program).id)
    return Reply(show_program(find_view(program)))


@router.get("/programs/{program}/draft/diff", auth=Needs(Right.PROGRAMS_READ), response=DifferenceList)
def get_diff(request: HttpRequest, program: Path[str]) -> HttpResponse:
    """Show what the draft would change."""
    draft = drafts.find_draft(find_view(program).id, at=caller_of(request).at)
    return show(DifferenceList(data=[_difference(one) for one in drafts.diff_draft(draft)]))


@router.post(
    "/programs/{program}/draft/publish", auth=Needs(Right.PROGRAMS_PUBLISH), response={201: ProgramView}
)
@once
def publish_draft(request: HttpRequest, program: Path[str], payload: PublishIn) -> Reply:
    """Let the draft hold from an instant on: what it changes is superseded, all of it or nothing."""
    program_id, caller = find_view(program).id, caller_of(request)
    drafts.publish_draft(
        program_id, revision=payload.revision, at=payload.active_from or caller.at,
        recorded_at=caller.at, published_by=caller.key.name,
    )  # fmt: skip
    return Reply(show_program(find_view(program)), 201)


@router.post("/programs/{program}/rules", auth=Needs(Right.PROGRAMS_PUBLISH), response={201: RuleView})
@once
def publish_added_rule(request: HttpRequest, program: Path[str], payload: RuleIn) -> Reply:
    """Let a further rule pay for what is bought from an instant on; never for what was bought before."""
    found, caller = find_view(program), caller_of(request)
    rule_id = publish_new_rule(
        found.id, rule_draft(payload), at=starts_at(payload, caller.at),
        recorded_at=caller.at, published_by=caller.key.name,
    )  # fmt: skip
    shown = show_program(find_view(program))
    return Reply(next(one for one in shown.rules if one.id == show_id(rule_id)), 201)


@router.post("/programs/{program}/rules/{rule}/end", auth=Needs(Right.PROGRAMS_PUBLISH), response=ProgramView)
@once
def publish_ended_rule(request: HttpRequest, program: Path[str], rule: Path[str], payload: EndIn) -> Reply:
    """Let a rule pay for nothing that is bought from an instant on."""
    found, caller = find_view(program), caller_of(request)
    publish_end(
        found.id, find_rule_id(found, rule), at=payload.active_from or caller.at,
        recorded_at=caller.at, published_by=caller.key.name,
    )  # fmt: skip
    return Reply(show_program(find_view(program)))


@router.post(
    "/programs/{program}/simulations", auth=Needs(Right.PROGRAMS_WRITE), response={202: SimulationView}
)
@once
def start_simulation(request: HttpRequest, program: Path[str], payload: SimulationIn) -> Reply:
    """Try the draft, or what holds, on past purchases: a job writes down what would have come of it."""
    program_id, caller = find_view(program).id, caller_of(request)
    content = drafts.find_draft(program_id, at=caller.at).content if payload.of == "draft" else None
    view = simulations.simulate(
        program_id, content, since=payload.since, until=payload.until or caller.at,
        asked_by=caller.key.name, at=caller.at,
        worth=Worth(payload.worth.points, payload.worth.minor) if payload.worth else None,
    )  # fmt: skip
    return Reply(_simulation(view), 202)


@router.get("/simulations/{simulation}", auth=Needs(Right.PROGRAMS_READ), response=SimulationView)
def get_simulation(request: HttpRequest, simulation: Path[str]) -> HttpResponse:
    """Show a simulation, and its result once it is done."""
    return show(_simulation(simulations.find_simulation(_simulation_id(simulation))))


@router.post("/simulations/{simulation}/cancel", auth=Needs(Right.PROGRAMS_WRITE), response=SimulationView)
@once
def cancel_simulation(request: HttpRequest, simulation: Path[str]) -> Reply:
    """Stop a simulation that has not ended."""
    return Reply(_simulation(simulations.cancel_simulation(_simulation_id(simulation))))


def _simulation_id(reference: str) -> Id:
    try:
        return parse_id(reference)
    except ValueError:
        raise UnknownSimulation(simulation=reference) from None


def _content(given: ContentIn) -> contents.ProgramContent:
    return contents.with_plain_keys(contents.unpack(given.model_dump(mode="json")))


def _draft(draft: drafts.DraftView, at: datetime) -> DraftView:
    return DraftView(
        program_id=show_id(draft.program_id), revision=draft.revision, is_outdated=draft.is_outdated,
        begun_by=draft.begun_by, begun_at=draft.begun_at, changed_by=draft.changed_by,
        changed_at=draft.changed_at, content=contents.pack(draft.content),
        problems=[
            ProblemItem(field=one.field, problem=one.problem) for one in drafts.check_draft(draft, at=at)
        ],
    )  # fmt: skip


def _difference(one: Difference) -> DifferenceView:
    return DifferenceView(
        about=one.about.value, key=one.key, name=one.name, field=one.field, was=one.was, will_be=one.will_be
    )


def _simulation(view: simulations.SimulationView) -> SimulationView:
    worth, result = view.worth, view.result
    return SimulationView(
        id=show_id(view.id), program_id=show_id(view.program_id), state=view.state,
        of="published" if view.content is None else "draft", since=view.since, until=view.until,
        asked_by=view.asked_by, asked_at=view.asked_at, done=view.done, total=view.total,
        worth_minor_before=worth.of(result.points_before) if worth and result else None,
        worth_minor_after=worth.of(result.points_after) if worth and result else None,
        result=simulations.show_result(result) if result else None,
    )  # fmt: skip
