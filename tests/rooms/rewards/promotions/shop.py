"""A shop in Seoul with promotions, as the tests of its checkout see it."""

from datetime import UTC, datetime
from typing import Any

from dangol.core.ledger.services import earn_points
from dangol.core.people.shops import set_shop
from dangol.core.storage.ids import Id
from dangol.domain.accrual import Expiry
from dangol.domain.promotions import Cart, Line
from dangol.rooms.rewards.programs import LevelDraft, RuleDraft, TermsDraft, TiersDraft, create_program
from dangol.rooms.rewards.promotions.asking import Asked
from dangol.rooms.rewards.promotions.checkout import unpack_checkout, write_checkout
from dangol.rooms.rewards.promotions.editing import create_promotion, publish
from tests.core.segments.shop import come

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)
CURRENCY = "P"
TENDER = {"points": 1, "minor": 1, "least_points": 1_000, "step_points": 100, "most_share": 5_000}


def open_shop(*names: str, **checkout: Any) -> list[Id]:
    """Open a shop where 100 won earn a point, with customers of these ids, and let its checkout answer so."""
    set_shop(name="골목 가게", zone="Asia/Seoul", currency="KRW", region="KR")
    create_program(
        name="단골", points_currency=CURRENCY, money_currency="KRW", zone="Asia/Seoul",
        rules=[RuleDraft("기본", 1, 100)], terms=TermsDraft(0, Expiry.END_OF_YEAR, 1),
        tiers_draft=TiersDraft(
            (LevelDraft("member", "회원", 0), LevelDraft("vip", "VIP", 1_000_000, extra_months=6))
        ),
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    if checkout:
        write_checkout(unpack_checkout(checkout), changed_by="주인", at=AT)
    return come(*names, at=AT)


def offer(*benefits: dict[str, Any], name: str = "할인", **content: Any) -> Id:
    """Publish a promotion."""
    raw = {"name": name, "currency": "KRW", "benefits": list(benefits), **content}
    promotion_id = create_promotion(raw, made_by="주인", at=AT)
    publish(promotion_id, revision=1, published_by="주인", at=AT)
    return promotion_id


def percent(share: int) -> dict[str, Any]:
    """Return so many percent off."""
    return {"kind": "percent", "basis_points": share * 100}


def cart(*lines: tuple[str, int, int], shipping: int = 0) -> Cart:
    """Return a cart of products, each with its price and count; the product names the line."""
    return Cart("KRW", tuple(Line(key, key, price, count) for key, price, count in lines), shipping)


def asked(found: Cart, customer_id: Id | None, **more: Any) -> Asked:
    """Return what is asked of a cart."""
    return Asked(cart=found, as_of=more.pop("at", AT), customer_id=customer_id, **more)


def give(customer_id: Id, points: int, *, expires_at: datetime | None = None, key: str = "given") -> None:
    """Give points."""
    earn_points(
        customer_id, points=points, currency=CURRENCY, key=key, at=AT, expires_at=expires_at, reason="선물"
    )
