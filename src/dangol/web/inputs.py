"""An input of a form as a template draws it: what stands in it, and what is wrong with that."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

# What there is to choose from: each by its value and in words.
Options: TypeAlias = Sequence[tuple[str, object]]


class Input(NamedTuple):
    """An input: with options it is a choice. `error` is what is wrong with its value."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    error: str = ""
    hint: str = ""
    options: Options = ()
    listed: str = ""
