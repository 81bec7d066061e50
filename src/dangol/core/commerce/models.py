"""Products, orders, order lines and returns."""

from enum import StrEnum

from django.db import models

from dangol.core.storage.constraints import SqlForeignKey
from dangol.core.storage.fields import IdField


class Product(models.Model):
    """Something the shop sells. Part of the catalog: small, read often, written rarely."""

    id = IdField(primary_key=True)
    number = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True)
    # From the widest to the narrowest, joined by " > ": rules name a path and mean all below it.
    category = models.CharField(max_length=250, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "dg_product"


class Order(models.Model):
    """A purchase, as the shop rang it up. Amounts are minor units of `currency`."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    placed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    store_id = IdField(null=True)
    channel = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    list_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    line_count = models.IntegerField()
    # False for history brought along from an earlier program, which has paid its points already.
    earns = models.BooleanField()

    class Meta:
        db_table = "dg_order"
        indexes = (
            # An address names an order by its id alone.
            models.Index(fields=["id"], name="dg_order_id"),
            # The list of all orders, latest first.
            models.Index(fields=["placed_at", "id"], name="dg_order_placed"),
        )


class OrderNumber(models.Model):
    """Which order a source's number names: once and for good, across all customers."""

    pk = models.CompositePrimaryKey("source", "number")
    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    customer_id = IdField()
    order_id = IdField()
    content_hash = models.BinaryField(max_length=16)

    class Meta:
        db_table = "dg_order_number"


class OrderLine(models.Model):
    """One product of an order. Quantities are thousandths of the product's unit."""

    pk = models.CompositePrimaryKey("customer_id", "order_id", "number")
    customer_id = IdField()
    order_id = IdField()
    number = models.IntegerField()
    product_id = IdField()
    quantity_milli = models.BigIntegerField()
    list_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_order_line"
        constraints = (
            SqlForeignKey(
                fields=["customer_id", "order_id"],
                to="dg_commerce.Order",
                to_fields=["customer_id", "id"],
                name="dg_order_line_order",
            ),
        )


class OrderDiscount(models.Model):
    """A reduction the shop gave on a whole order, as it told us."""

    pk = models.CompositePrimaryKey("customer_id", "order_id", "number")
    customer_id = IdField()
    order_id = IdField()
    number = models.IntegerField()
    kind = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_order_discount"


class OrderTender(models.Model):
    """How an order was paid: card, cash, a manufacturer's coupon, points."""

    pk = models.CompositePrimaryKey("customer_id", "order_id", "number")
    customer_id = IdField()
    order_id = IdField()
    number = models.IntegerField()
    kind = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_order_tender"


class Return(models.Model):
    """Goods brought back. `order_id` is empty where no earlier sale was found."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    order_id = IdField(null=True)
    returned_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_return"
        indexes = (models.Index(fields=["customer_id", "order_id"], name="dg_return_order"),)


class ReturnNumber(models.Model):
    """Which return a source's number names, once and for good."""

    pk = models.CompositePrimaryKey("source", "number")
    source = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    customer_id = IdField()
    return_id = IdField()
    content_hash = models.BinaryField(max_length=16)

    class Meta:
        db_table = "dg_return_number"


class ReturnLine(models.Model):
    """One product of a return, with the order line it came from where that is known."""

    pk = models.CompositePrimaryKey("customer_id", "return_id", "number")
    customer_id = IdField()
    return_id = IdField()
    number = models.IntegerField()
    product_id = IdField()
    order_id = IdField(null=True)
    order_line = models.IntegerField(null=True)
    quantity_milli = models.BigIntegerField()
    net_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_return_line"
        indexes = (models.Index(fields=["customer_id", "order_id"], name="dg_return_line_order"),)


class OrderMilestone(models.Model):
    """How far an order has come, and when: delivered, confirmed by its buyer."""

    pk = models.CompositePrimaryKey("customer_id", "order_id", "milestone")
    customer_id = IdField()
    order_id = IdField()
    milestone = models.CharField(max_length=12)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "dg_order_milestone"


class Act(StrEnum):
    """What was done: reversed; given away, and so placed anew; received, as another one before; claimed;
    told in the buyer's place to have arrived, or to be kept.
    """

    UNDONE = "undone"
    MOVED = "moved"
    RECEIVED = "received"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"


class OrderAct(models.Model):
    """What staff did to put an order right, and why: reversed, given to another, claimed for its member."""

    pk = models.CompositePrimaryKey("customer_id", "id")
    customer_id = IdField()
    id = IdField()
    order_id = IdField()
    act = models.CharField(max_length=10)
    # The order it became, or was before it was given here.
    other_order_id = IdField(null=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor = models.CharField(max_length=150)
    actor_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300)

    class Meta:
        db_table = "dg_order_act"
        indexes = (models.Index(fields=["customer_id", "order_id"], name="dg_order_act_order"),)


class CustomerDay(models.Model):
    """What a customer bought on one of the shop's days: how many times, and for how much net of returns.

    Returns count on the day they were brought back. An order of which all came back is none: on its own
    day it is counted in `orders` no more. It is kept from orders' events and can be made anew.
    """

    pk = models.CompositePrimaryKey("customer_id", "day", "currency")
    customer_id = IdField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    orders = models.IntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        db_table = "dg_customer_day"


class DayZone(models.Model):
    """The zone in which the days were counted: one row. In another they have to be counted anew."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    zone = models.CharField(max_length=64)

    class Meta:
        db_table = "dg_customer_day_zone"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="dg_customer_day_one_zone"),)
