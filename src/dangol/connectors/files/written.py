"""What a batch of an import has come to. It stands apart from the loaders, which need much to be loaded."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dangol.core.storage.ids import Id

_NO_FACTS: Mapping[str, str | int] = {}
# Words of the program or of the shop, never a cell of the file.
TOLD = frozenset({"currency", "kind", "known", "problem"})


class Refusal(NamedTuple):
    """A row that a service refused: where it stands, which column, the code of the why, and its facts.

    Never the value: refusals are kept with the import, in plain text, and a value may name a person. So of
    the facts only numbers and those in `TOLD` are kept.
    """

    file: int
    line: int
    column: str
    code: str
    facts: Mapping[str, str | int] = _NO_FACTS


@dataclass(slots=True)
class Written:
    """What a batch has come to: pairs of customer and thing made, rows refused, and counts."""

    subjects: list[tuple[Id, Id]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def refuse(
        self, place: tuple[int, int], column: str, code: str, data: Mapping[str, object] = _NO_FACTS
    ) -> None:
        """Note that the row in this place (file, line) was refused; of `data` what may be kept is kept."""
        facts: dict[str, str | int] = {}
        for name, fact in data.items():
            if isinstance(fact, int):
                facts[name] = fact
            elif name in TOLD:
                facts[name] = ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else str(fact)
        self.refusals.append(Refusal(*place, column, code, facts))
        self.counts["refused"] += 1
