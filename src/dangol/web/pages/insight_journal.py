"""The daily journal of what is owed in points: a month at a time, and all of it for the books."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from dangol.connectors.files.exports.cells import money
from dangol.core.access.rights import Right
from dangol.domain.calendars import add_months, end_of_month
from dangol.domain.liability_journal import JournalDay, summed
from dangol.rooms.personalization.assumptions import read_assumptions
from dangol.rooms.personalization.selectors import find_journal, find_liability
from dangol.web.csv_files import stream_csv
from dangol.web.formats import minor_digits
from dangol.web.frame import frame_of
from dangol.web.guard import needs
from dangol.web.pages.insight import state_of_refresh
from dangol.web.pages.insight_money import read_month
from dangol.web.reads.wallets import choose_wallet


def _days(request: HttpRequest) -> list[JournalDay] | None:
    looked = choose_wallet(request)
    return find_journal(looked.currency) if looked.running else None


@needs(Right.REPORTS_READ)
def show_journal(request: HttpRequest) -> HttpResponse:
    """Show the days of a month, the latest first: the last one, or the one that is asked for."""
    days, looked = _days(request), choose_wallet(request)
    report = find_liability(looked.currency) if looked.running else None
    context: dict[str, Any] = {
        "report": report, "days": [], "currency": frame_of(request).shop.currency, "looked": looked,
    }  # fmt: skip
    if days:
        asked = read_month(request.GET.get("month", "")) or days[-1].day
        month = min(max(asked, days[0].day), days[-1].day).replace(day=1)
        own = [one for one in days if month <= one.day <= end_of_month(month)]
        held = report.rows[0]["totals"]["outstanding"] if report else None
        context |= {
            "month": month,
            "days": list(reversed(own)),
            "whole": summed(own),
            "before": add_months(month, -1) if days[0].day < month else None,
            "after": add_months(month, 1) if end_of_month(month) < days[-1].day else None,
            "has_money": own[-1].closing_minor is not None,
            "has_worth": read_assumptions().point_value is not None,
            "last": days[-1],
            "ties_out": held == days[-1].closing,
        }
    return render(request, "web/insight/journal.html", context | state_of_refresh())


@needs(Right.REPORTS_READ)
def export_days(request: HttpRequest) -> StreamingHttpResponse:
    """Send every day of the journal as CSV; it tells of nobody."""
    digits, currency = minor_digits(frame_of(request).shop.currency), frame_of(request).shop.currency
    header = [
        _("날짜"), _("전날까지 남은 포인트"), _("준 포인트"), _("거둔 포인트"), _("쓴 포인트"),
        _("사라진 포인트"), _("남은 포인트"), _("전날까지의 부채"), _("매출에서 미룬 돈"),
        _("거저 준 포인트의 비용"), _("반품으로 줄인 부채"), _("포인트 수익"), _("부채"), _("통화"),
    ]  # fmt: skip
    rows = (
        [one.day.isoformat(), *one[1:7], *(_amount(minor, digits) for minor in one[7:13]), currency]
        for one in _days(request) or []
    )
    return stream_csv(request, "points-journal", header, rows)


@needs(Right.REPORTS_READ)
def export_entries(request: HttpRequest) -> StreamingHttpResponse:
    """Send the journal as entries for the books: a debit and a credit of one amount each, as CSV."""
    shop = frame_of(request).shop
    header = [_("날짜"), _("차변"), _("대변"), _("금액"), _("통화"), _("적요")]
    return stream_csv(request, "points-entries", header, _entries(_days(request) or [], shop.currency))


def _entries(days: Sequence[JournalDay], currency: str) -> Iterator[list[object]]:
    digits = minor_digits(currency)
    sales, owed, cost, revenue = _("매출"), _("계약 부채"), _("판매 촉진비"), _("포인트 수익")
    for day in days:
        free = day.returned_given_minor
        for debit, credit, minor, why in (
            (sales, owed, day.deferred_minor, _("그날 판매에서 포인트의 몫을 미뤘어요")),
            (cost, owed, day.given_minor, _("대금 없이 준 포인트")),
            (owed, sales, _less(day.returned_minor, free), _("반품되거나 거둔 포인트의 몫")),
            (owed, cost, free, _("대금 없이 줬다가 거둔 포인트")),
            (owed, revenue, day.revenue_minor, _("쓰이거나 사라진 포인트의 몫")),
        ):
            if minor:
                # Revenue that is taken back is the same entry the other way round.
                sides = (debit, credit) if minor > 0 else (credit, debit)
                yield [day.day.isoformat(), *sides, _amount(abs(minor), digits), currency, why]


def _less(minor: int | None, part: int | None) -> int:
    return (minor or 0) - (part or 0)


def _amount(minor: int | None, digits: int) -> str:
    return "" if minor is None else str(money(minor, digits))
