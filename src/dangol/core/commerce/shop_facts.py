"""Changing the shop's own facts while it runs: what orders stand on stays."""

from dangol.core.commerce.models import Order
from dangol.core.people.selectors import ShopView, shop
from dangol.core.people.shops import set_shop
from dangol.core.storage.transactions import write_transaction
from dangol.domain.errors import DomainError


class CurrencyInUse(DomainError):
    """The shop has orders in its `currency`, which therefore stays."""

    code = "commerce.currency_in_use"


def has_orders() -> bool:
    """Say whether anything was ever ordered."""
    return Order.objects.exists()


def change_shop(*, name: str, zone: str, currency: str, region: str, language: str) -> ShopView:
    """Change the shop's facts. Raises CurrencyInUse, or what `set_shop` raises; then nothing is changed."""
    with write_transaction():
        before = shop()
        if currency != before.currency and has_orders():
            raise CurrencyInUse(currency=before.currency)
        return set_shop(
            name=name, zone=zone, currency=currency, region=region, language=language,
            sample_shift_weeks=before.sample_shift_weeks,
        )  # fmt: skip
