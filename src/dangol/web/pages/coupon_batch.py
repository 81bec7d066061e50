"""A batch of coupons: how its codes stand, one code, blocking and opening, handing out."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from dangol.core.access.rights import Right
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import PersonView, names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id, parse_id, show_id
from dangol.core.tasks.models import State
from dangol.domain.calendars import start_of_day
from dangol.domain.coupon_codes import LONGEST_CODE
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.coupons import batches, holding
from dangol.rooms.rewards.coupons.figures import stand_of, uses_by_day
from dangol.rooms.rewards.coupons.owned import history_of
from dangol.rooms.rewards.coupons.selectors import (
    BatchView,
    CodeView,
    find_batch,
    find_code,
    find_job,
    uses_of,
)
from dangol.web.acting import actor_of, find_subject, form_of, new_form
from dangol.web.coupon_words import CODE_CHIPS, KINDS, batch_chip, told_moment, with_gap
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import seen_by
from dangol.web.reads.coupons import count_reserved, read_offer, read_orders_of

SHOWN_DAYS, SHOWN = 30, 8


def find(batch_id: Id) -> BatchView:
    """Return a batch; answers 404 for one there is not."""
    try:
        return find_batch(batch_id)
    except batches.UnknownBatch as error:
        raise Http404 from error


@needs(Right.COUPONS_READ)
def show(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Show a batch; asked in the background, only how far its making is."""
    batch = find(batch_id)
    if request.headers.get("HX-Request"):
        return render(request, "web/coupons/batch.html#state", _state(batch))
    return show_batch(request, batch)


def _state(batch: BatchView) -> dict[str, Any]:
    is_making = batch.made_count < batch.code_count
    job = find_job(batch) if is_making else None
    return {
        "batch": batch, "is_making": is_making,
        "is_stuck": is_making and (job is None or job.state == State.DEAD),
    }  # fmt: skip


def show_batch(
    request: HttpRequest, batch: BatchView, refused: tuple[Any, Any] = ("", ""), *, status: int = 422
) -> HttpResponse:
    """Show a batch; where something could not be done to it, why, and what would help."""
    frame = frame_of(request)
    sentence, remedy = refused
    stand = stand_of(batch.id)
    offer = read_offer(batch, frame)
    context: dict[str, Any] = _state(batch) | {
        "told": with_gap(batch_chip(batch, frame.at), offer["gap"]), "kinds": KINDS, "stand": stand,
        "expired": stand.expired(batch, frame.at), "reserved": count_reserved(batch.id),
        **offer,
        "days": _days(request, batch), "sentence": sentence, "remedy": remedy, "longest": LONGEST_CODE,
        "done": _done(request, is_blocked=batch.is_blocked),
    }  # fmt: skip
    return render(request, "web/coupons/batch.html", context, status=status if sentence else 200)


def _done(request: HttpRequest, *, is_blocked: bool) -> str:
    """Return what was just done, by the address; nothing where it does not hold any more."""
    done = request.GET.get("done", "")
    return done if done not in ("blocked", "opened") or (done == "blocked") is is_blocked else ""


def _days(request: HttpRequest, batch: BatchView) -> dict[str, Any]:
    """Return the days of the last thirty on which codes were used, the latest first, each beside the most."""
    frame = frame_of(request)
    first = frame.today - timedelta(days=SHOWN_DAYS - 1)
    found = uses_by_day(batch.id, since=start_of_day(first, frame.shop.tz), zone=frame.shop.tz)
    most = max(found.values(), default=0)
    return {
        "rows": [(day, uses, 100 * uses // most) for day, uses in sorted(found.items(), reverse=True)],
        "count": SHOWN_DAYS, "total": sum(found.values()),
    }  # fmt: skip


@needs(Right.COUPONS_WRITE)
@require_POST
def block(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Let no code of the batch be used any more, or again."""
    find(batch_id)
    is_blocked = request.POST.get("do") == "block"
    batches.block_batch(batch_id, is_blocked=is_blocked, actor=actor_of(request), at=frame_of(request).at)
    return _back(batch_id, "blocked" if is_blocked else "opened")


@needs(Right.COUPONS_WRITE)
@require_POST
def resume(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Have the codes made that are still missing."""
    find(batch_id)
    batches.resume_batch(batch_id, at=frame_of(request).at)
    return _back(batch_id)


def _back(batch_id: Id, done: str = "") -> HttpResponse:
    address = reverse("web:coupon-batch", args=[batch_id])
    return HttpResponseRedirect(f"{address}?done={done}" if done else address)


def address_of_code(batch_id: Id, code: str, **more: str) -> str:
    """Return the address of a code's page."""
    return f"{reverse('web:coupon-code', args=[batch_id])}?{urlencode({'code': code} | more)}"


@needs(Right.COUPONS_READ)
def show_code(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Show one code, found whole: where it stands, whose it is, and what has happened to it."""
    batch, text = find(batch_id), request.GET.get("code", "").strip()[:LONGEST_CODE]
    try:
        code = find_code(text)
    except holding.UnknownCode as error:
        return show_batch(request, batch, explain(error) if text else ("", ""), status=200)
    if code.batch_id != batch_id:
        batch = find(code.batch_id)
    frame, moments = frame_of(request), history_of(text)
    chip, uses = _code_chip(code, batch, frame.at), uses_of(text)
    people = _people(request, [code.customer_id, *(one.customer_id for one in moments)])
    orders = read_orders_of([one.sale_id for one in moments if one.sale_id])
    offer = read_offer(batch, frame)
    context = {
        "batch": batch, "code": code, "told": with_gap(chip, offer["gap"]), "uses": uses,
        "done": _done(request, is_blocked=code.is_blocked),
        "holder": people.get(code.customer_id or b""), "kinds": KINDS,
        "moments": [
            (one, *told_moment(one.what), people.get(one.customer_id or b""), orders.get(one.sale_id or b""))
            for one in moments
        ],
        **offer,
    }  # fmt: skip
    return render(request, "web/coupons/code.html", context)


def _people(request: HttpRequest, found: list[Id | None]) -> dict[Id, PersonView]:
    """Return those of these people, masked, whom the visitor may see."""
    visitor = visitor_of(request)
    wanted = {one for one in found if one}
    return names_of(seen_by(visitor, wanted)) if visitor.may(Right.MEMBERS_READ) and wanted else {}


def _code_chip(code: CodeView, batch: BatchView, at: Any) -> Any:
    if code.uses_limit is not None and code.used_count >= code.uses_limit:
        return CODE_CHIPS["used"]
    if code.is_blocked:
        return CODE_CHIPS["blocked"]
    told = batch_chip(batch, at)
    return CODE_CHIPS["usable"] if batch.made_count < batch.code_count else told


@needs(Right.COUPONS_WRITE)
@require_POST
def block_code(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Let one code not be used any more, or again."""
    find(batch_id)
    text, is_blocked = request.POST.get("code", ""), request.POST.get("do") == "block"
    try:
        code = find_code(text)
    except holding.UnknownCode as error:
        raise Http404 from error
    holding.block_code(text, is_blocked=is_blocked, actor=actor_of(request), at=frame_of(request).at)
    done = "blocked" if is_blocked else "opened"
    return HttpResponseRedirect(address_of_code(code.batch_id, code.shown, done=done))


@needs(Right.COUPONS_WRITE)
@searches_people()
def hand_out(request: HttpRequest, batch_id: Id) -> HttpResponse:
    """Find a member and hand them one code of the batch; a form sent twice hands out one."""
    batch = find(batch_id)
    if request.method != "POST":
        return _ask_whom(request, batch)
    try:
        customer_id = parse_id(request.POST.get("who", ""))
    except ValueError:
        raise Http404 from None
    find_subject(request, customer_id)
    try:
        code = holding.hand_out(
            batch_id, customer_id, f"page:{show_id(form_of(request))}", actor=actor_of(request),
            at=frame_of(request).at,
        )  # fmt: skip
    except DomainError as error:
        return _ask_whom(request, batch, error)
    return HttpResponseRedirect(address_of_code(batch_id, code, done="handed_out"))


def _ask_whom(request: HttpRequest, batch: BatchView, error: DomainError | None = None) -> HttpResponse:
    text = read_sought(request)
    found = seen_by(visitor_of(request), find_customers(text, limit=SHOWN)) if text else []
    people = names_of(found)
    sentence, remedy = explain(error) if error else ("", "")
    context = {
        "batch": batch, "text": text, "people": [people[one] for one in found], "form": new_form(),
        "sentence": sentence, "remedy": remedy, "kinds": KINDS, **read_offer(batch, frame_of(request)),
    }  # fmt: skip
    return render(request, "web/coupons/hand_out.html", context, status=422 if error else 200)
