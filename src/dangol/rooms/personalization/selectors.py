"""Reading what the models said."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from dangol.core.people.selectors import shop
from dangol.core.segments.traits import highest_told, lists_told, traits_of
from dangol.core.storage.ids import Id
from dangol.core.storage.rows import select_matching
from dangol.core.tasks.selectors import JobView, list_jobs
from dangol.domain.conditions import Value
from dangol.domain.liability_journal import JournalDay
from dangol.rooms.personalization.alike import because_of, score_of
from dangol.rooms.personalization.models import (
    JOURNAL,
    LIABILITY,
    RECKONED_HERE,
    UNCOUNTED,
    ModelRun,
    ProductList,
    ReportTable,
)
from dangol.rooms.personalization.runs import end_of
from dangol.rooms.personalization.services import FIND_ALIKE, REFRESH_NOW, Alike


class RunView(NamedTuple):
    """A run of a model; `refusal` holds the code and the facts where it says nothing."""

    model: str
    version: str
    as_of: date
    ran_at: datetime
    customers: int
    card: dict[str, Any]
    refusal: dict[str, Any] | None

    @property
    def reckoned_here(self) -> str | None:
        """Why it was made on this machine and not on the cluster, where the cluster was gone."""
        return self.card.get(RECKONED_HERE)


def runs_of(model: str, *, about: str = "", limit: int = 30) -> list[RunView]:
    """Return the runs of a model, the latest first; `about` is the segment it was asked about, if one was."""
    runs = ModelRun.objects.filter(model=model, about=about).order_by("-ran_at")
    return [RunView(*row) for row in runs.values_list(*RunView._fields)[:limit]]


def latest_run(model: str, *, about: str = "") -> RunView | None:
    """Return the latest of `runs_of`; None before the first."""
    return next(iter(runs_of(model, about=about, limit=1)), None)


def latest_runs() -> list[RunView]:
    """Return the latest run of each model that is made of everybody, by name."""
    rows = ModelRun.objects.filter(about="").order_by("model", "-ran_at")
    latest: dict[str, RunView] = {}
    for row in rows.values_list(*RunView._fields):
        latest.setdefault(row[0], RunView(*row))
    return list(latest.values())


class ReportView(NamedTuple):
    """A table as the latest run made it: up to the end of which day, when, and its rows by column."""

    as_of: date
    ran_at: datetime
    rows: list[dict[str, Any]]


class ToldResult(NamedTuple):
    """What a model says of one customer: its value, until when purchases counted, and its version.

    Both are of the latest run, which said so again where it had been said before.
    """

    value: Value
    at: datetime
    version: str


class ListView(NamedTuple):
    """The products a model names for one customer, the best first, each with its reasons."""

    items: list[dict[str, Any]]
    as_of: date
    version: str


def lists_of(customer_id: Id) -> dict[str, ListView]:
    """Return the products the models say a customer will buy, by model; what they do not say is left out."""
    names = ("model", "items", "as_of", "version")
    rows = select_matching(ProductList, names, ("customer_id",), [(customer_id,)], order_by=("model",))
    return {
        model: ListView(msgspec.json.decode(items), as_of, version) for model, items, as_of, version in rows
    }


def find_report(name: str) -> ReportView | None:
    """Return a table of the latest run; None before the first one."""
    row = ReportTable.objects.filter(pk=name).values_list(*ReportView._fields).first()
    return ReportView(*row) if row else None


def find_liability(currency: str) -> ReportView | None:
    """Return the report on points outstanding of a kind, as the latest run made it; None before the first."""
    return find_report(f"{LIABILITY}{currency}")


def find_journal(currency: str) -> list[JournalDay] | None:
    """Return the daily journal of a kind of points, the earliest day first; None before it was made."""
    report = find_report(f"{JOURNAL}{currency}")
    if report is None:
        return None
    return [JournalDay(**(row | {"day": date.fromisoformat(row["day"])})) for row in report.rows]


def list_uncounted() -> list[tuple[str, int]]:
    """Return of how many orders the latest run tells nothing, by their currency: not the shop's."""
    found = find_report(UNCOUNTED)
    return [(row["currency"], row["orders"]) for row in found.rows] if found else []


def why_reckoned_here() -> str | None:
    """Return why the latest run was made on this machine and not on the cluster; None where none was gone."""
    found = find_report(RECKONED_HERE)
    return next((row["why"] for row in found.rows), None) if found else None


def results_of(customer_id: Id, *, zone: ZoneInfo | None = None) -> dict[str, ToldResult]:
    """Return what the models say of a customer, by trait; what they do not say is left out.

    `zone`: the shop's, where it is known.
    """
    rows = ModelRun.objects.filter(model__in=_TOLD, about="", refusal__isnull=True).order_by("ran_at")
    runs = {
        model: (as_of, version) for model, as_of, version in rows.values_list("model", "as_of", "version")
    }
    zone, found = zone or shop().tz, {}
    for name, value, _, source in traits_of(customer_id):
        model = name.partition(".")[0]
        # What an app once told under such a name is not a model's.
        if model in runs and source.startswith(f"{model} "):
            as_of, version = runs[model]
            found[name] = ToldResult(value, end_of(as_of, zone), version)
    return found


_TOLD = ("rfm", "lifetime", "churn")


class AlikeView(NamedTuple):
    """Somebody who is like those in a segment: how much, from 0 to 1, and what speaks for it."""

    customer_id: Id
    score: Decimal
    because: tuple[str, ...]


def most_alike(slug: str, *, limit: int, before: tuple[Decimal, Id] | None = None) -> list[AlikeView]:
    """Return who is most like those in a segment by the latest search, the most alike first.

    `before` is the score and the customer of the last one of the page before.
    """
    best = highest_told(score_of(slug), limit=limit, before=before)
    because = lists_told(because_of(slug), [owner for owner, _ in best])
    return [AlikeView(owner, score, because.get(owner, ())) for owner, score in best]


class RiskView(NamedTuple):
    """Somebody who is likely to buy nothing for a while: how likely, from 0 to 1, and what speaks for it."""

    customer_id: Id
    risk: Decimal
    because: tuple[str, ...]


def most_at_risk(*, limit: int, before: tuple[Decimal, Id] | None = None) -> list[RiskView]:
    """Return who is most likely to leave by the latest run, the most likely first; `before` as above."""
    worst = highest_told("churn.risk", limit=limit, before=before)
    because = lists_told("churn.because", [owner for owner, _ in worst])
    return [RiskView(owner, risk, because.get(owner, ())) for owner, risk in worst]


def list_offers(model: str, *, limit: int, after: Id | None = None) -> list[tuple[Id, ListView]]:
    """Return whom a model names which products, by customer; `after` is the last one of the page before."""
    rows = ProductList.objects.filter(model=model).order_by("customer_id")
    if after is not None:
        rows = rows.filter(customer_id__gt=after)
    found = rows.values_list("customer_id", "items", "as_of", "version")[:limit]
    return [
        (owner, ListView(msgspec.json.decode(items), as_of, version))
        for owner, items, as_of, version in found
    ]


def alike_job(slug: str) -> JobView | None:
    """Return the job of the last search for who is like those in a segment."""
    return next(iter(list_jobs(names=[FIND_ALIKE], payload=Alike(slug), limit=1)), None)


def last_refresh_asked() -> JobView | None:
    """Return the job of the last refresh that somebody asked for."""
    return next(iter(list_jobs(names=[REFRESH_NOW], limit=1)), None)
