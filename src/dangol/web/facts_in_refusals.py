"""Amounts of money and dates in refusals, as pages and answers show them."""

from datetime import date, datetime

from dangol.core.people.selectors import shop
from dangol.core.refusals import tell_dates_by, tell_money_by
from dangol.web.formats import format_date, format_instant, format_money_in_words


def begin() -> None:
    """Let refusals tell amounts in their currency's own way and dates in the shop's time, by the language."""
    tell_money_by(lambda minor, currency: format_money_in_words(minor, currency or shop().currency))
    tell_dates_by(_tell_date)


def _tell_date(text: str) -> str:
    try:
        return format_date(date.fromisoformat(text))
    except ValueError:
        return format_instant(datetime.fromisoformat(text))
