"""One message to one endpoint: its body and its tries; the log as a file; and checking a signature."""

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.core.access.rights import Right
from dangol.core.events.webhooks.checking import Fault
from dangol.core.events.webhooks.errors import DeliveryUnknown
from dangol.core.events.webhooks.selectors import (
    LONGEST_PAGE,
    check_signature,
    find_delivery,
    list_attempts,
    list_deliveries,
    read_body,
)
from dangol.core.storage.ids import Id, show_id
from dangol.web.csv_files import stream_csv
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.hook_words import FAULT_WORDS
from dangol.web.pages.webhooks import find, read_filter

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@needs(Right.WEBHOOKS_READ)
def show_delivery(request: HttpRequest, endpoint_id: Id, message_id: Id) -> HttpResponse:
    """Show a message as it is sent, and each try."""
    endpoint = find(endpoint_id)
    try:
        delivery = find_delivery(endpoint_id, message_id)
        body = read_body(message_id)
    except DeliveryUnknown as error:
        raise Http404 from error
    attempts = list_attempts(endpoint_id, message_id)
    context = {"endpoint": endpoint, "delivery": delivery, "body": body, "attempts": attempts}
    return render(request, "web/webhooks/delivery.html", context)


@needs(Right.WEBHOOKS_READ)
def export_deliveries(request: HttpRequest, endpoint_id: Id) -> StreamingHttpResponse:
    """Send the deliveries the address asks for as CSV."""
    endpoint = find(endpoint_id)
    state, name, _after = read_filter(request)
    head = [_("메시지"), _("활동"), _("상태"), _("시도"), _("만든 때"), _("끝난 때")]
    return stream_csv(request, "webhooks", head, _rows(endpoint.id, state, name))


def _rows(endpoint_id: Id, state: str, name: str) -> Iterator[list[object]]:
    after: Id | None = None
    while lines := list_deliveries(endpoint_id, state=state, name=name, after=after, limit=LONGEST_PAGE):
        for one in lines:
            ended = one.finished_at.isoformat() if one.finished_at else ""
            yield [
                show_id(one.message_id), one.name, one.state, one.attempts, one.created_at.isoformat(), ended,
            ]  # fmt: skip
        after = lines[-1].message_id


@needs(Right.WEBHOOKS_READ)
def check(request: HttpRequest, endpoint_id: Id) -> HttpResponse:
    """Say why a receiver finds a signature wrong. What is pasted is not kept."""
    endpoint = find(endpoint_id)
    asked = request.POST
    headers = {name: asked.get(name, "").strip() for name in HEADERS}
    # Forms send every end of a line as two characters.
    body, computed = asked.get("body", "").replace("\r\n", "\n"), asked.get("computed", "").strip()
    words, is_right = "", False
    if request.method == "POST":
        found = check_signature(
            endpoint_id, headers={name: value for name, value in headers.items() if value},
            body=body.encode("utf-8", "surrogatepass"), computed=computed, at=frame_of(request).at,
        )  # fmt: skip
        words = str(FAULT_WORDS[found.fault]).format(detail=found.detail)
        is_right = found.fault is Fault.NOTHING
    context = {
        "endpoint": endpoint,
        "headers": list(headers.items()),
        "body": body,
        "computed": computed,
        "words": words,
        "is_right": is_right,
    }
    return render(request, "web/webhooks/check.html", context)
