"""Refusals in words: the sentence and the next step for each error code, in the reader's language.

An app puts its own into a module `refusals.py`, found by its name; a rule in `domain` knows its code only.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from dangol.domain.errors import DomainError


class Words(NamedTuple):
    """What to say: a sentence with the error's facts in braces, and what to do next (empty: nothing).

    `names`: what the codes are called that a fact may be, by the fact; their words may hold other facts.
    `money`: the facts that are minor units, of the fact `currency` or else the shop's. `dates`: those that
    are a day or an instant, as ISO 8601.
    """

    sentence: str | Promise
    remedy: str | Promise = ""
    names: Mapping[str, Mapping[str, str | Promise]] = {}
    money: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()


_words: dict[str, Words] = {}


def _as_it_is(minor: int, currency: str) -> str:
    return f"{minor} {currency}".strip()


class _Told:
    """How an amount of money and a date are told: as they are, until the pages say better."""

    money: Callable[[int, str], str] = staticmethod(_as_it_is)
    date: Callable[[str], str] = staticmethod(str)


def tell_money_by(way: Callable[[int, str], str]) -> None:
    """Let amounts in refusals be told so, of minor units and a currency; empty: the shop's."""
    _Told.money = staticmethod(way)


def tell_dates_by(way: Callable[[str], str]) -> None:
    """Let days and instants in refusals be told so, of ISO 8601."""
    _Told.date = staticmethod(way)


def register(words: Mapping[str, Words]) -> None:
    """Give the words of these codes. A code has words once: a second time is a bug."""
    twice = _words.keys() & words.keys()
    assert not twice, f"said twice: {sorted(twice)}"
    _words.update(words)


@lru_cache(maxsize=1)
def _discover() -> None:
    autodiscover_modules("refusals")


def words_by_code() -> Mapping[str, Words]:
    """Return the words of all codes the installed apps have given."""
    _discover()
    return _words


class _Unsaid:
    """Stands for a fact that is not there: the rest of the sentence is still worth reading."""

    def __format__(self, form: str) -> str:
        return "…"


class Facts(dict[str, Any]):
    """The facts a sentence is filled with by `format_map`; one that is asked for and missing reads as “…”."""

    def __missing__(self, name: str) -> _Unsaid:
        return _Unsaid()


def explain(error: DomainError) -> tuple[str, str]:
    """Return what is wrong and what to do next, in the active language.

    A code without words is shown as it is with its facts: less friendly, never wrong.
    """
    words = words_by_code().get(error.code)
    if words is None:
        return str(_("거절됐어요: {error}")).format(error=error), ""
    facts = Facts(error.data)
    for name in words.money:
        if isinstance(facts.get(name), int):
            facts[name] = _Told.money(facts[name], str(facts.get("currency") or ""))
    for name in words.dates:
        if isinstance(facts.get(name), str):
            facts[name] = _Told.date(facts[name])
    for name, called in words.names.items():
        if (told := called.get(str(facts.get(name)))) is not None:
            facts[name] = str(told).format_map(facts)
    return str(words.sentence).format_map(facts), str(words.remedy).format_map(facts)
