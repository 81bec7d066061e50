"""Insight: what the nightly models say of members and segments, and what the shop says of its money."""

from decimal import Decimal
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_id, read_text_and_id
from dangol.api.idempotency import once
from dangol.api.insight_views import (
    AssumptionIn,
    AssumptionsView,
    AtRiskPage,
    AtRiskView,
    CostSheetView,
    InsightJobView,
    InsightView,
    LookalikePage,
    LookalikeView,
    ModelList,
    OffersPage,
    assumptions_view,
    offers_view,
    result_view,
    row_view,
    run_view,
)
from dangol.api.references import MemberRef, find_member
from dangol.api.refused import InvalidCursor
from dangol.api.replies import Limit, Reply, show
from dangol.core.access.rights import Right
from dangol.core.people.selectors import shop
from dangol.core.segments.selectors import find_segment
from dangol.core.storage.ids import Id, show_id
from dangol.rooms.personalization import selectors
from dangol.rooms.personalization.assumptions import COSTS, PER_POINTS, read_assumptions, say
from dangol.rooms.personalization.cost_sheet import cost_sheet
from dangol.rooms.personalization.services import ask_alike, ask_refresh

router = Router(tags=["insight"])
SegmentRef = Annotated[str, Field(max_length=64, description="A segment's slug.")]
Offered = Literal["buy_again", "discover"]


@router.get("/insight/models", auth=Needs(Right.REPORTS_READ), response=ModelList)
def get_models(request: HttpRequest) -> HttpResponse:
    """List the models with their latest run: how good each is, or why it says nothing."""
    return show(ModelList(data=[run_view(one) for one in selectors.latest_runs()]))


@router.post("/insight/refresh", auth=Needs(Right.PROGRAMS_WRITE), response={201: InsightJobView})
@once
def refresh_insight(request: HttpRequest) -> Reply:
    """Let the models and tables be made anew, without waiting for the night."""
    return Reply(InsightJobView(job_id=show_id(ask_refresh(at=caller_of(request).at))), 201)


@router.get("/insight/at-risk", auth=Needs(Right.SEGMENTS_READ), response=AtRiskPage)
def get_at_risk(request: HttpRequest, cursor: str | None = None, limit: Limit = 50) -> HttpResponse:
    """List who may buy nothing for the next 60 days, the most likely first."""
    rows = selectors.most_at_risk(before=_read_place(cursor), limit=limit + 1)
    data = [
        AtRiskView(member_id=show_id(one.customer_id), risk=float(one.risk), because=list(one.because))
        for one in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return show(AtRiskPage(data=data, next_cursor=_cursor(last.risk, last.customer_id) if last else None))


@router.get("/insight/offers", auth=Needs(Right.SEGMENTS_READ), response=OffersPage)
def get_offers(
    request: HttpRequest, model: Offered = "buy_again", cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List what each member will buy again (`buy_again`), or may like though they never bought it."""
    rows = selectors.list_offers(model, after=read_id(cursor), limit=limit + 1)
    shown = rows[:limit]
    after = make_cursor(shown[-1][0]) if len(rows) > limit else None
    return show(OffersPage(data=[offers_view(owner, told) for owner, told in shown], next_cursor=after))


@router.get("/members/{member}/insight", auth=Needs(Right.MEMBERS_READ), response=InsightView)
def get_member_insight(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Say what the models say of a member: how they came, what is to come, and what they may buy."""
    owner = find_member(member)
    lists = {model: offers_view(owner, told) for model, told in selectors.lists_of(owner).items()}
    results = [result_view(name, told) for name, told in sorted(selectors.results_of(owner).items())]
    return show(
        InsightView(
            member_id=show_id(owner), results=results, buy_again=lists.get("buy_again"),
            discover=lists.get("discover"),
        )
    )  # fmt: skip


@router.get("/segments/{segment}/alike", auth=Needs(Right.SEGMENTS_READ), response=LookalikePage)
def get_alike(
    request: HttpRequest, segment: Path[SegmentRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List who is most like those in a segment and not in it, by the latest search; empty before one."""
    slug = find_segment(segment).slug
    rows = selectors.most_alike(slug, before=_read_place(cursor), limit=limit + 1)
    data = [
        LookalikeView(member_id=show_id(one.customer_id), score=float(one.score), because=list(one.because))
        for one in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return show(LookalikePage(data=data, next_cursor=_cursor(last.score, last.customer_id) if last else None))


@router.post("/segments/{segment}/alike", auth=Needs(Right.SEGMENTS_WRITE), response={201: InsightJobView})
@once
def search_alike(request: HttpRequest, segment: Path[SegmentRef]) -> Reply:
    """Search for who is like those in a segment. From then on each night searches anew."""
    job = ask_alike(find_segment(segment).slug, at=caller_of(request).at)
    return Reply(InsightJobView(job_id=show_id(job)), 201)


@router.get("/insight/costs", auth=Needs(Right.REPORTS_READ), response=CostSheetView)
def get_costs(request: HttpRequest) -> HttpResponse:
    """Say what customers cost to win and to keep, what they brought, and what is to come."""
    report, currency = selectors.find_report("value_cells"), shop().currency
    sheet = None
    if report:
        sheet = cost_sheet(report, selectors.find_report("cohorts"), read_assumptions())
    if report is None or sheet is None:
        empty = CostSheetView(
            as_of=report.as_of if report else None, currency=currency, whole=None, quarters=[], rfm=[],
            saved=[], unassigned_minor=0,
        )  # fmt: skip
        return show(empty)
    return show(
        CostSheetView(
            as_of=report.as_of, currency=currency, whole=row_view(sheet.whole),
            quarters=[row_view(one) for one in sheet.quarters], rfm=[row_view(one) for one in sheet.rfm],
            saved=[row_view(one) for one in sheet.saved], unassigned_minor=sheet.unassigned_minor,
        )
    )  # fmt: skip


@router.get("/insight/assumptions", auth=Needs(Right.REPORTS_READ), response=AssumptionsView)
def get_assumptions(request: HttpRequest) -> HttpResponse:
    """Say what the shop says of its money: margins, what points are worth, and what customers cost."""
    return show(assumptions_view(read_assumptions(), PER_POINTS))


@router.post("/insight/assumptions", auth=Needs(Right.PROGRAMS_WRITE), response=AssumptionsView)
@once
def say_assumption(request: HttpRequest, payload: AssumptionIn) -> Reply:
    """Say one thing from now on; what was said before stays on record. Said again the same, it is once."""
    at = caller_of(request).at
    say(
        payload.kind, payload.amount, actor=actor_of(request), at=at, month=payload.first_day,
        scope=payload.scope,
    )  # fmt: skip
    if payload.kind not in COSTS:
        # What is owed stands in the tables of the night: nobody has to think of making them anew.
        ask_refresh(at=at)
    return Reply(assumptions_view(read_assumptions(), PER_POINTS))


def _cursor(score: Decimal, owner: Id) -> str:
    return make_cursor(str(score), owner)


def _read_place(cursor: str | None) -> tuple[Decimal, Id] | None:
    place = read_text_and_id(cursor)
    if place is None:
        return None
    text, owner = place
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        raise InvalidCursor()
    return Decimal(text), owner
