"""The daily journal of what is owed on gift cards and in store credit: a month at a time, and for the books.

It is read of the movements themselves, so that it ties out with what is owed at any time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.exports.cells import money
from dangol.core.access.rights import Right
from dangol.domain.calendars import add_months, end_of_month
from dangol.domain.stored_value import Holding
from dangol.domain.value_journal import ValueDay, summed_value, value_entries
from dangol.rooms.rewards.stored_value.journals import Books, value_journals
from dangol.web.csv_files import stream_csv
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.insight import state_of_refresh
from dangol.web.pages.insight_money import read_month
from dangol.web.reads.stored_owed import HOLDINGS, read_owed
from dangol.web.value_journal_words import COLUMNS, WHATS, Column, account_in_words

_Journals = Mapping[Books, list[ValueDay]]


def _read(request: HttpRequest) -> _Journals:
    frame = frame_of(request)
    return value_journals(frame.shop, as_of=frame.today)


@needs(Right.REPORTS_READ)
def show_value_journal(request: HttpRequest) -> HttpResponse:
    """Show the days of a month of one book, the latest first: the last month, or the one asked for."""
    found = _read(request)
    context: dict[str, Any] = {"days": []}
    if found:
        books = _asked(request, found)
        context |= _month(request, books, found[books]) | {"kinds": _kinds(found), "of": _code(books)}
    return render(request, "web/insight/value_journal.html", context | state_of_refresh())


def _month(request: HttpRequest, books: Books, days: list[ValueDay]) -> dict[str, Any]:
    asked = read_month(request.GET.get("month", "")) or days[-1].day
    month = min(max(asked, days[0].day), days[-1].day).replace(day=1)
    own = [one for one in days if month <= one.day <= end_of_month(month)]
    columns = [one for one in COLUMNS if one.is_always or any(one.read(day) for day in days)]
    return {
        "books": HOLDINGS[books.holding],
        "currency": books.currency,
        "month": month,
        "columns": columns,
        "days": [(one.day, _cells(columns, one)) for one in reversed(own)],
        "whole": _cells(columns, summed_value(own)),
        "before": add_months(month, -1) if days[0].day < month else None,
        "after": add_months(month, 1) if end_of_month(month) < days[-1].day else None,
        "last": days[-1],
        "ties_out": _ties_out(request, books, days[-1]),
    }


def _cells(columns: Sequence[Column], day: ValueDay) -> list[tuple[int, bool]]:
    return [(one.read(day), one.is_closing) for one in columns]


def _ties_out(request: HttpRequest, books: Books, last: ValueDay) -> bool:
    """Say whether the last day's books are what the balances add up to."""
    end = datetime.combine(last.day + timedelta(days=1), time(), frame_of(request).shop.tz)
    words = HOLDINGS[books.holding]
    owed = [one for one in read_owed(end) if (one.words, one.currency) == (words, books.currency)]
    held = [(one.sold_minor, one.given_minor, one.claimable_minor) for one in owed] or [(0, 0, 0)]
    return held == [(last.bought.closing, last.given.closing, last.claimable_closing)]


def _asked(request: HttpRequest, found: _Journals) -> Books:
    """Return the books asked for; the shop's own where none were, or none there are."""
    own = [one for one in found if one.currency == frame_of(request).shop.currency]
    asked = [one for one in found if _code(one) == request.GET.get("of")]
    return (asked or own or list(found))[0]


def _code(books: Books) -> str:
    return f"{books.holding}-{books.currency}"


def _kinds(found: _Journals) -> list[tuple[str, str]]:
    """Return the books there are by their code, with the currency where there are several."""
    several = len({one.currency for one in found}) > 1
    return [
        (_code(one), f"{HOLDINGS[one.holding]} {one.currency}" if several else f"{HOLDINGS[one.holding]}")
        for one in found
    ]


@needs(Right.REPORTS_READ)
def export_value_days(request: HttpRequest) -> StreamingHttpResponse:
    """Send every day of all books as CSV; it tells of nobody."""
    header = [_("날짜"), _("어디에"), _("전날까지 남은 것"), *(one.words for one in COLUMNS), _("통화")]
    return stream_csv(request, "stored-value-journal", header, _day_rows(_read(request)))


def _day_rows(found: _Journals) -> Iterator[list[object]]:
    for books, days in found.items():
        digits = minor_digits(books.currency)
        for day in days:
            amounts = (day.both.opening, *(one.read(day) for one in COLUMNS))
            cells = (f"{money(minor, digits)}" for minor in amounts)
            yield [day.day.isoformat(), HOLDINGS[books.holding], *cells, books.currency]


@needs(Right.REPORTS_READ)
def export_value_entries(request: HttpRequest) -> StreamingHttpResponse:
    """Send the journal as entries for the books: a debit and a credit of one amount each, as CSV."""
    header = [_("날짜"), _("차변"), _("대변"), _("금액"), _("통화"), _("적요")]
    return stream_csv(request, "stored-value-entries", header, _entry_rows(_read(request)))


def _entry_rows(found: _Journals) -> Iterator[list[object]]:
    for books, days in found.items():
        digits, holding = minor_digits(books.currency), books.holding
        for day in days:
            for one in value_entries(day, is_credit=holding is Holding.CREDIT):
                debit, credit = account_in_words(one.debit, holding), account_in_words(one.credit, holding)
                amount = f"{money(one.minor, digits)}"
                yield [day.day.isoformat(), debit, credit, amount, books.currency, WHATS[one.what]]
