"""The shop's products: found and kept by their numbers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from dangol.core.commerce.drafts import ProductDraft, ProductRef
from dangol.core.commerce.models import Product
from dangol.core.storage.ids import Id, new_id
from dangol.core.storage.reading import Select, matching, read_together
from dangol.core.storage.rows import Row, insert_missing, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction
from dangol.domain.accrual import SEPARATOR


def find_products(numbers: Iterable[str]) -> dict[str, ProductRef]:
    """Return the known ones of these products by number."""
    return found_products(read_together(select_products(numbers))[0])


def product_names(numbers: Iterable[str]) -> dict[str, str]:
    """Return what the known ones of these products are called, by number; empty where nobody said."""
    keys = [(number,) for number in sorted(set(numbers))]
    return dict(select_matching(Product, ("number", "name"), ("number",), keys))


def select_products(numbers: Iterable[str]) -> Select:
    """Return what reads these products, for `found_products`."""
    keys = [(number,) for number in sorted(set(numbers))]
    return matching(Product, ("number", "id", "category"), ("number",), keys)


def found_products(rows: Sequence[Row]) -> dict[str, ProductRef]:
    """Return the products that `select_products` has found, by number."""
    return {number: ProductRef(product_id, category) for number, product_id, category in rows}


def upsert_products(drafts: Sequence[ProductDraft], *, recorded_at: datetime) -> dict[str, ProductRef]:
    """Add or change products; of two drafts with one number the later holds. Returns them by number.

    Writers at the same time wait for each other and never in a circle: what is new is added first, then
    what was there already is locked, both in sorted order. Orders keep the category they were placed
    under: the timeline carries it.
    """
    wanted = {draft.number: draft for draft in drafts}
    ours = _add_missing(list(wanted.values()), recorded_at)
    rows = select_matching(
        Product,
        ("number", "id"),
        ("number",),
        [(number,) for number in wanted],
        order_by=("number",),
        lock=True,
    )
    update_rows(
        Product,
        ("number",),
        ("name", "category", "brand", "updated_at"),
        [(*wanted[number], recorded_at) for number, key in rows if key != ours[number]],
    )
    return {number: ProductRef(key, wanted[number].category) for number, key in rows}


def ensure_products(numbers: Iterable[str], *, recorded_at: datetime) -> dict[str, ProductRef]:
    """Return these products by number; one nobody told us of is kept with nothing but its number."""
    wanted = set(numbers)
    known = find_products(wanted)
    missing = [ProductDraft(number) for number in wanted - known.keys()]
    return known | learn_products(missing, recorded_at=recorded_at)


def learn_products(drafts: Sequence[ProductDraft], *, recorded_at: datetime) -> dict[str, ProductRef]:
    """Keep products nobody told us of before; returns them by number, as they are known now.

    Must be called inside the write transaction. One that somebody else has told of meanwhile stays as it is.
    """
    if not drafts:
        return {}
    _add_missing(drafts, recorded_at)
    return find_products(draft.number for draft in drafts)


def _add_missing(drafts: Sequence[ProductDraft], recorded_at: datetime) -> dict[str, Id]:
    """Insert those nobody has inserted; returns the id each was offered: its own where it was missing."""
    require_write_transaction()
    ours = {draft.number: new_id() for draft in sorted(drafts)}
    named = {draft.number: draft for draft in drafts}
    insert_missing(
        Product,
        ("id", "number", "name", "category", "brand", "updated_at"),
        [(key, *named[number], recorded_at) for number, key in ours.items()],
    )
    return ours


def list_products(*, after: str | None = None, limit: int = 50) -> list[ProductDraft]:
    """Return products by number, from `after` (exclusive) on."""
    products = Product.objects.order_by("number")
    if after is not None:
        products = products.filter(number__gt=after)
    return [ProductDraft(*row) for row in products.values_list(*ProductDraft._fields)[:limit]]


def search_products(text: str, *, limit: int) -> list[ProductDraft]:
    """Return products a till means by a text: the one of that number alone, else those named so, by name."""
    products = Product.objects.values_list(*ProductDraft._fields)
    if not text:
        return []
    if exact := products.filter(number=text).first():
        return [ProductDraft(*exact)]
    found = products.filter(name__icontains=text).order_by("name", "number")
    return [ProductDraft(*row) for row in found[:limit]]


def named_products(numbers: Iterable[str]) -> dict[str, ProductDraft]:
    """Return the known ones of these products, with what they are called, by number."""
    rows = Product.objects.filter(number__in=sorted(set(numbers))).values_list(*ProductDraft._fields)
    return {row[0]: ProductDraft(*row) for row in rows}


def list_categories() -> list[str]:
    """Return all categories of the catalog and those above them, each once, in order."""
    found: set[str] = set()
    for path in Product.objects.exclude(category="").values_list("category", flat=True).distinct():
        parts = path.split(SEPARATOR)
        found.update(SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return sorted(found)
