"""The shop's own facts, to be changed; and where the instance has its secrets from, to be read."""

from zoneinfo import available_timezones

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from dangol.connectors.smtp.kept import find_mail
from dangol.core.access.rights import Right
from dangol.core.commerce.shop_facts import has_orders
from dangol.core.messaging.selectors import last_results
from dangol.core.messaging.senders import EMAIL, find_sender
from dangol.core.messaging.sink import Sink
from dangol.core.refusals import explain
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.first_program import AmountsWritten
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.setup_places import list_currencies, list_regions
from dangol.web.shop_change import change_facts, find_spaces_behind, free_space_name, keeps_amounts

FIELDS = ("name", "zone", "currency", "region", "language")
LONGEST_NAME = 60


@needs(Right.SETTINGS_WRITE)
def change(request: HttpRequest) -> HttpResponse:
    """Show the shop's facts, and change them."""
    shop = frame_of(request).shop
    given = {name: getattr(shop, name) for name in FIELDS}
    error: DomainError | None = None
    if request.method == "POST":
        given = {name: request.POST.get(name, given[name]).strip() for name in FIELDS}
        try:
            given["name"] = given["name"][:LONGEST_NAME].replace("\0", "")
            change_facts(
                request, reason=_("설정 화면에서 바꿨어요"), keeps_amounts=keeps_amounts(request), **given
            )
            return HttpResponseRedirect(f"{reverse('web:settings')}?saved=1")
        except DomainError as refusal:
            error = refusal
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "given": given,
        "zones": sorted(available_timezones()),
        "regions": list_regions(),
        "currencies": list_currencies(),
        "languages": settings.LANGUAGES,
        "longest": LONGEST_NAME,
        "has_orders": has_orders(),
        "saved": request.GET.get("saved") == "1",
        "sources": _sources(),
        "mail": find_mail(),
        "is_sink": isinstance(find_sender(EMAIL), Sink),
        "results": last_results(frame_of(request).at),
        "behind": find_spaces_behind(shop),
        "free_space": free_space_name(),
        "sentence": sentence,
        "remedy": remedy,
        "asks": isinstance(error, AmountsWritten),
    }
    return render(request, "web/works/settings.html", context, status=422 if error else 200)


def _sources() -> list[tuple[str, str, str]]:
    """Return where the instance has things from: the words, the setting, and what it comes to."""
    from_file = settings.MASTER_KEYS_FILE is not None
    yes, no = _("켜짐"), _("꺼짐")
    return [
        (_("데이터베이스"), "DATABASE_URL", connection.display_name),
        (_("마스터 키"), "DANGOL_MASTER_KEYS", _("파일에서") if from_file else _("환경 변수에서")),
        (_("HTTPS"), "DANGOL_HTTPS", yes if settings.HTTPS else no),
        (_("두 번째 인증"), "DANGOL_MFA", _("꼭 필요해요") if settings.MFA_REQUIRED else _("고를 수 있어요")),
        (_("웹훅이 사설 네트워크로"), "DANGOL_WEBHOOKS_PRIVATE", yes if settings.WEBHOOKS_PRIVATE else no),
    ]
