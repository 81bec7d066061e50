"""Conditions that ask for one another's members, in the order in which they can be answered."""

from collections.abc import Mapping

from dangol.domain.conditions.needing import needs
from dangol.domain.conditions.reading import Condition
from dangol.domain.errors import Malformed


class ConditionCycle(Malformed):
    """Conditions ask for one another in a circle: `path` names them from the first back to itself."""

    code = "condition.cycle"


def in_layers(conditions: Mapping[str, Condition]) -> list[list[str]]:
    """Return the slugs in layers: each asks only for those of layers before. Raises ConditionCycle."""
    asked = {slug: needs(one).segments & conditions.keys() for slug, one in conditions.items()}
    depths: dict[str, int] = {}
    for slug in conditions:
        _sound(slug, asked, depths, ())
    layers: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for slug in conditions:
        layers[depths[slug]].append(slug)
    return layers


def _sound(
    slug: str, asked: Mapping[str, frozenset[str]], depths: dict[str, int], path: tuple[str, ...]
) -> int:
    """Return how many layers a slug stands above those that ask for no other."""
    if slug in path:
        raise ConditionCycle(path=" → ".join([*path[path.index(slug) :], slug]))
    if slug not in depths:
        below = [_sound(other, asked, depths, (*path, slug)) for other in sorted(asked[slug])]
        depths[slug] = max(below, default=-1) + 1
    return depths[slug]
