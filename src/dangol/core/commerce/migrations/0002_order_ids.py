from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_commerce", "0001_orders")]

    operations = [
        AddIndexLive(model_name="order", index=models.Index(fields=["id"], name="dg_order_id")),
    ]
