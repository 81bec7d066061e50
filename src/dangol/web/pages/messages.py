"""What a sample shop would have sent: kept for a day, so that one can see the code."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dangol.core.access.log import Access, AccessDraft
from dangol.core.access.rights import Right
from dangol.core.messaging.selectors import KeptPage, list_kept
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.sink import Sink
from dangol.web.acting import actor_of
from dangol.web.guard import needs
from dangol.web.seen import record_seen


@needs(Right.MEMBERS_UNMASK)
@require_safe
def show_kept(request: HttpRequest) -> HttpResponse:
    """Show the kept messages, the latest first; a shop that really sends keeps none and shows none."""
    is_sink = isinstance(find_sender(EMAIL), Sink)
    page = list_kept(after=request.GET.get("after", "")) if is_sink else KeptPage([], "")
    if page.messages:
        reason = _("표본 가게가 보관한 메시지를 봤어요")
        draft = AccessDraft(
            Access.MESSAGES, actor_of(request), reason, seen=("email", "text"), people=len(page.messages)
        )
        record_seen(request, draft)
    return render(request, "web/kept_messages.html", {"page": page, "is_sink": is_sink})
