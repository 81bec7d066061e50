"""How each type of column is read, as DuckDB expressions over whole columns.

Every type answers with a value and a problem: the value is empty where the problem is not. Text is read
exactly: no amount passes through a float. A float column is taken only where each value lies within a
millionth of a unit of the smallest coin, so that nothing is rounded that somebody meant.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dangol.connectors.files.columns import Column, Type
from dangol.connectors.files.problems import Code
from dangol.connectors.files.zones import offset_sql


def _words(text: str) -> list[str]:
    return text.split(", ")


LARGEST = 10**14
# Not abs(): of the smallest 64-bit number there is none.
_TOO_LARGE = f"NOT BETWEEN -{LARGEST} AND {LARGEST}"
QUANTITY_DIGITS = 3
_TOLERANCE = "1e-6"
_WIDE, _NARROW = "０１２３４５６７８９．，－＋：／（）　", "0123456789.,-+:/() "
_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288) || chr(65279)"
_MARKS: Mapping[str, str] = {
    "KRW": "₩|￦|원|KRW",
    "USD": r"\$|USD",
    "EUR": "€|EUR",
    "JPY": "¥|￥|엔|円|JPY",
    "GBP": "£|GBP",
    "CNY": "元|CNY",
    "TWD": r"NT\$|TWD",
    "VND": "₫|VND",
}
_ANY_MARK = "|".join(_MARKS.values())
_YES = _words(
    "y, yes, true, 1, t, on, o, ok, 동의, 예, 네, 수신, 수신동의, 허용, granted, opt-in, opted in, subscribed"
)
_NO = _words(
    "n, no, false, 0, f, off, x, 거부, 비동의, 미동의, 아니요, 아니오, 수신거부, 미수신, 철회, withdrawn, "
    "denied, opt-out, opted out, unsubscribed"
)
_GUARDED = r"^''+[=+@\t\r-]"
_CLEAN = r"^[!-&(-~]([ -~]*[!-~])?$"
_QUICK_NUMBER = r"^-?[0-9]{1,11}([.][0-9]{1,6})?$"
_QUICK_DIGITS = 6
_QUICK_LOCAL = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$"
# No clock on earth is further from UTC than 14 hours.
_LONG_OFFSET = r"[+-](?:0\d|1[0-3]):?[0-5]\d|[+-]14:?00"
_OFFSET = rf"{_LONG_OFFSET}|[+-](?:0\d|1[0-4])"
_ISO = (
    r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?"
    rf"(Z|{_OFFSET})?$"
)
_LOOSE = (
    r"^(\d{4})\s*[-./년]\s*(\d{1,2})\s*[-./월]\s*(\d{1,2})\s*[일.]?"
    r"(?:[\sT,]*(오전|오후|AM|PM|am|pm)?\s*(\d{1,2})\s*[:시]\s*(\d{1,2})\s*(?:[:분]\s*(\d{1,2}(?:\.\d{1,9})?)?\s*초?)?\s*(AM|PM|am|pm)?)?"
    rf"\s*(Z|{_LONG_OFFSET})?$"
)
_PACKED = r"^(\d{4})(\d{2})(\d{2})(?:\s*T?(\d{2}):?(\d{2})(?::?(\d{2}))?)?$"
_SERIAL = r"^\d{5}(\.\d+)?$"


class Reading(NamedTuple):
    """What must be known to read a shop's file. `first` and `last` bound the instants that are taken."""

    currency: str
    exponent: int
    zone: ZoneInfo
    first: datetime
    last: datetime


class Parsed(NamedTuple):
    """SQL for what a column says (empty where it cannot be read) and for what is wrong with it."""

    value: str
    problem: str


def literal(text: str) -> str:
    """Return the text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def cleaned(column: Column, cell: str, native: str) -> tuple[str, str]:
    """Return SQL for a cell without what surrounds its value, and the type it then has.

    From text, blanks around it go, letters are composed, and the apostrophe that exports put before a
    formula goes. `native` is the cell's own type; an id that a data frame has kept as 1519.0 is 1519.
    """
    if native == "VARCHAR":
        # One apostrophe less before a sign that a spreadsheet would obey: exports put one more.
        unguarded = (
            f"CASE WHEN {cell} LIKE '''%' AND regexp_matches({cell}, '{_GUARDED}')"
            f" THEN substr({cell}, 2) ELSE {cell} END"
        )
        slow = f"nullif(nfc_normalize(trim({unguarded}, {_BLANKS})), '')"
        return f"CASE WHEN regexp_matches({cell}, {literal(_CLEAN)}) THEN {cell} ELSE {slow} END", native
    if native in {"DOUBLE", "FLOAT"}:
        cell = f"CASE WHEN NOT isnan({cell}) THEN {cell} END"
        if column.type in {Type.TEXT, Type.FLAG}:
            whole = f"CAST(TRY_CAST({cell} AS HUGEINT) AS VARCHAR)"
            return (
                f"CASE WHEN {cell} = floor({cell}) THEN {whole} ELSE CAST({cell} AS VARCHAR) END",
                "VARCHAR",
            )
    if column.type in {Type.TEXT, Type.FLAG}:
        return f"CAST({cell} AS VARCHAR)", native if native == "INTEGER" else "VARCHAR"
    return cell, native


def normalized(column: Column, text: str, native: str, reading: Reading) -> str:
    """Return SQL for the second step: the text in the one form its type is then read from."""
    if native != "VARCHAR":
        return text
    narrow = f"translate({text}, {literal(_WIDE)}, {literal(_NARROW)})"
    match column.type:
        case Type.MONEY | Type.QUANTITY | Type.POINTS:
            return (
                f"CASE WHEN regexp_matches({text}, '^-?[0-9]{{1,15}}([.][0-9]+)?$') THEN {text}"
                f" ELSE {_plain_number(narrow, column, reading.currency)} END"
            )
        case Type.INSTANT | Type.DAY:
            return f"CASE WHEN regexp_matches({text}, {literal(_ISO)}) THEN {text} ELSE {_iso_of(narrow)} END"
        case Type.FLAG:
            return f"lower({narrow})"
        case _:
            return text


def _plain_number(text: str, column: Column, currency: str) -> str:
    """SQL: signs of the shop's own currency, thousands commas and a bookkeeper's parentheses taken off."""
    marks = {Type.MONEY: _MARKS.get(currency, currency), Type.POINTS: "P|p|점|포인트|pt|pts|points"}.get(
        column.type, "개|EA|ea|kg|병|box"
    )
    before, behind = literal(rf"^([-+(]?)\s*({marks})\s*"), literal(rf"\s*({marks})\s*([)]?)$")
    bare = f"regexp_replace({text}, {before}, '\\1')"
    bare = f"regexp_replace({bare}, {behind}, '\\2')"
    bare = f"regexp_replace({bare}, '^[(](.*)[)]$', '-\\1')"
    return (
        f"CASE WHEN regexp_matches({bare}, '^[-+]?[0-9]{{1,3}}(,[0-9]{{3}})+([.][0-9]*)?$')"
        f" THEN ltrim(replace({bare}, ',', ''), '+') ELSE ltrim({bare}, '+') END"
    )


def _iso_of(text: str) -> str:
    names = "['y','m','d','a','h','n','s','b','z']"
    loose = f"regexp_extract({text}, {literal(_LOOSE)}, {names})"
    packed = f"regexp_extract({text}, {literal(_PACKED)}, ['y','m','d','h','n','s'])"

    def iso(group: str, hour: str, zone: str) -> str:
        def part(name: str) -> str:
            return f"lpad({group}.{name}, 2, '0')"

        second = (
            f"CASE WHEN {group}.s = '' THEN '00' ELSE CASE WHEN length({group}.s) = 1 THEN '0'"
            f" ELSE '' END || {group}.s END"
        )
        clock = (
            f"CASE WHEN {group}.h = '' THEN '' ELSE ' ' || {hour} || ':' || {part('n')} || ':'"
            f" || {second} END"
        )
        return f"{group}.y || '-' || {part('m')} || '-' || {part('d')} || {clock} || {zone}"

    half = f"upper({loose}.a || {loose}.b)"
    hour = (
        f"lpad(CASE WHEN {half} IN ('오후','PM') THEN CAST(CAST({loose}.h AS INT) % 12 + 12 AS VARCHAR)"
        f" WHEN {half} IN ('오전','AM') THEN CAST(CAST({loose}.h AS INT) % 12 AS VARCHAR)"
        f" ELSE {loose}.h END, 2, '0')"
    )
    return (
        f"CASE WHEN regexp_matches({text}, {literal(_LOOSE)}) THEN {iso(loose, hour, loose + '.z')}"
        f" WHEN regexp_matches({text}, {literal(_PACKED)}) THEN {iso(packed, packed + '.h', literal(''))}"
        f" ELSE {text} END"
    )


def quick(column: Column, text: str, native: str) -> str:
    """Return the third step: SQL for what most cells are, by one cheap cast, empty for all others.

    A plain number becomes millionths, a plain local time a timestamp. What it leaves empty goes the
    long way, with the same result: a law the tests hold.
    """
    if native == "VARCHAR" and column.type in {Type.MONEY, Type.QUANTITY, Type.POINTS}:
        exact, unit = f"CAST({text} AS DECIMAL(18, {_QUICK_DIGITS}))", 10**_QUICK_DIGITS
        # In two parts: one product would not fit 18 digits, and wider decimals are ten times slower.
        whole = f"CAST(trunc({exact}) AS BIGINT) * {unit}"
        rest = f"CAST(({exact} - trunc({exact})) * CAST({unit} AS DECIMAL(8, 0)) AS BIGINT)"
        return f"CASE WHEN regexp_matches({text}, {literal(_QUICK_NUMBER)}) THEN {whole} + {rest} END"
    if native == "VARCHAR" and column.type is Type.INSTANT:
        return (
            f"CASE WHEN regexp_matches({text}, {literal(_QUICK_LOCAL)}) THEN TRY_CAST({text} AS"
            f" TIMESTAMP) END"
        )
    return "NULL"


def parsed(column: Column, text: str, fast: str, done: str, native: str, reading: Reading) -> Parsed:
    """Return the last two steps: SQL for the value, over `text` of the second step and `fast` of the third,
    and for the problem, over these and the value, which then has the name `done`.
    """
    match column.type:
        case Type.MONEY:
            return _number(column, text, fast, native, reading.exponent, _ANY_MARK)
        case Type.QUANTITY:
            return _number(column, text, fast, native, QUANTITY_DIGITS, "")
        case Type.POINTS:
            return _number(column, text, fast, native, 0, "")
        case Type.INSTANT:
            return _instant(text, fast, done, native, reading)
        case Type.DAY:
            return _day(text, done, native)
        case Type.FLAG:
            return _flag(text, done)
        case _:
            return _text(column, text, native)


def _text(column: Column, text: str, native: str) -> Parsed:
    if native == "INTEGER":
        return Parsed(text, "CAST(NULL AS VARCHAR)")
    return Parsed(
        text,
        f"CASE WHEN length({text}) > {column.longest} THEN '{Code.TEXT_TOO_LONG}'"
        f" WHEN regexp_matches({text}, '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]') THEN '{Code.CONTROL}' END",
    )


def _sign(column: Column, value: str) -> str:
    return "" if column.signed else f" WHEN {value} < 0 THEN '{Code.AMOUNT_NEGATIVE}'"


def _number(column: Column, text: str, fast: str, native: str, digits: int, foreign: str) -> Parsed:
    if native in {"DOUBLE", "FLOAT"}:
        return _float(column, text, digits)
    if native == "INTEGER":
        return _whole(column, text, digits)
    if native != "VARCHAR":
        text = f"CAST({text} AS VARCHAR)"
    is_number = f"regexp_matches({text}, '^-?[0-9]+([.][0-9]*)?$')"
    fraction = f"rtrim(split_part({text}, '.', 2), '0')"
    value = f"TRY_CAST(split_part({text}, '.', 1) || rpad({fraction}, {digits}, '0') AS BIGINT)"
    if not digits:
        value = f"TRY_CAST(split_part({text}, '.', 1) AS BIGINT)"
    other = f" WHEN regexp_matches({text}, {literal(foreign)}) THEN '{Code.CURRENCY}'" if foreign else ""
    problem = (
        f"CASE WHEN {text} IS NULL THEN NULL"
        f" WHEN NOT {is_number} THEN CASE WHEN false THEN NULL{other} ELSE '{Code.AMOUNT}' END"
        f" WHEN length({fraction}) > {digits} THEN '{Code.AMOUNT_PRECISE}'"
        f" WHEN {value} IS NULL OR {value} {_TOO_LARGE} THEN '{Code.AMOUNT_LARGE}'"
        f"{_sign(column, value)} END"
    )
    value = f"CASE WHEN {is_number} AND length({fraction}) <= {digits} THEN {value} END"
    unit = 10 ** (_QUICK_DIGITS - digits)
    at_once = (
        f"CASE WHEN {fast} % {unit} <> 0 THEN '{Code.AMOUNT_PRECISE}'"
        f" WHEN {fast} // {unit} {_TOO_LARGE} THEN '{Code.AMOUNT_LARGE}'{_sign(column, fast)} END"
    )
    read = f"CASE WHEN {fast} IS NOT NULL THEN {fast} // {unit} ELSE {value} END"
    return Parsed(
        f"CASE WHEN ({read}) {_TOO_LARGE} THEN NULL ELSE {read} END",
        f"CASE WHEN {fast} IS NOT NULL THEN {at_once} ELSE {problem} END",
    )


def _float(column: Column, value: str, digits: int) -> Parsed:
    scaled = f"(CAST({value} AS DOUBLE) * {10**digits})"
    whole = f"TRY_CAST(round({scaled}) AS BIGINT)"
    problem = (
        f"CASE WHEN {value} IS NULL THEN NULL WHEN NOT isfinite({value}) THEN '{Code.AMOUNT}'"
        f" WHEN abs({scaled}) > {LARGEST} THEN '{Code.AMOUNT_LARGE}'"
        f" WHEN abs({scaled} - round({scaled})) > {_TOLERANCE} THEN '{Code.AMOUNT_FLOAT}'"
        f"{_sign(column, scaled)} END"
    )
    return Parsed(f"CASE WHEN isfinite({value}) AND abs({scaled}) <= {LARGEST} THEN {whole} END", problem)


def _whole(column: Column, value: str, digits: int) -> Parsed:
    limit = LARGEST // 10**digits
    fits = f"{value} BETWEEN -{limit} AND {limit}"
    problem = f"CASE WHEN NOT ({fits}) THEN '{Code.AMOUNT_LARGE}'{_sign(column, value)} END"
    return Parsed(f"CASE WHEN {fits} THEN CAST({value} AS BIGINT) * {10**digits} END", problem)


def _instant(text: str, fast: str, done: str, native: str, reading: Reading) -> Parsed:
    if native.startswith("TIMESTAMP WITH TIME ZONE"):
        value = f"epoch_us({text})"
    elif native.startswith(("TIMESTAMP", "DATE")):
        local = f"CAST({text} AS TIMESTAMP)"
        value = f"epoch_us({local}) - ({offset_sql(reading.zone, local, *_bounds(reading))})"
    elif native == "VARCHAR":
        at_once = f"epoch_us({fast}) - ({offset_sql(reading.zone, fast, *_bounds(reading))})"
        value = f"CASE WHEN {fast} IS NOT NULL THEN {at_once} ELSE {_instant_of_text(text, reading)} END"
    else:
        value = "CAST(NULL AS BIGINT)"
    first, last = (int(one.timestamp()) * 1_000_000 for one in (reading.first, reading.last))
    as_text = f"CAST({text} AS VARCHAR)"
    problem = (
        f"CASE WHEN {text} IS NULL THEN NULL"
        f" WHEN {done} IS NULL AND regexp_matches({as_text}, '{_SERIAL}') THEN '{Code.TIME_SERIAL}'"
        f" WHEN {done} IS NULL THEN '{Code.TIME}'"
        f" WHEN {done} > {last} THEN '{Code.TIME_FUTURE}' WHEN {done} < {first} THEN"
        f" '{Code.TIME_EARLY}' END"
    )
    return Parsed(value, problem)


def _bounds(reading: Reading) -> tuple[datetime, datetime]:
    """The local days between which offsets are looked up: what lies outside is refused anyway."""
    first, last = (
        one.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        for one in (reading.first, reading.last)
    )
    return first, last.replace(month=12, day=31)


def _instant_of_text(text: str, reading: Reading) -> str:
    zoned = f"regexp_extract({text}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$', 1)"
    zoned = f"CASE WHEN contains({text}, ':') THEN {zoned} ELSE '' END"
    local = (
        f"TRY_CAST(CASE WHEN contains({text}, ':') THEN regexp_replace({text},"
        f" '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$', '') ELSE {text} END AS TIMESTAMP)"
    )
    digits = f"replace(substr({zoned}, 2), ':', '')"
    seconds = (
        f"(TRY_CAST(substr({digits}, 1, 2) AS BIGINT) * 3600 +"
        f" coalesce(TRY_CAST(nullif(substr({digits}, 3, 2), '') AS BIGINT), 0) * 60)"
    )
    given = (
        f"CASE WHEN {zoned} = 'Z' THEN 0 WHEN starts_with({zoned}, '-') THEN -{seconds} ELSE {seconds} END"
    )
    return (
        f"CASE WHEN regexp_matches({text}, {literal(_ISO)}) THEN epoch_us({local}) - CASE WHEN {zoned} = ''"
        f" THEN {offset_sql(reading.zone, local, *_bounds(reading))} ELSE ({given}) * 1000000 END END"
    )


def _day(text: str, done: str, native: str) -> Parsed:
    if native == "VARCHAR":
        value = (
            f"CASE WHEN regexp_matches({text}, {literal(_ISO)}) THEN TRY_CAST(substr({text}, 1,"
            f" 10) AS DATE) END"
        )
    elif native.startswith(("DATE", "TIMESTAMP")):
        value = f"CAST({text} AS DATE)"
    else:
        value = "CAST(NULL AS DATE)"
    as_text = f"CAST({text} AS VARCHAR)"
    return Parsed(
        value,
        f"CASE WHEN {text} IS NULL THEN NULL WHEN {done} IS NULL AND regexp_matches({as_text}, '{_SERIAL}')"
        f" THEN '{Code.TIME_SERIAL}' WHEN {done} IS NULL THEN '{Code.TIME}'"
        f" WHEN {done} < DATE '1900-01-01' THEN '{Code.TIME_EARLY}' END",
    )


def _flag(text: str, done: str) -> Parsed:
    yes, no = (", ".join(literal(word) for word in words) for words in (_YES, _NO))
    value = (
        f"CASE WHEN lower(CAST({text} AS VARCHAR)) IN ({yes}) THEN true WHEN lower(CAST({text}"
        f" AS VARCHAR)) IN ({no}) THEN false END"
    )
    return Parsed(value, f"CASE WHEN {text} IS NOT NULL AND {done} IS NULL THEN '{Code.NOT_ALLOWED}' END")
