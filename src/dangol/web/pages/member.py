"""One member: who they are to the shop, what happened, and why each point is there."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from dangol.core.access.rights import Right
from dangol.core.access.selectors import Visitor
from dangol.core.ledger.events import PointsExpired
from dangol.core.people.held import held_by
from dangol.core.people.merged import family_of, resolve_merged
from dangol.core.people.notes import notes_of
from dangol.core.people.selectors import MERGED
from dangol.core.segments.selectors import segment_names, segments_of
from dangol.core.storage.ids import Id
from dangol.rooms.rewards.households.settings import read_settings
from dangol.web.acting import require_seen
from dangol.web.closed import closing_of
from dangol.web.formats import format_local
from dangol.web.frame import Frame, frame_of
from dangol.web.guard import needs, visitor_of
from dangol.web.links import VALID_FOR, make_home_link
from dangol.web.pages.member_coupons import PANEL, read_lines
from dangol.web.reads.insight import read_member_results
from dangol.web.reads.member import TimelineItem, find_member, read_orders, read_timeline
from dangol.web.reads.product_lists import read_offers
from dangol.web.reads.statement import read_statement, undoable
from dangol.web.reads.wallets import choose_wallet, read_wallets
from dangol.web.scheme import TierView, tiers_of
from dangol.web.tier_words import describe_progress
from dangol.web.words import Setting, Told, tell

TABS = ("timeline", "points", "orders")
NOTES_SHOWN = 3


class TimelineRow(NamedTuple):
    """A timeline item with its words."""

    item: TimelineItem
    told: Told


@needs(Right.MEMBERS_READ)
def show_member(request: HttpRequest, customer_id: Id) -> HttpResponse:
    """Show a member's page; one of three lists is open, and which and how far is in the address."""
    frame = frame_of(request)
    require_seen(request, customer_id)
    looked = choose_wallet(request)
    running = looked.first
    tab = request.GET.get("tab", TABS[0])
    if tab not in TABS:
        tab = TABS[0]
    after = request.GET.get("after", "")
    family = family_of(customer_id)
    tiers = tiers_of(running)
    context: dict[str, Any] = {
        "tab": tab,
        "customer_id": customer_id,
        "currency": frame.shop.currency,
        "tier_names": {tier.level: tier.name for tier in tiers},
        "tier_by_key": {tier.key: tier.name for tier in tiers},
        "last_day": request.GET.get("day", ""),
        "looked": looked,
    } | _list(tab, family, looked.currency, tiers, after=after, frame=frame, visitor=visitor_of(request))
    if request.headers.get("HX-Request"):
        return render(request, f"web/member_{tab}.html#items", context)
    member = find_member(customer_id, running, at=frame.at, wallet=looked.currency)
    if member is None:
        raise Http404
    if member.profile.person.kind == MERGED:
        return redirect("web:member", resolve_merged([customer_id])[customer_id])
    if member.profile.person.is_open:
        context |= _panels(family, visitor_of(request), frame)
        context["insight"] = read_member_results(family[0], frame.shop.currency, zone=frame.shop.tz)
        context["offers"] = read_offers(family[0], frame.today)
    context |= {
        "member": member,
        "wallets": read_wallets(customer_id) if looked.choices else [],
        "closing": closing_of(member.profile.person),
        "progress": describe_progress(member.standing, tiers, frame.shop.currency),
        "home_link": make_home_link(customer_id),
        "home_days": VALID_FOR.days,
        "waits": "waits" in request.GET,
        "list_template": f"web/member_{tab}.html",
    }
    return render(request, "web/member.html", context)


def _panels(family: list[Id], visitor: Visitor, frame: Frame) -> dict[str, Any]:
    """Return what stands beside the lists: by what they are found, and what staff noted last."""
    notes = []
    if visitor.may(Right.MEMBERS_WRITE):
        notes = notes_of(family, latest=NOTES_SHOWN + 1)
    return {
        "has_households": read_settings().is_open,
        "segments": segments_of(family[:1])[family[0]] if visitor.may(Right.SEGMENTS_READ) else [],
        "identities": held_by(family[:1], region=frame.shop.region),
        "coupons": read_lines(family, visitor, frame)[:PANEL] if visitor.may(Right.COUPONS_READ) else [],
        "notes": notes[:NOTES_SHOWN],
        "more_notes": len(notes) > NOTES_SHOWN,
    }


def _list(
    tab: str,
    family: Sequence[Id],
    points_currency: str,
    tiers: Sequence[TierView],
    *,
    after: str,
    frame: Frame,
    visitor: Visitor,
) -> dict[str, Any]:
    if tab == "orders":
        orders = read_orders(family, after=after)
        return {"orders": orders.orders, "next_after": orders.next_after}
    if tab == "points":
        if not points_currency:
            return {"days": [], "next_after": ""}
        statement = read_statement(family[0], points_currency, after=after)
        return {
            "days": _by_day((line.at, line) for line in statement.lines),
            "next_after": statement.next_after,
            "undoable": undoable(family[0], statement.lines),
        }
    timeline = read_timeline(family, at=frame.at, after=after)
    names = segment_names() if visitor.may(Right.SEGMENTS_READ) else {}
    setting = Setting({tier.key: tier.name for tier in tiers}, frame.shop.currency, names)
    rows = _merge_expired([TimelineRow(item, tell(item, setting)) for item in timeline.items])
    return {"days": _by_day((row.item.at, row) for row in rows), "next_after": timeline.next_after}


def _merge_expired(rows: Iterable[TimelineRow]) -> list[TimelineRow]:
    """Return the rows with points that lapsed at the same instant told once."""
    merged: list[TimelineRow] = []
    for row in rows:
        last = merged[-1] if merged else None
        if last and row.item.name == last.item.name == PointsExpired.event and row.item.at == last.item.at:
            change = (last.told.change or 0) + (row.told.change or 0)
            merged[-1] = last._replace(told=last.told._replace(change=change))
        else:
            merged.append(row)
    return merged


def _by_day(dated: Iterable[tuple[Any, Any]]) -> list[tuple[date, list[Any]]]:
    """Group what comes newest first by the shop's day."""
    groups = groupby(dated, key=lambda one: format_local(one[0]).date())
    return [(day, [item for _, item in group]) for day, group in groups]
