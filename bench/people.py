"""People: making, describing, showing and finding them, and changing the master key under all of them."""

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

from django.conf import settings

from bench.figures import Figure, at_least, at_most
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.rotation import rewrap_keys
from dangol.core.people.searching import find_customers
from dangol.core.people.selectors import names_of
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.project.clock import now

BATCH, BATCHES, PAGE, LOOKS = 10_000, 3, 50, 100
GOAL_RESOLVE_SECONDS = 1.0
GOAL_PAGE_MS = 50
# A million members in ten minutes.
GOAL_REWRAPPED_A_SECOND = 1_700


def measure() -> Iterator[Figure]:
    """Yield the figures."""
    set_shop(name="Bench", zone="Asia/Seoul", currency="KRW", region="KR")
    people, made, found = _make()
    yield at_most(f"resolve {BATCH:,} unknown external ids", made, "s", GOAL_RESOLVE_SECONDS)
    yield Figure(f"resolve {BATCH:,} known external ids", found, "s")
    yield Figure("name, e-mail, phone, birthday and a trait, set anew", BATCH / _describe(people), "people/s")
    yield at_most(
        f"names of {PAGE} people",
        _milliseconds(lambda at: names_of(people[at : at + PAGE])),
        "ms",
        GOAL_PAGE_MS,
    )
    for label, text in (
        ("a name's beginning", "김하"),
        ("a phone", "010-2000-{:04d}"),
        ("four digits", "{:04d}"),
    ):
        taken = _milliseconds(partial(_find, text))
        yield at_most(f"find by {label} among {len(people):,}", taken, "ms", GOAL_PAGE_MS)
    yield at_least("keys wrapped anew", _rewrap(), "keys/s", GOAL_REWRAPPED_A_SECOND)


def _make() -> tuple[list[Id], float, float]:
    """Make the people; returns them and the best seconds for a batch of unknown and of known ones."""
    people: list[Id] = []
    made, found = [], []
    for number in range(BATCHES):
        values = [f"{number}-{place}" for place in range(BATCH)]
        made.append(_seconds(partial(_resolve, values)))
        found.append(_seconds(partial(_resolve, values)))
        people += _resolve(values)
    return people, min(made), min(found)


def _resolve(values: list[str]) -> list[Id]:
    with write_transaction():
        return list(resolve_customers("external", values, recorded_at=now()).values())


def _describe(people: list[Id]) -> float:
    """Describe one batch of the people; returns the seconds."""
    rows = [
        PersonRow(
            one,
            name=f"김하늘 {place}",
            email=f"one{place}@example.com",
            phone=f"010-2000-{place:04d}",
            birthday=date(1990, 3, 14),
            traits={"age_band": "30-39"},
        )
        for place, one in enumerate(people[:BATCH])
    ]

    def store() -> None:
        with write_transaction():
            set_people(rows, recorded_at=now())

    return _seconds(store)


def _rewrap() -> float:
    """Add a master key; returns how many keys were wrapped under it in a second."""
    settings.MASTER_KEYS |= {"bench-new": b64encode(secrets.token_bytes(32)).decode()}
    began = time.perf_counter()
    return rewrap_keys() / (time.perf_counter() - began)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _find(text: str, number: int) -> object:
    return find_customers(text.format(number))


def _milliseconds(look: Callable[[int], object]) -> float:
    """Return the median of many looks, each at another place."""
    times = sorted(_seconds(partial(look, place * PAGE)) for place in range(LOOKS))
    return times[LOOKS // 2] * 1_000
