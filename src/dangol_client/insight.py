"""What the nightly models say of members and segments, and what the shop says of its money."""

from collections.abc import Iterator
from typing import Unpack

from dangol_client.insight_answers import (
    Assumptions,
    AtRisk,
    CostSheet,
    Insight,
    InsightJob,
    Lookalike,
    ModelRun,
    Offers,
)
from dangol_client.sending import Sending, Wire, place


class InsightCalls:
    """Models and their lists. All are made at night, or when somebody asks for it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def models(self) -> Iterator[ModelRun]:
        """Go through the models with their latest run."""
        return self._wire.pages("/insight/models", ModelRun, {})

    def refresh(self, **sending: Unpack[Sending]) -> InsightJob:
        """Let the models and tables be made anew, without waiting for the night."""
        return self._wire.write("/insight/refresh", None, InsightJob, sending)

    def of(self, member: str) -> Insight:
        """Say what the models say of a member."""
        return self._wire.read(place("/members/{member}/insight", member=member), Insight)

    def at_risk(self, *, page_size: int | None = None) -> Iterator[AtRisk]:
        """Go through who may buy nothing for the next 60 days, the most likely first."""
        return self._wire.pages("/insight/at-risk", AtRisk, {"limit": page_size})

    def offers(self, model: str = "buy_again", *, page_size: int | None = None) -> Iterator[Offers]:
        """Go through what each member will buy again (`buy_again`), or may like (`discover`)."""
        return self._wire.pages("/insight/offers", Offers, {"model": model, "limit": page_size})

    def search_alike(self, segment: str, **sending: Unpack[Sending]) -> InsightJob:
        """Search for who is like those in a segment. From then on each night searches anew."""
        path = place("/segments/{segment}/alike", segment=segment)
        return self._wire.write(path, None, InsightJob, sending)

    def alike(self, segment: str, *, page_size: int | None = None) -> Iterator[Lookalike]:
        """Go through who is most like those in a segment and not in it, by the latest search."""
        path = place("/segments/{segment}/alike", segment=segment)
        return self._wire.pages(path, Lookalike, {"limit": page_size})

    def costs(self) -> CostSheet:
        """Say what customers cost to win and to keep, what they brought, and what is to come."""
        return self._wire.read("/insight/costs", CostSheet)

    def assumptions(self) -> Assumptions:
        """Say what the shop says of its money: margins, what points are worth, and what customers cost."""
        return self._wire.read("/insight/assumptions", Assumptions)

    def say(
        self,
        kind: str,
        amount: int | None,
        *,
        month: str | None = None,
        scope: str | None = None,
        **sending: Unpack[Sending],
    ) -> Assumptions:
        """Say one thing from now on; None takes back what was said before.

        `amount` is in minor units for a hundred points (`point_worth`) or in a `month` (`acquisition` or
        `retention`, `scope` is a channel), or in hundredths of a percent (`margin`, `scope` is a category;
        `spent_share`).
        """
        body = {"kind": kind, "amount": amount, "month": month, "scope": scope}
        return self._wire.write("/insight/assumptions", body, Assumptions, sending)
