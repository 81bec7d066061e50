"""Batches of gift cards in the back office: made ahead, printed as sheets and sent as CSV."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.actors import LONGEST_REASON
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.stored_value import cards, printing, selectors
from dangol.rooms.rewards.stored_value.batch_asks import ask_batch
from dangol.rooms.rewards.stored_value.errors import UnknownGiftCardBatch
from dangol.rooms.rewards.stored_value.models import LONGEST_NAME
from dangol.web.acting import form_of, new_form, read_last_day
from dangol.web.amounts import read_amount
from dangol.web.csv_files import note_download, stream_csv
from dangol.web.formats import format_money
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.coupon_sheets import LAYOUTS, SHEETS_A_PAGE, USUAL, Slip, draw_code
from dangol.web.pages.gift_cards import by_of
from dangol.web.stored_value_words import state_in_words


@needs(Right.STORED_VALUE_READ)
def list_all(request: HttpRequest) -> HttpResponse:
    """Show the batches, the newest first."""
    return render(
        request,
        "web/gift_cards/batches.html",
        {"batches": selectors.list_batches(), "waits": request.GET.get("waits")},
    )


@needs(Right.STORED_VALUE_READ)
def show(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Show a batch and its first cards."""
    batch = find_batch(batch_id)
    found = selectors.list_cards(at=frame_of(request).at, batch_id=batch_id, limit=100)
    context = {"batch": batch, "cards": [(one, state_in_words(one)) for one in found]}
    return render(request, "web/gift_cards/batch.html", context)


def find_batch(batch_id: Id) -> selectors.BatchView:
    """Return a batch; answers 404 for one there is not."""
    try:
        return selectors.find_batch(batch_id)
    except UnknownGiftCardBatch:
        raise Http404 from None


@needs(Right.STORED_VALUE_WRITE)
def make(request: HttpRequest) -> HttpResponse:
    """Ask what a new batch is, and make it; a form sent twice makes one."""
    if request.method != "POST":
        return _form(request, {"count": "10"}, {})
    names = ("name", "amount", "count", "given", "last_day", "reason")
    given = {name: request.POST.get(name, "").strip()[:LONGEST_REASON] for name in names}
    frame = frame_of(request)
    minor = read_amount(given["amount"], frame.shop.currency)
    count = int(given["count"]) if given["count"].isascii() and given["count"].isdigit() else 0
    is_day, end = read_last_day(given["last_day"], request)
    wrong = {
        field: words
        for field, words, is_wrong in (
            ("name", _("이름을 적으세요."), not given["name"]),
            ("amount", _("금액을 적으세요."), minor is None),
            ("count", _("1장부터 %(n)s장까지예요.") % {"n": cards.MOST_IN_A_BATCH}, not 0 < count <=
            cards.MOST_IN_A_BATCH), ("last_day", _("오늘부터의 날을 고르세요."), not is_day),
        )
        if is_wrong
    }  # fmt: skip
    if wrong or minor is None:
        return _form(request, given, wrong)
    draft = cards.BatchDraft(
        given["name"], minor, frame.shop.currency, count, bool(given["given"]), end, reason=given["reason"]
    )
    try:
        made, waits = ask_batch(draft, by=by_of(request), batch_id=form_of(request))
    except DomainError as error:
        return _form(request, given, {}, error)
    if waits is not None:
        return HttpResponseRedirect(reverse("web:gift-card-batches") + "?waits=1")
    return HttpResponseRedirect(reverse("web:gift-card-batch", args=[made]))


def _form(request: HttpRequest, given: Any, wrong: Any, error: DomainError | None = None) -> HttpResponse:
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "given": given, "wrong": wrong, "form": request.POST.get("form") or new_form(),
        "longest_name": LONGEST_NAME,
        "longest_reason": LONGEST_REASON, "sentence": sentence, "remedy": remedy,
    }  # fmt: skip
    return render(request, "web/gift_cards/make.html", context, status=422 if wrong or error else 200)


@needs(Right.STORED_VALUE_WRITE)
@never_cache
def show_sheets(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Ask why codes are taken out; then show those that are nobody's as sheets to print, ten at a time."""
    batch = find_batch(batch_id)
    asked = request.POST.get("each", "")
    each = int(asked) if asked in {str(one) for one in LAYOUTS} else USUAL
    reason, after = request.POST.get("reason", ""), _id_or_none(request.POST.get("after", ""))
    if request.method != "POST" or not reason.strip():
        return _ask_why(request, batch, each)
    what = f"gift-cards/batches/{show_id(batch_id)}/sheets?each={each}"
    note_download(request, what, people=0, reason=reason)
    size = each * SHEETS_A_PAGE
    found = printing.codes_of(batch_id, reason=reason, by=by_of(request), after=after, limit=size)
    slips = [Slip(one.code, draw_code(one.code)) for one in found]
    total, before = printing.count_free(batch_id), printing.count_free(batch_id, up_to=after) if after else 0
    context = {
        "batch": batch, "each": each, "reason": reason, "total": total,
        "first": before + 1, "last": before + len(slips),
        "next_after": show_id(found[-1].id) if before + len(slips) < total and found else "",
        "sheets": [slips[place : place + each] for place in range(0, len(slips), each)],
    }  # fmt: skip
    return render(request, "web/gift_cards/sheets.html", context)


def _ask_why(request: HttpRequest, batch: selectors.BatchView, each: int) -> HttpResponse:
    is_wrong = request.method == "POST"
    context = {
        "batch": batch, "each": each, "layouts": list(LAYOUTS), "longest_reason": LONGEST_REASON,
        "free": printing.count_free(batch.id), "error": _("이유를 적으세요.") if is_wrong else "",
    }  # fmt: skip
    return render(request, "web/gift_cards/take_out.html", context, status=422 if is_wrong else 200)


def _id_or_none(text: str) -> Id | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        raise Http404 from None


@needs(Right.STORED_VALUE_WRITE)
@require_POST
def export_codes(request: HttpRequest, batch_id: Id) -> HttpResponse | StreamingHttpResponse:
    """Send the codes of a batch that are nobody's as CSV, and write down who had it and why."""
    batch, reason = find_batch(batch_id), request.POST.get("reason", "")
    if not reason.strip():
        return _ask_why(request, batch, USUAL)
    note_download(request, f"gift-cards/batches/{show_id(batch_id)}.csv", people=0, reason=reason)
    found = printing.codes_of(batch_id, reason=reason, by=by_of(request))
    header = [_("번호"), _("금액")]
    return stream_csv(request, "gift-cards", header, _rows(found, batch))


def _rows(found: list[cards.Issued], batch: selectors.BatchView) -> Iterator[list[str]]:
    for one in found:
        yield [one.code, format_money(batch.minor, batch.currency)]
