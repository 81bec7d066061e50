from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_ledger", "0004_bulk_outcomes")]

    operations = [
        AddIndexLive(
            model_name="lot",
            index=models.Index(
                fields=["due_at", "is_pending", "currency", "expires_at", "customer_id"],
                name="dg_lot_due_told",
                condition=models.Q(due_at__isnull=False),
            ),
        ),
    ]
