"""The program that pages show: the first one, as long as a shop has one."""

from typing import NamedTuple

from dangol.rooms.rewards.kept import current_programs
from dangol.rooms.rewards.programs import Running
from dangol.web.reads.members import Scheme


class TierView(NamedTuple):
    """A tier as pages name it."""

    level: int
    key: str
    name: str
    threshold: int


def find_program() -> Running | None:
    """Return the program in force, or None in a shop that has not set one up."""
    programs = current_programs()
    return programs[0] if programs else None


def tiers_of(running: Running | None) -> list[TierView]:
    """Return the program's tiers, the lowest first; none where there is no program or only one level."""
    if running is None or len(running.tiers_row.levels) < 2:
        return []
    return [
        TierView(place, level["key"], level["name"], level["threshold"])
        for place, level in enumerate(running.tiers_row.levels)
    ]


def scheme_of(running: Running | None) -> Scheme:
    """Return what lists need to know; without a program nothing matches it."""
    if running is None:
        return Scheme(bytes(16), "")
    return Scheme(running.id, running.row.points_currency)
