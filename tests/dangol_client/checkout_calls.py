"""The calls about promotions and the checkout, each made once."""

from dangol_client import CartLine, CheckoutCart, CheckoutSettings, Dangol, Promotion

CONTENT = {
    "name": "열 개 중 하나",
    "currency": "KRW",
    "benefits": [{"kind": "percent", "basis_points": 1000}],
}


def sell(dangol: Dangol, member: str) -> None:
    """Write a promotion, and sell with it."""
    made = dangol.promotions.create({"name": "초안"})
    drafted = dangol.promotions.write_draft(made.id, CONTENT, revision=1)
    assert drafted.draft
    published = dangol.promotions.publish(made.id, revision=drafted.draft.revision)
    assert isinstance(published, Promotion)
    assert (published.state, published.draft) == ("live", None)
    assert dangol.promotions.get(made.id) == next(dangol.promotions.each()) == published
    assert [one.number for one in dangol.promotions.versions(made.id)] == [1]

    cart = CheckoutCart([CartLine("CAKE", 10_000, 3)], member=member)
    asked = dangol.checkout.evaluate(cart)
    assert (asked.discount_minor, asked.effects[0].amount_minor, asked.earning.points) == (3_000, 3_000, 270)
    held = dangol.checkout.reserve(cart, hold_minutes=5)
    assert dangol.checkout.get(held.id) == held
    assert dangol.checkout.cancel(held.id).state == "canceled"
    assert dangol.checkout.reopen(held.id).state == "reserved"
    sold = dangol.checkout.commit(held.id, "checkout-1")
    assert sold.order_id
    assert dangol.checkout.bring_back(held.id, "back-1", {"1": 1}).money_minor == 9_000
    assert dangol.checkout.give_back(held.id, "back-2", 5_000).sale.units[0].is_back is False

    settings = dangol.checkout.settings()
    wanted = settings.content | {"hold_minutes": 10}
    changed = dangol.checkout.change_settings(wanted, version=settings.version)
    assert isinstance(changed, CheckoutSettings)
    assert (changed.content["hold_minutes"], changed.version) == (10, settings.version + 1)
    assert next(dangol.checkout.settings_versions()) == changed
    assert dangol.promotions.pause(made.id).state == "paused"
    assert dangol.promotions.resume(made.id).state == "live"
    assert dangol.promotions.archive(made.id).state == "archived"
    assert [one.id for one in dangol.promotions.each(archived=True)] == [made.id]
    assert dangol.promotions.restore(made.id).state == "paused"
