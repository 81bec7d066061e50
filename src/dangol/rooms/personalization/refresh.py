"""Each night the models are made anew of all purchases, and what they say of each customer becomes traits."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from dangol.core.commerce.days import count_elsewhere
from dangol.core.people.selectors import ShopView
from dangol.core.segments.told_results import tell_results
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError
from dangol.insight.refusals import EngineGone
from dangol.rooms.personalization.affinity import score_buy_again, score_discover
from dangol.rooms.personalization.holdouts import holdout_reports
from dangol.rooms.personalization.journals import journal_reports
from dangol.rooms.personalization.leaving import score_churn
from dangol.rooms.personalization.liability import liability_reports
from dangol.rooms.personalization.lists import keep_lists
from dangol.rooms.personalization.models import RECKONED_HERE, UNCOUNTED, ReportTable
from dangol.rooms.personalization.purchases import Purchases, engine_here, reckon
from dangol.rooms.personalization.reports import REPORTS, Rows
from dangol.rooms.personalization.results import Result, score_lifetime, score_rfm
from dangol.rooms.personalization.runs import end_of, note_run
from dangol.rooms.personalization.value import value_reports


class Model(NamedTuple):
    """What runs, which traits it tells, and whether it lists products for each customer."""

    run: Callable[..., Result]
    traits: tuple[str, ...]
    has_lists: bool = False


MODELS: Mapping[str, Model] = {
    "rfm": Model(score_rfm, ("rfm.segment", "rfm.recency", "rfm.frequency", "rfm.money")),
    "lifetime": Model(score_lifetime, ("lifetime.value_12m", "lifetime.purchases_12m", "lifetime.alive")),
    "churn": Model(score_churn, ("churn.risk", "churn.because")),
    "buy_again": Model(score_buy_again, ("affinity.again", "affinity.category"), has_lists=True),
    "discover": Model(score_discover, ("affinity.discover",), has_lists=True),
}


def refresh_all(
    shop: ShopView, *, as_of: date, at: datetime, report: Callable[[int], None] = lambda done: None
) -> dict[str, int | DomainError]:
    """Run all models on what was bought up to the end of `as_of`, a day of the shop's.

    Returns for each of how many customers something has changed, or why it says nothing; then what it said
    before is taken away, since it is true no more. The tables of pages are made of the same purchases, and
    those on points outstanding of the ledger.

    All is reckoned first; then it is told, and last the models' cards and the tables are put in the place of
    those before, all at once: no page lays one run beside another.
    """
    reckoned, gone = reckon(shop.currency, as_of=as_of, work=partial(_reckon, shop=shop, as_of=as_of))
    reports = reckoned.reports | liability_reports(shop, as_of=as_of) | journal_reports(shop, as_of=as_of)
    elsewhere = count_elsewhere(shop.currency, as_of=as_of)
    reports[UNCOUNTED] = [{"currency": other, "orders": count} for other, count in elsewhere.items()]
    reports[RECKONED_HERE] = [{"why": gone}] if gone else []
    outcomes = {
        name: _tell(name, model, reckoned.results[name], shop, as_of=as_of, at=at, report=report)
        for name, model in MODELS.items()
    }
    _publish(outcomes, reckoned.results, reports, as_of=as_of, at=at)
    return outcomes


class Reckoned(NamedTuple):
    """What the models say, and the tables of pages."""

    results: Mapping[str, Result | DomainError]
    reports: dict[str, Rows]


def _reckon(purchases: Purchases, *, shop: ShopView, as_of: date) -> Reckoned:
    """Run all models and make all tables; writes nothing. Raises EngineGone."""
    results = {name: _run(model, purchases, shop, as_of=as_of) for name, model in MODELS.items()}
    scored = {name: one.table for name, one in results.items() if isinstance(one, Result)}
    with engine_here() as here:
        tables = {name: here.load(one) for name, one in scored.items()}
        reports = {name: make(purchases.days, tables, as_of=as_of) for name, make in REPORTS.items()}
    reports |= value_reports(purchases, scored, as_of=as_of) | holdout_reports(purchases.days, as_of=as_of)
    return Reckoned(results, reports)


def _run(model: Model, purchases: Purchases, shop: ShopView, *, as_of: date) -> Result | DomainError:
    try:
        result = model.run(purchases, as_of=as_of, currency=shop.currency)
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
    if isinstance(result, Result):
        source, end = f"{name} {result.version}", end_of(as_of, shop.tz)
        try:
            changed = tell_results(result.traits, source=source, at=end, due_at=at, report=report)
        except DomainError as refusal:
            result = refusal
        else:
            if model.has_lists:
                keep_lists(name, result.lists, as_of=as_of, version=result.version)
            return changed
    if model.has_lists:
        keep_lists(name, {}, as_of=as_of, version="")
    tell_results({trait: {} for trait in model.traits}, source=name, at=at, due_at=at, report=report)
    return result


def _publish(
    outcomes: Mapping[str, int | DomainError],
    results: Mapping[str, Result | DomainError],
    reports: Mapping[str, Rows],
    *,
    as_of: date,
    at: datetime,
) -> None:
    """Note what came of each model, and keep the tables."""
    with write_transaction():
        for name, result in results.items():
            outcome = outcomes[name]
            if isinstance(outcome, DomainError):
                note_run(name, as_of, at, refusal=outcome)
            elif isinstance(result, Result):
                note_run(name, as_of, at, result=result)
        for name, rows in reports.items():
            ReportTable.objects.update_or_create(
                name=name, defaults={"as_of": as_of, "ran_at": at, "rows": rows}
            )
