"""Products."""

from dangol.connectors.files.loaders.base import Context
from dangol.connectors.files.loaders.rows import RowsLoader
from dangol.connectors.files.problems import Code
from dangol.connectors.files.shapes import Rules, add_problems
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.written import Written
from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import ProductDraft

_PATH = "concat_ws(' > ', category, category_2, category_3)"
_LONGEST_PATH = 250


class ProductsLoader(RowsLoader):
    """The catalog: added to, and brought up to date where a number is known; of two rows the later holds."""

    names_customer = False
    order = "product, file, line"

    def judge(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Refuse a category path longer than a product can carry."""
        where = f"NOT bad AND length({_PATH}) > {_LONGEST_PATH}"
        add_problems(stage, "named", f"'{Code.TEXT_TOO_LONG}'", column="category", value=_PATH, where=where)

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Add or change the next products."""
        rows = self.read(
            stage, start, end, ["product", "name", "category", "category_2", "category_3", "brand"]
        )
        drafts = [
            ProductDraft(row[2], row[3] or "", " > ".join(filter(None, row[4:7])), row[7] or "")
            for row in rows
        ]
        upsert_products(drafts, recorded_at=context.recorded_at)
        written = Written()
        written.counts["products"] = len(rows)
        return written
