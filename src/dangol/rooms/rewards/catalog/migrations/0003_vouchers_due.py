from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_reward_catalog", "0002_vouchers_and_coupons")]

    operations = [
        AddIndexLive(
            model_name="redemption",
            index=models.Index(
                fields=["lapses_at"],
                name="dg_reward_redemption_due",
                condition=models.Q(state="issued", lapses_at__isnull=False),
            ),
        ),
    ]
