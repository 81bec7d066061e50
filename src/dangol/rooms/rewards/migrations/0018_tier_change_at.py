from django.db import migrations, models

from dangol.core.storage.live_indexes import AddIndexLive


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("dg_rewards", "0017_membership_due")]

    operations = [
        AddIndexLive(
            model_name="tierchange",
            index=models.Index(
                fields=["at"], name="dg_tier_change_at", condition=models.Q(superseded_at__isnull=True)
            ),
        ),
    ]
