"""Which column of a file is which: guessed from the header, overridden by hand."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from dangol.connectors.files.columns import COLUMNS, CUSTOMER, Column, Kind, column_of
from dangol.connectors.files.errors import BadOption, ColumnMissing, ColumnTwice, ColumnUnknown

TRAIT = "trait."
_LOOKALIKE = 0.6
_NOT_IN_NAME = re.compile(r"[^a-z0-9]+")
_TRAIT_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def plain(header: str) -> str:
    """Return a header without what writers vary: case, spaces, punctuation, width of letters."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def map_columns(
    kind: Kind,
    headers: Sequence[str],
    *,
    chosen: Mapping[str, str] | None = None,
    traits: Sequence[str] = (),
    file: str = "",
) -> dict[str, int]:
    """Return the place in `headers` of each column that is there, by the column's name.

    `chosen` maps column names to headers and wins over any guess; an empty header leaves the column
    out. For customers, `traits` names further headers (`*`: all that are left) that become
    `trait.<header>`. Raises ColumnUnknown, ColumnTwice or ColumnMissing.
    """
    found = _chosen(kind, headers, chosen or {}, file)
    dropped = {name for name, header in (chosen or {}).items() if not header}
    taken = set(found.values())
    for column, place in _guess(kind, headers):
        if column.name not in found and column.name not in dropped and place not in taken:
            found[column.name] = place
            taken.add(place)
    for name, place in found.items():
        _refuse_doubles(name, headers, place, file, by_hand=name in (chosen or {}))
    _require(kind, headers, found, file)
    if kind is Kind.CUSTOMERS:
        found |= _find_traits(headers, found, traits, file)
    return found


def guess_columns(kind: Kind, headers: Sequence[str]) -> dict[str, str]:
    """Return the header that is taken for each column as long as nobody chooses, whatever is missing."""
    found: dict[str, str] = {}
    for column, place in _guess(kind, headers):
        if column.name not in found and headers[place] not in found.values():
            found[column.name] = headers[place]
    return found


def _chosen(kind: Kind, headers: Sequence[str], chosen: Mapping[str, str], file: str) -> dict[str, int]:
    found = {}
    for name, header in chosen.items():
        if name.startswith(TRAIT):
            _trait_name(name, file)
        elif column_of(kind, name) is None:
            known = [column.name for column in COLUMNS[kind]]
            raise ColumnUnknown(column=name, known=", ".join(known), nearest=_nearest(name, known))
        if header:
            found[name] = _find(headers, header, file)
    return found


def _find(headers: Sequence[str], header: str, file: str) -> int:
    for same in (str.__eq__, lambda left, right: plain(left) == plain(right)):
        for place, candidate in enumerate(headers):
            if same(candidate, header):
                return place
    raise ColumnUnknown(column=header, known=", ".join(headers), nearest=_nearest(header, headers), file=file)


def _guess(kind: Kind, headers: Sequence[str]) -> list[tuple[Column, int]]:
    """Return the likely pairs, likeliest first: a column's own name, then its synonyms in their order."""
    places: dict[str, int] = {}
    for place, header in enumerate(headers):
        places.setdefault(plain(header), place)
    ranked = []
    for order, column in enumerate(COLUMNS[kind]):
        for rank, word in enumerate((column.name, *column.synonyms)):
            if (found := places.get(plain(word))) is not None:
                ranked.append((rank, order, column, found))
    ranked.sort(key=lambda one: one[:2])
    return [(column, place) for _, _, column, place in ranked]


def _refuse_doubles(name: str, headers: Sequence[str], place: int, file: str, *, by_hand: bool) -> None:
    header = headers[place]
    twins = [one for one in headers if (one == header if by_hand else plain(one) == plain(header))]
    if len(twins) > 1:
        raise ColumnTwice(column=name, header=header, file=file)


def _require(kind: Kind, headers: Sequence[str], found: Mapping[str, int], file: str) -> None:
    for column in COLUMNS[kind]:
        if column.required and column.name not in found:
            raise ColumnMissing(
                column=column.name,
                nearest=_nearest_to(column, _free(headers, found)),
                headers=", ".join(headers),
                file=file,
            )
    identities = {column.name for column in CUSTOMER}
    needs_customer = kind not in {Kind.PRODUCTS, Kind.ORDERS, Kind.RETURNS}
    if needs_customer and not identities & found.keys():
        raise ColumnMissing(
            column="customer",
            nearest=_nearest_to(COLUMNS[kind][0], headers),
            headers=", ".join(headers),
            file=file,
        )


def _free(headers: Sequence[str], found: Mapping[str, int]) -> list[str]:
    """Return the headers that nothing is mapped to yet."""
    return [header for place, header in enumerate(headers) if place not in found.values()]


def _find_traits(
    headers: Sequence[str], found: Mapping[str, int], traits: Sequence[str], file: str
) -> dict[str, int]:
    taken = set(found.values())
    wanted: dict[str, int] = {}
    for place, header in enumerate(headers):
        if place not in taken and ("*" in traits or header in traits or header.startswith(TRAIT)):
            wanted[TRAIT + _trait_name(header, file)] = place
    for one in traits:
        if one != "*" and one not in headers:
            raise ColumnUnknown(
                column=one, known=", ".join(headers), nearest=_nearest(one, headers), file=file
            )
    return wanted


def _trait_name(header: str, file: str) -> str:
    """Return a trait's name: small Latin letters, digits and underscores. Others are named by hand."""
    name = _NOT_IN_NAME.sub("_", header.removeprefix(TRAIT).casefold()).strip("_")
    if not _TRAIT_NAME.fullmatch(name):
        raise BadOption(option="--traits", value=header, known=f"--map {TRAIT}name={header}", file=file)
    return name


def _nearest(word: str, candidates: Sequence[str]) -> str:
    """Return the candidate most like `word`, empty if none is like it."""
    return _most_alike([word], candidates)


def _nearest_to(column: Column, headers: Sequence[str]) -> str:
    """Return the header most like any word the column goes by."""
    return _most_alike([column.name, *column.synonyms], headers)


def _most_alike(words: Sequence[str], candidates: Sequence[str]) -> str:
    likeness = {
        candidate: max(SequenceMatcher(None, plain(word), plain(candidate)).ratio() for word in words)
        for candidate in candidates
    }
    best = max(likeness, key=likeness.__getitem__, default="")
    return best if best and likeness[best] >= _LOOKALIKE else ""
