"""What the fitted models say no to, beside too little data."""

from dangol.domain.errors import DomainError


class BrokenTable(DomainError):
    """A column of a table cannot be used: `table`, `column`, and in `fault` what is wrong with it."""

    code = "insight.broken_table"


class TooManyItems(DomainError):
    """A model of `items` items would take `gigabytes` of memory: at most `most`, or take item neighbors."""

    code = "insight.too_many_items"


class OutOfRange(DomainError):
    """The argument `name` is `value`, and has to be from `least` to `most`."""

    code = "insight.out_of_range"


def require_range(name: str, value: float, least: float, most: float) -> None:
    """Raise OutOfRange where an argument is not from `least` to `most`; not-a-number never is."""
    if not least <= value <= most:
        raise OutOfRange(name=name, value=str(value), least=least, most=most)
