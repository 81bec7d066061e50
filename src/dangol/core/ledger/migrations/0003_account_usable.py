from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_ledger", "0002_roots")]

    operations = [
        AddIndexLive(
            model_name="account",
            index=models.Index(
                fields=["currency", "balance", "customer_id"],
                name="dg_account_usable",
                condition=models.Q(kind__in=["available", "debt"]) & ~models.Q(balance=0),
            ),
        ),
    ]
