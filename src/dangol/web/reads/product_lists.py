"""What the models say a member will buy, in words: products by name, each with why."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _, ngettext

from dangol.core.commerce.bought import ProductWords, product_words
from dangol.core.storage.ids import Id, parse_id
from dangol.rooms.personalization.selectors import ListView, lists_of
from dangol.web.formats import format_day, format_number, format_percent

AGAIN, FRESH = "buy_again", "discover"
# One interval is no habit.
FEWEST_FOR_DUE = 3


class Offer(NamedTuple):
    """A product, why it is named, and when it is due, where a habit tells."""

    name: str
    why: str
    due: str


class Offers(NamedTuple):
    """What a member is likely to buy again and what they may like, the best first; and of what day it is."""

    again: list[Offer]
    fresh: list[Offer]
    told: ListView | None


def read_offers(customer_id: Id, today: date) -> Offers:
    """Return what is said of a member now; empty lists where nothing is."""
    lists = lists_of(customer_id)
    words = product_words(_named(lists))
    again = [_again(row, words, today) for row in _rows(lists, AGAIN)]
    fresh = [_fresh(row, words) for row in _rows(lists, FRESH)]
    return Offers(again, fresh, next(iter(lists.values()), None))


def _rows(lists: dict[str, ListView], model: str) -> list[dict[str, Any]]:
    return lists[model].items if model in lists else []


def _named(lists: dict[str, ListView]) -> set[Id]:
    rows = [row for one in lists.values() for row in one.items]
    return {parse_id(text) for row in rows for text in (row["product"], *row.get("because", ()))}


def _name(product: str, words: dict[Id, ProductWords]) -> str:
    found = words.get(parse_id(product))
    return (found.name or found.number) if found else product


def _again(row: dict[str, Any], words: dict[Id, ProductWords], today: date) -> Offer:
    last = date.fromisoformat(row["last_day"])
    day = format_day(last, today=today)
    name, times, usual = _name(row["product"], words), row["times"], row["usual_days"]
    if usual is None:
        share = format_percent(round(row["repeat_rate"] * 1_000), 1_000)
        why = _("{day}에 샀어요. 산 고객의 {share}가 다시 사요.").format(day=day, share=share)
        return Offer(name, why, "")
    every = max(1, round(usual))
    why = ngettext(
        "{times}번 샀고 마지막은 {day}, 사이는 보통 {every}일이에요.",
        "{times}번 샀고 마지막은 {day}, 사이는 보통 {every}일이에요.",
        every,
    ).format(times=format_number(times), day=day, every=format_number(every))
    if times < FEWEST_FOR_DUE:
        return Offer(name, why, "")
    next_day = last + timedelta(days=every)
    if next_day <= today:
        return Offer(name, why, _("다시 살 때가 됐어요"))
    return Offer(name, why, _("{day}쯤").format(day=format_day(next_day, today=today)))


def _fresh(row: dict[str, Any], words: dict[Id, ProductWords]) -> Offer:
    own = dict.fromkeys(_name(one, words) for one in row["because"])
    why = _("이 회원이 산 것과 함께 많이 사요: {products}").format(products=", ".join(own))
    return Offer(_name(row["product"], words), why, "")
