"""What is noted of each run of a model: the latest few, with their cards or why they say nothing."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from dangol.core.storage.ids import new_id
from dangol.core.storage.transactions import write_transaction
from dangol.domain.calendars import start_of_day
from dangol.domain.errors import DomainError
from dangol.rooms.personalization.models import ModelRun

_KEPT = 30


class Ran(Protocol):
    """What a run has come to."""

    @property
    def version(self) -> str:
        """What the model was made of."""

    @property
    def customers(self) -> int:
        """Of how many it says something."""

    @property
    def card(self) -> Mapping[str, Any]:
        """Figures and parameters by name."""


def note_run(
    name: str,
    as_of: date,
    at: datetime,
    *,
    result: Ran | None = None,
    refusal: DomainError | None = None,
    about: str = "",
    kept: int = _KEPT,
) -> None:
    """Note a run, or that it was refused; forget all but the latest `kept` of this model `about` the same."""
    told = {"code": refusal.code, "facts": refusal.data} if refusal else None
    with write_transaction():
        ModelRun.objects.create(
            id=new_id(), model=name, about=about, as_of=as_of, ran_at=at,
            version=result.version if result else "", customers=result.customers if result else 0,
            card=result.card if result else {}, refusal=told,
        )  # fmt: skip
        runs = ModelRun.objects.filter(model=name, about=about)
        latest = runs.order_by("-ran_at").values_list("pk", flat=True)[:kept]
        runs.exclude(pk__in=list(latest)).delete()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day of the shop's is over: as of it a result holds."""
    return start_of_day(day + timedelta(days=1), zone)
