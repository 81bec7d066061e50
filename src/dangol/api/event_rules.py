"""Event rules: points for what members do; written, tried, published, paused, and put away."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.approvals import ApprovalView, show_approval
from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.cursors import make_cursor, read_instant_and_id
from dangol.api.event_rule_views import (
    EventRuleAwardPage,
    EventRuleDraftIn,
    EventRuleFiguresView,
    EventRuleIn,
    EventRuleList,
    EventRulePublishIn,
    EventRuleStandingList,
    EventRuleTrialIn,
    EventRuleTrialList,
    EventRuleTrialView,
    EventRuleVersionList,
    EventRuleView,
    award_view,
    rule_view,
    standing_view,
    trial_view,
    version_view,
)
from dangol.api.idempotency import form_of, once
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import Limit, Reply, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.rooms.rewards.event_rules import editing, selectors, trials
from dangol.rooms.rewards.event_rules.approving import publish_or_ask
from dangol.rooms.rewards.event_rules.contents import EventRuleContent
from dangol.rooms.rewards.event_rules.errors import (
    NoRuleDraft,
    RuleNotPublished,
    UnknownEventRule,
    UnknownRuleTrial,
)

router = Router(tags=["event rules"])
RuleRef = Annotated[str, Field(max_length=64, description="The id of an event rule.")]
TrialRef = Annotated[str, Field(max_length=64, description="The id of a trial.")]


@router.post("/event-rules", auth=Needs(Right.PROGRAMS_WRITE), response={201: EventRuleView})
@once
def create_event_rule(request: HttpRequest, payload: EventRuleIn) -> Reply:
    """Begin a rule with a draft, which need not make sense yet."""
    caller = caller_of(request)
    made = editing.create_rule(
        payload.content, made_by=caller.key.name, at=caller.at, behind=caller.key.created_by
    )
    return Reply(_shown(request, made), 201, {"Location": f"/api/v1/event-rules/{show_id(made)}"})


@router.get("/event-rules", auth=Needs(Right.PROGRAMS_READ), response=EventRuleList)
def list_event_rules(request: HttpRequest, archived: bool = False) -> HttpResponse:
    """List the rules that are not archived, or those that are."""
    at = caller_of(request).at
    return show(EventRuleList(data=[rule_view(one, at) for one in editing.list_rules(archived=archived)]))


@router.get("/event-rules/{deed_rule}", auth=Needs(Right.PROGRAMS_READ), response=EventRuleView)
def get_event_rule(request: HttpRequest, deed_rule: Path[RuleRef]) -> HttpResponse:
    """Show a rule with what is in force and what is being written."""
    return show(_shown(request, _rule_id(deed_rule)))


@router.get(
    "/event-rules/{deed_rule}/versions", auth=Needs(Right.PROGRAMS_READ), response=EventRuleVersionList
)
def list_event_rule_versions(request: HttpRequest, deed_rule: Path[RuleRef]) -> HttpResponse:
    """List what a rule has said, the latest first."""
    found = editing.find_rule(_rule_id(deed_rule))
    versions = editing.list_versions(found.id)
    return show(EventRuleVersionList(data=[version_view(one) for one in versions]))


@router.put("/event-rules/{deed_rule}/draft", auth=Needs(Right.PROGRAMS_WRITE), response=EventRuleView)
@once
def write_event_rule_draft(
    request: HttpRequest, deed_rule: Path[RuleRef], payload: EventRuleDraftIn
) -> Reply:
    """Let a rule's draft read so; it need not make sense yet."""
    caller, key = caller_of(request), _rule_id(deed_rule)
    editing.write_draft(
        key,
        payload.content,
        revision=payload.revision,
        changed_by=caller.key.name,
        at=caller.at,
        behind=caller.key.created_by,
    )
    return Reply(_shown(request, key))


@router.delete("/event-rules/{deed_rule}/draft", auth=Needs(Right.PROGRAMS_WRITE), response=EventRuleView)
@once
def discard_event_rule_draft(request: HttpRequest, deed_rule: Path[RuleRef]) -> Reply:
    """Throw a rule's draft away: what is published stays."""
    key = _rule_id(deed_rule)
    editing.discard_draft(key)
    return Reply(_shown(request, key))


@router.post(
    "/event-rules/{deed_rule}/publish",
    auth=Needs(Right.PROGRAMS_PUBLISH),
    response={200: EventRuleView, 202: ApprovalView},
)
@once
def publish_event_rule(request: HttpRequest, deed_rule: Path[RuleRef], payload: EventRulePublishIn) -> Reply:
    """Let the draft of this revision hold for what happens from now on, as a version of its own.

    Where the shop asks for a second person the answer is 202 with the request that waits for one.
    """
    caller, key = caller_of(request), _rule_id(deed_rule)
    outcome = publish_or_ask(
        key, revision=payload.revision, form=form_of(request), actor=actor_of(request), at=caller.at,
        reason=payload.reason or caller.key.name, alone=True,
    )  # fmt: skip
    if outcome.approval is not None:
        return Reply(show_approval(outcome.approval, caller.at), 202)
    return Reply(_shown(request, key))


@router.post("/event-rules/{deed_rule}/pause", auth=Needs(Right.PROGRAMS_PUBLISH), response=EventRuleView)
@once
def pause_event_rule(request: HttpRequest, deed_rule: Path[RuleRef]) -> Reply:
    """Let a rule rest: what happens meanwhile earns nothing, also later."""
    key = _rule_id(deed_rule)
    editing.pause(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.post("/event-rules/{deed_rule}/resume", auth=Needs(Right.PROGRAMS_PUBLISH), response=EventRuleView)
@once
def resume_event_rule(request: HttpRequest, deed_rule: Path[RuleRef]) -> Reply:
    """Let a rule that rests go on."""
    key = _rule_id(deed_rule)
    editing.resume(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.delete("/event-rules/{deed_rule}", auth=Needs(Right.PROGRAMS_PUBLISH), response=EventRuleView)
@once
def archive_event_rule(request: HttpRequest, deed_rule: Path[RuleRef]) -> Reply:
    """Put a rule away. What it gave stays."""
    key = _rule_id(deed_rule)
    editing.archive(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.post("/event-rules/{deed_rule}/restore", auth=Needs(Right.PROGRAMS_PUBLISH), response=EventRuleView)
@once
def restore_event_rule(request: HttpRequest, deed_rule: Path[RuleRef]) -> Reply:
    """Take a rule out of the archive. It rests until it is resumed."""
    key = _rule_id(deed_rule)
    editing.restore(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.get(
    "/event-rules/{deed_rule}/figures", auth=Needs(Right.PROGRAMS_READ), response=EventRuleFiguresView
)
def get_event_rule_figures(request: HttpRequest, deed_rule: Path[RuleRef]) -> HttpResponse:
    """Show what a rule has given, and why it gave nothing."""
    key = editing.find_rule(_rule_id(deed_rule)).id
    return show(EventRuleFiguresView(**selectors.figures_of([key])[key]._asdict()))


@router.get("/event-rules/{deed_rule}/awards", auth=Needs(Right.POINTS_READ), response=EventRuleAwardPage)
def list_event_rule_awards(
    request: HttpRequest, deed_rule: Path[RuleRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List what a rule has given, the latest first."""
    key = editing.find_rule(_rule_id(deed_rule)).id
    before = read_instant_and_id(cursor)
    return _page(selectors.awards_of_rule(key, before=before, limit=limit + 1), limit)


@router.post(
    "/event-rules/{deed_rule}/trials", auth=Needs(Right.PROGRAMS_WRITE), response={202: EventRuleTrialView}
)
@once
def start_event_rule_trial(
    request: HttpRequest, deed_rule: Path[RuleRef], payload: EventRuleTrialIn
) -> Reply:
    """Try a rule on what has happened; a worker does it, and nothing is given."""
    caller = caller_of(request)
    found = editing.find_rule(_rule_id(deed_rule))
    content = _content(found, published=payload.published)
    made = trials.start_trial(
        found.id, content, is_draft=not payload.published, since=payload.since, until=payload.until,
        asked_by=caller.key.name, at=caller.at,
    )  # fmt: skip
    return Reply(trial_view(trials.find_trial(made)), 202)


@router.get("/event-rules/{deed_rule}/trials", auth=Needs(Right.PROGRAMS_READ), response=EventRuleTrialList)
def list_event_rule_trials(request: HttpRequest, deed_rule: Path[RuleRef]) -> HttpResponse:
    """List a rule's trials, the latest first; the last twenty are kept."""
    key = editing.find_rule(_rule_id(deed_rule)).id
    return show(EventRuleTrialList(data=[trial_view(one) for one in trials.list_trials(key)]))


@router.get("/event-rule-trials/{trial}", auth=Needs(Right.PROGRAMS_READ), response=EventRuleTrialView)
def get_event_rule_trial(request: HttpRequest, trial: Path[TrialRef]) -> HttpResponse:
    """Show a trial and, once it is done, what it found."""
    return show(trial_view(trials.find_trial(_trial_id(trial))))


@router.post(
    "/event-rule-trials/{trial}/cancel", auth=Needs(Right.PROGRAMS_WRITE), response=EventRuleTrialView
)
@once
def cancel_event_rule_trial(request: HttpRequest, trial: Path[TrialRef]) -> Reply:
    """Stop a trial that is not over."""
    trials.cancel_trial(_trial_id(trial))
    return Reply(trial_view(trials.find_trial(_trial_id(trial))))


@router.get("/members/{member}/event-rules", auth=Needs(Right.POINTS_READ), response=EventRuleStandingList)
def get_member_event_rules(request: HttpRequest, member: Path[MemberRef]) -> HttpResponse:
    """Show what else earns a member points: what they got, how often more, and why they got nothing."""
    found = selectors.standings_of(find_member(member), at=caller_of(request).at)
    return show(EventRuleStandingList(data=[standing_view(one) for one in found]))


@router.get(
    "/members/{member}/event-rules/awards", auth=Needs(Right.POINTS_READ), response=EventRuleAwardPage
)
def list_member_event_rule_awards(
    request: HttpRequest, member: Path[MemberRef], cursor: str | None = None, limit: Limit = 50
) -> HttpResponse:
    """List what event rules gave a member, the latest first."""
    before = read_instant_and_id(cursor)
    rows = selectors.awards_of_member(find_member(member), before=before, limit=limit + 1)
    return _page(rows, limit)


def _page(rows: list[selectors.AwardView], limit: int) -> HttpResponse:
    shown, rest = rows[:limit], rows[limit:]
    after = make_cursor(shown[-1].given_at, shown[-1].transfer_id) if rest else None
    return show(EventRuleAwardPage(data=[award_view(one) for one in shown], next_cursor=after))


def _content(found: editing.EventRuleView, *, published: bool) -> EventRuleContent:
    if published:
        if found.version is None:
            raise RuleNotPublished()
        return found.version.content
    if found.draft is None:
        raise NoRuleDraft()
    return found.draft.content


def _shown(request: HttpRequest, key: Id) -> EventRuleView:
    return rule_view(editing.find_rule(key), caller_of(request).at)


def _rule_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownEventRule(rule=text) from None


def _trial_id(text: str) -> Id:
    try:
        return parse_id(text)
    except ValueError:
        raise UnknownRuleTrial(trial=text) from None
