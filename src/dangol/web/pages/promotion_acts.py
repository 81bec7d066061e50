"""What is done to a promotion as a whole: paused, let go on, put away, taken out, its draft thrown away."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions import editing
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.promotions import find, show


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def pause(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Let it rest: the next cart gets nothing of it."""
    at = frame_of(request).at
    return _do(request, promotion_id, "paused", lambda: editing.pause(promotion_id, at=at))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def resume(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Let it go on."""
    return _do(request, promotion_id, "resumed", lambda: editing.resume(promotion_id))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def archive(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Put it away; sales it was used in stay as they are."""
    at = frame_of(request).at
    return _do(request, promotion_id, "archived", lambda: editing.archive(promotion_id, at=at))


@needs(Right.PROGRAMS_PUBLISH)
@require_POST
def restore(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Take it out again: it rests, unless the archiving is undone just now."""
    at, as_it_was = frame_of(request).at, request.POST.get("undo") == "1"
    return _do(
        request, promotion_id, "restored", lambda: editing.restore(promotion_id, at=at, as_it_was=as_it_was)
    )


@needs(Right.PROGRAMS_WRITE)
@require_POST
def discard(request: HttpRequest, promotion_id: Id) -> HttpResponse:
    """Throw its draft away; what is published stays."""
    find(promotion_id)
    try:
        editing.discard_draft(promotion_id)
    except DomainError as refusal:
        return show(request, promotion_id, refusal)
    return redirect("web:promotion", promotion_id)


def _do(request: HttpRequest, promotion_id: Id, done: str, act: Callable[[], object]) -> HttpResponse:
    find(promotion_id)
    act()
    return redirect(f"{reverse('web:promotion', args=[promotion_id])}?done={done}")
