"""Points outstanding: what the shop owes in points, and what of it will never be asked for."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.exports.cells import money
from dangol.core.access.rights import Right
from dangol.domain.deferral import worth
from dangol.rooms.personalization.assumptions import read_assumptions
from dangol.rooms.personalization.selectors import ReportView, find_liability
from dangol.web.csv_files import stream_csv
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.insight_words import refused_in_words
from dangol.web.pages.insight import state_of_refresh
from dangol.web.reads.liability import read_liability, with_ages
from dangol.web.reads.stored_owed import read_owed
from dangol.web.reads.wallets import Looked, choose_wallet

_COLUMNS = (
    "age_months", "lots", "issued", "returned", "spent", "expired", "outstanding",
    "breakage", "breakage_low", "breakage_high",
)  # fmt: skip
_FIRST_DAY = date(2000, 1, 1)


def _report(looked: Looked) -> ReportView | None:
    return find_liability(looked.currency) if looked.running else None


@needs(Right.REPORTS_READ)
def show_liability(request: HttpRequest) -> HttpResponse:
    """Show what points are outstanding, by age and by when they lapse, and what is expected of them."""
    looked = choose_wallet(request)
    report, assumptions = _report(looked), read_assumptions()
    page = read_liability(report, assumptions.point_value) if report else None
    context: dict[str, Any] = {
        "report": report,
        "looked": looked,
        "page": page,
        "refused": refused_in_words(page.refusal) if page and page.refusal else None,
        "has_worth": assumptions.point_value is not None,
        "currency": frame_of(request).shop.currency,
        "today": frame_of(request).today,
        "owed_day": _owed_day(request),
        "owed": read_owed(_end_of(request, _owed_day(request))),
    }
    return render(request, "web/insight/liability.html", context | state_of_refresh())


def _owed_day(request: HttpRequest) -> date:
    """Return the day asked for; today, where none was, or one that cannot be or is yet to come."""
    today = frame_of(request).today
    try:
        day = date.fromisoformat(request.GET.get("owed", ""))
    except ValueError:
        return today
    return day if _FIRST_DAY <= day <= today else today


def _end_of(request: HttpRequest, day: date) -> datetime:
    """Return when a day is over in the shop; of today all that has moved so far is before it."""
    return datetime.combine(day + timedelta(days=1), time(), frame_of(request).shop.tz)


@needs(Right.REPORTS_READ)
def export_owed(request: HttpRequest) -> StreamingHttpResponse:
    """Send what was owed on cards and in credit at the end of a day, as CSV; it tells of nobody."""
    return stream_csv(request, "stored-value-owed", _owed_header(), _owed_rows(request))


def _owed_header() -> list[str]:
    return [
        _("날짜"),
        _("어디에"),
        _("받은 돈"),
        _("무료로 준 것"),
        _("모두"),
        _("청구할 수 있는 것"),
        _("통화"),
    ]


def _owed_rows(request: HttpRequest) -> Iterator[list[object]]:
    day = _owed_day(request)
    for one in read_owed(_end_of(request, day)):
        digits = minor_digits(one.currency)
        amounts = (one.sold_minor, one.given_minor, one.minor, one.claimable_minor)
        yield [f"{day}", one.words, *(f"{money(minor, digits)}" for minor in amounts), one.currency]


@needs(Right.REPORTS_READ)
def export_liability(request: HttpRequest) -> StreamingHttpResponse:
    """Send what became of each month's points and what is expected, as CSV; it tells of nobody."""
    return stream_csv(request, "points-liability", _header(), _rows(request))


def _header() -> list[str]:
    return [
        _("적립한 달"), _("나이(달)"), _("적립분"), _("준 포인트"), _("거둔 포인트"), _("쓴 포인트"),
        _("사라진 포인트"), _("남은 포인트"), _("쓰이지 않을 포인트"), _("95% 아래"), _("95% 위"),
        _("쓰일 포인트"), _("계약 부채"), _("통화"),
    ]  # fmt: skip


def _rows(request: HttpRequest) -> Iterator[list[object]]:
    report, value = _report(choose_wallet(request)), read_assumptions().point_value
    currency = frame_of(request).shop.currency
    digits = minor_digits(currency)
    for row in with_ages(report.rows[0]["months"], report.as_of) if report else []:
        to_come = None if row["breakage"] is None else row["outstanding"] - row["breakage"]
        owed = worth(to_come, value) if to_come is not None and value is not None else None
        yield [
            f"{row['month']:%Y-%m}",
            *("" if row[name] is None else row[name] for name in _COLUMNS),
            "" if to_come is None else to_come,
            "" if owed is None else f"{money(owed, digits)}",
            currency,
        ]
