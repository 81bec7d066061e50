"""The till without a network: a page that opens anyway, and the door for the sales it has kept."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dangol.connectors.files.exports.cells import money
from dangol.core.access.rights import Right
from dangol.domain.errors import DomainError
from dangol.web.acting import actor_of, holder_of
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, open_to_all
from dangol.web.pages.till import LAST
from dangol.web.reads.till_queue import LateSale, Pays, Refused, read_terms, ring_up_late
from dangol.web.sealing import Sealed, new_seal

# What the page without a network is made of.
ASSETS = (
    "web/dangol.css", "web/dangol.js", "web/till.js", "web/till_queue.js", "web/till_offline.js",
    "web/dangol.svg",
)  # fmt: skip
MOST_BYTES = 8_000


class _Box(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser sealed besides whose sale it is."""

    wrapped: str
    point: str
    nonce: str
    text: str
    holder: str = ""


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    """A kept sale as a browser sends it; when it was made, by our clock as far as the browser knows it."""

    key: UUID
    made_at: datetime
    amount: str
    currency: str
    wrapped: str
    point: str
    nonce: str
    text: str
    holder: str = ""
    pays: Pays = Pays.MONEY
    card: _Box | None = None


@needs(Right.TILL_USE)
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the sales that wait in this browser, and take one while there is no network.

    The page is the same for everybody: the browser keeps it, and what it shows it has from its own store.
    """
    currency = frame_of(request).shop.currency
    context = {"currency": currency, "digits": minor_digits(currency)}
    return render(request, "web/till/offline.html", context)


@open_to_all
@require_safe
def send_worker(request: HttpRequest) -> HttpResponse:
    """Send the script that opens the page without a network. It changes with what it keeps."""
    mark = hashlib.sha256()
    for asset in ASSETS:
        mark.update(Path(finders.find(asset) or "").read_bytes())
    kept = [reverse("web:till-offline"), *(static(asset) for asset in ASSETS)]
    context = {"mark": mark.hexdigest()[:12], "kept": kept, "page": kept[0]}
    text = render_to_string("web/till/worker.js", context)
    answer = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = reverse("web:till")
    answer["Cache-Control"] = "no-cache"
    return answer


@needs(Right.TILL_USE)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """Ring up a sale that was kept; asked with GET, say what time it is, how the next ones are sealed, and up
    to which amounts a card may pay unseen.
    """
    if request.method != "POST":
        seal = new_seal(holder_of(request))
        now = frame_of(request).at.isoformat()
        told = {"csrf": get_token(request), "now": now, "terms": _terms(request)}
        return JsonResponse(told | seal._asdict())
    try:
        told = msgspec.json.decode(request.body[: MOST_BYTES + 1], type=_Told)
        box = Sealed(told.wrapped, told.point, told.nonce, told.text, told.holder)
        late = LateSale(
            told.key, box, told.amount, told.currency,
            max(frame_of(request).at - told.made_at, timedelta(0)), told.pays,
            Sealed(*msgspec.structs.astuple(told.card)) if told.card else None,
        )  # fmt: skip
    except (msgspec.DecodeError, ValueError, TypeError):
        return JsonResponse({"state": "malformed"}, status=422)
    frame = frame_of(request)
    try:
        rung = ring_up_late(late, frame.shop, sent_by=actor_of(request), at=frame.at)
    except Refused as refusal:
        return JsonResponse(
            {
                "state": "refused", "code": refusal.code, "sentence": refusal.sentence,
                "remedy": refusal.remedy,
            }
        )  # fmt: skip
    except DomainError as refusal:
        if not refusal.retryable:
            raise
        # The browser keeps the sale as it is, and sends it again.
        return JsonResponse({"state": "busy"}, status=503)
    request.session[LAST] = rung.number
    address = reverse("web:till-receipt", args=[rung.number])
    missing = _amount(request, rung.missing_minor) if rung.missing_minor else ""
    return JsonResponse({"state": "sold", "number": rung.number, "receipt": address, "missing": missing})


def _terms(request: HttpRequest) -> dict[str, str]:
    """Return up to which amounts a sale may be kept that a card, or credit, is to pay."""
    card, credit = read_terms()
    return {"card": _amount(request, card), "credit": _amount(request, credit)}


def _amount(request: HttpRequest, minor: int) -> str:
    return f"{money(minor, minor_digits(frame_of(request).shop.currency))}"
