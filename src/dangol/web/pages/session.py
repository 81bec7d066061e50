"""Where one begins after signing in, and the language."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from dangol.web.guard import open_to_all, signed_in_only, visitor_of
from dangol.web.menu import menu_of
from dangol.web.setup_steps import lead_to_setup


@signed_in_only
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the first setup as long as it is not over, else to the first place of one's menu."""
    if lead := lead_to_setup(request):
        return lead
    first = next(menu_of(visitor_of(request), sample=False), None)
    return HttpResponseRedirect(first.address if first else reverse("web:account"))


@open_to_all
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back to the page it was chosen on."""
    return set_language(request)
