"""django-oscar applies its offers to baskets: `Applicator().apply(basket)`, on SQLite in memory.

Arguments: a JSON file with `carts` (lists of product, category, price in minor units, quantity), how many
offers of 5 % off one category each, and for how many seconds to ask. Prints the seconds of each basket, and
how many statements the last one takes.
"""

import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import django
from django.conf import settings
from oscar import defaults

settings.configure(
    **{name: value for name, value in vars(defaults).items() if name.startswith("OSCAR_")}
    | {"OSCAR_DEFAULT_CURRENCY": "KRW"},
    SECRET_KEY="of a benchmark",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.sites", "django.contrib.messages", "django.contrib.flatpages", "oscar.config.Shop",
        "oscar.apps.analytics.apps.AnalyticsConfig", "oscar.apps.checkout.apps.CheckoutConfig",
        "oscar.apps.address.apps.AddressConfig", "oscar.apps.shipping.apps.ShippingConfig",
        "oscar.apps.catalogue.apps.CatalogueConfig",
        "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
        "oscar.apps.communication.apps.CommunicationConfig", "oscar.apps.partner.apps.PartnerConfig",
        "oscar.apps.basket.apps.BasketConfig", "oscar.apps.payment.apps.PaymentConfig",
        "oscar.apps.offer.apps.OfferConfig", "oscar.apps.order.apps.OrderConfig",
        "oscar.apps.customer.apps.CustomerConfig", "oscar.apps.search.apps.SearchConfig",
        "oscar.apps.voucher.apps.VoucherConfig", "oscar.apps.wishlists.apps.WishlistsConfig",
        "oscar.apps.dashboard.apps.DashboardConfig", *(
            f"oscar.apps.dashboard.{name}.apps.{name.capitalize()}DashboardConfig"
            for name in (
                "reports", "users", "orders", "catalogue", "offers", "partners", "pages", "ranges", "reviews",
                "vouchers", "communications", "shipping",
            )
        ), "haystack", "treebeard", "django_tables2", "phonenumber_field",
    ],
    HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
    SITE_ID=1, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    MIDDLEWARE=[], ROOT_URLCONF="oscar.urls", LANGUAGE_CODE="en",
)  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from oscar.apps.offer.applicator import Applicator  # noqa: E402
from oscar.apps.partner.strategy import Default  # noqa: E402
from oscar.test import factories  # noqa: E402


def main(path: str, live: int, seconds: float) -> None:
    """Ask and tell."""
    given = json.loads(Path(path).read_text())
    call_command("migrate", verbosity=0)
    products = {}
    for product, _, minor, _ in (line for cart in given["carts"] for line in cart):
        if product not in products:
            products[product] = factories.create_product(price=Decimal(minor), num_in_stock=10**6)
    by_category: dict[int, list[object]] = {}
    for product, category in {line[0]: line[1] for cart in given["carts"] for line in cart}.items():
        by_category.setdefault(category, []).append(products[product])
    for n in range(live):
        of_these = factories.RangeFactory(products=by_category.get(n % given["categories"], []))
        factories.ConditionalOfferFactory(
            name=f"{n}", slug=f"{n}", priority=n,
            condition=factories.ConditionFactory(range=of_these, type="Count", value=1),
            benefit=factories.BenefitFactory(range=of_these, type="Percentage", value=5),
        )  # fmt: skip
    taken, until = [], time.monotonic() + seconds
    for cart in given["carts"]:
        basket = factories.create_basket(empty=True)
        basket.strategy = Default()
        for product, _, _, quantity in cart:
            basket.add_product(products[product], quantity=quantity)
        basket.reset_offer_applications()
        began = time.perf_counter()
        Applicator().apply(basket)
        taken.append(time.perf_counter() - began)
        if time.monotonic() > until:
            break
    assert basket.total_discount > 0 or live < given["categories"], "no offer applied"
    basket.reset_offer_applications()
    with CaptureQueriesContext(connection) as captured:
        connection.queries_log = type(connection.queries_log)(maxlen=None)
        Applicator().apply(basket)
    print(json.dumps([taken, len(captured.captured_queries)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
