"""Where a new shop may be, by what a browser says: to be read and changed, never taken."""

from collections.abc import Mapping

from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.utils.translation.trans_real import parse_accept_lang_header
from phonenumbers import SUPPORTED_REGIONS

from dangol.core.people.selectors import ShopView
from dangol.core.people.setups import Step, find_setup
from dangol.core.people.shops import ELSEWHERE
from dangol.web.refused import language_of


def suggest_place(shop: ShopView, accepted: str) -> Mapping[str, str]:
    """Return language, zone, region and currency to begin from, by an `Accept-Language` header.

    Empty once somebody went through that step, or where the shop was told its place when it was made. The
    zone is told by a country that has one only.
    """
    is_told = any(getattr(shop, name) != value for name, value in ELSEWHERE.items())
    if is_told or Step.PLACE in find_setup().steps:
        return {}
    tags = (name.split("-") for name, _weight in parse_accept_lang_header(accepted.lower()))
    regions = (tag[-1].upper() for tag in tags if len(tag) > 1)
    region = next((one for one in regions if one in SUPPORTED_REGIONS), "")
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
