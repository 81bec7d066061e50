"""What is counted, and where: one registry for all processes of an instance on a machine.

A counter lives in the process that counts. Where `PROMETHEUS_MULTIPROC_DIR` is set before this module is
imported (`dangol serve` sets it for its children), each process writes its own file there and whoever is
asked adds them up. What the database knows is not counted but asked for at the moment of the question:
an app puts such questions into a module `metrics.py`, found by its name, as functions given to `gauges`.

No label holds anything of a person: no id, phone number, card or coupon.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.module_loading import autodiscover_modules
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REGISTRY = CollectorRegistry()
# Seconds: the promises are 0.15 for 95 of 100 and 0.4 for 99 of 100.
DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.75, 1.5, 3.0, 10.0)


class Told(NamedTuple):
    """What the documentation says of a metric: its meaning, and when it is time to act (empty: never)."""

    kind: str
    labels: tuple[str, ...]
    meaning: str
    alert: str = ""


TOLD: dict[str, Told] = {}


def _tell(name: str, told: Told) -> None:
    assert name not in TOLD, f"{name} is declared twice"
    TOLD[name] = told


def counter(name: str, meaning: str, labels: Sequence[str] = (), *, alert: str = "") -> Counter:
    """Declare what only goes up: `name` without `_total`, counted by `.labels(…).inc()`."""
    _tell(f"{name}_total", Told("counter", tuple(labels), meaning, alert))
    return Counter(name, meaning, labels, registry=REGISTRY)


def histogram(name: str, meaning: str, labels: Sequence[str] = (), *, alert: str = "") -> Histogram:
    """Declare a distribution of seconds."""
    _tell(name, Told("histogram", tuple(labels), meaning, alert))
    return Histogram(name, meaning, labels, registry=REGISTRY, buckets=DURATIONS)


def level(name: str, meaning: str, labels: Sequence[str] = (), *, alert: str = "") -> Gauge:
    """Declare what goes up and down in a process; those of the processes that live are added up."""
    _tell(name, Told("gauge", tuple(labels), meaning, alert))
    return Gauge(name, meaning, labels, registry=REGISTRY, multiprocess_mode="livesum")


class Reading(NamedTuple):
    """A value the database tells, under the name of a declared metric, with the values of its labels."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


Ask = Callable[[datetime], Iterable[Reading]]
_asks: list[Ask] = []


def gauges(declared: Mapping[str, Told]) -> Callable[[Ask], Ask]:
    """Declare the function below as what reads these metrics, cheaply, as of an instant.

    A metric of the kind `counter` is one the database adds up; its name ends in `_total`.
    """
    for name, told in declared.items():
        _tell(name, told)

    def declare(ask: Ask) -> Ask:
        _asks.append(ask)
        return ask

    return declare


@lru_cache(maxsize=1)
def _discover() -> None:
    autodiscover_modules("metrics")


def declared_metrics() -> Mapping[str, Told]:
    """Return every metric of the installed apps by its name."""
    _discover()
    return TOLD


def read_gauges(as_of: datetime) -> Iterator[Metric]:
    """Ask the database for everything it can tell. Raises what the database raises."""
    _discover()
    found: dict[str, list[Reading]] = {}
    for ask in _asks:
        for reading in ask(as_of):
            found.setdefault(reading.name, []).append(reading)
    for name, readings in found.items():
        told = TOLD[name]
        family: Metric
        if told.kind == "counter":
            family = CounterMetricFamily(name.removesuffix("_total"), told.meaning, labels=told.labels)
        else:
            family = GaugeMetricFamily(name, told.meaning, labels=told.labels)
        for reading in readings:
            family.add_metric(reading.labels, reading.value)
        yield family


def read_counters() -> Iterator[Metric]:
    """Return what all processes have counted, or this one where they share no folder."""
    folder = os.environ.get(FOLDER)
    if not folder:
        yield from REGISTRY.collect()
        return
    # What a process had in hand when it was killed is in nobody's hand now.
    forget_the_dead(Path(folder), kinds="gauge_live*")
    # Without a file there is nothing to read: a counter that nobody has raised is not there yet.
    collector: Any = MultiProcessCollector
    yield from collector(None, folder).collect()


def forget_the_dead(folder: Path, *, kinds: str = "*") -> None:
    """Delete what processes that are gone have counted in `folder`; a meter then begins at nothing again."""
    for path in folder.glob(f"{kinds}.db"):
        if not _lives(path.stem.rpartition("_")[2]):
            path.unlink(missing_ok=True)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ValueError:
        return True  # not one of ours
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


HTTP_REQUESTS = counter(
    "http_requests", "Requests answered, by the name of their route and the answer's code.",
    ("route", "code"), alert="codes from 500: over 1.44 % in 1 h or 0.6 % in 6 h (0.1 % is allowed)",
)  # fmt: skip
HTTP_SECONDS = histogram(
    "http_request_duration_seconds", "How long requests took, by route.", ("route",),
    alert="95 of 100 over 0.15 s, or 99 of 100 over 0.4 s, for points and orders",
)  # fmt: skip
HTTP_REFUSED = counter(
    "http_refused", "Requests refused before any page was asked: too_large, slow, busy, database, disk.",
    ("reason",), alert="any for 5 minutes",
)  # fmt: skip
POOL_IN_USE = level(
    "db_pool_in_use", "Threads that make answers just now, each with its database connections: quick, pages.",
    ("pool",), alert="5 minutes of `DANGOL_WEB_THREADS` × 2 of pages, or `DANGOL_QUICK_THREADS` × 2 of quick",
)  # fmt: skip
POOL_WAIT = histogram(
    "db_pool_wait_seconds", "How long requests waited for such a thread, and with it for a connection.",
    alert="95 of 100 over 0.05 s for 15 min; at 2 s they are refused (`http_refused_total`)",
)  # fmt: skip
TX_RETRIES = counter(
    "db_tx_retries", "Transactions begun anew after a deadlock or a lock that came too late.", ("reason",),
    alert="more than 1 a second",
)  # fmt: skip
WRITER_WAIT = counter(
    "sqlite_busy_seconds", "Seconds spent waiting for SQLite's one writer.",
    alert="more than half of the time: move to PostgreSQL",
)  # fmt: skip
CONSUMER_ERRORS = counter(
    "consumer_errors",
    "Tries of a consumer that failed.",
    ("name",),
    alert="any for 5 minutes: `dangol doctor`",
)
LOGIN_FAILURES = counter(
    "login_failures", "Sign-ins that failed.", alert="more than 50 in 5 minutes: somebody guesses"
)
COUPON_MISSES = counter(
    "coupon_miss", "Wrong codes of coupons and gift cards, sent by somebody who may be guessing.",
    alert="more than 100 in 5 minutes: somebody guesses",
)  # fmt: skip
PII_READS = counter(
    "pii_reads", "Looks at someone's unmasked data, by what who looked is: staff, key, system.", ("role",),
    alert="ten times the usual of that hour",
)  # fmt: skip
IDEMPOTENCY_REPLAYS = counter("idempotency_replays", "Requests answered with the first answer to their key.")
IDEMPOTENCY_CONFLICTS = counter(
    "idempotency_conflicts", "Requests refused because their key was used for something else."
)
WEBHOOK_ATTEMPTS = counter(
    "webhook_attempts", "Tries to hand a webhook over, by how they ended.", ("result",),
    alert="more than half fail for 15 minutes",
)  # fmt: skip
