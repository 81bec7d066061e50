"""A small shop's real history, made through the services a till and an import use."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from dangol.core.commerce.catalog import upsert_products
from dangol.core.commerce.drafts import LineDraft, OrderDraft, ProductDraft, ReturnDraft, ReturnLineDraft
from dangol.core.commerce.returns import record_returns
from dangol.core.commerce.services import place_orders
from dangol.core.ledger.services import Order, apply
from dangol.core.people.consents import ConsentDraft, record_consents
from dangol.core.people.profiles import PersonRow, set_people
from dangol.core.people.services import resolve_customers
from dangol.core.people.shops import StoreRow, set_shop, upsert_stores
from dangol.core.storage.ids import Id
from dangol.core.storage.transactions import write_transaction
from dangol.core.tasks.models import Heartbeat
from dangol.core.tasks.selectors import expected_processes
from dangol.domain.accrual import Expiry
from dangol.domain.points import Adjust, Spend
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.services import advance
from tests.snapshots import Kept

NOW = datetime(2026, 11, 22, 18, 24, tzinfo=UTC)  # a Sunday, 1:24 pm in New York
CURRENCY = "PTS"
MILK = ProductDraft("1", "MILK 1GAL", "GROCERY > DAIRY > MILK")
COFFEE = ProductDraft("2", "COFFEE 12OZ", "GROCERY > DRINKS > COFFEE")


class Story(NamedTuple):
    """The people of the story by their numbers, and who plays which part."""

    customers: dict[str, Id]
    regular: Id
    newcomer: Id
    program_id: Id


def open_shop(*, sample: bool = True) -> None:
    """Set up a shop in dollars, in New York."""
    set_shop(
        name="Complete Journey", zone="America/New_York", currency="USD", region="US", language="ko",
        sample_shift_weeks=463 if sample else None,
    )  # fmt: skip


def start_program() -> Id:
    """Start a program: a point a dollar, three for milk, a week's wait, 90 days' validity, three tiers."""
    return create_program(
        name="단골",
        points_currency=CURRENCY,
        money_currency="USD",
        zone="America/New_York",
        rules=[
            RuleDraft("기본 적립", 1, 100, multipliers={"gold": (3, 2)}),
            RuleDraft(
                "우유 더 적립", 3, 100, category="GROCERY > DAIRY", active_from=NOW - timedelta(days=60)
            ),
        ],
        terms=TermsDraft(pending_days=7, expiry=Expiry.ROLLING_DAYS, expiry_count=60),
        tiers_draft=TiersDraft(
            [
                LevelDraft("basic", "기본", 0),
                LevelDraft("silver", "실버", 20_000),
                LevelDraft("gold", "골드", 60_000),
            ]
        ),
        recorded_at=NOW - timedelta(days=400),
    )


def tell_story() -> Story:
    """Open the shop, start the program and let three months of purchases happen."""
    open_shop()
    program_id = start_program()
    with write_transaction():
        customers = resolve_customers(
            "external", [str(number) for number in range(1501, 1513)], recorded_at=NOW,
            joined_at={str(number): NOW - timedelta(days=120 - number % 100) for number in range(1501, 1513)},
        )  # fmt: skip
    regular, newcomer = customers["1501"], customers["1512"]
    _describe(customers)
    _buy(customers)
    _bring_back_and_spend(regular)
    advance(as_of=NOW)
    set_working()
    return Story(customers, regular, newcomer, program_id)


def kept_story() -> Story:
    """Let the story have happened. Nothing but staff may have happened before."""
    story = _KEPT()
    return story._replace(customers={**story.customers})


_KEPT = Kept(tell_story)


def set_working() -> None:
    """Let every process of the instance have given a sign of life just now."""
    Heartbeat.objects.bulk_create(Heartbeat(name=name, beat_at=NOW, pid=1) for name in expected_processes())


def _describe(customers: dict[str, Id]) -> None:
    with write_transaction():
        upsert_stores([StoreRow("367", "Store 367")], recorded_at=NOW)
        set_people(
            [
                PersonRow(
                    customers["1501"], traits={"age": "35-44", "household_size": "2", "kids_count": "0"}
                ),
                PersonRow(customers["1502"], name="김하늘", phone="212-555-0178", birthday=date(1990, 5, 1)),
            ],
            recorded_at=NOW,
            occurred_at=NOW - timedelta(days=100),
        )
        record_consents(
            [
                ConsentDraft(customers["1501"], "email", "marketing", True, NOW - timedelta(days=90), "till"),
                ConsentDraft(customers["1501"], "sms", "marketing", False, NOW - timedelta(days=80), "till"),
            ],
            recorded_at=NOW,
        )


def _buy(customers: dict[str, Id]) -> None:
    drafts = []
    with write_transaction():
        products = upsert_products([MILK, COFFEE], recorded_at=NOW)
    for place, (number, customer_id) in enumerate(sorted(customers.items())[:-1]):
        visits = 30 - 2 * place
        for visit in range(visits):
            placed_at = NOW - timedelta(days=100 - visit * (98 / visits), hours=place)
            milk, coffee = 399 + 10 * place, 1_250 + 37 * visit
            lines = (
                LineDraft(products["1"].id, "1", MILK.category, 1000, milk + 50, 50, milk),
                LineDraft(products["2"].id, "2", COFFEE.category, 2000, coffee, 0, coffee),
            )
            drafts.append(
                OrderDraft(
                    customer_id, "till", f"{number}-{visit}", placed_at, "USD",
                    lines if visit % 3 else lines[1:], store="367",
                )
            )  # fmt: skip
    drafts.sort(key=lambda draft: (draft.customer_id, draft.placed_at))
    with write_transaction():
        place_orders(drafts, recorded_at=NOW)


def _bring_back_and_spend(regular: Id) -> None:
    with write_transaction():
        product = upsert_products([MILK], recorded_at=NOW)["1"]
        line = ReturnLineDraft(product.id, "1", MILK.category, 1000, 399)
        record_returns(
            [ReturnDraft(regular, "till", "R-1", NOW - timedelta(hours=5), "USD", [line])], recorded_at=NOW
        )
        apply(
            [
                Order(regular, Spend("spend-1", NOW - timedelta(hours=3), 20, reason="coffee")),
                Order(regular, Adjust("adjust-1", NOW - timedelta(hours=2), 5, "늦은 배달")),
            ],
            CURRENCY,
            recorded_at=NOW,
        )
