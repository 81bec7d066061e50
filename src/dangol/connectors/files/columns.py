"""What each kind of import knows: its columns, what they hold, and how long they may be."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from dangol.connectors.files.synonyms import synonyms


class Type(StrEnum):
    """What a column holds, and so how its text is read."""

    TEXT = "text"
    MONEY = "money"
    QUANTITY = "quantity"
    POINTS = "points"
    INSTANT = "instant"
    DAY = "day"
    FLAG = "flag"


class Column(NamedTuple):
    """A column an import understands; `synonyms` are headers it goes by, the likeliest first.

    `longest` is in characters, for text. A column with `signed` may hold negative numbers; one that is
    `late` is judged only together with the row's other cells.
    """

    name: str
    type: Type
    required: bool = False
    longest: int = 64
    signed: bool = False
    late: bool = False
    synonyms: tuple[str, ...] = ()


class Kind(StrEnum):
    """What a file can hold."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"
    RETURNS = "returns"
    BALANCES = "balances"
    TIERS = "tiers"
    CONSENTS = "consents"


# Files of these kinds make the customers nobody knows yet, unless that is not wanted.
MAKES_CUSTOMERS = frozenset({Kind.CUSTOMERS, Kind.ORDERS})
IDENTITIES: Mapping[str, str] = {"customer": "external", "phone": "phone", "email": "email", "card": "card"}
CUSTOMER = (
    Column("customer", Type.TEXT, longest=200),
    Column("phone", Type.TEXT, longest=40),
    Column("email", Type.TEXT, longest=254),
    Column("card", Type.TEXT),
)
_COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.CUSTOMERS: (
        *CUSTOMER,
        Column("name", Type.TEXT, longest=100),
        Column("birthday", Type.DAY),
        Column("joined_at", Type.INSTANT),
        Column("language", Type.TEXT, longest=2),
    ),
    Kind.PRODUCTS: (
        Column("product", Type.TEXT, required=True),
        Column("name", Type.TEXT, longest=200),
        Column("category", Type.TEXT, longest=80),
        Column("category_2", Type.TEXT, longest=80),
        Column("category_3", Type.TEXT, longest=80),
        Column("brand", Type.TEXT, longest=100),
    ),
    Kind.ORDERS: (
        Column("order", Type.TEXT, required=True, longest=40, late=True),
        Column("return", Type.TEXT, longest=60),
        *CUSTOMER,
        Column("placed_at", Type.INSTANT, required=True),
        Column("time", Type.TEXT, longest=20),
        Column("product", Type.TEXT, required=True),
        Column("name", Type.TEXT, longest=200),
        Column("category", Type.TEXT, longest=250),
        Column("quantity", Type.QUANTITY, signed=True),
        Column("amount", Type.MONEY, required=True, signed=True),
        Column("list_amount", Type.MONEY, signed=True),
        Column("discount", Type.MONEY, signed=True),
        Column("store", Type.TEXT, longest=40),
        Column("channel", Type.TEXT, longest=20),
        Column("currency", Type.TEXT, longest=10),
        Column("earns", Type.FLAG),
        Column("order_discounts", Type.TEXT, longest=200),
        Column("tenders", Type.TEXT, longest=200),
    ),
    Kind.RETURNS: (
        Column("return", Type.TEXT, required=True, longest=60),
        Column("order", Type.TEXT, longest=40),
        *CUSTOMER,
        Column("returned_at", Type.INSTANT, required=True),
        Column("time", Type.TEXT, longest=20),
        Column("product", Type.TEXT, required=True),
        Column("quantity", Type.QUANTITY, signed=True),
        Column("amount", Type.MONEY, required=True, signed=True),
        Column("currency", Type.TEXT, longest=10),
    ),
    Kind.BALANCES: (
        *CUSTOMER,
        Column("points", Type.POINTS, required=True),
        Column("earned_at", Type.INSTANT),
        Column("expires_on", Type.DAY),
        Column("lot", Type.TEXT, longest=40),
    ),
    Kind.TIERS: (
        *CUSTOMER,
        Column("tier", Type.TEXT, required=True, longest=40),
        Column("since", Type.INSTANT),
        Column("held_until", Type.DAY),
    ),
    Kind.CONSENTS: (
        *CUSTOMER,
        Column("channel", Type.TEXT, required=True, longest=20),
        Column("purpose", Type.TEXT, longest=40),
        Column("granted", Type.FLAG, required=True),
        Column("at", Type.INSTANT, required=True),
        Column("wording", Type.TEXT, longest=2000),
    ),
}
COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    kind: tuple(column._replace(synonyms=synonyms(kind, column.name)) for column in columns)
    for kind, columns in _COLUMNS.items()
}


def column_of(kind: Kind, name: str) -> Column | None:
    """Return the column of this kind that is called `name`, if there is one."""
    return next((column for column in COLUMNS[kind] if column.name == name), None)
