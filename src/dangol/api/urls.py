"""The addresses of the API."""

from functools import lru_cache

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from dangol import __version__
from dangol.api import (
    approvals,
    catalog,
    checkout,
    coupons,
    credit,
    drafts,
    event_rules,
    events,
    gift_cards,
    households,
    insight,
    jobs,
    keys,
    members,
    orders,
    people,
    points,
    programs,
    promotions,
    referrals,
    rewards,
    segments,
    stamps,
    traits,
    wallets,
    webhooks,
)
from dangol.api.documents import build_document

app_name = "api"
DESCRIPTION = """What a shop's programs may ask and do: members, points, orders, products, rules.

Every request carries an API key: `Authorization: Bearer dg_test_…`. A request that makes something carries an
`Idempotency-Key`; sent again it is answered as before and changes nothing. Refusals are
`application/problem+json` with a stable `code`. Amounts of money are minor units, points whole numbers,
instants ISO 8601 in UTC."""


class _Api(NinjaAPI):
    """Lets every refusal pass to the door, which answers it."""

    def on_exception(self, request: HttpRequest, exc: Exception | type[Exception]) -> HttpResponse:
        """Raise it again."""
        raise exc


api = _Api(
    title="Dangol", version=__version__, description=DESCRIPTION, openapi_url=None, docs_url=None,
    urls_namespace="api",
)  # fmt: skip
for one in (
    members,
    people,
    points,
    wallets,
    orders,
    checkout,
    promotions,
    catalog,
    programs,
    drafts,
    rewards,
    stamps,
    referrals,
    event_rules,
    gift_cards,
    credit,
    households,
    segments,
    traits,
    insight,
    coupons,
    jobs,
    events,
    webhooks,
    keys,
    approvals,
):
    api.add_router("", one.router)


@lru_cache(maxsize=1)
def openapi() -> bytes:
    """Return the OpenAPI document as JSON."""
    return msgspec.json.format(msgspec.json.encode(build_document(api)), indent=2)


def show_openapi(request: HttpRequest) -> HttpResponse:
    """Send the OpenAPI document, to anybody."""
    return HttpResponse(openapi(), content_type="application/json")


urlpatterns = [
    path("api/v1/openapi.json", show_openapi, name="openapi"),
    path("api/v1/", api.urls),
]
