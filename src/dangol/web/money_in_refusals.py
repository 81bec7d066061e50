"""Amounts of money in refusals, as pages and answers show them."""

from dangol.core.people.selectors import shop
from dangol.core.refusals import tell_money_by
from dangol.web.formats import format_money_in_words


def begin() -> None:
    """Let refusals tell amounts in their currency's own way, by the active language."""
    tell_money_by(lambda minor, currency: format_money_in_words(minor, currency or shop().currency))
