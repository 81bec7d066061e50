"""Who is likely to buy nothing for a while, as traits: judged on the last stretch before it is told."""

from datetime import date, timedelta
from decimal import Decimal

from dangol.insight.churn.evaluation import evaluate_churn
from dangol.insight.churn.model import Settings, Sources, fit_churn
from dangol.rooms.personalization.purchases import Purchases
from dangol.rooms.personalization.results import Result

HORIZON_DAYS = 60


def score_churn(purchases: Purchases, *, as_of: date, currency: str) -> Result:
    """Return `churn.risk`, the probability to buy nothing within 60 days, of who was active; and the features
    that raise it most, `churn.because`.

    The card tells how well such a model, made before the last 60 days, foretold who came in them. Raises
    NotEnoughData or BrokenTable.
    """
    sources, settings = Sources(purchases.days), Settings()
    split = as_of - timedelta(days=HORIZON_DAYS - 1)
    judged = evaluate_churn(sources, split_day=split, horizon_days=HORIZON_DAYS, settings=settings)
    model = fit_churn(sources, as_of=as_of, horizon_days=HORIZON_DAYS, settings=settings)
    found = model.scores(sources.known(as_of, settings.active_days))
    owners = found["customer"].to_pylist()
    risks = [round(Decimal(repr(one)), 3) for one in found["probability"].to_pylist()]
    causes = [tuple(one["feature"] for one in own) for own in found["because"].to_pylist()]
    traits = {
        "churn.risk": dict(zip(owners, risks, strict=True)),
        "churn.because": dict(zip(owners, causes, strict=True)),
    }
    return Result(model.version, found.num_rows, traits, judged.card.to_dict(), found)
