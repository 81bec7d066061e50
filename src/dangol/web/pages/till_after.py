"""After a sale at the till: its receipt, undone, given to somebody else, or partly brought back."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.core.access.own_account import require_not_own
from dangol.core.access.rights import Right
from dangol.core.commerce.acts import Why
from dangol.core.commerce.selectors import OrderFacts, find_order
from dangol.core.people.selectors import names_of
from dangol.core.refusals import explain
from dangol.core.storage.ids import new_id, parse_id, show_id
from dangol.core.storage.transactions import try_out
from dangol.domain.errors import DomainError
from dangol.rooms.rewards.promotions.counter import (
    NotOfTheCheckout,
    cart_of,
    move_own,
    obstacle_to_undoing,
    sale_of,
    undo_own,
    undone_sale_of,
)
from dangol.rooms.rewards.promotions.dues import DueView, due_of, settle_due
from dangol.rooms.rewards.promotions.kept import current_shelf
from dangol.rooms.rewards.promotions.models import SaleState
from dangol.rooms.rewards.promotions.returning import ReturnView, bring_back, give_back_amount, returns_of
from dangol.rooms.rewards.promotions.sales import SaleView, WrongState
from dangol.rooms.rewards.stored_value.models import TAIL
from dangol.rooms.rewards.stored_value.paying import MOST_CARDS
from dangol.web.acting import actor_of, new_form
from dangol.web.amounts import read_amount
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.till import SHOWN, find_any, find_present, find_sold
from dangol.web.pages.till_held import names_of_lines
from dangol.web.people_search import read_sought, searches_people
from dangol.web.present import find_at_till
from dangol.web.reads.till import read_receipt
from dangol.web.sale_words import effects_in_words, priced_lines, refused_in_words


class Left(NamedTuple):
    """What has not come back of a line: units, and what was paid for them in money."""

    line: str
    name: str
    units: int
    left: int
    money_minor: int
    chosen: int = 0

    @property
    def counts(self) -> range:
        """How many may come back."""
        return range(self.left + 1)


@needs(Right.TILL_USE)
def show_receipt(request: HttpRequest, number: str) -> HttpResponse:
    """Show what a sale came to and has earned, and how to put it right."""
    return render(request, "web/till/receipt.html", _context(request, find_sold(request, number)))


@needs(Right.TILL_USE)
@require_POST
def undo(request: HttpRequest, number: str) -> HttpResponse:
    """Take back what one rang up oneself a moment ago, and say why: all it used is as before."""
    order = find_sold(request, number)
    reason = request.POST.get("reason", "").strip() or request.POST.get("words", "")
    if read_receipt(order).is_undone:
        return redirect("web:till-receipt", number)
    try:
        undo_own(order, Why(new_id(), actor_of(request), reason), at=frame_of(request).at)
    except DomainError as refusal:
        return _refused(request, number, refusal, status=422)
    return redirect("web:till-receipt", number)


@needs(Right.TILL_USE)
@require_POST
def pay_rest(request: HttpRequest, number: str) -> HttpResponse:
    """Keep that what a card had not enough for was paid in another way."""
    sale = sale_of(find_sold(request, number))
    if sale is None:
        raise Http404
    try:
        settle_due(sale.id, by=actor_of(request), at=frame_of(request).at)
    except DomainError as refusal:
        return _refused(request, number, refusal)
    return redirect("web:till-receipt", number)


@needs(Right.TILL_USE)
@searches_people()
def move(request: HttpRequest, number: str) -> HttpResponse:
    """Find the member a sale belongs to, and give it to them."""
    if request.method == "POST":
        return _move_to(request, number)
    text = read_sought(request)
    order = find_sold(request, number)
    found = [one for one in find_at_till(request, text, limit=SHOWN) if one != order.customer_id]
    people = names_of(found)
    context = _context(request, order) | {"text": text, "people": [people[one] for one in found]}
    return render(request, "web/till/move.html", context)


def _move_to(request: HttpRequest, number: str) -> HttpResponse:
    at, actor = frame_of(request).at, actor_of(request)
    try:
        to = find_present(request, parse_id(request.POST.get("to", ""))).customer_id
        require_not_own([to], actor=actor)
        order = find_sold(request, number)
        # An order is moved once: named by it, the act is kept once however often the page is sent.
        move_own(order, Why(order.id, actor, _("다른 회원이었어요")), to=to, at=at)
    except ValueError:
        raise Http404 from None
    except DomainError as refusal:
        return _refused(request, number, refusal)
    return redirect("web:till-member", to)


@needs(Right.TILL_USE)
def bring_some_back(request: HttpRequest, number: str) -> HttpResponse:
    """Say what units or an amount of a sale give back, and bring them back."""
    order = find_sold(request, number)
    sale = sale_of(order)
    if sale is None and undone_sale_of(order) is not None:
        return _refused(request, number, WrongState(state=SaleState.CANCELED.value), status=422)
    if sale is None:
        return _refused(request, number, NotOfTheCheckout(order=order.number), status=422)
    context = _context(request, order) | {"form": new_form()}
    if request.method != "POST":
        return render(request, "web/till/return.html", context)
    wanted = _wanted(request, sale, context["left"])
    left = [one._replace(chosen=wanted[0].get(one.line, 0)) for one in context["left"]]
    context |= {"left": left, "typed": request.POST.get("amount", "")[:40]}
    context["as_credit"] = bool(request.POST.get("as_credit"))
    if not wanted[0] and wanted[1] is None:
        return render(request, "web/till/return.html", context | {"nothing": True}, status=422)
    try:
        mark = f"till-{show_id(parse_id(request.POST.get('form', '')))}"
    except ValueError:
        raise Http404 from None
    try:
        if request.POST.get("do") == "return":
            back = _bring(request, sale, wanted, mark)
            return HttpResponseRedirect(
                f"{reverse('web:till-receipt', args=[number])}?back={back.money_minor}"
            )
        outlook, earned = try_out(lambda: _look(request, sale, wanted, mark))
    except DomainError as refusal:
        return render(request, "web/till/return.html", context | {"problem": explain(refusal)}, status=409)
    context |= {"outlook": outlook, "earned_back": earned, "form": request.POST["form"]}
    return render(request, "web/till/return.html", context)


def _wanted(request: HttpRequest, sale: SaleView, left: Sequence[Left]) -> tuple[dict[str, int], int | None]:
    """Return what comes back: units by line, or an amount in minor units; None for what is none."""
    units = {
        one.line: int(count)
        for one in left
        if (count := request.POST.get(f"units-{one.line}", "")).isascii() and count.isdigit() and count != "0"
        and len(count) <= 5
    }  # fmt: skip
    return units, None if units else read_amount(request.POST.get("amount", ""), sale.currency)


def _bring(
    request: HttpRequest, sale: SaleView, wanted: tuple[dict[str, int], int | None], mark: str
) -> ReturnView:
    units, minor = wanted
    at, as_credit = frame_of(request).at, bool(request.POST.get("as_credit"))
    if minor is not None:
        return give_back_amount(sale.id, number=mark, minor=minor, at=at, as_credit=as_credit)
    return bring_back(sale.id, number=mark, units=units, at=at, as_credit=as_credit)


def _look(
    request: HttpRequest, sale: SaleView, wanted: tuple[dict[str, int], int | None], mark: str
) -> tuple[ReturnView, int]:
    """Do it, say what came of it and how many points it took in all, and leave it to be taken back."""
    assert sale.order_id is not None, "an order is brought back"
    reference = show_id(sale.order_id)
    before = read_receipt(find_order(reference)).points
    back = _bring(request, sale, wanted, mark)
    return back, before - read_receipt(find_order(reference)).points


def lines_left(sale: SaleView, names: Mapping[str, str]) -> list[Left]:
    """Return the lines of a sale in their order, with their names and what has not come back of each."""
    found = []
    for line in cart_of(sale.id).cart.lines:
        own = [key for key in sale.split.units if key[0] == line.key]
        left = [key for key in own if key not in sale.split.back]
        money = sum(sale.split.units[key].money_minor for key in left)
        if own:
            found.append(Left(line.key, names[line.key], len(own), len(left), money))
    return found


def _context(request: HttpRequest, order: OrderFacts) -> dict[str, Any]:
    receipt = read_receipt(order)
    context: dict[str, Any] = {
        "receipt": receipt,
        "member": find_any(request, order.customer_id),
        "customer_id": order.customer_id,
        "order": show_id(order.id),
        "cannot_undo": _obstacle(request, order),
        "came_back": request.GET.get("back"),
        "left_out": [one[:TAIL] for one in request.GET.getlist("left_out")[:MOST_CARDS]],
        "undone": undone_sale_of(order) if receipt.is_undone and not receipt.sale else None,
    }
    if undone := context["undone"]:
        context["money_back"] = _received(undone, due_of(undone))
    if sale := receipt.sale:
        names = names_of_lines(sale)
        left, back = lines_left(sale, names), _sum_of(returns_of(sale.id))
        due, used = due_of(sale), (sale.answer["used_codes"], sale.tender_points, sale.stored_minor)
        context |= {
            "answer": sale.answer, "effects": effects_in_words(sale.answer, names),
            "prices": priced_lines(sale.answer, names),
            "refused": refused_in_words(sale.answer, current_shelf()),
            "due": due, "received": _received(sale, due),
            "left": left, "back": back, "is_partly_back": back is not None or bool(sale.split.back),
            "may_move": due is None and not any(used) and not sale.split.back,
        }  # fmt: skip
    return context


def _received(sale: SaleView, due: DueView | None) -> int:
    """Return what was paid of a sale in money so far."""
    return int(sale.answer["due_minor"]) - (due.minor if due and due.paid_at is None else 0)


def _sum_of(returns: Sequence[ReturnView]) -> ReturnView | None:
    """Return all that came back of a sale together; None where nothing did."""
    if not returns:
        return None
    sums = (sum(column) for column in zip(*(one[1:-1] for one in returns), strict=True))
    return ReturnView._make(["", *sums, False])


def _obstacle(request: HttpRequest, order: OrderFacts) -> str:
    found = obstacle_to_undoing(order, by=actor_of(request), at=frame_of(request).at)
    return " ".join(explain(found)) if found else ""


def _refused(request: HttpRequest, number: str, refusal: DomainError, *, status: int = 409) -> HttpResponse:
    context = _context(request, find_sold(request, number)) | {"problem": explain(refusal)}
    return render(request, "web/till/receipt.html", context, status=status)
