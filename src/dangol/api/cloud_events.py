"""CloudEvents 1.0 in: events of other systems, in the structured, the batched and the binary mode."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from dangol.api.caller import Needs, caller_of
from dangol.api.replies import Shown, show
from dangol.api.senders import sender_of
from dangol.connectors.cloudevents.reading import BATCH, STRUCTURED, read_events
from dangol.core.access.rights import Right
from dangol.core.behavior.services import take_in_messages

router = Router(tags=["events"])
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
