"""A sale as it is typed at the till: lines, coupons and points, and what of them cannot be read."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from dangol.core.commerce.catalog import named_products
from dangol.core.commerce.drafts import ProductDraft
from dangol.domain.promotions.carts import MOST_UNITS, Line
from dangol.rooms.rewards.stored_value.paying import MOST_CARDS, Credit
from dangol.web.amounts import read_amount, read_points

# A till without a catalog sells amounts: they are lines of this product.
PRODUCT = "till-sale"
MOST_LINES, MOST_CODES = 100, 20
LONGEST_CODE = 64


class TypedLine(NamedTuple):
    """A line as it was typed, and what it comes to: minor units each, and units; None for what is none."""

    product: str
    name: str
    category: str
    price: str
    how_many: str
    minor: int | None
    units: int | None

    @property
    def total_minor(self) -> int:
        """What the line comes to before anything is taken off."""
        return (self.minor or 0) * (self.units or 0)


class TypedSale(NamedTuple):
    """All that was typed. `amount` is a line of no product; `chosen` are coupons ticked in the list.

    `put_in` are codes of gift cards that pay, `card` those still being typed. `uses_credit`: the member's
    store credit pays, too, with what was typed of it or with all that it can.
    """

    amount: str
    amount_minor: int | None
    lines: tuple[TypedLine, ...]
    code: str
    chosen: tuple[str, ...]
    points_typed: str
    points: int | None
    scan: str
    card: str = ""
    uses_credit: bool = False
    put_in: tuple[str, ...] = ()
    credit_typed: str = ""
    credit_minor: int | None = None

    @property
    def cards(self) -> tuple[str, ...]:
        """The codes of gift cards, each once."""
        typed = self.card.replace(",", " ").split()
        return tuple(dict.fromkeys((*self.put_in, *(one[:LONGEST_CODE] for one in typed))))[:MOST_CARDS]

    @property
    def credit(self) -> Credit:
        """How much store credit is to pay."""
        if self.credit_typed:
            return self.credit_minor or 0
        return "most" if self.uses_credit else 0

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, ticked and typed, each once."""
        typed = self.code.replace(",", " ").split()
        return tuple(dict.fromkeys((*self.chosen, *(one[:LONGEST_CODE] for one in typed))))[:MOST_CODES]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is sold yet."""
        return not self.amount and not self.lines

    @property
    def wrong(self) -> set[str]:
        """What cannot be read: `amount`, `points`, `credit`, lines by their place (`line-0`); `lines`: too
        many.
        """
        found = {
            f"line-{place}" for place, one in enumerate(self.lines) if one.minor is None or one.units is None
        }
        if self.amount and self.amount_minor is None:
            found.add("amount")
        if self.points_typed and self.points is None:
            found.add("points")
        if self.credit_typed and self.credit_minor is None:
            found.add("credit")
        if len(self.lines) > MOST_LINES:
            found.add("lines")
        return found

    def as_lines(self) -> tuple[Line, ...]:
        """Return the lines that can be read, each named by its place; the amount is the last."""
        told = [
            Line(f"line-{place}", one.product, one.minor, one.units, categories=_path(one.category))
            for place, one in enumerate(self.lines)
            if one.minor is not None and one.units is not None
        ]
        if self.amount_minor:
            told.append(Line("amount", PRODUCT, self.amount_minor, 1))
        return tuple(told)

    def names(self) -> Mapping[str, str]:
        """Return what each line is called."""
        own = {f"line-{place}": one.name for place, one in enumerate(self.lines)}
        return own | {"amount": _("계산대 판매")}


def _path(category: str) -> tuple[str, ...]:
    return (category,) if category else ()


def read_sale(given: QueryDict, currency: str) -> TypedSale:
    """Return what was typed, with the catalog's names: one statement where there are products."""
    numbers = [one.strip()[:64] for one in given.getlist("product")[: MOST_LINES + 1]]
    known = named_products(numbers) if numbers else {}
    prices, counts = given.getlist("price"), given.getlist("count")
    amount, points = given.get("amount", "").strip()[:40], given.get("points", "").strip()[:20]
    credit = given.get("credit_amount", "").strip()[:40]
    return TypedSale(
        amount, read_amount(amount, currency) if amount else None,
        tuple(
            _line(known.get(number, ProductDraft(number)), _at(prices, place), _at(counts, place), currency)
            for place, number in enumerate(numbers)
            if number and _at(counts, place).strip() != "0"
        ),
        given.get("code", "").strip()[:200],
        tuple(one[:LONGEST_CODE] for one in given.getlist("coupon")[:MOST_CODES]),
        points, read_points(points) if points else None, given.get("scan", "").strip()[:80],
        given.get("card", "").strip()[:400], bool(given.get("credit") or credit),
        tuple(one[:LONGEST_CODE] for one in given.getlist("put_card")[:MOST_CARDS]), credit,
        read_amount(credit, currency) if credit else None,
    )  # fmt: skip


def _at(texts: Sequence[str], place: int) -> str:
    return texts[place][:40] if place < len(texts) else ""


def _line(product: ProductDraft, price: str, count: str, currency: str) -> TypedLine:
    units = int(count) if count.isascii() and count.isdigit() and len(count) <= 5 else 0
    return TypedLine(
        product.number, product.name or product.number, product.category, price, count,
        read_amount(price, currency), units if 1 <= units <= MOST_UNITS else None,
    )  # fmt: skip


def with_product(sale: TypedSale, product: ProductDraft, price: str, currency: str) -> TypedSale:
    """Return the sale with one more unit of a product: of a line there is, else in a line of its own."""
    for place, one in enumerate(sale.lines):
        if one.product == product.number and one.units is not None:
            more = _line(product, one.price, str(one.units + 1), currency)
            return sale._replace(lines=(*sale.lines[:place], more, *sale.lines[place + 1 :]), scan="")
    line = _line(product, price, "1", currency)
    return sale._replace(lines=(*sale.lines, line), scan="")
