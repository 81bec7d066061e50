from django.db import migrations, models
from django.db.models.functions import Coalesce

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_people", "0003_notes")]

    operations = [
        AddIndexLive(
            model_name="customer",
            index=models.Index(
                "kind", Coalesce("joined_at", "created_at"), "customer_id", name="dg_customer_listed"
            ),
        ),
        AddIndexLive(
            model_name="customer",
            index=models.Index(fields=["kind", "home_store_id", "customer_id"], name="dg_customer_home"),
        ),
    ]
