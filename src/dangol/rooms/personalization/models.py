"""What each model said last, and why one could not."""

from django.db import models

from dangol.core.storage.fields import IdField


class ModelRun(models.Model):
    """A run of a model: on which day, of how many customers, with which card; or why it says nothing."""

    id = IdField(primary_key=True)
    model = models.CharField(max_length=64)
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


class ReportTable(models.Model):
    """A table that pages show, as the latest run made it: of which day, when, and its rows."""

    name = models.CharField(primary_key=True, max_length=40)
    as_of = models.DateField()
    ran_at = models.DateTimeField()
    # A list of rows, each by column.
    rows = models.JSONField()

    class Meta:
        db_table = "dg_report_table"
