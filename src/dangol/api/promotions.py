"""Promotions: written, published version by version, paused and put away; and how the checkout answers."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.approvals import ApprovalView, show_approval
from dangol.api.caller import Needs, actor_of, caller_of
from dangol.api.idempotency import form_of, once
from dangol.api.promotion_refs import find_promotion_id
from dangol.api.replies import Given, Instant, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.storage.ids import show_id
from dangol.core.storage.versioned import Version
from dangol.rooms.rewards.promotions import editing
from dangol.rooms.rewards.promotions.approving import change_or_ask, publish_or_ask
from dangol.rooms.rewards.promotions.checkout import (
    DEFAULTS,
    CheckoutContent,
    checkout_number,
    list_checkout_versions,
    unpack_checkout,
)
from dangol.rooms.rewards.promotions.contents import pack

router = Router(tags=["promotions"])
PromotionRef = Annotated[str, Field(max_length=40, description="A promotion's id.")]
ContentIn = Annotated[
    dict[str, Any],
    Field(
        description="name, benefits, condition, target, minimum, limits, currency, cap_minor, active_from,"
        " active_to, needs_code, lane, priority, exclusive_group, category.",
        examples=[
            {"name": "10 %", "currency": "KRW", "benefits": [{"kind": "percent", "basis_points": 1000}]}
        ],
    ),
]
Revision = Annotated[int, Field(ge=1, strict=True)]


class PromotionIn(Given):
    """A new promotion; it is a draft until it is published."""

    content: ContentIn


class PromotionDraftIn(Given):
    """What the draft is to say. `revision` is the one you have seen; null where there was none."""

    content: ContentIn
    revision: Revision | None


class PromotionPublishIn(Given):
    """The revision of the draft that is to be in force; `reason`: for whoever has to let it happen."""

    revision: Revision
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class CheckoutSettingsIn(Given):
    """How the checkout is to answer: what is left out is as it comes."""

    content: Annotated[dict[str, Any], Field(description="See the answer of GET for its fields.")]
    version: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        None, description="The version you have seen: where another is in force, nothing is changed."
    )
    reason: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class PromotionDraftView(Shown):
    """The next version as it is being written."""

    content: dict[str, Any]
    revision: int
    changed_by: str
    changed_at: Instant


class PromotionVersionView(Shown):
    """A published version."""

    number: int
    content: dict[str, Any]
    drafted_by: str
    published_by: str
    published_at: Instant


class PromotionView(Shown):
    """A promotion: draft, scheduled, live, paused, ended or archived; with what sales have used of it."""

    id: str
    name: str
    state: str
    version: PromotionVersionView | None
    draft: PromotionDraftView | None
    uses: int
    minor: int
    made_at: Instant
    paused_at: Instant | None
    archived_at: Instant | None


class PromotionList(Shown):
    """All promotions that are not archived, or those that are, the newest first."""

    data: list[PromotionView]


class PromotionVersionList(Shown):
    """A promotion's published versions, the latest first."""

    data: list[PromotionVersionView]


class CheckoutSettingsView(Shown):
    """How the checkout answers; version 0 is as it comes."""

    content: dict[str, Any]
    version: int
    changed_by: str | None
    changed_at: Instant | None


class CheckoutSettingsList(Shown):
    """How the checkout has answered, the latest first."""

    data: list[CheckoutSettingsView]


@router.post("/promotions", auth=Needs(Right.PROGRAMS_WRITE), response={201: PromotionView})
@once
def create_promotion(request: HttpRequest, payload: PromotionIn) -> Reply:
    """Begin a promotion with a draft, which need not make sense yet."""
    caller = caller_of(request)
    made = editing.create_promotion(
        payload.content, made_by=caller.key.name, at=caller.at, behind=caller.key.created_by
    )
    return Reply(_shown(request, made), 201, {"Location": f"/api/v1/promotions/{show_id(made)}"})


@router.get("/promotions", auth=Needs(Right.PROGRAMS_READ), response=PromotionList)
def list_promotions(request: HttpRequest, archived: bool = False) -> HttpResponse:
    """List the promotions that are not archived, or those that are."""
    at = caller_of(request).at
    found = editing.list_promotions(archived=archived)
    return show(PromotionList(data=[_view(one, at) for one in found]))


@router.get("/promotions/{promotion}", auth=Needs(Right.PROGRAMS_READ), response=PromotionView)
def get_promotion(request: HttpRequest, promotion: Path[PromotionRef]) -> HttpResponse:
    """Show a promotion with what is in force and what is being written."""
    return show(_shown(request, find_promotion_id(promotion)))


@router.get(
    "/promotions/{promotion}/versions", auth=Needs(Right.PROGRAMS_READ), response=PromotionVersionList
)
def list_promotion_versions(request: HttpRequest, promotion: Path[PromotionRef]) -> HttpResponse:
    """List what a promotion has said, the latest first."""
    found = editing.find_promotion(find_promotion_id(promotion))
    return show(PromotionVersionList(data=[_version(one) for one in editing.list_versions(found.id)]))


@router.put("/promotions/{promotion}/draft", auth=Needs(Right.PROGRAMS_WRITE), response=PromotionView)
@once
def write_promotion_draft(
    request: HttpRequest, promotion: Path[PromotionRef], payload: PromotionDraftIn
) -> Reply:
    """Let a promotion's draft read so; it need not make sense yet."""
    caller, key = caller_of(request), find_promotion_id(promotion)
    editing.write_draft(
        key,
        payload.content,
        revision=payload.revision,
        changed_by=caller.key.name,
        at=caller.at,
        behind=caller.key.created_by,
    )
    return Reply(_shown(request, key))


@router.post(
    "/promotions/{promotion}/publish",
    auth=Needs(Right.PROGRAMS_PUBLISH),
    response={200: PromotionView, 202: ApprovalView},
)
@once
def publish_promotion(
    request: HttpRequest, promotion: Path[PromotionRef], payload: PromotionPublishIn
) -> Reply:
    """Let the draft of this revision be in force from now on, as a version of its own.

    Above the shop's limits the answer is 202 with the request that waits for a person.
    """
    caller, key = caller_of(request), find_promotion_id(promotion)
    outcome = publish_or_ask(
        key, revision=payload.revision, form=form_of(request), actor=actor_of(request), at=caller.at,
        reason=payload.reason or caller.key.name, alone=True,
    )  # fmt: skip
    if outcome.approval is not None:
        return Reply(show_approval(outcome.approval, caller.at), 202)
    return Reply(_shown(request, key))


@router.post("/promotions/{promotion}/pause", auth=Needs(Right.PROGRAMS_PUBLISH), response=PromotionView)
@once
def pause_promotion(request: HttpRequest, promotion: Path[PromotionRef]) -> Reply:
    """Let a promotion rest: the next cart gets nothing of it."""
    key = find_promotion_id(promotion)
    editing.pause(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.post("/promotions/{promotion}/resume", auth=Needs(Right.PROGRAMS_PUBLISH), response=PromotionView)
@once
def resume_promotion(request: HttpRequest, promotion: Path[PromotionRef]) -> Reply:
    """Let a promotion that rests go on."""
    key = find_promotion_id(promotion)
    editing.resume(key)
    return Reply(_shown(request, key))


@router.delete("/promotions/{promotion}", auth=Needs(Right.PROGRAMS_PUBLISH), response=PromotionView)
@once
def archive_promotion(request: HttpRequest, promotion: Path[PromotionRef]) -> Reply:
    """Put a promotion away. Sales that it was used in stay as they are."""
    key = find_promotion_id(promotion)
    editing.archive(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.post("/promotions/{promotion}/restore", auth=Needs(Right.PROGRAMS_PUBLISH), response=PromotionView)
@once
def restore_promotion(request: HttpRequest, promotion: Path[PromotionRef]) -> Reply:
    """Take a promotion out of the archive. It rests until it is resumed."""
    key = find_promotion_id(promotion)
    editing.restore(key, at=caller_of(request).at)
    return Reply(_shown(request, key))


@router.get("/checkout-settings", auth=Needs(Right.PROGRAMS_READ), response=CheckoutSettingsView)
def get_checkout_settings(request: HttpRequest) -> HttpResponse:
    """Show how the checkout answers what shops disagree about, and what points pay."""
    return show(_settings())


@router.get("/checkout-settings/versions", auth=Needs(Right.PROGRAMS_READ), response=CheckoutSettingsList)
def list_checkout_settings(request: HttpRequest) -> HttpResponse:
    """List how the checkout has answered, who changed it and when, the latest first."""
    return show(CheckoutSettingsList(data=[_settings_of(one) for one in list_checkout_versions(limit=200)]))


@router.put(
    "/checkout-settings",
    auth=Needs(Right.PROGRAMS_PUBLISH),
    response={200: CheckoutSettingsView, 202: ApprovalView},
)
@once
def write_checkout_settings(request: HttpRequest, payload: CheckoutSettingsIn) -> Reply:
    """Let the checkout answer so from now on.

    Where more could then be published without a second person, the answer is 202 with the request that waits
    for one.
    """
    caller = caller_of(request)
    outcome = change_or_ask(
        unpack_checkout(payload.content), form=form_of(request), actor=actor_of(request), at=caller.at,
        seen=checkout_number() if payload.version is None else payload.version,
        reason=payload.reason or caller.key.name,
    )  # fmt: skip
    if outcome.approval is not None:
        return Reply(show_approval(outcome.approval, caller.at), 202)
    return Reply(_settings())


def _settings() -> CheckoutSettingsView:
    if latest := list_checkout_versions(limit=1):
        return _settings_of(latest[0])
    return CheckoutSettingsView(
        content=msgspec.to_builtins(DEFAULTS), version=0, changed_by=None, changed_at=None
    )


def _settings_of(one: Version[CheckoutContent]) -> CheckoutSettingsView:
    return CheckoutSettingsView(
        content=msgspec.to_builtins(one.content), version=one.number, changed_by=one.changed_by,
        changed_at=one.changed_at,
    )  # fmt: skip


def _shown(request: HttpRequest, key: bytes) -> PromotionView:
    return _view(editing.find_promotion(key), caller_of(request).at)


def _view(one: editing.PromotionView, at: datetime) -> PromotionView:
    draft = one.draft
    return PromotionView(
        id=show_id(one.id), name=one.name, state=one.state(at),
        version=_version(one.version) if one.version else None,
        draft=PromotionDraftView(
            content=pack(draft.content), revision=draft.revision, changed_by=draft.changed_by,
            changed_at=draft.changed_at,
        ) if draft else None,
        uses=one.used.uses, minor=one.used.minor, made_at=one.made_at, paused_at=one.paused_at,
        archived_at=one.archived_at,
    )  # fmt: skip


def _version(one: editing.VersionView) -> PromotionVersionView:
    return PromotionVersionView(
        number=one.number, content=pack(one.content), drafted_by=one.drafted_by,
        published_by=one.published_by, published_at=one.published_at,
    )  # fmt: skip
