"""Who asks about a segment: the other segments, and what stands above this floor and says so itself."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings

from dangol.core.segments.catalog import is_of_segment

# Returns, for a slug, what asks who is in that segment, in words.
Uses = Callable[[str], list[str]]


def uses_elsewhere(slug: str) -> list[str]:
    """Return what asks about a segment besides other segments, in the reader's words."""
    reads: tuple[Uses, ...] = import_module(settings.TRAIT_PROVIDERS).USES
    return [told for read in reads for told in read(slug)]


def asks_about(node: Any, slug: str) -> bool:
    """Say whether a condition as JSON asks who is in a segment, or for a trait that goes with it."""
    if isinstance(node, Mapping):
        is_member = node.get("type") == "member" and node.get("segment") == slug
        names = [node.get(key) for key in ("trait", "other")]
        is_trait = any(isinstance(one, str) and is_of_segment(one, slug) for one in names)
        return is_member or is_trait or any(asks_about(one, slug) for one in node.values())
    return isinstance(node, list | tuple) and any(asks_about(one, slug) for one in node)
