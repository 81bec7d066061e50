"""Orders, the catalog, programs and jobs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Unpack

from dangol_client.answers import Amount, Counted, Job, Order, Product, Return, Store
from dangol_client.drafts import LevelDraft, LineDraft, ReturnLineDraft, RuleDraft
from dangol_client.program_answers import Program
from dangol_client.sending import Sending, Wire, place


class OrderCalls:
    """Orders and returns. `order` is our id, or `source:number`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def place(
        self,
        number: str,
        lines: Sequence[LineDraft],
        *,
        source: str = "api",
        member: str | None = None,
        placed_at: datetime | None = None,
        currency: str | None = None,
        store: str | None = None,
        channel: str | None = None,
        discounts: Sequence[Amount] = (),
        tenders: Sequence[Amount] = (),
        **sending: Unpack[Sending],
    ) -> Order:
        """Tell of an order; without a member it is a guest's. The answer has its points and their whys."""
        body = {
            "number": number, "source": source, "member": member, "placed_at": placed_at,
            "currency": currency, "store": store, "channel": channel, "lines": list(lines),
            "discounts": list(discounts), "tenders": list(tenders),
        }  # fmt: skip
        return self._wire.write("/orders", body, Order, sending)

    def get(self, order: str) -> Order:
        """Return an order with its lines, its returns, and what it earned."""
        return self._wire.read(place("/orders/{order}", order=order), Order)

    def claim(self, order: str, member: str, **sending: Unpack[Sending]) -> Order:
        """Give a guest's order to the member who made it, who earns for it from now on."""
        path = place("/orders/{order}/claim", order=order)
        return self._wire.write(path, {"member": member}, Order, sending)

    def tell_milestone(
        self, order: str, milestone: str, *, at: datetime | None = None, **sending: Unpack[Sending]
    ) -> Order:
        """Tell that an order is `delivered` or `confirmed`: points that waited for it may be used."""
        path = place("/orders/{order}/milestones", order=order)
        return self._wire.write(path, {"milestone": milestone, "at": at}, Order, sending)

    def return_goods(
        self,
        order: str,
        number: str,
        lines: Sequence[ReturnLineDraft],
        *,
        returned_at: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> Return:
        """Tell that goods of an order came back. The points they had earned are taken back with them."""
        path = place("/orders/{order}/returns", order=order)
        body = {"number": number, "returned_at": returned_at, "lines": list(lines)}
        return self._wire.write(path, body, Return, sending)


class ProductCalls:
    """Products, by the shop's own numbers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def store(self, products: Sequence[Product], **sending: Unpack[Sending]) -> int:
        """Add products, or bring those known up to date, at most 1,000 at once; returns how many."""
        return self._wire.write("/products", {"products": list(products)}, Counted, sending).count

    def each(self, *, page_size: int = 200) -> Iterator[Product]:
        """Go through the products by number."""
        return self._wire.pages("/products", Product, {"limit": page_size})


class StoreCalls:
    """Stores, by the shop's own numbers."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def store(self, stores: Sequence[Store], **sending: Unpack[Sending]) -> int:
        """Add stores, or bring those known up to date, at most 1,000 at once; returns how many."""
        return self._wire.write("/stores", {"stores": list(stores)}, Counted, sending).count

    def each(self) -> Iterator[Store]:
        """Go through all stores by number."""
        return self._wire.pages("/stores", Store, {})


class ProgramCalls:
    """Programs: rules, terms and tiers, each superseded by a new version that holds from an instant on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self) -> Iterator[Program]:
        """Go through the programs with their rules and tiers."""
        return self._wire.pages("/programs", Program, {})

    def get(self, program: str) -> Program:
        """Return a program."""
        return self._wire.read(place("/programs/{program}", program=program), Program)

    def create(
        self,
        name: str,
        points_currency: str,
        points_name: str,
        *,
        rules: Sequence[RuleDraft] = (),
        terms: Mapping[str, object] | None = None,
        tiers: Mapping[str, object] | None = None,
        **sending: Unpack[Sending],
    ) -> Program:
        """Make a further program with points of its own; it judges what is bought from a minute on.

        `terms` and `tiers` as `publish_terms` and `publish_tiers` take them; without them points never lapse,
        and everybody is in one tier.
        """
        body = {
            "name": name, "points_currency": points_currency, "points_name": points_name,
            "rules": list(rules), "terms": terms, "tiers": tiers,
        }  # fmt: skip
        return self._wire.write("/programs", body, Program, sending)

    def publish_rule(
        self,
        program: str,
        rule: str,
        *,
        name: str,
        rate_points: int,
        rate_minor: int,
        category: str | None = None,
        multipliers: Mapping[str, tuple[int, int]] | None = None,
        rounding: str | None = None,
        pending_days: int | None = None,
        expiry: str | None = None,
        expiry_count: int | None = None,
        awaits: str | None = None,
        active_from: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> Program:
        """Let a new version of a rule hold from an instant on: now, unless said otherwise.

        Its points wait and last as the program's do, unless `pending_days` or `expiry` say otherwise. With
        `awaits` (delivered, confirmed) they open once their order has come so far, and after `pending_days`
        at the latest.
        """
        path = place("/programs/{program}/rules/{rule}/versions", program=program, rule=rule)
        body = {
            "name": name, "rate_points": rate_points, "rate_minor": rate_minor, "category": category,
            "multipliers": multipliers, "rounding": rounding, "pending_days": pending_days,
            "expiry": expiry, "expiry_count": expiry_count, "awaits": awaits, "active_from": active_from,
        }  # fmt: skip
        return self._wire.write(path, body, Program, sending)

    def publish_terms(
        self,
        program: str,
        *,
        expiry: str,
        expiry_count: int = 0,
        pending_days: int = 0,
        activities: Sequence[str] | None = None,
        opens_on: date | None = None,
        most_per_order: int | None = None,
        most_held: int | None = None,
        active_from: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> Program:
        """Let new terms hold for points earned from an instant on: how long they wait, and last.

        None open before the day `opens_on`. Points that lapse by `inactivity` are kept by these
        `activities`: purchase, earning, redemption. The rules pay `most_per_order` points for one purchase at
        most, and none that lift a member above `most_held`. These are all the terms: what is left out does
        not stay as it was, and without `most_per_order` or `most_held` that limit is lifted, without
        `opens_on` the day, without `pending_days` the wait.
        """
        path = place("/programs/{program}/terms/versions", program=program)
        body = {
            "expiry": expiry, "expiry_count": expiry_count, "pending_days": pending_days,
            "activities": activities, "opens_on": opens_on, "most_per_order": most_per_order,
            "most_held": most_held, "active_from": active_from,
        }  # fmt: skip
        return self._wire.write(path, body, Program, sending)

    def publish_tiers(
        self,
        program: str,
        levels: Sequence[LevelDraft],
        *,
        measure: str,
        window: str,
        window_size: int = 0,
        grace_days: int = 0,
        downgrade: str | None = None,
        also: str | None = None,
        join: str | None = None,
        active_from: datetime | None = None,
        **sending: Unpack[Sending],
    ) -> Program:
        """Let new thresholds, windows, grace and downgrades hold from an instant on; the keys stay.

        A second thing counts where `also` names it: `join` says whether a tier asks `all`, or `any`.
        """
        path = place("/programs/{program}/tiers/versions", program=program)
        body = {
            "levels": list(levels), "measure": measure, "window": window, "window_size": window_size,
            "grace_days": grace_days, "downgrade": downgrade, "also": also, "join": join,
            "active_from": active_from,
        }  # fmt: skip
        return self._wire.write(path, body, Program, sending)


class JobCalls:
    """Jobs: what a worker does, and what it could not do."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def each(self, *, state: str | None = None, page_size: int = 200) -> Iterator[Job]:
        """Go through the jobs, the latest first; `state` leaves out all others."""
        return self._wire.pages("/jobs", Job, {"state": state, "limit": page_size})

    def get(self, job: str) -> Job:
        """Return a job."""
        return self._wire.read(place("/jobs/{job}", job=job), Job)

    def retry(self, job: str, **sending: Unpack[Sending]) -> Job:
        """Let a job that has failed for good be tried anew."""
        return self._wire.write(place("/jobs/{job}/retry", job=job), None, Job, sending)
