"""Test spaces: what they hold, and each made anew by whoever types its name."""

from functools import partial

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.log import Access, AccessDraft, record_access
from dangol.core.access.rights import Right
from dangol.core.operations.spaces import remake_space
from dangol.core.storage.spaces import list_spaces
from dangol.rooms.rewards.first_program import begin_with_program
from dangol.web.acting import actor_of
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.reads.spaces import read_spaces
from dangol.web.shop_change import free_space_name


@needs(Right.KEYS_READ)
def show_spaces(request: HttpRequest) -> HttpResponse:
    """Show what is in each test space."""
    return _page(request, remade=request.GET.get("remade", ""))


@needs(Right.KEYS_WRITE)
@require_POST
def remake(request: HttpRequest, space: str) -> HttpResponse:
    """Make a test space anew, if whoever asks has typed its name: what is in it is gone for good."""
    if space not in list_spaces():
        raise Http404
    if request.POST.get("typed", "").strip() != space:
        return _page(request, unsure=space)
    frame = frame_of(request)
    reason = _("시험 공간 {name}: 비우고 새로 만들기").format(name=space)
    # First, so that nothing is gone of which it is not on record who took it away.
    record_access([AccessDraft(Access.CONFIGURE, actor_of(request), reason, people=0)], at=frame.at)
    remake_space(space, frame.shop, partial(begin_with_program, at=frame.at))
    return HttpResponseRedirect(f"{reverse('web:spaces')}?remade={space}")


def _page(request: HttpRequest, *, remade: str = "", unsure: str = "") -> HttpResponse:
    spaces = read_spaces(at=frame_of(request).at)
    context = {
        "spaces": spaces, "unsure": unsure, "free_space": free_space_name(),
        "remade": remade if any(one.name == remade for one in spaces) else "",
    }  # fmt: skip
    return render(request, "web/keys/spaces.html", context, status=422 if unsure else 200)
