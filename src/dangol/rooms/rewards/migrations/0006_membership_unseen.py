from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_rewards", "0005_membership_listed")]

    operations = [
        AddIndexLive(
            model_name="membership",
            index=models.Index(
                fields=["program_id", "level", "customer_id"],
                name="dg_membership_unseen",
                condition=models.Q(last_order_at__isnull=True),
            ),
        ),
    ]
