"""Products and stores: told by the shop, a batch at a time."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from dangol.api.caller import Needs, caller_of
from dangol.api.cursors import make_cursor, read_text
from dangol.api.idempotency import once
from dangol.api.replies import Given, Limit, Reply, Shown, show
from dangol.core.access.rights import Right
from dangol.core.commerce.catalog import list_products, upsert_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.core.people.selectors import list_stores
from dangol.core.people.shops import StoreRow, upsert_stores

router = Router(tags=["catalog"])
Number = Annotated[str, Field(min_length=1, max_length=64)]
MOST_AT_ONCE = 1_000


class ProductIn(Given):
    """A product by its number; `category` is a path, widest first: `Food > Bakery`."""

    number: Number
    name: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=250)] = ""
    brand: Annotated[str, Field(max_length=100)] = ""


class ProductsIn(Given):
    """Products to add, or to bring up to date."""

    products: Annotated[list[ProductIn], Field(min_length=1, max_length=MOST_AT_ONCE)]


class ProductView(Shown):
    """A product."""

    number: str
    name: str
    category: str
    brand: str


class ProductPage(Shown):
    """Products by number."""

    data: list[ProductView]
    next_cursor: str | None


class StoreIn(Given):
    """A store by its number; without a zone it keeps the shop's time."""

    number: Number
    name: Annotated[str, Field(max_length=100)] = ""
    zone: Annotated[str, Field(max_length=64)] = ""
    address: Annotated[str, Field(max_length=300)] = ""


class StoresIn(Given):
    """Stores to add, or to bring up to date."""

    stores: Annotated[list[StoreIn], Field(min_length=1, max_length=MOST_AT_ONCE)]


class StoreView(Shown):
    """A store."""

    number: str
    name: str
    zone: str
    address: str


class StoreList(Shown):
    """Stores by number."""

    data: list[StoreView]


class Counted(Shown):
    """How many there were in the request; all of them are stored."""

    count: int


@router.post("/products", auth=Needs(Right.CATALOG_WRITE), response={200: Counted})
@once
def store_products(request: HttpRequest, payload: ProductsIn) -> Reply:
    """Add products, or bring those known by their number up to date."""
    drafts = [ProductDraft(one.number, one.name, one.category, one.brand) for one in payload.products]
    upsert_products(drafts, recorded_at=caller_of(request).at)
    return Reply(Counted(count=len(drafts)))


@router.get("/products", auth=Needs(Right.CATALOG_READ), response=ProductPage)
def get_products(request: HttpRequest, cursor: str | None = None, limit: Limit = 50) -> HttpResponse:
    """List products by number."""
    rows = list_products(after=read_text(cursor), limit=limit + 1)
    shown, rest = rows[:limit], rows[limit:]
    data = [
        ProductView(number=one.number, name=one.name, category=one.category, brand=one.brand) for one in shown
    ]
    return show(ProductPage(data=data, next_cursor=make_cursor(shown[-1].number) if rest else None))


@router.post("/stores", auth=Needs(Right.CATALOG_WRITE), response={200: Counted})
@once
def store_stores(request: HttpRequest, payload: StoresIn) -> Reply:
    """Add stores, or bring those known by their number up to date."""
    rows = [StoreRow(one.number, one.name, one.zone, one.address) for one in payload.stores]
    upsert_stores(rows, recorded_at=caller_of(request).at)
    return Reply(Counted(count=len(rows)))


@router.get("/stores", auth=Needs(Right.CATALOG_READ), response=StoreList)
def get_stores(request: HttpRequest) -> HttpResponse:
    """List all stores by number."""
    views = [
        StoreView(number=one.number, name=one.name, zone=one.zone, address=one.address)
        for one in list_stores()
    ]
    return show(StoreList(data=views))
