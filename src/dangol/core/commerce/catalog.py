"""The shop's products: found and kept by their numbers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from dangol.core.commerce.drafts import ProductDraft, ProductRef
from dangol.core.commerce.models import Product
from dangol.core.storage.ids import new_id
from dangol.core.storage.rows import insert_rows, select_matching, update_rows
from dangol.core.storage.transactions import require_write_transaction


def find_products(numbers: Iterable[str]) -> dict[str, ProductRef]:
    """Return the known ones of these products by number."""
    rows = select_matching(
        Product, ("number", "id", "category"), ("number",), [(number,) for number in set(numbers)]
    )
    return {number: ProductRef(product_id, category) for number, product_id, category in rows}


def upsert_products(drafts: Sequence[ProductDraft], *, recorded_at: datetime) -> dict[str, ProductRef]:
    """Add or change products; of two drafts with one number the later holds. Returns them by number.

    Orders keep the category they were placed under: the timeline carries it.
    """
    require_write_transaction()
    wanted = {draft.number: draft for draft in drafts}
    known = find_products(wanted)
    fresh = {number: new_id() for number in wanted if number not in known}
    insert_rows(
        Product,
        ("id", "number", "name", "category", "brand", "updated_at"),
        [(key, *wanted[number], recorded_at) for number, key in fresh.items()],
    )
    update_rows(
        Product,
        ("number",),
        ("name", "category", "brand", "updated_at"),
        [(*wanted[number], recorded_at) for number in known],
    )
    ids = fresh | {number: ref.id for number, ref in known.items()}
    return {number: ProductRef(ids[number], draft.category) for number, draft in wanted.items()}


def ensure_products(numbers: Iterable[str], *, recorded_at: datetime) -> dict[str, ProductRef]:
    """Return these products by number; one nobody told us of is kept with nothing but its number."""
    wanted = set(numbers)
    known = find_products(wanted)
    missing = [ProductDraft(number) for number in sorted(wanted - known.keys())]
    return known | upsert_products(missing, recorded_at=recorded_at) if missing else known
