"""Lines put together into orders and returns, in the order in which they are carried out.

An order goes in whole or not at all: where one of its lines is bad, its other lines are held back with
it, so that mending the file and importing it again gives the order as it was. Whoever comes first by
customer, then by time, is carried out first; a sale before a return of the same instant.
"""

from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa

from dangol.connectors.files.columns import CUSTOMER, IDENTITIES, Kind
from dangol.connectors.files.parsing import LARGEST, literal
from dangol.connectors.files.problems import Code
from dangol.connectors.files.staging import Stage
from dangol.core.people.tombstones import IdentityErased

Normalize = Callable[[str, str], tuple[str | None, str]]


class Rules(NamedTuple):
    """What must be known of the shop to judge rows.

    `normalize` takes an identity's kind and value and returns its one form, or none and why; `known`, where
    only known customers are taken, picks those out of such forms; `erased` picks those of people who were
    erased and have not joined anew.
    """

    currency: str
    exponent: int
    normalize: Normalize
    known: Callable[[str, list[str]], set[str]] | None = None
    erased: Callable[[str, list[str]], set[str]] | None = None


def add_problems(stage: Stage, table: str, code: str, *, column: str, value: str, where: str) -> int:
    """Write down a problem for each row of `table` that `where` picks; returns how many there were."""
    before = stage.one("SELECT count(*) FROM problems")
    stage.db.execute(
        f"INSERT INTO problems SELECT file, line, {literal(column)}, coalesce(CAST({value} AS VARCHAR), ''),"  # noqa: S608
        f" {code} FROM {table} WHERE {where}"
    )
    return int(stage.one("SELECT count(*) FROM problems")) - int(before)


def identify(stage: Stage, rules: Rules, columns: tuple[str, ...] = tuple(IDENTITIES)) -> None:
    """Make `who`: each value that names a customer, normalized, or the reason why it names nobody."""
    rows: list[tuple[str, str, str | None, str, bool]] = []
    for column in columns:
        kind = IDENTITIES[column]
        sql = f'SELECT DISTINCT "{column}" FROM typed WHERE "{column}" IS NOT NULL'  # noqa: S608 - our own names
        given = [row[0] for row in stage.fetch(sql)]
        keys = {value: rules.normalize(kind, value) for value in given}
        wanted = sorted({key for key, _ in keys.values() if key})
        known = rules.known(kind, wanted) if rules.known else set(wanted)
        if gone := rules.erased(kind, wanted) if rules.erased else set():
            refused = (None, IdentityErased.code)
            keys = {value: refused if one[0] in gone else one for value, one in keys.items()}
        rows += [(column, value, key, code, key in known) for value, (key, code) in keys.items()]
    names = ("column", "given", "key", "code", "known")
    turned = list(zip(*rows, strict=True)) or [()] * len(names)
    types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.bool_())
    table = pa.table(
        [pa.array(one, kind) for one, kind in zip(turned, types, strict=True)], names=list(names)
    )
    stage.db.register("incoming", table)
    stage.db.execute("CREATE OR REPLACE TABLE who AS SELECT * FROM incoming")
    stage.db.unregister("incoming")


def named_rows(stage: Stage, *, rows: str = "typed") -> str:
    """Return SQL for the rows with `who_column` and `who_key` of the first cell that names their customer."""
    names = [column.name for column in CUSTOMER]
    first = " ".join(f"WHEN \"{name}\" IS NOT NULL THEN '{name}'" for name in names)
    value = ", ".join(f'"{name}"' for name in names)
    return (
        f"SELECT t.*, who.key AS who_key, who.code AS who_code, coalesce(who.known, true) AS who_known FROM"  # noqa: S608
        f" (SELECT *, CASE {first} END AS who_column, coalesce({value}) AS who_given FROM {rows}) t"
        ' LEFT JOIN who ON who."column" = t.who_column AND who.given = t.who_given'
    )


def judge_customers(stage: Stage, table: str, *, required: bool) -> None:
    """Write down the rows of `table` (made by `named_rows`) whose customer cannot be told, or must be
    known.
    """
    if required:
        where = "NOT bad AND who_given IS NULL"
        add_problems(stage, table, f"'{Code.CUSTOMER_MISSING}'", column="customer", value="NULL", where=where)
    where = "NOT bad AND who_given IS NOT NULL AND who_key IS NULL"
    add_problems(stage, table, "who_code", column="customer", value="who_given", where=where)
    where = "NOT bad AND who_key IS NOT NULL AND NOT who_known"
    add_problems(
        stage, table, f"'{Code.CUSTOMER_UNKNOWN}'", column="customer", value="who_given", where=where
    )


def _parts(kind: Kind) -> tuple[str, str, str]:
    """SQL for the number of what a row belongs to, the order it undoes, and whether it is a return."""
    if kind is Kind.RETURNS:
        return '"return"', '"order"', "true"
    stamp = "strftime(make_timestamp(placed_at), '%Y%m%d%H%M%S')"
    is_return = "(coalesce(quantity, 0) < 0 OR (quantity IS NULL AND amount < 0))"
    number = f'CASE WHEN {is_return} THEN coalesce("return", "order" || \'#\' || {stamp}) ELSE "order" END'
    return number, '"order"', is_return


def shape_orders(stage: Stage, rules: Rules) -> None:
    """Make `docs` (orders and returns, in order), `lines` and `products` of what is good in `typed`."""
    identify(stage, rules)
    number, order, is_return = _parts(stage.kind)
    instant = "placed_at" if stage.kind is Kind.ORDERS else "returned_at"
    listed = "list_amount" if stage.kind is Kind.ORDERS else "CAST(NULL AS BIGINT)"
    discount = "abs(discount)" if stage.kind is Kind.ORDERS else "CAST(NULL AS BIGINT)"
    extra = (
        "store, channel, name, category, earns, order_discounts, tenders"
        if stage.kind is Kind.ORDERS
        else (
            "NULL::VARCHAR AS store, NULL::VARCHAR AS channel, NULL::VARCHAR AS name,"
            " NULL::VARCHAR AS category, NULL::BOOLEAN AS earns,"
            " NULL::VARCHAR AS order_discounts, NULL::VARCHAR AS tenders"
        )
    )
    named = named_rows(stage)
    stage.db.execute(
        f"CREATE TABLE sorted AS SELECT file, line, bad, who_column, who_given, who_key,"  # noqa: S608
        f" who_code, who_known, {number} AS number,"
        f" {order} AS order_number, {is_return} AS is_return, {instant} AS instant, product,"
        f" {extra}, currency,"
        f" coalesce(quantity, 1000) AS quantity, amount, {listed} AS listed, {discount} AS"
        f" discount FROM ({named})"
    )
    _judge_lines(stage, rules)
    _hold_back(stage)
    _make_docs(stage)


def _judge_lines(stage: Stage, rules: Rules) -> None:
    judge_customers(stage, "sorted", required=False)
    where = "NOT bad AND number IS NULL"
    add_problems(stage, "sorted", f"'{Code.MISSING}'", column="order", value="NULL", where=where)
    own = ", ".join(literal(word) for word in _own_words(rules.currency))
    where = f"NOT bad AND currency IS NOT NULL AND upper(currency) NOT IN ({own})"
    add_problems(stage, "sorted", f"'{Code.CURRENCY}'", column="currency", value="currency", where=where)
    paid = _as_written("amount", rules)
    where = "NOT bad AND NOT is_return AND amount < 0"
    add_problems(stage, "sorted", f"'{Code.AMOUNT_NEGATIVE}'", column="amount", value=paid, where=where)
    where = "NOT bad AND abs(listed) - discount <> abs(amount)"
    add_problems(stage, "sorted", f"'{Code.AMOUNTS_DISAGREE}'", column="amount", value=paid, where=where)
    for column in ("order_discounts", "tenders"):
        where = f"NOT bad AND NOT regexp_full_match({column}, {literal(_amounts(rules))})"
        add_problems(stage, "sorted", f"'{Code.AMOUNT_LIST}'", column=column, value=column, where=where)
        where = f"NOT bad AND list_max({_minor_units(column, rules)}) > {LARGEST}"
        add_problems(stage, "sorted", f"'{Code.AMOUNT_LARGE}'", column=column, value=column, where=where)
    _judge_order_discounts(stage, rules)
    for code, parts in (
        (Code.ORDER_CUSTOMERS, ("who_key",)),
        (Code.ORDER_PLACES, ("store", "channel", "order_discounts", "tenders")),
    ):
        several = " OR ".join(f"min({part}) <> max({part})" for part in parts)
        stage.db.execute(
            "INSERT INTO problems SELECT file, line, 'order', number, "  # noqa: S608 - our own names
            f"'{code}' FROM sorted SEMI JOIN (SELECT number, is_return FROM sorted WHERE NOT bad"
            f" GROUP BY ALL HAVING {several}) one ON one.number = sorted.number AND"
            f" one.is_return = sorted.is_return"
            " WHERE NOT bad"
        )


def _judge_order_discounts(stage: Stage, rules: Rules) -> None:
    """Refuse orders that were given more off than they cost; where a line is bad, the sum is not known."""
    given = f"list_sum({_minor_units('order_discounts', rules)})"
    stage.db.execute(
        "INSERT INTO problems SELECT file, line, 'order_discounts', coalesce(order_discounts, ''),"  # noqa: S608
        f" '{Code.AMOUNTS_DISAGREE}' FROM sorted SEMI JOIN (SELECT number FROM sorted WHERE NOT is_return"
        f" GROUP BY number HAVING NOT bool_or(bad) AND max({given}) > sum(amount)) one USING (number)"
        " WHERE NOT is_return"
    )


def _as_written(column: str, rules: Rules) -> str:
    """Return SQL for an amount in minor units as a file has it: with cents -30000 is -300.00."""
    places = rules.exponent
    if not places:
        return column
    unit = f"CAST({literal(f'{10**-places:.{places}f}')} AS DECIMAL({places + 1}, {places}))"
    return f"CAST({column} * {unit} AS DECIMAL(30, {places}))"


def _minor_units(column: str, rules: Rules) -> str:
    """Return SQL for the amounts of such a list in minor units; NULL where it is none."""
    amounts = f"regexp_extract_all({column}, '=\\s*([0-9.]+)', 1)"
    scaled = f"list_transform({amounts}, lambda one: TRY_CAST(one AS DECIMAL(30, 6)) * {10**rules.exponent})"
    return f"CASE WHEN regexp_full_match({column}, {literal(_amounts(rules))}) THEN {scaled} END"


def _amounts(rules: Rules) -> str:
    """Return the pattern of `coupon=1000; card=5000`: names with amounts as precise as the currency."""
    one = r"\s*[^=;]{1,40}=\s*[0-9]{1,15}" + (rf"(\.[0-9]{{1,{rules.exponent}}})?" if rules.exponent else "")
    return rf"{one}\s*(;{one}\s*)*"


def _own_words(currency: str) -> tuple[str, ...]:
    return {"KRW": ("KRW", "원", "₩", "￦", "WON"), "USD": ("USD", "$", "US$")}.get(currency, (currency,))


def _hold_back(stage: Stage) -> None:
    """Put the good lines of an order that has a bad one with the bad ones."""
    if not stage.one("SELECT count(*) FROM problems"):
        stage.db.execute("CREATE VIEW good AS SELECT * FROM sorted")
        return
    spoiled = "(SELECT DISTINCT number FROM sorted JOIN problems USING (file, line) WHERE number IS NOT NULL)"
    faulty = "(SELECT DISTINCT file, line FROM problems)"
    stage.db.execute(
        "CREATE TABLE held AS SELECT file, line, number FROM sorted"  # noqa: S608
        f" SEMI JOIN {spoiled} s USING (number) ANTI JOIN {faulty} f USING (file, line)"
    )
    add_problems(stage, "held", f"'{Code.ORDER_HELD}'", column="order", value="number", where="true")
    stage.db.execute(f"CREATE VIEW good AS SELECT * FROM sorted ANTI JOIN {faulty} f USING (file, line)")  # noqa: S608


def _make_docs(stage: Stage) -> None:
    stage.db.execute(
        "CREATE TABLE products AS SELECT product AS number, coalesce(max(name), '') AS name,"
        " coalesce(max(category), '') AS category, row_number() OVER (ORDER BY product) - 1 AS place"
        " FROM good GROUP BY product ORDER BY product"
    )
    stage.db.execute(
        "CREATE TABLE docs AS SELECT row_number() OVER () - 1 AS doc, * FROM ("
        " SELECT number, is_return, max(order_number) AS order_number, max(who_column) AS who_column,"
        " max(who_key) AS who_key, min(instant) AS instant, max(store) AS store, max(channel) AS channel,"
        " max(order_discounts) AS order_discounts, max(tenders) AS tenders,"
        " bool_and(coalesce(earns, true)) AS earns, count(*) AS line_count FROM good GROUP"
        " BY number, is_return"
        " ORDER BY coalesce(max(who_column), ''), coalesce(max(who_key), ''), min(instant),"
        " is_return, number)"
    )
    stage.db.execute(
        "CREATE TABLE lines AS SELECT docs.doc, products.place AS product, abs(quantity) AS quantity,"
        " coalesce(abs(listed), abs(amount) + coalesce(good.discount, 0)) AS listed,"
        " abs(amount) AS net, file, line"
        " FROM good JOIN docs ON docs.number = good.number AND docs.is_return = good.is_return"
        " JOIN products ON products.number = good.product ORDER BY docs.doc, file, line"
    )
    stage.db.execute("DROP VIEW good; DROP TABLE sorted")
