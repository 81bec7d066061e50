"""The access log: who saw whom, when and why, as a list, as a file, and proved."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dangol.connectors.files.columns import Type
from dangol.connectors.files.exports.cells import texts
from dangol.core.access.chain import read_head
from dangol.core.access.checks import find_check, start_check
from dangol.core.access.log import Access, AccessDraft, EntryQuery, list_entries
from dangol.core.access.rights import Right
from dangol.core.operations.tasks import CheckAsked
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import ShopView, names_of
from dangol.core.storage.ids import show_id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.services import enqueue
from dangol.domain.calendars import start_of_day
from dangol.web.acting import actor_of
from dangol.web.csv_files import stream_csv
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.log_actors import actor_groups, find_actor
from dangol.web.people_search import carries_search, read_sought, searches_people
from dangol.web.places import read_place, write_place
from dangol.web.seen import record_seen
from dangol.web.work_words import ACCESSES, access_name, actor_kind, seen_names

A_PAGE, AT_ONCE = 50, 500
PERSON = "person"
# Of files that are imported the rows are counted: a row may name nobody, and many one person.
_COUNTS_ROWS = frozenset({Access.IMPORT_PREVIEW, Access.IMPORT_ERRORS})


class Filter(NamedTuple):
    """What the address asks for; `matches` is how many people the text fits, None where none was given.

    `staff` is whoever has done it, as `log_actors` names them in an address; `is_nobodys`: there is no such.
    """

    person: str
    staff: str
    is_nobodys: bool
    action: str
    first: date | None
    last: date | None
    matches: int | None
    query: EntryQuery

    @property
    def is_empty(self) -> bool:
        """Whether everything is asked for."""
        return self.query == EntryQuery() and self.matches is None and not self.is_nobodys

    @property
    def finds_nothing(self) -> bool:
        """Whether a person is asked for who is not one person, or an actor that there is not."""
        return self.is_nobodys or (self.matches is not None and self.matches != 1)


def _day(text: str) -> date | None:
    try:
        # Far from the ends of the calendar, so that the next day and every zone still have it.
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None


def read_filter(request: HttpRequest) -> Filter:
    """Return what the address asks for; what makes no sense in it is left out."""
    asked = request.GET
    zone = frame_of(request).shop.tz
    person, staff = read_sought(request, field=PERSON), asked.get("staff", "").strip()[:40]
    actor = find_actor(staff) if staff else ""
    action = asked.get("action", "")
    action = action if action in set(ACCESSES) else ""
    first, last = _day(asked.get("from", "")), _day(asked.get("to", ""))
    found = find_customers(person, limit=2) if person else []
    query = EntryQuery(
        subject_id=found[0] if len(found) == 1 else None,
        actor=actor,
        action=action,
        since=start_of_day(first, zone) if first else None,
        until=start_of_day(last + timedelta(days=1), zone) if last else None,
    )
    is_nobodys = bool(staff) and not actor
    return Filter(person, staff, is_nobodys, action, first, last, len(found) if person else None, query)


@needs(Right.ACCESS_LOG_READ)
@searches_people(field=PERSON, keeps=("staff", "action", "from", "to"))
def show_log(request: HttpRequest) -> HttpResponse:
    """Show a page of entries, the latest first; people are named masked."""
    return _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    chosen = read_filter(request)
    before = read_place(request.GET.get("after", ""))
    found = [] if chosen.finds_nothing else list_entries(chosen.query, before=before, limit=A_PAGE + 1)
    lines, check = found[:A_PAGE], find_check()
    context = {
        "chosen": chosen,
        "lines": lines,
        "people": names_of({one.subject_id for one in lines if one.subject_id}),
        "counts_rows": _COUNTS_ROWS,
        "actions": list(ACCESSES.items()),
        "actors": actor_groups(),
        "after": before,
        "next_after": write_place(lines[-1].at, lines[-1].id) if len(found) > A_PAGE else "",
        "head": read_head(),
        "check": check,
        "is_running": bool(check and check.is_running(frame_of(request).at)),
    }
    return render(request, "web/access_log/list.html", context)


@needs(Right.ACCESS_LOG_READ)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Let a worker compute the chain again from the entries; the page says how far it is."""
    at = frame_of(request).at
    with write_transaction():
        if start_check(asked_by=request.user.get_username(), at=at):
            enqueue("access.check", CheckAsked(), run_at=at)
    return redirect("web:access-log")


@needs(Right.ACCESS_LOG_READ)
@carries_search("web:access-log", field=PERSON)
def export_log(request: HttpRequest) -> StreamingHttpResponse:
    """Send the entries the address asks for as CSV; people by their ids."""
    chosen, frame = read_filter(request), frame_of(request)
    record_seen(request, _taken(request, chosen))
    head = [
        _("때"), _("누구의 종류"), _("누가"), _("부르는 이름"), _("어디서"), _("무엇을"), _("누구의"),
        _("몇 명"), _("본 것"), _("이유"),
    ]  # fmt: skip
    return stream_csv(request, "access-log", head, _rows(chosen, frame.shop))


def _taken(request: HttpRequest, chosen: Filter) -> AccessDraft:
    """Return what is written down of a file of entries: which it was of; no words that were typed."""
    asked = (access_name(chosen.action) if chosen.action else "", chosen.first, chosen.last)
    told = " · ".join(str(one) for one in asked if one)
    reason = _("열람 기록을 CSV로 내려받았어요") + (f": {told}" if told else "")
    return AccessDraft(Access.LOG, actor_of(request), reason, chosen.query.subject_id, people=0)


def _rows(chosen: Filter, shop: ShopView) -> Iterator[list[object]]:
    cells = texts(shop.tz)
    text, instant = cells[Type.TEXT], cells[Type.INSTANT]
    before: tuple[datetime, bytes] | None = None
    while lines := [] if chosen.finds_nothing else list_entries(chosen.query, before=before, limit=AT_ONCE):
        for one in lines:
            subject = show_id(one.subject_id) if one.subject_id else ""
            told = (
                actor_kind(one.actor_kind), one.actor, one.actor_name, one.address, access_name(one.action),
                subject,
            )  # fmt: skip
            yield [
                instant(one.at), *map(text, told), one.people, text(seen_names(one.seen)), text(one.reason),
            ]  # fmt: skip
        before = (lines[-1].at, lines[-1].id)
