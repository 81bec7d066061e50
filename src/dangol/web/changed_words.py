"""What another version says otherwise, sentence by sentence: what was, and what will be."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.translation import gettext as _

from dangol.domain.conditions import Said
from dangol.web.condition_words import lines_of


class Sentence(NamedTuple):
    """A difference in words: what it is about, what was, and what will be (empty: there is none)."""

    about: str
    what: str
    was: str
    will_be: str
    icon: str


def lines_changed(about: str, old: Sequence[str], new: Sequence[str]) -> list[Sentence]:
    """Return how lines about something have changed: each that is new, gone, or otherwise."""
    found = []
    for way, start, end, begin, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if way == "equal":
            continue
        gone, come = old[start:end], new[begin:until]
        for place in range(max(len(gone), len(come))):
            was = gone[place].strip() if place < len(gone) else ""
            will_be = come[place].strip() if place < len(come) else ""
            what = _("바뀜") if was and will_be else _("더함") if will_be else _("뺌")
            icon = "pencil" if was and will_be else "plus" if will_be else "minus"
            found.append(Sentence(about, what, was, will_be, icon))
    return found


def tell_changes(before: Said, after: Said) -> list[Sentence]:
    """Return what another version of a condition says otherwise."""
    return lines_changed(_("조건"), _indented(before), _indented(after))


def renamed(before: str, after: str) -> list[Sentence]:
    """Return that something has another name, if so."""
    return [] if before == after else [Sentence(_("이름"), _("바뀜"), before, after, "pencil")]


def parts_changed(old: object, new: object, parts: Iterable[tuple[str, str]]) -> list[Sentence]:
    """Return how these parts (what they are about, their names) of what is told have changed.

    A part is lines, a condition as it is said, or nothing; `old` is None where there was nothing before.
    """
    return [
        one for about, part in parts for one in lines_changed(about, _lines(old, part), _lines(new, part))
    ]


def _lines(told: object, part: str) -> Sequence[str]:
    found: Said | Sequence[str] | None = getattr(told, part, None)
    return _indented(found) if isinstance(found, Said) else found or []


def _indented(said: Said) -> list[str]:
    """Return a condition's lines; the same words at another depth are another line."""
    return [f"{'  ' * one.depth}{one.text}" for one in lines_of(said)]
