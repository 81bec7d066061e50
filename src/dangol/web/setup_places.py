"""Where a shop may be; and where a new one is by what a browser says: to be read and changed, never taken."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from unicodedata import combining, normalize

from babel.core import Locale, get_global
from babel.numbers import get_territory_currencies
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header
from phonenumbers import SUPPORTED_REGIONS

from dangol.core.people.selectors import ShopView
from dangol.core.people.setups import Step, find_setup
from dangol.core.people.shops import ELSEWHERE
from dangol.web.refused import language_of


class Choice(NamedTuple):
    """What may be chosen: the code that is kept, and the words for it, the code behind them."""

    code: str
    words: str


def list_regions() -> list[Choice]:
    """Return the countries whose phone numbers can be read, by their names in the reader's language."""
    return _choices(get_language() or settings.LANGUAGE_CODE, SUPPORTED_REGIONS, "territories")


def list_currencies() -> list[Choice]:
    """Return the currencies those countries pay in, by their names in the reader's language."""
    codes = {code for region in SUPPORTED_REGIONS for code in get_territory_currencies(region)}
    return _choices(get_language() or settings.LANGUAGE_CODE, codes, "currencies")


def _choices(language: str, codes: Iterable[str], kind: str) -> list[Choice]:
    names: Mapping[str, str] = getattr(Locale.parse(language, sep="-"), kind)
    named = sorted((_sorts_as(names.get(code, code)), names.get(code, code), code) for code in codes)
    return [Choice(code, f"{name} ({code})") for _place, name, code in named]


def _sorts_as(name: str) -> str:
    """Return a name without the marks on its letters, in small ones: Å stands with A."""
    return "".join(one for one in normalize("NFKD", name) if not combining(one)).casefold()


def suggest_place(shop: ShopView, accepted: str) -> Mapping[str, str]:
    """Return language, zone, region and currency to begin from, by an `Accept-Language` header.

    Empty once somebody went through that step, or where the shop was told its place when it was made. The
    zone is told by a country that has one only.
    """
    is_told = any(getattr(shop, name) != value for name, value in ELSEWHERE.items())
    if is_told or Step.PLACE in find_setup().steps:
        return {}
    region = _region_of(accepted)
    if not region:
        return {}
    zones = get_global("territory_zones").get(region, ())
    currencies = get_territory_currencies(region)
    suggested = {"language": language_of(accepted), "region": region}
    if len(zones) == 1:
        suggested["zone"] = zones[0]
    if currencies:
        suggested["currency"] = currencies[0]
    return suggested


def _region_of(accepted: str) -> str:
    """Return the country of the language wanted most, else the main one of those who speak it; or nothing.

    Only of the first: behind one's own language there mostly stands that of the United States.
    """
    wanted = parse_accept_lang_header(accepted.lower())
    if not wanted:
        return ""
    language, *parts = wanted[0][0].split("-")
    likely = get_global("likely_subtags")
    written = [f"{language}_{part.title()}" for part in parts[:1]]
    mains = [likely.get(tag, "") for tag in (*written, language)]
    regions = [*(part.upper() for part in reversed(parts)), *(main.rpartition("_")[2] for main in mains)]
    return next((region for region in regions if region in SUPPORTED_REGIONS), "")
