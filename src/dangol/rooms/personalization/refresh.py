"""Each night the models are made anew of all purchases, and what they say of each customer becomes traits."""

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

import ibis
from django.conf import settings

from dangol.core.people.selectors import ShopView
from dangol.core.segments.told_results import tell_results
from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import start_of_day
from dangol.domain.errors import DomainError
from dangol.insight.engine import Engine, Limits, with_fallback
from dangol.insight.refusals import EngineGone
from dangol.rooms.personalization.leaving import score_churn
from dangol.rooms.personalization.models import ModelRun, ReportTable
from dangol.rooms.personalization.purchases import customer_days
from dangol.rooms.personalization.reports import REPORTS, Rows
from dangol.rooms.personalization.results import Result, score_lifetime, score_rfm

logger = logging.getLogger(__name__)


class Model(NamedTuple):
    """What runs, and which traits it tells."""

    run: Callable[..., Result]
    traits: tuple[str, ...]


MODELS: Mapping[str, Model] = {
    "rfm": Model(score_rfm, ("rfm.segment", "rfm.recency", "rfm.frequency", "rfm.money")),
    "lifetime": Model(score_lifetime, ("lifetime.value_12m", "lifetime.purchases_12m", "lifetime.alive")),
    "churn": Model(score_churn, ("churn.risk", "churn.because")),
}
_KEPT = 30


def refresh_all(
    shop: ShopView, *, as_of: date, at: datetime, report: Callable[[int], None] = lambda done: None
) -> dict[str, int | DomainError]:
    """Run all models on what was bought up to the end of `as_of`, a day of the shop's.

    Returns for each of how many customers something has changed, or why it says nothing; then what it said
    before is taken away, since it is true no more. The tables of pages are made of the same purchases.

    All is reckoned first, on the instance's engine (`DANGOL_ENGINE`) or, if that is gone, anew on DuckDB;
    then it is told.
    """
    reckoned, gone = with_fallback(
        settings.ENGINE or None,
        Limits(settings.HOME / "scratch"),
        partial(_reckon, shop=shop, as_of=as_of),
    )
    if gone:
        logger.warning("the cluster did not answer, all was reckoned on this machine: %s", gone)
    outcomes = {
        name: _tell(name, model, reckoned.results[name], shop, as_of=as_of, at=at, report=report)
        for name, model in MODELS.items()
    }
    _keep_reports(reckoned.reports, as_of=as_of, at=at)
    return outcomes


class Reckoned(NamedTuple):
    """What the models say, and the tables of pages."""

    results: Mapping[str, Result | DomainError]
    reports: Mapping[str, Rows]


def _reckon(engine: Engine, *, shop: ShopView, as_of: date) -> Reckoned:
    """Run all models and make all tables; writes nothing. Raises EngineGone."""
    days = customer_days(engine, shop.currency)
    results = {name: _run(model, days, shop, as_of=as_of) for name, model in MODELS.items()}
    scored = {name: one.table for name, one in results.items() if isinstance(one, Result)}
    return Reckoned(results, {name: make(days, scored, as_of=as_of) for name, make in REPORTS.items()})


def _run(model: Model, days: ibis.Table, shop: ShopView, *, as_of: date) -> Result | DomainError:
    try:
        result = model.run(days, as_of=as_of, currency=shop.currency)
    except EngineGone:
        raise
    except DomainError as refusal:
        return refusal
    assert result.traits.keys() == set(model.traits)
    return result


def _tell(
    name: str,
    model: Model,
    result: Result | DomainError,
    shop: ShopView,
    *,
    as_of: date,
    at: datetime,
    report: Callable[[int], None],
) -> int | DomainError:
    if isinstance(result, DomainError):
        tell_results({trait: {} for trait in model.traits}, source=name, at=at, due_at=at, report=report)
        _note(name, as_of, at, refusal=result)
        return result
    source, end = f"{name} {result.version}", _end_of(as_of, shop.tz)
    changed = tell_results(result.traits, source=source, at=end, due_at=at, report=report)
    _note(name, as_of, at, result=result)
    return changed


def _keep_reports(made: Mapping[str, Rows], *, as_of: date, at: datetime) -> None:
    with write_transaction():
        for name, rows in made.items():
            ReportTable.objects.update_or_create(
                name=name, defaults={"as_of": as_of, "ran_at": at, "rows": rows}
            )


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return start_of_day(day + timedelta(days=1), zone)


def _note(
    name: str, as_of: date, at: datetime, *, result: Result | None = None, refusal: DomainError | None = None
) -> None:
    told = {"code": refusal.code, "facts": refusal.data} if refusal else None
    with write_transaction():
        ModelRun.objects.create(
            id=new_id(), model=name, version=result.version if result else "", as_of=as_of, ran_at=at,
            customers=result.customers if result else 0, card=result.card if result else {}, refusal=told,
        )  # fmt: skip
        latest = ModelRun.objects.filter(model=name).order_by("-ran_at").values_list("pk", flat=True)[:_KEPT]
        ModelRun.objects.filter(model=name).exclude(pk__in=list(latest)).delete()
