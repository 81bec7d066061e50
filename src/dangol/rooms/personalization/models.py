"""What each model said last, and why one could not; what the shop says of its money."""

from django.db import models

from dangol.core.storage.append_only import AppendOnly
from dangol.core.storage.fields import IdField

# How the report on points outstanding is called, before the code of the kind of points.
LIABILITY = "liability:"
# How the daily journal of what is owed is called, before the same.
JOURNAL = "liability_journal:"
# The segments of the report on what customers cost: all, by RFM, and saved ones by their slugs.
EVERYBODY, RFM, SAVED = "all", "rfm:", "saved:"


class ModelRun(models.Model):
    """A run of a model: on which day, of how many customers, with which card; or why it says nothing."""

    id = IdField(primary_key=True)
    model = models.CharField(max_length=40)
    # Whom it was asked about: a segment's slug; empty where it is of everybody.
    about = models.CharField(max_length=40, default="", db_default="")
    # What the model was made of: 16 hexadecimal digits; empty where it was not made.
    version = models.CharField(max_length=16)
    # The shop's day up to the end of which purchases counted.
    as_of = models.DateField()
    ran_at = models.DateTimeField()
    customers = models.IntegerField()
    # Figures and parameters by name.
    card = models.JSONField()
    # The code of a refusal with its facts; None where it ran.
    refusal = models.JSONField(null=True)

    class Meta:
        db_table = "dg_model_run"
        indexes = (models.Index(fields=["model", "ran_at"], name="dg_model_run_latest"),)


class ProductList(models.Model):
    """The products a model says a customer will buy, the best first, with what speaks for each."""

    pk = models.CompositePrimaryKey("customer_id", "model")
    customer_id = IdField()
    model = models.CharField(max_length=40)
    # JSON: a list of products with their reasons, as the model tells them.
    items = models.TextField()
    # The shop's day up to the end of which purchases counted.
    as_of = models.DateField()
    version = models.CharField(max_length=16)

    class Meta:
        db_table = "dg_product_list"
        indexes = (models.Index(fields=["model", "customer_id"], name="dg_product_list_by_model"),)


# Kept beside the tables: the orders in other currencies than the shop's, of which none of them tells.
UNCOUNTED = "uncounted"
# Kept beside them, too: why all was reckoned on this machine, where the cluster was gone.
RECKONED_HERE = "reckoned_here"


class ReportTable(models.Model):
    """A table that pages show, as the latest run made it: of which day, when, and its rows."""

    name = models.CharField(primary_key=True, max_length=40)
    as_of = models.DateField()
    ran_at = models.DateTimeField()
    # A list of rows, each by column.
    rows = models.JSONField()

    class Meta:
        db_table = "dg_report_table"


class Assumption(models.Model):
    """What the shop said of its money, from then on: the latest of a kind, month and scope holds.

    Never changed: what was said before, by whom and when, is the history.
    """

    id = IdField(primary_key=True)
    # `point_worth` (minor units for a hundred points), `margin` (hundredths of a percent of revenue),
    # `spent_share` (hundredths of a percent of the points given), `acquisition` or `retention` (minor
    # units in a month).
    kind = models.CharField(max_length=12)
    # The first day of the month a cost is of; None where it is of no month.
    month = models.DateField(null=True)
    # The channel a cost is of, the category a margin is of; empty where it is of none.
    scope = models.CharField(max_length=40, blank=True)
    # None: taken back.
    amount = models.BigIntegerField(null=True)
    said_by = models.CharField(max_length=150)
    said_at = models.DateTimeField()

    class Meta:
        db_table = "dg_money_assumption"
        constraints = (
            AppendOnly(name="dg_money_assumption_append_only"),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gte=0),
                name="dg_money_assumption_amount",
            ),
        )
