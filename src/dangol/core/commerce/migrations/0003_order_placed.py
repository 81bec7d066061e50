from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_commerce", "0002_order_ids")]

    operations = [
        AddIndexLive(
            model_name="order", index=models.Index(fields=["placed_at", "id"], name="dg_order_placed")
        ),
    ]
