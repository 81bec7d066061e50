from django.db import migrations, models
from django.db.models.functions import Coalesce

from dangol.core.storage.live_indexes import AddIndexLive, RemoveIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_people", "0008_absences")]

    operations = [
        AddIndexLive(
            model_name="customer",
            index=models.Index(
                "kind",
                Coalesce("joined_at", "created_at"),
                "customer_id",
                "joined_at",
                "created_at",
                name="dg_customer_told",
            ),
        ),
        RemoveIndexLive(model_name="customer", name="dg_customer_listed"),
    ]
