"""What happened in the shop, for whoever asks instead of being told; and what happened elsewhere, told to us.

What happens elsewhere comes as CloudEvents 1.0, in the structured, the batched or the binary mode.
"""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_number
from dangol.api.references import MemberRef, find_member
from dangol.api.replies import GivenInstant, Instant, Limit, Shown, show
from dangol.api.senders import sender_of
from dangol.connectors.cloudevents.reading import BATCH, STRUCTURED, read_events
from dangol.core.access.rights import Right
from dangol.core.behavior.services import take_in_messages
from dangol.core.events.feed import Happened, UnknownEvent, find_event, read_feed
from dangol.core.events.webhooks.bodies import known_names, thin
from dangol.core.events.webhooks.errors import EventUnknown
from dangol.core.people.merged import family_of
from dangol.core.storage.ids import parse_id, show_id

router = Router(tags=["events"])
Kind = Annotated[str, Field(max_length=64, description="Only events of this name.")]

_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 255},
        "source": {"type": "string", "minLength": 1, "maxLength": 255},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1, "maxLength": 255},
        "subject": {"type": "string", "description": "The customer: our id, external:…, email:… and so on."},
        "time": {"type": "string", "format": "date-time"},
        "data": {},
    },
}
_BODY = {
    # An event is known by its source and id: a header that names the request has nothing to add.
    "x-names-itself": True,
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED: {"schema": _EVENT},
            BATCH: {"schema": {"type": "array", "items": _EVENT, "maxItems": 1_000}},
        },
    },
}


class HappenedView(Shown):
    """Something that happened: ids and amounts, and nothing that anybody typed.

    `member_id` is the id they had then; `seq` goes up by one for each of their events.
    """

    id: str
    name: str
    member_id: str
    seq: int
    subject_id: str | None
    occurred_at: Instant
    recorded_at: Instant
    data: dict[str, Any]


class FeedPage(Shown):
    """Events, the earliest first. `resume` is the cursor to ask with later, also where this is the end."""

    data: list[HappenedView]
    next_cursor: str | None
    resume: str


@router.get("/events", auth=Needs(Right.EVENTS_READ), response=FeedPage)
def get_events(
    request: HttpRequest,
    kind: Kind = "",
    member: MemberRef = "",
    since: GivenInstant | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> HttpResponse:
    """Tell what happened, in the order in which it was committed, to all or to one member.

    Whoever keeps `resume` and asks with it again misses nothing and hears nothing twice. A page may be empty
    and not the last: `next_cursor` says so. `since` goes by when something was recorded.
    """
    if kind and kind not in known_names():
        raise EventUnknown(field="kind", name=kind)
    family = family_of(find_member(member)) if member else None
    feed = read_feed(after=read_number(cursor) or 0, since=since, name=kind, customer_ids=family, limit=limit)
    resume = make_cursor(feed.position)
    data = [_view(one) for one in feed.events]
    return show(FeedPage(data=data, next_cursor=None if feed.is_end else resume, resume=resume))


@router.get("/events/{event}", auth=Needs(Right.EVENTS_READ), response=HappenedView)
def get_event(request: HttpRequest, event: Path[str]) -> HttpResponse:
    """Show an event by its id, which is also the `webhook-id` of the messages that tell of it."""
    try:
        return show(_view(find_event(parse_id(event))))
    except ValueError:
        raise UnknownEvent(event=event[:64]) from None


def _view(one: Happened) -> HappenedView:
    return HappenedView(
        id=show_id(one.id), name=one.name, member_id=show_id(one.customer_id), seq=one.customer_seq,
        subject_id=show_id(one.subject_id) if one.subject_id else None, occurred_at=one.occurred_at,
        recorded_at=one.recorded_at, data=thin(one.payload),
    )  # fmt: skip


class TakenInView(Shown):
    """How many events there were, and how many of them were new."""

    count: int
    new: int


@router.post("/events", auth=Needs(Right.EVENTS_WRITE), response={200: TakenInView}, openapi_extra=_BODY)
def take_in_events(request: HttpRequest) -> HttpResponse:
    """Tell of events in the form of CloudEvents 1.0; `source` and `id` name one for good.

    In the binary mode the attributes are headers `ce-…`. A broken event refuses the whole request, with its
    path; an event whose data do not fit is kept with its problem, which the event debugger shows.
    """
    caller = caller_of(request)
    messages = read_events(request.headers.get("Content-Type", ""), request.headers, request.body)
    sender = sender_of(request, caller.key, caller.request_id, source="cloudevents")
    new = take_in_messages(messages, sender=sender, received_at=caller.at)
    return show(TakenInView(count=len(messages), new=new))
