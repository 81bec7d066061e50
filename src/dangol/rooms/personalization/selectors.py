"""Reading what the models said."""

from datetime import date, datetime
from typing import Any, NamedTuple

from dangol.rooms.personalization.models import ModelRun


class RunView(NamedTuple):
    """A run of a model; `refusal` holds the code and the facts where it says nothing."""

    model: str
    version: str
    as_of: date
    ran_at: datetime
    customers: int
    card: dict[str, Any]
    refusal: dict[str, Any] | None


def latest_runs() -> list[RunView]:
    """Return the latest run of each model, by name."""
    rows = ModelRun.objects.order_by("model", "ran_at").values_list(*RunView._fields)
    return list({row[0]: RunView(*row) for row in rows}.values())


def runs_of(model: str, *, limit: int = 30) -> list[RunView]:
    """Return the runs of a model, the latest first."""
    rows = ModelRun.objects.filter(model=model).order_by("-ran_at").values_list(*RunView._fields)
    return [RunView(*row) for row in rows[:limit]]
