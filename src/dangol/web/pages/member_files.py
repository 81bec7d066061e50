"""Members as a file: of a filter or of those chosen, masked, or whole for a reason; all in the access log."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import money, texts
from dangol.core.access.rights import Right
from dangol.core.people.actors import ReasonMissing
from dangol.core.people.chosen import judge_chosen
from dangol.core.people.selectors import ShopView
from dangol.core.refusals import explain
from dangol.core.storage.ids import Id
from dangol.domain.errors import DomainError
from dangol.web.chosen import MATCH, TICKED, Chosen, NobodyChosen, TooManyChosen, read_chosen
from dangol.web.csv_files import note_download, stream_csv
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.left_out_words import told_left_out
from dangol.web.locking import offer_lock, read_lock
from dangol.web.member_filter import MemberFilter, filter_words, read_filter, write_filter
from dangol.web.pages.errors import no_right
from dangol.web.people_search import carries_search
from dangol.web.reads.members import MemberLine, list_members, walk_lines
from dangol.web.scheme import TierView, find_program, scheme_of, tiers_of

WHOLE = ("name", "phone", "email")


@needs(Right.MEMBERS_EXPORT)
@carries_search("web:members")
def export_members(request: HttpRequest) -> HttpResponseBase:
    """Send the members the address asks for as CSV, masked as on the page."""
    return _send(request, None)


@needs(Right.MEMBERS_EXPORT)
@carries_search("web:members")
@never_cache
def export_chosen(request: HttpRequest) -> HttpResponseBase:
    """Ask whether whole and why, say who is left out, then send those chosen, or of the filter, as CSV."""
    try:
        chosen = _chosen(request)
    except (NobodyChosen, TooManyChosen) as refusal:
        return _ask(request, None, refusal)
    whole = request.POST.get("whole") == "1"
    if whole and not visitor_of(request).may(Right.MEMBERS_UNMASK):
        return no_right(request, Right.MEMBERS_UNMASK, visitor_of(request))
    if "sure" not in request.POST:
        return _ask(request, chosen)
    try:
        return _send(request, chosen, whole=whole, reason=request.POST.get("reason", ""))
    except DomainError as refusal:
        return _ask(request, chosen, refusal)


def _chosen(request: HttpRequest) -> Chosen | None:
    """Return whom the form means; None for all that the filter leaves, who may be any number."""
    if request.method != "POST" or request.POST.get("which", MATCH) == MATCH:
        return None
    return read_chosen(request)


def _ask(request: HttpRequest, chosen: Chosen | None, refusal: DomainError | None = None) -> HttpResponse:
    visitor = visitor_of(request)
    sentence, remedy = explain(refusal) if refusal else ("", "")
    found = read_filter(request, tiers_of(find_program()))
    context: dict[str, Any] = {
        "told": [] if chosen else filter_words(found), "chosen": chosen,
        "which": TICKED if chosen else MATCH, "may_unmask": visitor.may(Right.MEMBERS_UNMASK),
        "given": request.POST, "sentence": sentence, "remedy": remedy, "lock": offer_lock(request),
    }  # fmt: skip
    if chosen:
        judged = judge_chosen(chosen.ids, store_id=visitor.store_id)
        context |= {"fit": len(judged.fit), **told_left_out(judged.left_out)}
    return render(request, "web/export_members.html", context, status=422 if refusal else 200)


def _send(
    request: HttpRequest, chosen: Chosen | None, *, whole: bool = False, reason: str = ""
) -> HttpResponseBase:
    """Write down who takes whom along, then send them. Raises ReasonMissing, PassphraseOver."""
    if whole and not reason.strip():
        raise ReasonMissing(field="reason")
    passphrase = read_lock(request, whole=whole)
    frame, running = frame_of(request), find_program()
    tiers, scheme = tiers_of(running), scheme_of(running)
    found = read_filter(request, tiers)
    ids: Sequence[Id]
    if chosen:
        ids = judge_chosen(chosen.ids, store_id=visitor_of(request).store_id).fit
    else:
        ids = list_members(found.query._replace(after=""), scheme, at=frame.at)
    what = f"{_what(found, chosen)}{' · AES-256' if passphrase else ''}"
    note_download(request, what, people=len(ids), seen=WHOLE if whole else (), reason=reason)
    lines = walk_lines(ids, scheme, unmasked=whole)
    return stream_csv(request, "members", _header(), _rows(lines, tiers, frame.shop), passphrase=passphrase)


def _what(found: MemberFilter, chosen: Chosen | None) -> str:
    if chosen:
        return "members.csv (chosen)"
    parts = [part for part in (write_filter(found), "q=*" if found.query.text else "") if part]
    return f"members.csv?{'&'.join(parts)}" if parts else "members.csv"


def _header() -> list[str]:
    return [
        _("회원 번호"), _("이름"), _("전화번호"), _("이메일"), _("등급"), _("포인트"), _("구매 금액"),
        _("통화"), _("구매 횟수"), _("마지막 방문"), _("가입"),
    ]  # fmt: skip


def _rows(lines: Iterator[MemberLine], tiers: list[TierView], shop: ShopView) -> Iterator[list[object]]:
    # As the command's export writes them: text that is no formula, instants in the shop's zone.
    cells = texts(shop.tz)
    text, amount, instant = cells[Type.TEXT], cells[Type.MONEY], cells[Type.INSTANT]
    digits = minor_digits(shop.currency)
    names = {tier.level: tier.name for tier in tiers}
    for line in lines:
        person = line.person
        yield [
            text(person.external_id or person.label), text(person.name or ""), text(person.phone or ""),
            text(person.email or ""), text(names.get(line.level, "")), line.points,
            amount(money(line.spend_minor, digits)), shop.currency, line.order_count,
            instant(line.last_order_at) if line.last_order_at else "",
            instant(line.joined_at) if line.joined_at else "",
        ]  # fmt: skip
