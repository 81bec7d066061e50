"""Orders and returns: documents of lines, carried out by customer and in time order."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from babel.numbers import get_currency_precision

from dangol.connectors.files.columns import IDENTITIES
from dangol.connectors.files.loaders.base import Context, Progress, Step, instant_of, whole_numbers
from dangol.connectors.files.problems import Code
from dangol.connectors.files.shapes import Rules, shape_orders
from dangol.connectors.files.staging import Stage
from dangol.connectors.files.undone import name_of, undone_orders
from dangol.connectors.files.written import Refusal, Written
from dangol.core.commerce.catalog import find_products, learn_products
from dangol.core.commerce.drafts import (
    LineDraft,
    OrderDraft,
    Outcome,
    ProductDraft,
    ProductRef,
    ReturnDraft,
    ReturnLineDraft,
)
from dangol.core.commerce.models import OrderNumber
from dangol.core.commerce.returns import record_sales
from dangol.core.commerce.services import find_numbers
from dangol.core.people.selectors import find_by_identity, find_guests, find_stores
from dangol.core.people.services import make_guests, resolve_customers
from dangol.core.people.shops import learn_stores
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import batches
from dangol.core.storage.transactions import write_transaction

BATCH = 5_000
_CATALOG_BATCH = 10_000
_DOC = (
    "doc, number, is_return, order_number, who_column, who_key, instant, store, channel,"
    " order_discounts, tenders, earns, line_count"
)


class _Doc(NamedTuple):
    """An order or a return of the files."""

    doc: int
    number: str
    is_return: bool
    order_number: str | None
    who_column: str | None
    who_key: str | None
    instant: int
    store: str | None
    channel: str | None
    order_discounts: str | None
    tenders: str | None
    earns: bool
    line_count: int

    @property
    def who(self) -> tuple[str, str] | None:
        """The column that names the customer and what it says; none for a guest."""
        return (self.who_column, self.who_key) if self.who_column and self.who_key else None


class OrdersLoader:
    """Orders (and, in the same file, returns as negative quantities), or a file of returns alone."""

    can_plan = True

    def __init__(self) -> None:
        self._products: list[tuple[str, ProductRef]] = []
        self._stores: dict[str, Id] = {}

    def shape(self, stage: Stage, rules: Rules, context: Context) -> None:
        """Put the lines together; see `shapes`."""
        shape_orders(stage, rules)

    def count(self, stage: Stage) -> int:
        """Return how many orders and returns there are."""
        return int(stage.one("SELECT count(*) FROM docs"))

    def totals(self, stage: Stage) -> dict[str, object]:
        """Return orders, returns, lines, customers, guests, products, money and the first and last
        instant.
        """
        row = stage.fetch(
            "SELECT count(*) FILTER (NOT is_return), count(*) FILTER (is_return), count(DISTINCT who_key),"
            " count(*) FILTER (who_key IS NULL), min(instant), max(instant) FROM docs"
        )[0]
        sums = stage.fetch(
            "SELECT count(*), coalesce(sum(net) FILTER (NOT is_return), 0),"
            " coalesce(sum(net) FILTER (is_return), 0)"
            " FROM lines JOIN docs USING (doc)"
        )[0]
        names = (
            "orders",
            "returns",
            "customers",
            "guests",
            "first_at",
            "last_at",
            "lines",
            "net_minor",
            "returned_minor",
        )
        found: dict[str, object] = dict(zip(names, (*row, *sums), strict=True))
        for name in ("first_at", "last_at"):
            value = found[name]
            found[name] = instant_of(value).isoformat() if isinstance(value, int) else None
        for name in ("net_minor", "returned_minor"):
            found[name] = int(str(found[name]))
        return found | {"products": stage.one("SELECT count(*) FROM products")}

    def prepare(self, stage: Stage, start: int, context: Context, tell: Progress) -> None:
        """Have a product, a store and a customer for each that is named: unknown ones are kept with what
        the file tells.
        """
        self._find_products(stage, context)
        self._find_stores(stage, context)
        _make_customers(stage, start, context, tell)

    def _find_products(self, stage: Stage, context: Context) -> None:
        rows = stage.fetch("SELECT number, name, category FROM products ORDER BY place")
        known: dict[str, ProductRef] = {}
        for some in batches(rows, _CATALOG_BATCH):
            with write_transaction():
                found = find_products([number for number, _, _ in some])
                missing = [ProductDraft(*row) for row in some if row[0] not in found]
                known |= found | learn_products(missing, recorded_at=context.recorded_at)
        self._products = [(number, known[number]) for number, _, _ in rows]

    def _find_stores(self, stage: Stage, context: Context) -> None:
        stores = [
            row[0]
            for row in stage.fetch("SELECT DISTINCT store FROM docs WHERE store IS NOT NULL ORDER BY 1")
        ]
        with write_transaction():
            self._stores = find_stores(stores)
            missing = [number for number in stores if number not in self._stores]
            self._stores |= learn_stores(missing, recorded_at=context.recorded_at)

    def end_of(self, stage: Stage, start: int) -> int:
        """Return where the batch that begins at `start` ends: with whole customers if it can be."""
        end = start + BATCH
        first = stage.fetch(
            "SELECT min(doc) FROM docs JOIN (SELECT who_column, who_key FROM docs"  # noqa: S608 - a number
            f" WHERE doc = {end}) next USING (who_column, who_key) WHERE doc BETWEEN {start} AND {end}"
        )[0][0]
        return min(end if first is None or first <= start else first, self.count(stage))

    def write(self, stage: Stage, start: int, end: int, context: Context) -> Written:
        """Place these orders and record these returns."""
        rows = stage.fetch(
            f"SELECT {_DOC} FROM docs WHERE doc BETWEEN {start} AND {end - 1} ORDER BY doc"  # noqa: S608
        )
        docs = [_Doc(*row) for row in rows]
        lines = self._read_lines(stage, docs)
        owners, guests = _owners(docs, context)
        written = Written()
        written.counts["guests"] = guests.made
        orders = [doc for doc in docs if not doc.is_return]
        returns = [doc for doc in docs if doc.is_return]
        placed, returned = record_sales(
            [self._order(doc, owners[doc.doc], lines[doc.doc], context) for doc in orders],
            [_return(doc, owners[doc.doc], lines[doc.doc], context, guests.ids) for doc in returns],
            recorded_at=context.recorded_at,
        )
        undone = _undone(stage, orders, placed, context)
        _refuse(stage, undone, Code.ORDER_UNDONE, "order", written)
        written.counts["undone"] += len(undone)
        _note(stage, orders, placed, Code.ORDER_TAKEN, "order", written, but=undone)
        _note(stage, returns, returned, Code.RETURN_TAKEN, "return", written)
        written.counts["unlinked_returns"] += sum(
            not (one.is_linked or one.repeated or one.conflict) for one in returned
        )
        return written

    def _read_lines(self, stage: Stage, docs: Sequence[_Doc]) -> dict[int, list[LineDraft]]:
        """Return the drafts of the lines by document."""
        first, last = docs[0].doc, docs[-1].doc
        table = stage.db.execute(
            f"SELECT product, quantity, listed, net FROM lines WHERE doc BETWEEN {first} AND {last}"  # noqa: S608
            " ORDER BY doc, file, line"
        ).to_arrow_table()
        places, quantities, listed, nets = (whole_numbers(table.column(place)) for place in range(4))
        known = [self._products[place] for place in places]
        drafts = list(
            map(
                LineDraft,
                [ref.id for _, ref in known],
                [number for number, _ in known],
                [ref.category for _, ref in known],
                quantities,
                listed,
                [full - net for full, net in zip(listed, nets, strict=True)],
                nets,
            )
        )
        found, begin = {}, 0
        for doc in docs:
            end = begin + doc.line_count
            found[doc.doc] = drafts[begin:end]
            begin = end
        return found

    def _order(self, doc: _Doc, owner: Id, lines: list[LineDraft], context: Context) -> OrderDraft:
        placed_at = instant_of(doc.instant)
        return OrderDraft(
            owner, context.source, doc.number, placed_at, context.currency, lines,
            self._stores[doc.store] if doc.store else None, doc.store, doc.channel or "store",
            _amounts(doc.order_discounts, context.currency), _amounts(doc.tenders, context.currency),
            earns=doc.earns and (context.cut_over is None or placed_at >= context.cut_over),
            is_guest=doc.who is None,
        )  # fmt: skip


def _make_customers(stage: Stage, start: int, context: Context, tell: Progress) -> None:
    """Make members of the customers nobody knows yet, since their first order of those from `start` on."""
    named = (
        "SELECT who_column, who_key, min(instant) FROM docs"  # noqa: S608 - a number
        f" WHERE doc >= {start} AND who_key IS NOT NULL GROUP BY ALL"
    )
    total, done = int(stage.one(f"SELECT count(*) FROM ({named})")), 0  # noqa: S608 - our own SQL
    for rows in stage.batches(f"{named} ORDER BY ALL", BATCH):
        since: dict[str, dict[str, datetime]] = {}
        for column, value, instant in rows:
            since.setdefault(column, {})[value] = instant_of(instant)
        for column, firsts in since.items():
            kind = IDENTITIES[column]
            known = find_by_identity(kind, list(firsts))
            if unknown := [value for value in firsts if value not in known]:
                with write_transaction():
                    resolve_customers(kind, unknown, recorded_at=context.recorded_at, joined_at=firsts)
        done += len(rows)
        tell(Step.CUSTOMERS, done, total)


def _amounts(cell: str | None, currency: str) -> tuple[tuple[str, int], ...]:
    """Return `coupon=1000; card=5000` as names and minor units; `shapes` has judged its form."""
    if not cell:
        return ()
    exponent = get_currency_precision(currency)
    pairs = (part.rpartition("=") for part in cell.split(";"))
    return tuple((name.strip(), int(Decimal(amount.strip()).scaleb(exponent))) for name, _, amount in pairs)


def _return(
    doc: _Doc, owner: Id, lines: list[LineDraft], context: Context, guests: Collection[Id]
) -> ReturnDraft:
    return ReturnDraft(
        owner, context.source, doc.number, instant_of(doc.instant), context.currency,
        [ReturnLineDraft(*line[:4], line.net_minor) for line in lines],
        doc.order_number, is_guest=owner in guests,
    )  # fmt: skip


def _note(
    stage: Stage,
    docs: Sequence[_Doc],
    outcomes: Iterable[Outcome],
    taken: Code,
    kind: str,
    written: Written,
    but: Collection[int] = (),
) -> None:
    refused: list[int] = []
    for doc, outcome in zip(docs, outcomes, strict=True):
        if doc.doc in but:
            continue
        if outcome.conflict:
            refused.append(doc.doc)
        elif outcome.repeated:
            written.counts[f"repeated_{kind}s"] += 1
        else:
            written.counts[f"{kind}s"] += 1
            written.counts["lines"] += doc.line_count
            written.subjects.append((outcome.customer_id, outcome.id))
    _refuse(stage, refused, taken, kind, written)


def _undone(stage: Stage, docs: Sequence[_Doc], outcomes: Iterable[Outcome], context: Context) -> list[int]:
    """Return the documents whose number names an order that was undone; repeated or not, it does nothing.

    Not where the file itself tells of the undoing, as an export does: there the two belong together.
    """
    known = {
        doc.number: doc.doc
        for doc, outcome in zip(docs, outcomes, strict=True)
        if outcome.conflict or outcome.repeated
    }
    if not known or not (found := undone_orders(context.source, known.keys())):
        return []
    told = {number for (number,) in stage.fetch("SELECT number FROM docs WHERE is_return")}
    return sorted(known[number] for number in found if name_of(number) not in told)


def _refuse(stage: Stage, docs: Sequence[int], code: Code, kind: str, written: Written) -> None:
    if not docs:
        return
    chosen = ", ".join(map(str, docs))
    rows = stage.fetch(f"SELECT file, line FROM lines WHERE doc IN ({chosen}) ORDER BY file, line")  # noqa: S608
    written.refusals += [Refusal(file, line, kind, code.value) for file, line in rows]
    written.counts["refused"] += len(rows)


class _Guests(NamedTuple):
    """Who of a batch's owners is nobody known, and how many of them were made for it."""

    ids: set[Id]
    made: int


def _owners(docs: Sequence[_Doc], context: Context) -> tuple[dict[int, Id], _Guests]:
    """Return whose each document is, making guests for orders without a customer."""
    owners: dict[int, Id] = {}
    named: dict[str, dict[str, None]] = {}
    for doc in docs:
        if doc.who:
            named.setdefault(doc.who[0], {})[doc.who[1]] = None
    ids = {
        column: resolve_customers(IDENTITIES[column], list(values), recorded_at=context.recorded_at)
        for column, values in sorted(named.items())
    }
    for doc in docs:
        if doc.who:
            owners[doc.doc] = ids[doc.who[0]][doc.who[1]]
    strays = [doc for doc in docs if not doc.who]
    names = [(context.source, doc.order_number or doc.number) for doc in strays]
    earlier = find_numbers(OrderNumber, "order_id", names) if names else {}
    fresh = sorted({name for name in names if name not in earlier})
    # A guest of an earlier file may have claimed the order since, and be a member.
    guests = find_guests(one.customer_id for one in earlier.values())
    made = dict(zip(fresh, make_guests(len(fresh), recorded_at=context.recorded_at), strict=True))
    for doc, name in zip(strays, names, strict=True):
        owners[doc.doc] = earlier[name].customer_id if name in earlier else made[name]
    return owners, _Guests(guests.union(made.values()), len(made))
