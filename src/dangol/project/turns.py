"""All work that is found by looking, in one list."""

from dangol.core.segments.placing import PLACED_AT_ONCE, place_due
from dangol.core.tasks.turns import Turn

TURNS: list[Turn] = [Turn("segments", place_due, 0.1, PLACED_AT_ONCE // 2)]
