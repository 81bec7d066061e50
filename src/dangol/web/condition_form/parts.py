"""The tree of a condition's form, as its inputs send it, and what its buttons do to it.

A part has a number that is its own as long as it is in the form: its inputs are named by it, so that they
are the same ones wherever the part is moved, and what is typed in them stays.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.http import QueryDict

GROUP, TEST, STEP = "group", "test", "step"
LEAVES = ("trait", "did", "sequence", "aggregate", "member")
# What may stand in what; a group's parts are one condition each.
INSIDE = {
    GROUP: frozenset({GROUP, *LEAVES}), "did": frozenset({TEST}), "aggregate": frozenset({TEST}),
    "sequence": frozenset({STEP}), STEP: frozenset({TEST}),
}  # fmt: skip
# What an input holds that the form did not send: it was not there yet.
USUAL = {
    "join": "all", "times": "at_least", "n": "1", "window": "ever", "last": "30", "unit": "days",
    "span": "30", "span_unit": "days", "within_unit": "days", "measure": "sum", "is": "in", "with": "value",
    "as": "text",
}  # fmt: skip
# What a new part begins with: what most shops ask.
_BEGINS = {
    "did": {"event": ["order.placed"], "window": ["last"]},
    "aggregate": {"event": ["order.placed"], "property": ["amount"]},
}
MOST_PARTS, LONGEST_VALUE, MOST_VALUES = 400, 20_000, 50
# Deeper than a condition may be; whatever stands deeper still was made up.
MOST_LEVELS = 16
_PART = re.compile(r"(\d{1,4}):(\d{0,4}):([a-z]{1,9})", re.ASCII)


@dataclass
class Part:
    """A part of the form: its own inputs by name, each with what was typed, and the parts in it."""

    number: int
    kind: str
    given: dict[str, list[str]] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)

    def said(self, name: str) -> str:
        """Return what an input holds; where there is none, what it usually does."""
        values = self.given.get(name)
        return values[0] if values else USUAL.get(name, "")

    def walk(self) -> Iterator["Part"]:
        """Yield the part and all in it, as they stand."""
        yield self
        for one in self.parts:
            yield from one.walk()

    def of_kind(self, kind: str) -> list["Part"]:
        """Return the parts of a kind that stand right in this one."""
        return [one for one in self.parts if one.kind == kind]


def new_root() -> Part:
    """Return the form of no condition yet: a group of nothing."""
    return Part(1, GROUP, {"join": ["all"]})


def read_parts(sent: QueryDict) -> Part:
    """Return the tree that a form sent; what makes no sense in it is left out."""
    root: Part | None = None
    known: dict[int, Part] = {}
    levels: dict[int, int] = {}
    for text in sent.getlist("part")[:MOST_PARTS]:
        found = _PART.fullmatch(text)
        if found is None or int(found[1]) in known:
            continue
        part = Part(int(found[1]), found[3])
        if root is None and part.kind == GROUP:
            root = part
        else:
            parent = known.get(int(found[2] or 0))
            if parent is None or part.kind not in INSIDE.get(parent.kind, ()):
                continue
            levels[part.number] = levels.get(parent.number, 0) + 1
            if levels[part.number] > MOST_LEVELS:
                continue
            parent.parts.append(part)
        known[part.number] = part
    for name, values in sent.lists():
        number, _, own = name.partition(".")
        if own and number.isascii() and number.isdigit() and len(number) < 5 and int(number) in known:
            kept = [value[:LONGEST_VALUE].replace("\r\n", "\n") for value in values[:MOST_VALUES]]
            known[int(number)].given[own] = kept
    return root or new_root()


def find_part(root: Part, number: int) -> Part | None:
    """Return the part of a number, if it is there."""
    return next((one for one in root.walk() if one.number == number), None)


def parent_of(root: Part, part: Part) -> Part | None:
    """Return what a part stands in; None for the outermost."""
    return next((one for one in root.walk() if part in one.parts), None)


def next_number(root: Part) -> int:
    """Return a number no part has."""
    return max(one.number for one in root.walk()) + 1


def act(root: Part, do: str) -> int | None:
    """Do what a button says (`add:<part>:<kind>`, `drop:`, `up:` and `down:<part>`), if it can be done.

    Returns the part to be looked at next, None where nothing was done.
    """
    verb, _, rest = do.partition(":")
    digits, _, kind = rest.partition(":")
    known = digits.isascii() and digits.isdigit() and len(digits) < 5
    part = find_part(root, int(digits)) if known else None
    if part is None:
        return None
    if verb == "add":
        return _add(root, part, kind)
    parent = parent_of(root, part)
    if parent is None:
        return None
    if verb == "drop":
        parent.parts.remove(part)
        return parent.number
    if verb in ("up", "down"):
        _move(root, parent, part, -1 if verb == "up" else 1)
        return part.number
    return None


def _add(root: Part, parent: Part, kind: str) -> int | None:
    if kind not in INSIDE.get(parent.kind, ()) or sum(1 for _ in root.walk()) >= MOST_PARTS:
        return None
    made = Part(next_number(root), kind, {name: [*values] for name, values in _BEGINS.get(kind, {}).items()})
    if kind == GROUP:
        made.given["join"] = ["any" if parent.said("join") == "all" else "all"]
    parent.parts.append(made)
    if kind == "sequence":
        made.parts += [Part(made.number + 1, STEP), Part(made.number + 2, STEP)]
    return made.number


def _move(root: Part, parent: Part, part: Part, way: int) -> None:
    """Let a part change places with its neighbor, go into it where that is a group, or out of its own."""
    here = parent.parts.index(part)
    there = here + way
    inner = part.kind in INSIDE[GROUP]
    if not 0 <= there < len(parent.parts):
        outer = parent_of(root, parent)
        if not inner or outer is None:
            return
        parent.parts.remove(part)
        outer.parts.insert(outer.parts.index(parent) + (1 if way > 0 else 0), part)
        return
    neighbor = parent.parts[there]
    parent.parts.remove(part)
    if inner and neighbor.kind == GROUP:
        neighbor.parts.insert(0 if way > 0 else len(neighbor.parts), part)
    else:
        parent.parts.insert(there, part)
