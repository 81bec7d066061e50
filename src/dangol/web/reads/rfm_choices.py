"""What is chosen on the RFM map, and the segment that was made of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dangol.core.segments.selectors import SegmentView, find_segment, segment_names
from dangol.core.segments.services import condition_text, text_of
from dangol.domain.conditions import Kind, TraitType, read_condition
from dangol.web.insight_words import RFM_SEGMENTS

# A slug may be of a segment somebody made by hand, or archived: then the next one is taken.
_SLUGS = 9
_TYPES = {
    "rfm.segment": TraitType(Kind.TEXT),
    "rfm.recency": TraitType(Kind.NUMBER),
    "rfm.frequency": TraitType(Kind.NUMBER),
}


class Choice(NamedTuple):
    """An RFM segment (then the scores are 0), or a cell by its two scores, or nothing."""

    segment: str = ""
    r: int = 0
    f: int = 0

    def slugs(self) -> list[str]:
        """Return what a segment made of it may be called in addresses, the best first."""
        slug = f"rfm-{self.segment.replace('_', '-')}" if self.segment else f"rfm-r{self.r}-f{self.f}"
        return [slug, *(f"{slug}-{number}" for number in range(2, _SLUGS + 1))]

    def condition(self) -> dict[str, Any]:
        """Return the condition to be one of these."""
        if self.segment:
            return _equals("rfm.segment", self.segment)
        return {"type": "all", "of": [_equals("rfm.recency", self.r), _equals("rfm.frequency", self.f)]}

    def query(self) -> dict[str, str]:
        """Return it as an address has it."""
        return {"segment": self.segment} if self.segment else {"r": str(self.r), "f": str(self.f)}


def _equals(trait: str, value: object) -> dict[str, object]:
    return {"type": "trait", "trait": trait, "op": "equals", "value": value}


def read_choice(asked: Mapping[str, str]) -> Choice:
    """Return what an address or a form has chosen."""
    segment, r, f = asked.get("segment", ""), asked.get("r", ""), asked.get("f", "")
    if segment in RFM_SEGMENTS:
        return Choice(segment)
    scores = {"1", "2", "3", "4", "5"}
    return Choice("", int(r), int(f)) if r in scores and f in scores else Choice()


def find_made(choice: Choice) -> SegmentView | None:
    """Return the segment that was made of a choice: by its slug, if it still asks what it was made to ask."""
    names = segment_names()
    wanted = text_of(read_condition(choice.condition(), _TYPES))
    for slug in choice.slugs():
        if slug in names:
            found = find_segment(slug)
            if condition_text(found.id, found.version) == wanted:
                return found
    return None
