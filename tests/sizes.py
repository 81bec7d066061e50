"""How much the laws are tried: a little in every run, the full measure in `make soak`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Size:
    """How often and how widely the tests that repeat themselves do so."""

    soak: bool
    # Rounds of a concurrency test, in which writers race for the same thing.
    rounds: int
    # Processes that race for the same thing, and how often each tries in a round.
    racers: int
    tries: int
    # Inputs a fuzz test makes up.
    fuzz_cases: int
    # Examples Hypothesis tries of a law, and steps it takes in a state machine.
    examples: int
    steps: int
    # Child processes that are killed at a random instant.
    kill_cycles: int
    # Requests sent up to five times each to web workers that are killed, and how many are.
    requests: int
    requests_kills: int
    # Requests with anything in them that Hypothesis asks pages and the API for, and members of a list that is
    # read along its index.
    odd_requests: int
    crowd: int
    # Requests a fuzzer makes up from the API's description.
    api_cases: int
    # Events written by the tests of the sequencer, and the sequencers that number them side by side.
    events: int
    sequencers: tuple[int, ...]
    # Restarts of a web server under load.
    restarts: int
    # Languages, widths and schemes in which each page is shown to axe, of eight.
    looks: int
    # Orders an import that is killed takes at once; it has twelve times as many.
    import_batch: int
    # Households a test takes from the sample year, with all their baskets.
    households: int


SMALL = Size(
    soak=False, rounds=20, racers=4, tries=6,
    fuzz_cases=800, examples=40, steps=20, kill_cycles=1,
    requests=48, requests_kills=2, odd_requests=40, crowd=150, api_cases=2_000,
    events=1_000, sequencers=(2,), restarts=1, looks=1, import_batch=100, households=30,
)  # fmt: skip
FULL = Size(
    soak=True, rounds=1_000, racers=16, tries=13,
    fuzz_cases=100_000, examples=10_000, steps=50, kill_cycles=20,
    requests=10_000, requests_kills=60, odd_requests=10_000, crowd=400, api_cases=50_000,
    events=1_000_000, sequencers=(1, 2, 3), restarts=50, looks=8, import_batch=1_000, households=2_469,
)  # fmt: skip

SIZE = FULL if os.environ.get("DANGOL_SOAK") == "1" else SMALL
# Which part of a large product a run draws: another each day, said by `python -m tests`.
SEED = int(os.environ.get("DANGOL_TEST_SEED", "0"))


def drawn(things: Sequence[T], *, one_in: int) -> list[T]:
    """Return a part of the things, so that as many seeds one after the other see all; at full size all."""
    return [one for place, one in enumerate(things) if SIZE.soak or (place + SEED) % one_in == 0]
